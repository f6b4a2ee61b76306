"""What one `tf.train.Example` of the Object Detection API says of its picture.

What it is: features → a `Record`. What it is not: knowledge of class names, or of the file that a record lies in.
Specification: object_detection/core/tf_example_decoder of tensorflow/models, as a list of features.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar

import numpy as np

from loadstone.datasets.objects import SEEN
from loadstone.datasets.readers.example_features import Features
from loadstone.errors import FormatError, LimitError
from loadstone.wire.limits import KEYPOINTS, PICTURE_OBJECTS
from loadstone.wire.protobuf import Buffer

if TYPE_CHECKING:
    import numpy.typing as npt

T = TypeVar("T")

MaskKind = Literal["", "pictures", "numbers", "strange"]
"""How masks are written: a PNG for each object, float32 numbers for all of them, or in no way that is read."""

_SIDES = ("xmin", "ymin", "xmax", "ymax")
_BOX = "image/object/bbox"
_MASK = "image/object/mask"


@dataclass(frozen=True, slots=True)
class Record:
    """What one example says of its picture. `boxes` are fractions (G, 4) xyxy, `span` the picture's place in `data`.

    `masks` are the places of the objects' masks, one each, or of the numbers of all of them.
    """

    name: str
    source_id: str
    width: int
    height: int
    boxes: npt.NDArray[np.float64]
    labels: tuple[int, ...]
    texts: tuple[str, ...]
    flags: Mapping[str, tuple[bool, ...]]
    weights: tuple[float, ...] | None
    areas: tuple[float, ...] | None
    keypoints: npt.NDArray[np.float64] | None
    points: tuple[str, ...]
    whole_labels: tuple[int, ...] | None
    masks: tuple[tuple[int, int], ...]
    mask_kind: MaskKind
    span: tuple[int, int]


def parse_record(data: Buffer, start: int = 0, end: int = -1) -> Record:
    """Return what the example in `data[start:end]` says. Raises `FormatError` for one that is no annotated picture."""
    features = Features(data, start, end)
    features.refuse_other()
    span = features.span("image/encoded")
    if span is None:
        raise FormatError("the feature image/encoded is empty")
    sides = [features.floats(f"{_BOX}/{side}") for side in _SIDES]
    count = len(sides[0])
    if any(len(side) != count for side in sides):
        found = ", ".join(f"{len(side):,} {name}" for side, name in zip(sides, _SIDES, strict=True))
        raise FormatError("boxes whose sides are not of the same number", expected=f"{count:,} of each", found=found)
    if count > PICTURE_OBJECTS:
        raise LimitError("more objects than a picture has", expected=f"at most {PICTURE_OBJECTS:,}", found=f"{count:,}")
    whole = features.integers("image/class/label") if "image/class/label" in features else None
    kind, masks = _masks(features, count)
    return Record(
        name=features.text("image/filename"),
        source_id=features.text("image/source_id"),
        width=max(0, features.integer("image/width")),
        height=max(0, features.integer("image/height")),
        boxes=np.asarray(sides, np.float64).T.reshape(count, 4),
        labels=_each(features.integers("image/object/class/label"), count, 0),
        texts=_each(features.texts("image/object/class/text"), count, ""),
        flags={name: _flags(features, name, count) for name in ("is_crowd", "difficult", "group_of")},
        weights=_floats(features, "weight", count),
        areas=_floats(features, "area", count),
        keypoints=_keypoints(features, count),
        points=tuple(dict.fromkeys(features.texts("image/object/keypoint/text"))),
        whole_labels=None if whole is None else tuple(whole),
        masks=masks,
        mask_kind=kind,
        span=span,
    )


def _each(values: Iterable[T], count: int, default: T) -> tuple[T, ...]:
    """Return a value for each object; a list of another length belongs to something else."""
    listed = tuple(values)
    return listed if len(listed) == count else (default,) * count


def _flags(features: Features, name: str, count: int) -> tuple[bool, ...]:
    return _each((value != 0 for value in features.integers(f"image/object/{name}")), count, False)


def _floats(features: Features, name: str, count: int) -> tuple[float, ...] | None:
    values = features.floats(f"image/object/{name}")
    return values if count and len(values) == count else None


def _masks(features: Features, count: int) -> tuple[MaskKind, tuple[tuple[int, int], ...]]:
    pictures, numbers = features.spans(_MASK), features.packed_span(_MASK)
    if pictures and len(pictures) == count:
        return "pictures", tuple(pictures)
    if numbers is not None and numbers[1] > numbers[0] and count:
        return "numbers", (numbers,)
    return ("strange" if pictures or (_MASK in features and count) else ""), ()


def _keypoints(features: Features, count: int) -> npt.NDArray[np.float64] | None:
    """Return (G, K, 3) of x and y as fractions, and visibility; without one, every point but NaN is there."""
    xs, ys = (features.floats(f"image/object/keypoint/{axis}") for axis in "xy")
    if not count or not xs or len(xs) != len(ys) or len(xs) % count or len(xs) // count > KEYPOINTS:
        return None
    seen = features.integers("image/object/keypoint/visibility")
    array = np.zeros((len(xs), 3), np.float64)
    array[:, 0], array[:, 1] = xs, ys
    there = np.isfinite(array[:, :2]).all(1)
    array[:, 2] = np.clip(seen, 0, 2) if len(seen) == len(xs) else SEEN
    array[~there] = 0
    return array.reshape(count, -1, 3)
