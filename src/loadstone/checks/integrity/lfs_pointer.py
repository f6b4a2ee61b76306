"""A git-lfs pointer lies where the file should be.

What is seen

    A file of about 130 bytes that begins `version https://git-lfs`, and from loaders `file signature not found`,
    `not an sstable` or `Error parsing message`.

Why

    Large files of a repository are kept by Git LFS elsewhere; a download of the repository without LFS, or over the
    owner's quota, gives these stand-ins. The pointer holds the true size and SHA-256.

Remedy

    Fetch the file itself (`git lfs pull` in the clone), and compare its size and hash with the pointer's.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying, filled
from loadstone.checks.subject import Subject
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "lfs-pointer",
    "error",
    help="fetch the file itself: git lfs pull in its clone, or loadstone fix FILE --origin ADDRESS",
    reference="https://git-lfs.com",
    repair="fetch-from-lfs-store",
)

TEXTS = (
    Saying(r"version https://git-lfs\.github\.com/spec/v1", "the file is a git-lfs pointer, not the file itself"),
    Saying(
        r"over its data quota|smudge filter lfs failed|files? that should have been pointers"
        r"|LFS budget|(?:LFS|lfs) (?:bandwidth|quota)|exceeded its LFS",
        "the owner's quota for large files is used up, so that only git-lfs pointers are given out",
        help="fetch the file from another place (a release, a mirror); loadstone get tells a pointer from the file",
    ),
    Saying(
        # A pointer has three lines: the version's (43 bytes), the hash's (76), and the size's, of 7 bytes to 18.
        r"\b(?P<size>1[23]\d) ?(?:bytes?|B)\b",
        "a file of {size} bytes is a git-lfs pointer's size",
        "likely",
        needs=(r"(?i)\bh5\b|hdf5|\.(?:h5|keras|pb|tflite|ckpt|weights)|model|weights|checkpoint",),
        unless=(r"bytes read|out of \d+ bytes|\ballocat", r"eof = "),
    ),
    Saying(
        r"invalid load key, 'v'",
        "the file begins with a v, as a git-lfs pointer does (version https://git-lfs…)",
        "likely",
    ),
    Saying(
        r"(?i)\bgit[- ]lfs\b[^\n]{0,60}(?:not installed|missing|pointer|pull|command not found|is not a git command)",
        "Git LFS did not fetch the file: its pointer stands in its place",
        "likely",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each stand-in among the subject's files."""
    model = subject.model
    for file in model.files if model else ():
        if file.state == "lfs-pointer":
            wanted = f"a file of {file.expected:,} bytes" if file.expected else "the file itself"
            fact = f"{file.path} is a git-lfs pointer: {file.size or 0:,} bytes stand in for {wanted}"
            place = Evidence(f"{subject.source}: {file.path}", "a git-lfs pointer", wanted)
            help_ = filled(FAULT.help, _place(subject, file.path))
            yield FAULT.finding(fact, place, help=help_, mended=_has_store(subject))


def _place(subject: Subject, name: str) -> str:
    """Return where a file of the subject lies, for a command."""
    at = (subject.path if subject.path.is_dir() else subject.path.parent) / name
    return str(at) if at.is_file() else subject.argument


def _has_store(subject: Subject) -> bool:
    """Return whether the file lies in a clone that keeps what Git LFS has fetched."""
    return any((folder / ".git" / "lfs" / "objects").is_dir() for folder in subject.path.absolute().parents)
