"""What can be wrong with pictures, and with one picture against another of the same part of the dataset."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from loadstone.datasets.check.alike import groups_of
from loadstone.datasets.check.subject import PICTURES, Check, Look, Problem, Subject, Table, counted
from loadstone.facts.finding import Evidence, Finding

if TYPE_CHECKING:
    from loadstone.facts.dataset import Objects

MISSING = Check(
    "data-picture-missing",
    "error",
    "a picture that is annotated is not there",
    "put the pictures where the annotations say, or correct the paths",
)
UNREADABLE = Check(
    "data-picture-unreadable",
    "error",
    "a picture cannot be decoded: broken, empty, too large, or no picture",
    "fetch these pictures again, or take them out",
)
TRUNCATED = Check(
    "data-picture-truncated",
    "error",
    "a picture's file ends before the picture does; some readers show the rest grey, without a word",
    "fetch these pictures again, or take them out",
)
SIZE = Check(
    "data-picture-size",
    "error",
    "a picture has another size than its annotation says, so that every box lies elsewhere",
    "put the picture back in the size that was annotated, or scale the boxes with it",
)
TURNED = Check(
    "data-picture-turned",
    "warning",
    "a picture's EXIF orientation turns it; tools that ignore it see its boxes elsewhere",
    "turn the pixels and drop the tag: mogrify -auto-orient, or Pillow's ImageOps.exif_transpose",
)
TWICE = Check(
    "data-picture-twice",
    "warning",
    "two pictures of the same part of the dataset have the same bytes",
    "keep one of each; where their boxes differ, put them together",
)
ALIKE = Check(
    "data-picture-alike",
    "info",
    "two pictures of the same part look the same: another size or quality, or the next frame of a film",
    "keep one of each, unless they are frames whose differences count",
)
SHARED = Check(
    "data-picture-annotated-twice",
    "warning",
    "two entries of the annotations name the same file",
    "put their boxes into one entry: each alone calls the other's objects background",
)
STRAY = Check(
    "data-picture-not-annotated",
    "info",
    "a picture lies among the annotated ones, and no annotation names it",
    "annotate it, or move it away; a picture of background needs an entry without boxes",
)


def missing(subject: Subject) -> Iterator[Finding]:
    """Yield the pictures that are not there."""
    yield from _problem(subject, MISSING, "missing", "is/are", "not there")


def unreadable(subject: Subject) -> Iterator[Finding]:
    """Yield the pictures that cannot be decoded."""
    yield from _problem(subject, UNREADABLE, "unreadable", "cannot be/cannot be", "read")


def truncated(subject: Subject) -> Iterator[Finding]:
    """Yield the pictures whose files end too early."""
    yield from _problem(subject, TRUNCATED, "truncated", "is/are", "cut off")


def other_size(subject: Subject) -> Iterator[Finding]:
    """Yield the pictures whose size is not the annotated one, be it as stored or as turned."""
    evidence = []
    for row, look in _decoded(subject):
        stated = tuple(subject.survey.sizes[row].astype(int).tolist())
        if min(stated) > 0 and stated not in ((look.width, look.height), look.upright):
            found = f"{look.width} × {look.height}"
            evidence.append(Evidence(subject.survey.keys[row], found, f"{stated[0]} × {stated[1]}"))
    if evidence:
        count = counted(len(evidence), len(subject.survey.keys), PICTURES, "has/have")
        yield SIZE.finding(f"{count} another size than annotated", evidence)


def turned(subject: Subject) -> Iterator[Finding]:
    """Yield the pictures that EXIF turns, and as which of the two they are annotated."""
    evidence = []
    for row, look in _decoded(subject):
        if look.turned:
            evidence.append(Evidence(subject.survey.keys[row], _annotated_as(subject, row, look)))
    if evidence:
        count = counted(len(evidence), len(subject.survey.keys), PICTURES, "is/are")
        yield TURNED.finding(f"{count} turned by EXIF", evidence)


def same_bytes(subject: Subject) -> Iterator[Finding]:
    """Yield the pictures that are there more than once in one part of the dataset."""
    groups = []
    for rows in parts(subject).values():
        by_digest: dict[bytes, list[int]] = defaultdict(list)
        for row in rows:
            look = (subject.looks or ())[row] if subject.looks else Look()
            if look.digest:
                by_digest[look.digest].append(row)
        groups += [same for same in by_digest.values() if len(same) > 1 and len(_files(subject, same)) > 1]
    if groups:
        extra = sum(len(group) - 1 for group in groups)
        differ = any(_differ(subject, group) for group in groups)
        said = f"{counted(extra, len(subject.survey.keys), PICTURES, 'is/are')} there more than once"
        yield TWICE.finding(f"{said}{', with other boxes' if differ else ''}", _grouped(subject, groups))


def look_alike(subject: Subject) -> Iterator[Finding]:
    """Yield the pictures of one part that look the same, and are not the same file."""
    looks = subject.looks or ()
    part_of = {row: name for name, rows in parts(subject).items() for row in rows}
    pairs = [
        (one, other)
        for one, other in subject.alike
        if other < len(looks)
        and looks[one].digest != looks[other].digest
        and part_of.get(one, "") == part_of.get(other, "")
    ]
    groups = groups_of(pairs)
    if groups:
        extra = sum(len(group) - 1 for group in groups)
        fact = f"{counted(extra, len(looks), PICTURES, 'looks/look')} like another of the same part"
        yield ALIKE.finding(fact, _grouped(subject, groups), certainty="likely")


def annotated_twice(subject: Subject) -> Iterator[Finding]:
    """Yield the files that several entries of one part of the dataset name; those of two parts are a leak's."""
    entries: dict[tuple[str, str], list[int]] = defaultdict(list)
    parts = {row: name for name, rows in subject.dataset.splits.items() for row in rows}
    for row, example in enumerate(subject.dataset.examples):
        if example.path is not None:
            entries[example.path, parts.get(row, "")].append(row)
    groups = [rows for rows in entries.values() if len(rows) > 1]
    if groups:
        said = "1 picture has" if len(groups) == 1 else f"{len(groups):,} pictures have"
        evidence = [
            Evidence(subject.survey.keys[rows[0]], f"entries: {', '.join(subject.survey.places[row] for row in rows)}")
            for rows in groups
        ]
        yield SHARED.finding(f"{said} several entries", evidence)


