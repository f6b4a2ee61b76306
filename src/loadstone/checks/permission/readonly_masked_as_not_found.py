"""The file is there and may not be read (or its folder not written), and the loader says that it is not found.

What is seen

    Keras 3: `File not found: filepath=….keras. Please ensure the file is an accessible .keras zip file`, for a path
    that a listing of the folder shows.

Why

    Keras asks whether the path is a zip archive, and takes every refusal of the system for no; the message then names
    the one reason that it can think of. Keras 3.4 and 3.5 also opened the file for writing and unpacked its weights
    beside it, which a read-only mount (SageMaker's `/opt/ml/model`, Azure ML's inputs) refuses.

Remedy

    Give the process the right to read the file, or copy it to a place where it has it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "readonly-masked-as-not-found",
    "error",
    help="let this user read the file (chmod u+r FILE), or copy it to a folder of your own",
    reference="https://github.com/keras-team/keras/issues/20146",
)

_MASKS = r"File not found: filepath=|File format not supported: filepath=|Unable to open file|No such file or directory"
_MASK_OF_KERAS = r"File not found: filepath="
_UNPACKED = r"Read-only file system: '[^'\n]*model\.weights\.h5'"
_TRULY = (
    r"/opt/ml/(?:input|model)|[Rr]ead[- ]only(?: file ?system| mount| volume| disk)?|\breadonly\b|:ro\b|Errno 30|EROFS"
)


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
            help=f"chmod u+r {subject.in_shell}, as its owner; or copy it to a folder of your own",
        )


def from_text(error: ErrorText) -> Iterator[Finding]:
    """Yield a finding where a message of absence stands beside words of a read-only place."""
    if unpacked := re.search(_UNPACKED, error.text):
        number = error.line_of(unpacked.start())
        yield FAULT.finding(
            "Keras unpacks the weights beside the file, and that place is read-only",
            Evidence(f"line {number} of the text", error.lines[number - 1].strip()[:300]),
            help="copy the file to a folder that may be written, or take Keras 3.6 or newer",
        )
        return
    found = re.search(_MASKS, error.text)
    if found is not None and re.search(_TRULY, f"{error.text}\n{error.words}"):
        number = error.line_of(found.start())
        yield FAULT.finding(
            "the loader says that the file is not found, and the text says that its place is read-only",
            Evidence(f"line {number} of the text", error.lines[number - 1].strip()[:300]),
            certainty="proved" if re.search(_MASK_OF_KERAS, error.text) else "likely",
        )
