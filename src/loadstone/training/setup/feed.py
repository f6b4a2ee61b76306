"""What is done with a sample before it is a batch's part: augmentation, the reader's cap on boxes, the targets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from loadstone.augmentation.step import Augmentation, More, augment
from loadstone.facts.dataset import Sample

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import numpy.typing as npt

Encode = Callable[[Sample, "np.random.Generator"], "Mapping[str, npt.NDArray[Any]]"]

MAX_BOXES = 100
"""`max_number_of_boxes` of input_reader.proto, where it is not written: more boxes of a picture are cut off."""


@dataclass(slots=True)
class Feed:
    """Called in threads with a sample and random numbers of its own; gives the learner's arrays.

    `steps` may change between epochs. `more` gives other samples of the dataset to steps that mix several.
    `most_boxes` is None where all are taken.
    """

    encode: Encode
    steps: Sequence[Augmentation] = ()
    more: More | None = None
    most_boxes: int | None = None

    def __call__(self, sample: Sample, random: np.random.Generator) -> Mapping[str, npt.NDArray[Any]]:
        """Return the arrays of one picture."""
        return self.encode(cut(augment(sample, random, self.steps, self.more), self.most_boxes), random)


def cut(sample: Sample, most: int | None) -> Sample:
    """Return the sample with its first `most` boxes, as the original's input pipeline pads to that number."""
    if most is None or len(sample.boxes) <= most:
        return sample
    points = None if sample.keypoints is None else sample.keypoints[:most]
    return replace(
        sample,
        boxes=sample.boxes[:most],
        classes=sample.classes[:most],
        weights=sample.weights[:most],
        keypoints=points,
        masks=sample.masks and sample.masks[:most],
    )
