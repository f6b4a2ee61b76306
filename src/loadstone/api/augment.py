"""The Python interface of augmentation: `augmentations`, `preview_sheet`. Re-exported by `loadstone` itself."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import PIL.Image

    from loadstone.augmentation.step import Augmentation, More
    from loadstone.facts.dataset import Sample


def augmentations(
    source: str | os.PathLike[str], *, size: int = 512, keypoint_names: Sequence[str] = ()
) -> tuple[Augmentation, ...]:
    """Return the steps of a preset (none, ssd, retinanet, efficientdet, faster-rcnn, centernet, yolox) or a file.

    A file is a `pipeline.config`, or its `train_config` alone, whose `data_augmentation_options` are read. `size` is
    the detector's input in pixels a side, for presets. `keypoint_names` are those of the dataset: a flip that does not
    say where keypoints go then changes left and right by their names.
    Raises `SourceError` where there is neither, `FormatError` for a file that is broken, and `UnsupportedModelError`,
    with line and column, for a step that is not built here.
    """
    from pathlib import Path

    from loadstone.augmentation.config import read_augmentations
    from loadstone.augmentation.flips import flip_order, with_flip_order
    from loadstone.augmentation.presets import PRESETS, preset
    from loadstone.errors import LoadstoneError
    from loadstone.runtime.described import read_words

    name = os.fspath(source)
    if name in PRESETS or not os.path.exists(name):
        steps = preset(name, size)
    else:
        config = read_words(Path(name))
        try:
            steps = read_augmentations(config)
        except LoadstoneError as error:
            raise error.at(name) from None
    return with_flip_order(steps, flip_order(keypoint_names))


def preview_sheet(
    samples: Iterable[Sample],
    steps: Sequence[Augmentation],
    random: np.random.Generator,
    *,
    more: More | None = None,
    classes: Sequence[str] = (),
    variants: int = 3,
) -> PIL.Image.Image:
    """Return one picture with each sample as it is and beside it `variants` of it after the steps, boxes drawn.

    `more` offers other pictures to steps like mosaic (`Samples.any`); `classes` are the classes' names, by number.
    """
    from loadstone.augmentation.step import augment
    from loadstone.report.sample_sheet import sample_sheet

    rows = [[sample, *(augment(sample, random, steps, more) for _ in range(variants))] for sample in samples]
    titles = ["as it is", *(f"augmented {number + 1}" for number in range(variants))]
    return sample_sheet(rows, titles, classes)
