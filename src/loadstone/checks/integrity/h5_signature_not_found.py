"""A file that is named or opened as HDF5 is not HDF5.

What is seen

    `Unable to open file (file signature not found)` (h5py), with `synchronously` in later versions.

Why

    The eight bytes `\\x89HDF\\r\\n\\x1a\\n` do not stand at byte 0, 512, 1024, …: the file is empty, a web page,
    a git-lfs pointer, another format under this name, or its beginning was lost. The message alone does not say
    which.

Remedy

    Look at the first bytes: `loadstone check FILE` names what lies there; then fetch the right file.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.endings import ENDINGS
from loadstone.checks.views.other_things import STAND_INS, what_it_is
from loadstone.facts.finding import Evidence, Finding
from loadstone.wire.hdf5.superblock import find_signature

FAULT = Fault(
    "h5-signature-not-found",
    "error",
    help="fetch the file again, or give it the ending of what it is; loadstone inspect FILE names that",
)

_ENDINGS = (".h5", ".hdf5", ".hdf", ".he5")
_TOLD_ELSEWHERE = STAND_INS | {"keras-h5", "keras-h5-weights", "hdf5", "keras-zip"}

TEXTS = (
    Saying(
        r"[Ff]ile signature not found",
        "the file is not HDF5: an HDF5 signature stands neither at its start nor behind a user block",
        certainty="likely",
        help="loadstone check FILE   says what the file is",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield what the file is, where its name says HDF5 and no surer fault says why."""
    if subject.candidate is None or subject.candidate.is_folder or subject.path.suffix.lower() not in _ENDINGS:
        return
    head = subject.candidate.head
    if find_signature(head) is not None or subject.format in _TOLD_ELSEWHERE or subject.format in ENDINGS:
        return
    fact = f"{subject.path.name} is not HDF5: it is {what_it_is(subject) or 'of no known kind'}"
    yield FAULT.finding(
        fact, Evidence(subject.source, f"begins {bytes(head[:8]).hex(' ')}", "begins 89 48 44 46 0d 0a 1a 0a")
    )
