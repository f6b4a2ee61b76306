"""`loadstone data show FOLDER`: annotated pictures on one sheet, and what augmentation makes of them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from loadstone.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable

    import PIL.Image

    from loadstone.augmentation.step import Augmentation
    from loadstone.facts.dataset import Dataset

SUMMARY = "draw some annotated pictures on one sheet, as they are and augmented"

MOST = 100
"""Pictures, and variants of each: a sheet of more than that nobody looks at, and it is large."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    from loadstone.cli.data_arguments import add_source

    add_source(parser)
    parser.add_argument(
        "--augment",
        metavar="PRESET",
        help="none, ssd, retinanet, efficientdet, faster-rcnn, centernet, yolox, or a pipeline.config",
    )
    parser.add_argument("--size", type=_few(8192), default=512, help="the detector's input, for presets (512)")
    parser.add_argument("--count", type=_few(MOST), default=4, help="pictures that are shown (4)")
    parser.add_argument("--variants", type=_few(MOST), default=3, help="augmented ones beside each (3)")
    parser.add_argument("--seed", type=_few(1 << 32), default=0, help="of what is random (0)")
    parser.add_argument(
        "--preview", type=Path, metavar="FILE", default=Path("preview.png"), help="the sheet (preview.png)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Draw the sheet, and say what it shows."""
    from loadstone.cli.data_arguments import open_source
    from loadstone.report.draw import is_ours, write_picture

    path: Path = arguments.preview
    if path.exists() and not is_ours(path):
        fact = "a file of that name is not one of ours, and is not overwritten"
        raise SourceError(fact, where=str(path), help="name another one with --preview")
    dataset = open_source(arguments)
    steps = _steps(dataset, arguments)
    write_picture(_sheet(dataset, steps, arguments), path)
    for step in steps:
        print(step)
    print(f"wrote {path}")
    return 0


def _steps(dataset: Dataset, arguments: argparse.Namespace) -> tuple[Augmentation, ...]:
    from loadstone.api.augment import augmentations

    if arguments.augment is None:
        return ()
    return augmentations(arguments.augment, size=arguments.size, keypoint_names=dataset.keypoint_names)


def _sheet(dataset: Dataset, steps: tuple[Augmentation, ...], arguments: argparse.Namespace) -> PIL.Image.Image:
    import numpy as np

    from loadstone.api.augment import preview_sheet
    from loadstone.datasets.samples import Samples

    samples = Samples(dataset.examples)
    order = np.random.default_rng(arguments.seed).permutation(len(samples))
    chosen = [samples.first(order, place) for place in range(min(arguments.count, len(order)))]  # type: ignore[arg-type]
    return preview_sheet(
        chosen,
        steps,
        np.random.default_rng([arguments.seed, 1]),
        more=samples.any,
        classes=dataset.classes,
        variants=arguments.variants if arguments.augment is not None else 0,
    )


def _few(most: int) -> Callable[[str], int]:
    """Return a reader of whole numbers up to `most`."""

    def read(text: str) -> int:
        if not text.isdecimal() or len(text) > 10 or int(text) > most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number up to {most:,}")
        return int(text)

    return read
