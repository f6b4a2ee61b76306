"""HDF5 cannot lock the file, because its file system knows no locks.

What is seen

    `unable to lock file, errno = 37` (`No locks available`), `38` (`Function not implemented`), `524`, `95`, or `file
    locking disabled on this file system`. With errno 11 or 35 it is another process that holds the file.

Why

    HDF5 1.10 and newer locks what it opens. NFS, Lustre and other network file systems of clusters are often mounted
    without locks.

Remedy

    Switch the locking off for this process before h5py is imported: `HDF5_USE_FILE_LOCKING=FALSE`; or copy the file to
    a local disk.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "h5-file-locking",
    "error",
    help="export HDF5_USE_FILE_LOCKING=FALSE before Python starts, or copy the file to a local disk",
    reference="https://support.hdfgroup.org/documentation/hdf5/latest/_file_lock.html",
)

TEXTS = (
    Saying(
        r"unable to lock file, errno = (?P<number>37|38|524|45|95|22|5|102)\b(?:, error message = '(?P<words>[^']*)')?",
        "the file system has no locks (errno {number}: {words})",
    ),
    Saying(
        r"file locking disabled on this file system.{0,120}?errno = (?P<number>\d+)",
        "the file system has no locks (errno {number})",
    ),
    Saying(
        r"file locking disabled on this file system|No locks available|unable to lock file",
        "the file system has no locks",
        "likely",
        needs=(r"(?i)h5|hdf5|Unable to (?:open|create|synchronously)",),
        unless=(r"errno = (?:11|35|36|13|0)\b|GetLastError\(\) = 3[23]\b",),
    ),
)

MOUNTS = Path("/proc/mounts")


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a warning for an HDF5 file on Lustre that is mounted without locks: flock(2) answers ENOSYS there."""
    if subject.candidate is None or not subject.candidate.head.startswith(b"\x89HDF"):
        return
    kind, place, options = _mount(subject.path.resolve())
    if kind == "lustre" and not options & {"flock", "localflock"}:
        yield FAULT.finding(
            "the file lies on Lustre, mounted without locks: HDF5 cannot lock it",
            Evidence(subject.source, f"{place}: lustre, {', '.join(sorted(options))}", "flock or localflock"),
            severity="warning",
            certainty="likely",
        )


def _mount(path: Path) -> tuple[str, str, set[str]]:
    """Return the kind, place and options of the mount that a path lies on."""
    try:
        rows = [line.split() for line in MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()]
    except OSError:
        return "", "", set()
    under = [row for row in rows if len(row) > 3 and path.is_relative_to(row[1])]
    nearest = max(under, key=lambda row: len(row[1]), default=["", "", "", ""])
    return nearest[2], nearest[1], set(nearest[3].split(","))
