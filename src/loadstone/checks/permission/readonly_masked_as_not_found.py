"""The file is there and may not be read (or its folder not written), and the loader says that it is not found.

What is seen

    Keras 3: `File not found: filepath=….keras. Please ensure the file is an accessible .keras zip file`, for a path
    that a listing of the folder shows.

Why

    Keras asks whether the path is a zip archive, and takes every refusal of the system (permission, a read-only mount)
    for no; the message then names the one reason that it can think of.

Remedy

    Give the process the right to read the file, or copy it to a place where it has it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "readonly-masked-as-not-found",
    "error",
    help="let this user read the file (chmod u+r FILE), or copy it to a folder of your own",
    reference="https://github.com/keras-team/keras/blob/master/keras/src/saving/saving_api.py",
)

_MASKS = r"File not found: filepath=|File format not supported: filepath=|Unable to open file|No such file or directory"
_TRULY = r"[Rr]ead[- ]only(?: file ?system| mount| volume| disk)?|\breadonly\b|:ro\b|Errno 30|EROFS|mounted read-only"


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for a file that exists and that this process may not read."""
    path = subject.path
    try:
        hidden = path.exists() and not os.access(path, os.R_OK)
    except OSError:
        return
    if hidden:
        mode = oct(path.stat().st_mode & 0o7777)[2:]
        yield FAULT.finding(
            "the file exists, and this user may not read it",
            Evidence(subject.source, f"mode {mode}", "readable"),
            help=f"chmod u+r {subject.source}, as its owner; or copy it to a folder of your own",
        )


def from_text(error: ErrorText) -> Iterator[Finding]:
    """Yield a finding where a message of absence stands beside words of a read-only place."""
    import re

    found = re.search(_MASKS, error.text)
    if found is not None and re.search(_TRULY, f"{error.text}\n{error.words}"):
        number = error.line_of(found.start())
        yield FAULT.finding(
            "the loader says that the file is not found, and the text says that its place is read-only",
            Evidence(f"line {number} of the text", error.lines[number - 1].strip()[:300]),
            certainty="likely",
        )
