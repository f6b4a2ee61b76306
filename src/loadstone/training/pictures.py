"""A sample on its way to a network: preprocessed as the detector does it, its boxes relative to the padded tensor.

The original's input pipeline: the resizer and the model's preprocessing see the augmented picture, boxes and keypoints
become fractions of the padded tensor, and what cannot be learned from is dropped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from loadstone.augmentation.masks import Masks, kept_masks
from loadstone.augmentation.masks import resized as resized_masks
from loadstone.blueprint.parts import Normalisation, Resizer
from loadstone.detectors.preprocess import preprocess
from loadstone.errors import FormatError, UnsupportedModelError
from loadstone.facts.dataset import Sample

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """image: float32 (H, W, 3), preprocessed. true_shape: its (height, width) without padding, in pixels.

    boxes: float32 (G, 4), ymin, xmin, ymax, xmax as fractions of the padded picture; classes, weights and keypoints as
    in `Sample`, of the objects that are left, and so are masks, of the picture without its padding.
    """

    image: Floats
    true_shape: tuple[int, int]
    boxes: Floats
    classes: npt.NDArray[np.int64]
    weights: Floats
    keypoints: Floats | None
    masks: Masks = None


def prepare(sample: Sample, resizer: Resizer, normalisation: Normalisation, num_classes: int) -> Prepared:
    """Return the sample as the network takes it.

    Objects whose box holds NaN or has no area are dropped: they would claim an anchor that shows nothing of them.
    Raises `FormatError`, with the sample's key, for a class that the detector does not have.
    """
    if (sample.classes >= num_classes).any() or (sample.classes < 0).any():
        raise FormatError(
            "an object's class is none that the detector has",
            where=sample.key,
            expected=f"0 to {num_classes - 1:,}",
            found=str(int(sample.classes.max(initial=0))),
        )
    resized = preprocess(sample.image, resizer, normalisation)
    height, width = resized.image.shape[:2]
    share = np.asarray([resized.true_shape[0] / height, resized.true_shape[1] / width])
    boxes = (sample.boxes * np.tile(share, 2)).astype(np.float32)
    # A comparison with NaN is false, so that such boxes go too.
    real = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
    points = None if sample.keypoints is None else (sample.keypoints[real] * share).astype(np.float32)
    masks = kept_masks(_with_resizer(sample, resizer, resized.true_shape), real)
    classes, weights = sample.classes[real], sample.weights[real]
    return Prepared(resized.image, resized.true_shape, boxes[real], classes, weights, points, masks)


def _with_resizer(sample: Sample, resizer: Resizer, size: tuple[int, int]) -> Masks:
    """Return the masks as large as the resizer makes the picture; it lays them by the rule that it lays pixels by."""
    if sample.image.shape[:2] == size:
        return sample.masks
    corners = resizer.kind == "conditional" and resizer.method == "BILINEAR"
    return resized_masks(sample.masks, size, align_corners=corners)


def refuse_open_sizes(resizer: Resizer) -> None:
    """Raise `UnsupportedModelError` for a resizer whose pictures end in different sizes: they make no batch."""
    if resizer.output is None:
        raise UnsupportedModelError(
            "pictures that keep their own size make no batch to train on",
            expected="fixed_shape_resizer, or keep_aspect_ratio_resizer with pad_to_max_dimension",
            found=resizer.kind,
            help="set pad_to_max_dimension: true in the configuration's image_resizer",
        )


def to_float32(outputs: dict[str, Any]) -> dict[str, Any]:
    """Return a network's outputs in float32: losses are computed in it whatever the network computes in."""
    from keras import ops

    return {name: ops.cast(tensor, "float32") for name, tensor in outputs.items()}
