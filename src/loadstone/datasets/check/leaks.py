"""Pictures that training and validation share: what is measured on them is memory, not skill."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations

from loadstone.datasets.check.pictures import parts
from loadstone.datasets.check.subject import Check, Subject, Table
from loadstone.facts.finding import Evidence, Finding

LEAK = Check(
    "data-split-leak",
    "error",
    "training and validation share a picture, byte for byte",
    "take these pictures out of one of the two; a mAP that they are part of says nothing",
)
ALIKE = Check(
    "data-split-leak-alike",
    "warning",
    "a picture of validation looks like one of training: another size or quality, or the next frame of a film",
    "divide by scene or film, not by picture",
)


def shared(subject: Subject) -> Iterator[Finding]:
    """Yield the pictures that two parts share: the same entry, or the same bytes."""
    named = _named(subject)
    for (one, ours), (other, theirs) in combinations(named.items(), 2):
        by_mark: dict[object, int] = {mark: row for row in ours for mark in _marks(subject, row)}
        pairs = [
            (next(by_mark[mark] for mark in _marks(subject, row) if mark in by_mark), row)
            for row in theirs
            if any(mark in by_mark for mark in _marks(subject, row))
        ]
        if pairs:
            yield LEAK.finding(_fact(len(pairs), len(theirs), other, f"also in {one}"), _evidence(subject, pairs))


def shared_look(subject: Subject) -> Iterator[Finding]:
    """Yield the pictures that look like one of another part, and are not the same bytes."""
    part_of = {row: name for name, rows in _named(subject).items() for row in rows}
    pairs: dict[tuple[str, str], dict[int, tuple[int, int]]] = defaultdict(dict)
    order = list(_named(subject))
    for one, other in subject.alike:
        if {one, other} <= part_of.keys() and part_of[one] != part_of[other]:
            first, second = sorted((one, other), key=lambda row: order.index(part_of[row]))
            if not set(_marks(subject, first)) & set(_marks(subject, second)):
                pairs[part_of[first], part_of[second]].setdefault(second, (first, second))
    for (near, far), found in pairs.items():
        fact = _fact(len(found), len(_named(subject)[far]), far, f"very like one in {near}")
        yield ALIKE.finding(fact, _evidence(subject, list(found.values())), certainty="likely")


CHECKS: Table = ((LEAK, shared), (ALIKE, shared_look))


def _named(subject: Subject) -> dict[str, list[int]]:
    """Return the rows of each part; the other dataset's rows come after this one's, under its name."""
    named = dict(parts(subject))
    if subject.other is None:
        return named
    count = len(subject.survey.keys)
    named = {name or subject.dataset.source: rows for name, rows in named.items()}
    for name, rows in parts(subject.other).items():
        place = subject.other.dataset.source
        named[f"{place}: {name}" if name else place] = [row + count for row in rows]
    return named


def _at(subject: Subject, row: int) -> tuple[Subject, int]:
    """Return the dataset that a row is of, and the row within it."""
    count = len(subject.survey.keys)
    if subject.other is not None and row >= count:
        return subject.other, row - count
    return subject, row


def _marks(subject: Subject, row: int) -> Iterator[object]:
    """Yield what two entries of one picture have in common: its file, its bytes, or the entry itself."""
    owner, at = _at(subject, row)
    path = owner.dataset.examples[at].path
    yield path if path is not None else row
    if owner.looks is not None and owner.looks[at].digest:
        yield owner.looks[at].digest


def _fact(count: int, total: int, part: str, said: str) -> str:
    noun = "picture" if total == 1 else "pictures"
    return f"{count:,} of {total:,} {noun} in {part} {'is' if count == 1 else 'are'} {said}"


def _evidence(subject: Subject, pairs: list[tuple[int, int]]) -> Iterator[Evidence]:
    for one, other in pairs:
        (owner, at), (others, there) = _at(subject, one), _at(subject, other)
        yield Evidence(others.survey.keys[there], f"the same as {owner.survey.keys[at]}")
