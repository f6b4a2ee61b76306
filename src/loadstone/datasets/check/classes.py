"""What can be wrong with classes: their names, their ids, and how many boxes each has."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from loadstone.datasets.check.subject import BOXES, Check, Subject, Table, box_evidence, counted
from loadstone.facts.finding import Evidence, Finding

if TYPE_CHECKING:
    import numpy.typing as npt

BACKGROUND = frozenset({"background", "bg", "???", "none", "nothing", "unlabeled", "unlabelled"})
"""What tools call the class that is none; a detector has it anyway."""

IMBALANCE = 50
"""The commonest class may have this many times the boxes of the rarest before it is said."""

FEW_BOXES = 10
"""A class with fewer boxes than this is hardly learned."""

UNKNOWN = Check(
    "data-class-unknown",
    "error",
    "a box has a class that the dataset's list of classes lacks",
    "add the class to the list, or correct the box",
)
UNUSED = Check("data-class-unused", "warning", "a class has no box", "leave the class out, or annotate it")
ALIKE = Check(
    "data-class-names-alike",
    "warning",
    "names of classes differ by case, spaces, hyphens or a plural ending only, or not at all",
    "give them one name and one id, if they mean the same",
)
NAMELESS = Check("data-class-nameless", "warning", "a class has an empty name", "name it")
BACKGROUND_LISTED = Check(
    "data-class-background",
    "warning",
    "the list of classes has one for the background, or an id 0, which the Object Detection API keeps for it",
    "leave the background out, and count from 1",
)
IDS = Check(
    "data-class-ids",
    "info",
    "ids do not start at 1 or leave gaps: outputs and label maps count differently than positions",
    "nothing has to be done: classes are matched by name; write a label map with these ids where others read them",
)
ONE_CLASS = Check(
    "data-one-class",
    "info",
    "there is one class only",
    "nothing has to be done: the detector tells it from the background",
)
IMBALANCED = Check(
    "data-class-imbalance",
    "warning",
    "the commonest class has more than 50 times the boxes of the rarest, or a class has fewer than 10",
    "annotate more of the rare classes, or expect little of them",
)
SPLIT = Check(
    "data-class-not-trained",
    "error",
    "validation or test shows a class that training never does",
    "divide the pictures anew, so that each class is in each part",
)
ABSENT = Check(
    "data-class-elsewhere",
    "warning",
    "the dataset that this one was compared with names classes that this one lacks, or numbers them otherwise",
    "use one list of classes for both",
)


def unknown(subject: Subject) -> Iterator[Finding]:
    """Yield the boxes whose class is not listed."""
    found = subject.survey
    rows = np.flatnonzero(~found.known)
    if len(rows):
        fact = f"{counted(len(rows), len(found.boxes), BOXES, 'has/have')} a class that is not listed"
        yield UNKNOWN.finding(fact, box_evidence(found, map(int, rows), f"one of {listed(found.names)}"))


def unused(subject: Subject) -> Iterator[Finding]:
    """Yield the classes that nothing shows, where anything is shown at all."""
    names, counts = subject.survey.names, class_counts(subject)
    idle = [name for name, count in zip(names, counts, strict=True) if not count]
    if idle and counts.any():
        fact = f"{counted(len(idle), len(names), 'class/classes', 'has/have')} no box: {listed(idle)}"
        yield UNUSED.finding(fact, [Evidence(subject.dataset.source, name) for name in idle])


def names_alike(subject: Subject) -> Iterator[Finding]:
    """Yield the names that a person would take for one."""
    groups: dict[str, list[int]] = defaultdict(list)
    for number, name in enumerate(subject.survey.names):
        groups[_bare(name)].append(number)
    counts = class_counts(subject)
    for bare, numbers in groups.items():
        if len(numbers) > 1 and bare:
            shown = " and ".join(repr(subject.survey.names[number]) for number in numbers)
            evidence = [
                Evidence(f"id {_id(subject, number)}", f"{subject.survey.names[number]!r}, {counts[number]:,} boxes")
                for number in numbers
            ]
            yield ALIKE.finding(f"{len(numbers)} classes are called alike: {shown}", evidence)


def nameless(subject: Subject) -> Iterator[Finding]:
    """Yield the classes without a name."""
    numbers = [number for number, name in enumerate(subject.survey.names) if not name.strip()]
    if numbers:
        said = "1 class has" if len(numbers) == 1 else f"{len(numbers):,} classes have"
        yield NAMELESS.finding(f"{said} no name", [Evidence(f"id {_id(subject, number)}") for number in numbers])


def background_listed(subject: Subject) -> Iterator[Finding]:
    """Yield a class for the background, and an id 0 where ids are to start at 1."""
    for number, name in enumerate(subject.survey.names):
        if name.strip().strip("_").lower() in BACKGROUND:
            evidence = [Evidence(f"id {_id(subject, number)}", name)]
            yield BACKGROUND_LISTED.finding(f"the class {name!r} is in the list", evidence)
    if subject.dataset.format in ("coco", "tfrecord") and 0 in subject.dataset.ids:
        name = subject.survey.names[list(subject.dataset.ids).index(0)]
        if name.strip().strip("_").lower() not in BACKGROUND:
            yield BACKGROUND_LISTED.finding(f"the class {name!r} has the id 0", [Evidence(subject.dataset.source, "0")])


def ids(subject: Subject) -> Iterator[Finding]:
    """Yield ids that are not 1, 2, 3, …; YOLO and CSV count otherwise by rule, and VOC has none."""
    given = subject.dataset.ids
    if subject.dataset.format not in ("coco", "tfrecord") or not given or 0 in given:
        return
    gaps = sorted(set(range(1, max(given) + 1)) - set(given))
    if gaps:
        shown = ", ".join(map(str, gaps[:10])) + (f" and {len(gaps) - 10:,} more" if len(gaps) > 10 else "")
        fact = f"{len(given)} classes have ids from {min(given)} to {max(given)}; there is no {shown}"
        yield IDS.finding(fact, [Evidence(subject.dataset.source, f"{min(given)} … {max(given)}", f"1 … {len(given)}")])


def one_class(subject: Subject) -> Iterator[Finding]:
    """Yield where there is one class."""
    if len(subject.survey.names) == 1:
        name = subject.survey.names[0]
        yield ONE_CLASS.finding(f"there is one class: {name!r}", [Evidence(f"id {_id(subject, 0)}", name)])


def imbalance(subject: Subject) -> Iterator[Finding]:
    """Yield where some classes have far fewer boxes than others, or hardly any."""
    counts = class_counts(subject)
    used = counts[counts > 0]
    if not len(used):
        return
    rare = [
        (name, int(count))
        for name, count in zip(subject.survey.names, counts, strict=True)
        if 0 < count < FEW_BOXES or 0 < count * IMBALANCE < used.max()
    ]
    if rare:
        most = subject.survey.names[int(counts.argmax())]
        few = "class has" if len(rare) == 1 else "classes have"
        fact = f"{len(rare):,} {few} few boxes; {most!r} has {int(used.max()):,}"
        yield IMBALANCED.finding(fact, [Evidence(name, f"{count:,} boxes") for name, count in rare])


def not_trained(subject: Subject) -> Iterator[Finding]:
    """Yield the classes that only a later part of the dataset shows."""
    splits = subject.dataset.splits
    if "train" not in splits:
        return
    trained = class_counts(subject, splits["train"]) > 0
    for name in [name for name in splits if name != "train"]:
        counts = class_counts(subject, splits[name])
        new = np.flatnonzero((counts > 0) & ~trained)
        if len(new):
            names = [subject.survey.names[number] for number in new]
            fact = f"{name} shows {listed(names)}, which training never does"
            evidence = [Evidence(name, f"{subject.survey.names[number]}: {counts[number]:,} boxes") for number in new]
            yield SPLIT.finding(fact, evidence)


def elsewhere(subject: Subject) -> Iterator[Finding]:
    """Yield where the other dataset's classes are not these."""
    if subject.other is None:
        return
    here, there = subject.survey.names, subject.other.survey.names
    place = subject.other.dataset.source
    missing = [name for name in there if name not in here]
    if missing:
        evidence = [Evidence(place, name) for name in missing]
        yield ABSENT.finding(f"{place} has classes that are not here: {listed(missing)}", evidence)
    moved = [
        (name, _id(subject, here.index(name)), _id(subject.other, there.index(name)))
        for name in there
        if name in here and _id(subject, here.index(name)) != _id(subject.other, there.index(name))
    ]
    if moved and subject.dataset.format == subject.other.dataset.format:
        evidence = [Evidence(name, f"id {other}", f"id {ours}") for name, ours, other in moved]
        yield ABSENT.finding(f"{len(moved):,} classes have other ids in {place}", evidence)


