"""What each step of augmentation costs for one picture, beside decoding a JPEG of the same size.

    python -m benchmarks.augmentation [--side 320] [--rounds 15] [--only NAME…]

Both sides are run in turns in one process, on one thread; the numbers are medians, in milliseconds a picture. The
picture is smooth noise with eight objects; steps that take other pictures get this one, already decoded. `resize` is
what any detector does afterwards: the picture to `--side`, by TensorFlow 1's rule.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PIL import Image

from benchmarks.clock import medians
from loadstone.augmentation.affine import Letterbox, RandomAffine
from loadstone.augmentation.autoaugment import AutoAugmentImage
from loadstone.augmentation.config import KINDS
from loadstone.augmentation.mixing import MixUp, Mosaic
from loadstone.augmentation.noise import RandomErasing
from loadstone.augmentation.photometric import HsvJitter
from loadstone.augmentation.presets import PRESETS, preset
from loadstone.augmentation.sizes import RandomResizeMethod, ResizeImage
from loadstone.augmentation.squares import RandomScaleCropAndPadToSquare
from loadstone.augmentation.step import Augmentation, augment
from loadstone.detectors.interpolate import bilinear
from loadstone.facts.dataset import Sample
from loadstone.wire.picture import decode

PICTURES = ((320, 320), (480, 640))
EACH = 8
"""Pictures in one call, so that rare draws and frequent ones both have their share."""


def picture(height: int, width: int) -> npt.NDArray[np.uint8]:
    """Return smooth noise, which compresses about as a photograph does."""
    small = np.random.default_rng(0).integers(0, 256, (height // 8, width // 8, 3)).astype(np.uint8)
    return np.asarray(Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC))


def sample_of(image: npt.NDArray[np.uint8]) -> Sample:
    """Return the picture with eight objects."""
    corners = np.random.default_rng(1).random((8, 2, 2), np.float32)
    boxes = np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)
    return Sample("x", image.astype(np.float32), boxes, np.arange(8), np.ones(8, np.float32))


def steps(side: int) -> dict[str, tuple[Augmentation, ...]]:
    """Return every step by name, with the proto's defaults, and the presets."""
    found: dict[str, tuple[Augmentation, ...]] = {name: (kind(),) for name, kind in KINDS.items()}
    found["random_scale_crop_and_pad_to_square"] = (RandomScaleCropAndPadToSquare(side),)
    found["resize_image"] = (ResizeImage(side, side),)
    found["random_resize_method"] = (RandomResizeMethod(side, side),)
    for policy in ("v1", "v2", "v3"):
        found[f"autoaugment_image {policy}"] = (AutoAugmentImage(policy),)
    for one in (Mosaic(side), MixUp(), RandomAffine(), HsvJitter(), RandomErasing(), Letterbox(side)):
        found[type(one).__name__] = (one,)
    return found | {f"preset {name}": preset(name, side) for name in PRESETS}


def calls(sample: Sample, side: int) -> dict[str, Callable[[], object]]:
    """Return name → a call that makes `EACH` pictures."""
    random = np.random.default_rng(0)

    def run(chosen: tuple[Augmentation, ...]) -> Callable[[], object]:
        return lambda: [augment(sample, random, chosen, lambda random: sample) for _ in range(EACH)]

    return {name: run(chosen) for name, chosen in steps(side).items()}


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", type=int, default=320)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--only", nargs="+", default=[""], metavar="NAME", help="parts of names of steps")
    arguments = parser.parse_args()
    for height, width in PICTURES:
        stream = io.BytesIO()
        image = picture(height, width)
        Image.fromarray(image).save(stream, "JPEG", quality=90)
        data, sample = stream.getvalue(), sample_of(image)
        sides: dict[str, Callable[[], object]] = {
            "decode": lambda data=data: [decode(io.BytesIO(data), where="x") for _ in range(EACH)],  # type: ignore[misc]
            "resize": lambda image=sample.image: [  # type: ignore[misc]
                bilinear(image, arguments.side, arguments.side) for _ in range(EACH)
            ],
        }
        sides |= {
            name: call
            for name, call in calls(sample, arguments.side).items()
            if any(part in name for part in arguments.only)
        }
        seconds = medians(sides, arguments.rounds)
        print(f"{width} x {height}, {len(data):,} bytes of JPEG")
        for name, value in seconds.items():
            print(f"  {name:<42} {value / EACH * 1000:7.2f} ms   {value / seconds['decode']:6.2f} of decoding")
    return 0


if __name__ == "__main__":
    sys.exit(main())
