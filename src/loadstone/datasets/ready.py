"""Whether a dataset can be trained on at all, asked before hours are spent: `refuse_unready`.

It looks at the annotations only and takes a second; `loadstone data check` looks at everything, pictures included.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING

import numpy as np

from loadstone.datasets.check.survey import Survey, survey
from loadstone.errors import FormatError

if TYPE_CHECKING:
    import numpy.typing as npt

    from loadstone.facts.dataset import Dataset, Example


@dataclass(frozen=True, slots=True)
class _Obstacle:
    """One reason why training cannot start, in a sentence, and the first place that shows it."""

    fact: str
    where: str = ""
    found: str = ""


def refuse_unready(
    dataset: Dataset,
    *,
    split: str = "train",
    classes: Sequence[str] | None = None,
    num_classes: int | None = None,
) -> tuple[str, ...]:
    """Return what is worth a sentence and no obstacle; raises `FormatError` where training cannot succeed.

    Examined are the examples of `split`, or all where the dataset has no such split. `classes` are the names of the
    label map or the model, in order, and `num_classes` how many the model tells apart, where they are given.

    Obstacles: no picture; no box in any; a box with NaN or infinity, without an area, or of a class that the dataset
    does not list; a label map or a number of classes that does not fit. All are told at once, with the first place.
    """
    rows = dataset.splits.get(split)
    found = survey(dataset, rows)
    obstacles = [*_nothing_to_learn(found), *_bad_boxes(found), *_misfits(found.names, classes, num_classes)]
    if obstacles:
        raise _refusal(dataset.source, obstacles)
    return (*_notes(found), *_notes_on_splits(dataset, split), *_notes_on_classes(found.names, classes, num_classes))


def notes_on_lost_boxes(examples: Iterable[Example]) -> tuple[str, ...]:
    """Return a sentence on boxes that nothing is measured with, where there are any: those that no detection fits."""
    count = sum(int((~np.isfinite(one.objects.boxes).all(axis=1)).sum()) for one in examples)
    if not count:
        return ()
    said = "1 box has a side that is" if count == 1 else f"{count:,} boxes have a side that is"
    return (f"{said} no finite number: nothing could find it, and it does not count",)


def _refusal(source: str, obstacles: list[_Obstacle]) -> FormatError:
    first = next((obstacle for obstacle in obstacles if obstacle.where), obstacles[0])
    return FormatError(
        f"the dataset cannot be trained on: {'; '.join(obstacle.fact for obstacle in obstacles)}",
        where=first.where or source,
        found=first.found,
        help=f"see all of it, and mend the annotations: loadstone data check {quote(source)}",
    )


def _nothing_to_learn(found: Survey) -> Iterator[_Obstacle]:
    if not found.keys:
        yield _Obstacle("it has no picture to train on")
    elif not len(found.boxes):
        yield _Obstacle(f"none of its {len(found.keys):,} pictures has a box", found.places[0])
    if not found.names:
        yield _Obstacle("it names no class")


def _bad_boxes(found: Survey) -> Iterator[_Obstacle]:
    yield from _boxes(found, ~found.finite, "with a side that is not a number")
    yield from _boxes(found, found.finite & ~found.sound, "without an area")
    yield from _boxes(found, ~found.known, "of a class that it does not list")


def _boxes(found: Survey, bad: npt.NDArray[np.bool_], said: str) -> Iterator[_Obstacle]:
    rows = np.flatnonzero(bad)
    if len(rows):
        count = "1 box" if len(rows) == 1 else f"{len(rows):,} boxes"
        yield _Obstacle(f"{count} {said}", found.where(int(rows[0])), found.shown(int(rows[0])))


def _misfits(names: Sequence[str], classes: Sequence[str] | None, num_classes: int | None) -> Iterator[_Obstacle]:
    if classes is not None:
        missing = [name for name in names if name not in classes]
        if missing:
            yield _Obstacle(f"the label map does not have its class{_several(missing)}, but {_listed(classes)}")
        elif tuple(classes[: len(names)]) != tuple(names):
            number = next(at for at, pair in enumerate(zip(names, classes, strict=False)) if pair[0] != pair[1])
            yield _Obstacle(f"class {number + 1} is {names[number]!r} in it and {classes[number]!r} in the label map")
    if num_classes is not None and len(names) > num_classes:
        yield _Obstacle(f"it has {len(names)} classes ({_listed(names)}), and the model tells {num_classes} apart")


def _notes(found: Survey) -> Iterator[str]:
    with_boxes = len(np.unique(found.pictures))
    if with_boxes < len(found.keys):
        yield f"{len(found.keys) - with_boxes:,} of {len(found.keys):,} pictures have no box: they show background only"
    if len(found.names) == 1:
        yield f"there is one class, {found.names[0]!r}: the detector tells it from background only"
    counts = np.bincount(found.classes, minlength=len(found.names))
    unused = [name for name, count in zip(found.names, counts, strict=True) if count == 0]
    if unused:
        yield f"no picture shows the class{_several(unused)}: it cannot be learned"


def _notes_on_splits(dataset: Dataset, split: str) -> Iterator[str]:
    if split not in dataset.splits:
        yield f"the dataset does not tell which pictures are for {split}: all {len(dataset.examples):,} are"
    elif split == "train" and not dataset.splits.get("val"):
        yield "there are no pictures to validate on: no mAP can be told"


def _notes_on_classes(names: Sequence[str], classes: Sequence[str] | None, num_classes: int | None) -> Iterator[str]:
    extra = [name for name in classes or () if name not in names]
    if extra:
        yield f"the label map has {_listed(extra)}, which the dataset does not: it cannot be learned"
    elif num_classes is not None and num_classes > len(names):
        yield f"the model tells {num_classes} classes apart, and the dataset has {len(names)}"


def _several(names: Sequence[str]) -> str:
    return f"{'' if len(names) == 1 else 'es'} {_listed(names)}"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(map(repr, names[:6]))
    return shown if len(names) <= 6 else f"{shown} and {len(names) - 6:,} more"