CHECKS: Table = (
    (UNKNOWN, unknown),
    (UNUSED, unused),
    (ALIKE, names_alike),
    (NAMELESS, nameless),
    (BACKGROUND_LISTED, background_listed),
    (IDS, ids),
    (ONE_CLASS, one_class),
    (IMBALANCED, imbalance),
    (SPLIT, not_trained),
    (ABSENT, elsewhere),
)


def class_counts(subject: Subject, rows: Sequence[int] | None = None) -> npt.NDArray[np.int64]:
    """Return how many boxes each class has, int64 (C,), in all pictures or in those at `rows`."""
    found = subject.survey
    counted_here = found.known
    if rows is not None:
        counted_here = counted_here & np.isin(found.pictures, np.asarray(rows, np.int64))
    return np.bincount(found.classes[counted_here], minlength=len(found.names)).astype(np.int64)


def listed(names: Sequence[str], most: int = 8) -> str:
    """Return names in quotes, the first few of many."""
    shown = ", ".join(map(repr, names[:most]))
    return shown if len(names) <= most else f"{shown} and {len(names) - most:,} more"


def _bare(name: str) -> str:
    """Return a name without what slips of the pen change: case, spaces, hyphens, a plural ending."""
    bare = re.sub(r"[\s_\-]+", "", name.casefold())
    for ending, single in (("ies", "y"), ("sses", "ss"), ("shes", "sh"), ("ches", "ch"), ("xes", "x")):
        if bare.endswith(ending) and len(bare) > len(ending) + 1:
            return bare[: -len(ending)] + single
    return bare[:-1] if bare.endswith("s") and not bare.endswith("ss") and len(bare) > 3 else bare


def _id(subject: Subject, number: int) -> int:
    given = subject.dataset.ids
    return given[number] if number < len(given) else number
