"""Pictures through a detector: batches in, named and filtered results out, in the order in which the pictures came."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from loadstone.errors import UnsupportedModelError
from loadstone.facts.detections import Classification, ClassScore, Detections
from loadstone.runtime.filters import Rule, apply_rule
from loadstone.runtime.pictures.picture_files import BadPicture, Picture
from loadstone.runtime.raw import Raw, RawClassification, RawDetections, RawTensors

if TYPE_CHECKING:
    import numpy.typing as npt

TOP_CLASSES = 5
"""Classes that are reported for a picture, as in the usual top-5 accuracy."""


class Runs(Protocol):
    """What is needed of a detector: its names, and a run over pictures uint8 (height, width, 3), RGB."""

    @property
    def labels(self) -> Mapping[int, str]: ...

    def run(self, pictures: Sequence[npt.NDArray[np.uint8]]) -> Sequence[Raw]: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """One picture with what was found in it."""

    picture: Picture
    found: Detections | Classification


def detect(
    detector: Runs, pictures: Iterable[Picture | BadPicture], *, rule: Rule, batch: int = 1
) -> Iterator[Outcome | BadPicture]:
    """Run the detector over all pictures, `batch` at a time; bad pictures pass through in their places."""
    for items in _batches(pictures, batch):
        good = [item for item in items if isinstance(item, Picture)]
        raws = iter(detector.run([picture.pixels for picture in good]) if good else ())
        for item in items:
            if isinstance(item, Picture):
                yield Outcome(item, result(next(raws), item, labels=detector.labels, rule=rule))
            else:
                yield item


def _batches(items: Iterable[Picture | BadPicture], size: int) -> Iterator[list[Picture | BadPicture]]:
    waiting: list[Picture | BadPicture] = []
    for item in items:
        waiting.append(item)
        if len(waiting) == size:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def result(raw: Raw, picture: Picture, *, labels: Mapping[int, str], rule: Rule) -> Detections | Classification:
    """Name and filter one raw result; raises `UnsupportedModelError` for outputs that nothing here can read."""
    height, width = picture.pixels.shape[:2]
    about: dict[str, Any] = {"image": picture.name, "width": width, "height": height, "pixels": picture.again}
    if isinstance(raw, RawDetections):
        kept = apply_rule(raw, rule)
        names = tuple(name_of(class_id, labels) for class_id in kept.class_ids.tolist())
        about |= {"masks": kept.masks, "keypoints": kept.keypoints, "keypoint_scores": kept.keypoint_scores}
        return Detections(kept.boxes, kept.scores, kept.class_ids, names, **about)
    if isinstance(raw, RawClassification):
        return Classification(_top_classes(raw.probabilities, labels), **about)
    raise unreadable_outputs(raw)


def name_of(class_id: int, labels: Mapping[int, str]) -> str:
    """Return the class's name, or `class 7` where nothing names class 7."""
    return labels.get(class_id) or f"class {class_id}"


def _top_classes(probabilities: npt.NDArray[np.float32], labels: Mapping[int, str]) -> tuple[ClassScore, ...]:
    best = np.argsort(-probabilities, kind="stable")[:TOP_CLASSES].tolist()
    return tuple(ClassScore(row, name_of(row, labels), float(probabilities[row])) for row in best)


def unreadable_outputs(raw: RawTensors) -> UnsupportedModelError:
    """Say that a model runs, but that its outputs are neither boxes nor classes."""
    shapes = ", ".join(f"{name} {tuple(array.shape)}" for name, array in raw.outputs.items())
    return UnsupportedModelError(
        "the model's outputs are neither detections nor class probabilities",
        expected="detection_boxes, detection_scores and detection_classes, or one row of probabilities",
        found=shapes[:300],
    )
