"""What an augmentation is: a frozen value that is called with a sample and random numbers and gives another sample.

The same sample and the same random numbers always give the same result, and no array that comes in is changed; a
result may be a view of what came in. Fields carry the names of preprocessor.proto where the original has them.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import numpy as np

from loadstone.errors import FormatError, LoadstoneError, UnsupportedModelError
from loadstone.facts.dataset import Sample

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

More = Callable[[np.random.Generator], Sample]
"""Gives another picture of the dataset, picked with the random numbers, so that a whole run can be repeated."""

_Value = TypeVar("_Value")


def ranged(default: _Value, low: float, high: float) -> _Value:
    """Declare a field whose number, or each of whose numbers, lies within `low` to `high`; None stands for unset."""
    declared: Any = field(default=default, metadata={"within": (low, high)})
    result: _Value = declared
    return result


def check_ranges(value: DataclassInstance) -> None:
    """Raise `FormatError` for a number of a dataclass out of its range, or a `min…` above its `max…`."""
    values = {one.name: getattr(value, one.name) for one in fields(value)}
    for one in fields(value):
        if "within" in one.metadata:
            _check(one.name, values[one.name], *one.metadata["within"])
    for name, low in values.items():
        high = values.get(_counterpart(name))
        if high is not None and low is not None and low > high:
            raise FormatError(f"{name} is above {_counterpart(name)}", expected=f"at most {high}", found=str(low))


@dataclass(frozen=True, slots=True)
class Augmentation(ABC):
    """A step of augmentation; its subclasses are frozen dataclasses too."""

    takes_masks: ClassVar[bool] = True
    """Whether masks follow; a sample that has some is refused where they do not."""

    def __post_init__(self) -> None:
        """Raise `FormatError` as `check_ranges` does."""
        check_ranges(self)

    @abstractmethod
    def __call__(self, sample: Sample, random: np.random.Generator) -> Sample:
        """Return the sample changed."""


@dataclass(frozen=True, slots=True)
class Mixing(Augmentation):
    """A step that takes other pictures of the dataset too."""

    def __call__(self, sample: Sample, random: np.random.Generator) -> Sample:
        """Refuse: there are no other pictures."""
        fact = f"{type(self).__name__} takes other pictures of the dataset, and none are offered"
        raise LoadstoneError(fact, where=sample.key, help="pass `more` to `augment`, or leave this step out")

    @abstractmethod
    def mix(self, sample: Sample, random: np.random.Generator, more: More) -> Sample:
        """Return the sample together with what `more` gives."""


def augment(
    sample: Sample, random: np.random.Generator, steps: Iterable[Augmentation], more: More | None = None
) -> Sample:
    """Return the sample after every step, in order.

    `more` offers other pictures to steps like mosaic; without it such a step raises `LoadstoneError`. A sample with
    masks is refused as by `refuse_without_masks`.
    """
    for step in steps:
        if sample.masks is not None:
            refuse_without_masks([step], sample.key)
        if more is not None and isinstance(step, Mixing):
            sample = step.mix(sample, random, more)
        else:
            sample = step(sample, random)
    return sample


def refuse_without_masks(steps: Iterable[Augmentation], where: str = "") -> None:
    """Raise `UnsupportedModelError`, with its name, for a step that masks do not follow."""
    for step in steps:
        if not step.takes_masks:
            fact = f"masks do not follow the step {type(step).__name__}"
            raise UnsupportedModelError(fact, where=where, help="take it out of the augmentation")


def without_mixing(steps: Iterable[Augmentation]) -> tuple[Augmentation, ...]:
    """Return the steps but those that take other pictures, as for the last epochs of a YOLOX."""
    return tuple(step for step in steps if not isinstance(step, Mixing))


def _counterpart(name: str) -> str:
    """Return the field that may not be smaller: `max_area` for `min_area`, `scale_max` for `scale_min`."""
    if name.startswith("min_"):
        return "max_" + name.removeprefix("min_")
    return name.removesuffix("_min") + "_max" if name.endswith("_min") else ""


def _check(name: str, value: object, low: float, high: float) -> None:
    numbers = value if isinstance(value, tuple) else (value,)
    for number in numbers:
        if number is not None and not (math.isfinite(number) and low <= number <= high):
            raise FormatError(f"{name} is out of range", expected=f"{low:g} to {high:g}", found=f"{number:g}")
