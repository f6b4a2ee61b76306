"""Lists of steps by name: what the model zoo's families, and YOLOX, train with."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from loadstone.augmentation.affine import RandomAffine
from loadstone.augmentation.crops import RandomCropImage, SsdRandomCrop
from loadstone.augmentation.flips import RandomHorizontalFlip
from loadstone.augmentation.mixing import MixUp, Mosaic
from loadstone.augmentation.pads import RandomAbsolutePadImage
from loadstone.augmentation.photometric import (
    HsvJitter,
    RandomAdjustBrightness,
    RandomAdjustContrast,
    RandomAdjustHue,
    RandomAdjustSaturation,
)
from loadstone.augmentation.squares import RandomScaleCropAndPadToSquare
from loadstone.augmentation.step import Augmentation
from loadstone.errors import SourceError

Steps = tuple[Augmentation, ...]

COLOURS: Steps = (
    RandomAdjustHue(),
    RandomAdjustContrast(),
    RandomAdjustSaturation(),
    RandomAdjustBrightness(),
)
"""What CenterNet's configurations change, in their order."""

PRESETS: Mapping[str, Callable[[int, Augmentation], Steps]] = {
    "none": lambda size, flip: (),
    "ssd": lambda size, flip: (flip, SsdRandomCrop()),
    "retinanet": lambda size, flip: (
        flip,
        RandomCropImage(0.0, min_aspect_ratio=0.75, max_aspect_ratio=3.0, min_area=0.75, overlap_thresh=0.0),
    ),
    "efficientdet": lambda size, flip: (flip, RandomScaleCropAndPadToSquare(size, scale_min=0.1, scale_max=2.0)),
    "faster-rcnn": lambda size, flip: (flip,),
    "centernet": lambda size, flip: (
        flip,
        RandomCropImage(min_aspect_ratio=0.5, max_aspect_ratio=1.7, random_coef=0.25),
        *COLOURS,
        RandomAbsolutePadImage(200, 200, (0.0, 0.0, 0.0)),
    ),
    "yolox": lambda size, flip: (Mosaic(size), RandomAffine(translate=0.0), MixUp(), HsvJitter(), flip),
}
"""Name → steps for an input of so many pixels a side, and a flip. Those of the zoo are, in order, of
ssd_mobilenet_v2_320, ssd_resnet50_v1_fpn_640, efficientdet, faster_rcnn_resnet50_v1_640 and
centernet_resnet101_v1_fpn_512; the last are YOLOX's (Ge et al., 2021), whose affine scale and shift `Mosaic` does.
"""


def preset(name: str, size: int = 512, keypoint_flip_permutation: tuple[int, ...] = ()) -> Steps:
    """Return the steps of that name: none, ssd, retinanet, efficientdet, faster-rcnn, centernet or yolox.

    `size` is the detector's input in pixels a side, which the squares of EfficientDet and YOLOX are cut to. The
    permutation is for samples with keypoints. Raises `SourceError` for another name.
    """
    if name not in PRESETS:
        expected = ", ".join(PRESETS)
        raise SourceError("there is no such preset of augmentations", expected=expected, found=name)
    return PRESETS[name](size, RandomHorizontalFlip(keypoint_flip_permutation))