def strays(subject: Subject) -> Iterator[Finding]:
    """Yield the picture files that no annotation names."""
    if subject.strays:
        said = "1 picture is" if len(subject.strays) == 1 else f"{len(subject.strays):,} pictures are"
        yield STRAY.finding(f"{said} not annotated", [Evidence(path) for path in subject.strays])


CHECKS: Table = (
    (MISSING, missing),
    (UNREADABLE, unreadable),
    (TRUNCATED, truncated),
    (SIZE, other_size),
    (TURNED, turned),
    (SHARED, annotated_twice),
    (TWICE, same_bytes),
    (ALIKE, look_alike),
    (STRAY, strays),
)


def parts(subject: Subject) -> dict[str, list[int]]:
    """Return the rows of each split; where files tell no splits apart, all as one part of no name."""
    splits = subject.dataset.splits
    return {name: list(rows) for name, rows in splits.items()} or {"": list(range(len(subject.survey.keys)))}


def _problem(subject: Subject, check: Check, problem: Problem, verb: str, rest: str) -> Iterator[Finding]:
    evidence = [
        Evidence(key, look.said)
        for key, look in zip(subject.survey.keys, subject.looks or (), strict=False)
        if look.problem == problem
    ]
    if evidence:
        yield check.finding(f"{counted(len(evidence), len(subject.survey.keys), PICTURES, verb)} {rest}", evidence)


def _decoded(subject: Subject) -> Iterator[tuple[int, Look]]:
    return ((row, look) for row, look in enumerate(subject.looks or ()) if look.thumbnail is not None)


def _annotated_as(subject: Subject, row: int, look: Look) -> str:
    """Say whether the stated size is that of the stored or of the turned picture."""
    stated = tuple(subject.survey.sizes[row].astype(int).tolist())
    if look.upright == (look.width, look.height) or min(stated) <= 0:
        return "whether boxes are of the turned picture cannot be told by the size"
    return "annotated as turned" if stated == look.upright else "annotated as stored"


def _files(subject: Subject, rows: Iterable[int]) -> set[str]:
    """Return the files of some rows; a picture within a record is one of its own."""
    return {subject.dataset.examples[row].path or subject.survey.keys[row] for row in rows}


def _differ(subject: Subject, rows: list[int]) -> bool:
    first, *others = (subject.dataset.examples[row].objects for row in rows)
    return any(not _same(first, other) for other in others)


def _same(one: Objects, other: Objects) -> bool:
    return (
        len(one) == len(other) and np.array_equal(one.boxes, other.boxes) and np.array_equal(one.classes, other.classes)
    )


def _grouped(subject: Subject, groups: list[list[int]]) -> Iterator[Evidence]:
    for group in groups:
        first, *others = (subject.survey.keys[row] for row in group)
        yield Evidence(first, f"and {', '.join(others)}")
