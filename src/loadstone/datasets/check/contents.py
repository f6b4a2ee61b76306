"""What can be wrong with a dataset as a whole: nothing in it, no boxes, no validation."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from loadstone.datasets.check.subject import PICTURES, Check, Subject, Table, counted
from loadstone.facts.finding import Evidence, Finding

MANY_EMPTY = 0.5
"""Beyond this part of all pictures, pictures without a box are more likely annotations that were not found."""

EMPTY = Check(
    "data-empty",
    "error",
    "the dataset has no picture, or no box at all",
    "see that the annotations are the ones of these pictures",
)
NO_BOX = Check(
    "data-picture-without-box",
    "info",
    "a picture has no box: it shows background only, or its annotation was forgotten (a warning from half of all on)",
    "look at some: what is not annotated is learned as background",
)
NO_VALIDATION = Check(
    "data-no-validation",
    "info",
    "the files do not tell pictures for validation from those for training, or one of the two is empty",
    "keep a tenth of the pictures for validation, of other scenes than those for training",
)
READ_AS = Check(
    "data-read-as",
    "info",
    "what the reader chose, took for granted or left out where the files do not say it",
    "nothing has to be done if that is what is meant",
)


def empty(subject: Subject) -> Iterator[Finding]:
    """Yield where there is nothing."""
    source, pictures = subject.dataset.source, len(subject.survey.keys)
    if not pictures:
        yield EMPTY.finding("the dataset has no picture", [Evidence(source, "0 pictures")])
    elif not len(subject.survey.boxes):
        yield EMPTY.finding(f"none of {pictures:,} pictures has a box", [Evidence(source, "0 boxes")])


def without_box(subject: Subject) -> Iterator[Finding]:
    """Yield the pictures without a box, where others have some."""
    found = subject.survey
    rows = np.setdiff1d(np.arange(len(found.keys)), found.pictures)
    if len(rows) and len(found.boxes):
        many = len(rows) > MANY_EMPTY * len(found.keys)
        fact = f"{counted(len(rows), len(found.keys), PICTURES, 'has/have')} no box"
        evidence = [Evidence(found.keys[row]) for row in rows]
        yield NO_BOX.finding(fact, evidence, severity="warning" if many else None)


def no_validation(subject: Subject) -> Iterator[Finding]:
    """Yield where training and validation cannot be told apart."""
    splits = subject.dataset.splits
    lacking = [name for name in ("train", "val") if not len(splits.get(name, ()))]
    if lacking and len(subject.survey.keys):
        told = ", ".join(f"{name}: {len(rows):,}" for name, rows in splits.items()) or "no splits"
        yield NO_VALIDATION.finding(f"there are no pictures for {' and '.join(lacking)}", [Evidence("splits", told)])


def read_as(subject: Subject) -> Iterator[Finding]:
    """Yield what the reader took for granted."""
    notes = subject.dataset.notes
    if notes:
        said = "1 thing was" if len(notes) == 1 else f"{len(notes):,} things were"
        evidence = [Evidence(subject.dataset.source, note) for note in notes]
        yield READ_AS.finding(f"{said} taken for granted while reading", evidence)


CHECKS: Table = ((EMPTY, empty), (NO_BOX, without_box), (NO_VALIDATION, no_validation), (READ_AS, read_as))
