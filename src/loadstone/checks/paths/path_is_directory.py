"""A folder stands where a file is expected.

What is seen

    `errno = 21, Is a directory`, on Windows `errno = 13, Permission denied` from h5py, `IsADirectoryError`, `…;
    Is a directory`.

Why

    A checkpoint or SavedModel in TensorFlow's format is a folder whatever its name ends with; an unpacker made a
    folder with the name of the archive; or the last part of the path was lost.

Remedy

    Name the file in it, or load the folder with what reads folders.
"""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "path-is-directory",
    "warning",
    help="name the file in the folder, or load it with what reads folders",
)

_FILES = (
    ".h5",
    ".hdf5",
    ".keras",
    ".pb",
    ".pbtxt",
    ".tflite",
    ".config",
    ".zip",
    ".gz",
    ".tar",
    ".tgz",
    ".index",
    ".json",
)

TEXTS = (
    Saying(
        (
            r"IsADirectoryError: \[Errno 21\] Is a directory: ?b?'(?P<path>[^']*)'"
            r"|unable to open file: name = '(?P<other>[^']*)', errno = 21\b"
        ),
        "{path}{other} is a folder, and a file is expected",
    ),
    Saying(r"(?P<path>(?<![^\s;])[^\s;]{1,400}); Is a directory", "{path} is a folder, and a file is expected"),
    Saying(
        r"unable to open file: name = '(?P<path>[A-Za-z]:[\\/][^']*)', errno = 13\b",
        "{path} is a folder: on Windows HDF5 reports that as a lack of permission",
        certainty="likely",
    ),
    Saying(
        r"file read failed:[^\n]*?filename = '(?P<path>[^']*)'[^\n]*?errno = 21\b",
        "{path} is a folder, and a file is expected",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a folder that has the name of a file, with what is in it."""
    candidate, model = subject.candidate, subject.model
    if not subject.container or candidate is None or subject.path.suffix.lower() not in _FILES:
        return
    inner = sorted(candidate.tree.listing(""))[:3]
    fact = f"{subject.path.name} is a folder, though its name is that of a file"
    found = f"a folder with {', '.join(inner)}" if inner else "a folder"
    at = model.source if model is not None and model.source.rstrip("/") != subject.source.rstrip("/") else ""
    yield FAULT.finding(
        fact, Evidence(subject.source, found, "a file"), help=f"loadstone check {quote(at)}" if at else ""
    )
