"""Another process holds the HDF5 file open, or one that wrote it died before closing it.

What is seen

    `unable to lock file, errno = 11` (`Resource temporarily unavailable`), `errno = 35`, Windows `error 33` or `32`,
    `unable to truncate a file which is already open`, `file is already open for write`.

Why

    A notebook's kernel, a training run or a viewer has the file open; a file opened twice for writing would be damaged,
    so HDF5 refuses. A file written with the newest format also bears a mark while it is open, which stays when the
    writer is killed.

Remedy

    Close the other process (restart the notebook's kernel). If none holds it, clear the mark: `h5clear -s FILE`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "h5-file-open-elsewhere",
    "error",
    help="close the process that holds it: restart the notebook's kernel, or see lsof FILE",
    reference="https://support.hdfgroup.org/documentation/hdf5/latest/_file_lock.html",
)

TEXTS = (
    Saying(
        r"unable to lock file, errno = (?P<number>11|35|36|13|0)\b|Resource temporarily unavailable.{0,40}\n?.*lock",
        "another process holds the file open",
        unless=(r"errno = (?:37|38|524)\b",),
    ),
    Saying(
        r"unable to truncate a file which is already open|file is already open(?: for (?:write|read-only))?|"
        r"file is already opened|unable to open file \(file is already open",
        "the file is already open in another mode, in this process or another",
    ),
    Saying(
        r"WinError 32\b|being used by another process|GetLastError\(\) = 3[23]\b",
        "another process holds the file open",
        needs=(r"(?i)unable to lock file|\.h(?:5|df5)|h5py|hdf5|\.keras|\.weights",),
    ),
)

LOCKS = Path("/proc/locks")
_SIGNATURE = b"\x89HDF\r\n\x1a\n"


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a lock that a process holds on the file, and the mark of a writer that has not closed it."""
    head = subject.candidate.head if subject.candidate is not None else b""
    if not head.startswith(_SIGNATURE):
        return
    for process in _holders(subject.path):
        fact = f"process {process} holds a lock for writing on the file"
        yield FAULT.finding(fact, Evidence(subject.source, f"FLOCK WRITE by {process}", "no lock"), severity="warning")
    # Superblock version 3 keeps consistency flags in byte 11: 1 opened for writing, 4 for SWMR (HDF5 format, II.A).
    if len(head) > 11 and head[8] == 3 and head[11] & 0b101:
        yield FAULT.finding(
            "the file bears the mark of a writer that has not closed it",
            Evidence(f"{subject.source}: byte 11", f"flags {head[11]}", "0"),
            help=f"close the process that writes it; if there is none: h5clear -s {subject.in_shell}",
        )


def _holders(path: Path) -> list[int]:
    """Return the other processes that hold a lock for writing on a file, as Linux lists them."""
    try:
        status = path.stat()
        rows = [line.split() for line in LOCKS.read_text(encoding="ascii", errors="replace").splitlines()]
    except OSError:
        return []
    place = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    held = {
        int(row[4]) for row in rows if len(row) > 5 and row[3] == "WRITE" and row[5] == place and row[4].isdecimal()
    }
    return sorted(held - {os.getpid()})
