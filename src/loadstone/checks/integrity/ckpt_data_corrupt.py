"""Bytes of some tensors of a checkpoint changed.

What is seen

    `Checksum does not match: stored A vs. calculated on the restored bytes B` (`Data loss`), for some tensors and
    not for others.

Why

    Bytes changed on the way or on the disk; or, where every tensor is concerned, the index is of another save.

Remedy

    Fetch or copy the `.data` file again; `loadstone inspect CKPT --verify` lists the tensors.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.sums import is_mismatch, sums
from loadstone.facts.finding import Evidence, Finding, NotExamined

FAULT = Fault(
    "ckpt-data-corrupt",
    "error",
    help="fetch or copy the .data file again; loadstone inspect CKPT --verify lists the tensors",
)

TEXTS = (
    Saying(
        r"Checksum does not match: stored (?P<stored>\d+) vs\. calculated on the restored bytes (?P<computed>\d+)",
        "a tensor's bytes are not those that were saved (sum {computed}, saved {stored}): changed bytes, or "
        "the index of another save",
        certainty="likely",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding | NotExamined]:
    """Yield the tensors whose sums are wrong, where they are some; and what was not compared."""
    done = subject.view(sums)
    wrong = [one for one in done.wrong if not one.zeros]
    if wrong and not is_mismatch(done):
        fact = (
            f"{len(wrong):,} of {done.checked + len(done.wrong):,} "
            f"tensors do not have their checksums: their bytes changed"
        )
        yield FAULT.finding(fact, *(Evidence(one.where, one.computed, one.stored) for one in wrong))
    if done.left:
        words = (
            f"{done.left:,} bytes in {done.left_tensors:,} tensors "
            f"were not compared with their checksums (--verify does)"
        )
        yield NotExamined(subject.source, words)
