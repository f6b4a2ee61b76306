"""A zip (a `.keras`, an `.npz`) is none, or its bytes changed.

What is seen

    `BadZipFile: File is not a zip file`, `Bad CRC-32 for file`, `Bad magic number for central directory`, and
    Keras 3's `Please ensure the file is an accessible .keras zip file`.

Why

    A page or part of a file was kept in the place of the zip; or bytes of a member changed, which its CRC-32
    shows.

Remedy

    Delete the file, also from `~/.keras`, and fetch it again.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.other_things import STAND_INS, what_it_is
from loadstone.checks.views.sums import sums
from loadstone.errors import LimitError, TruncatedError
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "zip-corrupt-or-html",
    "error",
    help="delete it and fetch it again: loadstone get ADDRESS",
)

_ENDINGS = (".keras", ".zip", ".npz")
_TOLD_ELSEWHERE = STAND_INS | {"keras-h5", "keras-h5-weights", "hdf5"}

TEXTS = (
    Saying(
        r"BadZip[Ff]ile(?::|\(|.{0,3}$).{0,4}(?P<what>Bad CRC-32 for file '[^']*'|Bad magic number[^'\"\n]*"
        r"|Truncated file header|File name in directory[^\n]*)",
        "the zip is damaged: {what}",
    ),
    Saying(
        r"File is not a zip file|not a zip file",
        "the file is no zip: part of a download, or a page, was kept in its place",
        certainty="likely",
    ),
    Saying(
        r"Failed to interpret file .* as a pickle|Cannot load file containing pickled data when allow_pickle=False",
        "NumPy found no zip and no array in the file: part of a download, or a page, was kept in its place",
        certainty="possible",
    ),
    Saying(
        r"End-of-central-directory signature not found",
        "the file has no end of a zip: part of a download, or a page, was kept in its place",
        certainty="likely",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield that the file is no zip, or each member whose CRC does not hold."""
    candidate = subject.candidate
    if candidate is None or candidate.is_folder:
        return
    if candidate.head.startswith(b"PK"):
        yield from _members(subject)
    elif subject.path.suffix.lower() in _ENDINGS and subject.format not in _TOLD_ELSEWHERE:
        fact = f"{subject.path.name} is no zip: it is {what_it_is(subject) or 'of no known kind'}"
        yield FAULT.finding(
            fact, Evidence(subject.source, f"begins {bytes(candidate.head[:8]).hex(' ')}", "begins 50 4b 03 04")
        )


def _members(subject: Subject) -> Iterator[Finding]:
    if subject.error is not None and not isinstance(subject.error, TruncatedError | LimitError):
        yield FAULT.finding(
            f"the zip cannot be read: {subject.error.fact}",
            Evidence(subject.error.where or subject.source, subject.error.found, subject.error.expected),
        )
        return
    if subject.format not in ("keras-zip", "archive"):
        return
    done = subject.view(sums)
    for place in dict.fromkeys(wrong.where for wrong in done.wrong):
        wrong = next(wrong for wrong in done.wrong if wrong.where == place)
        fact = f"bytes of a member changed: the CRC of {place or wrong.name} does not hold"
        yield FAULT.finding(fact, Evidence(f"{subject.source}: {place or wrong.name}", wrong.computed, wrong.stored))
