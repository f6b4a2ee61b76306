"""A file has the ending of another format than it is.

What is seen

    A program that chooses its reader by the ending fails with that reader's message: `DecodeError: Error parsing
    message` for a TFLite model named `.pb`, `Model provided has model identifier 'xxxx', should be 'TFL3'` for a
    graph named `.tflite`, `file signature not found` for either named `.h5`.

Why

    Scripts and uploads rename files; converters write what they were told to, under any name. What a file is
    stands in its bytes.

Remedy

    Load it as what it is, or give a copy the ending of that: `loadstone fix FILE`.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.checks.views.endings import ending_of, promised
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "extension-mismatch-format",
    "warning",
    help="loadstone check FILE   says what the file is; loadstone fix FILE gives a copy that ending",
    repair="right-ending",
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield the ending that the file needs, where it has another format's; Keras files are another fault's."""
    ending, own = ending_of(subject), subject.path.suffix.lower()
    if ending is None or subject.format.startswith("keras") or not promised(own, subject.format):
        return
    fact = f"{subject.path.name} is {ending.words}, and its ending is another format's"
    yield FAULT.finding(
        fact,
        Evidence(subject.source, f"the ending {own}", ending.given),
        help=f"load it as what it is, or: loadstone fix {subject.in_shell}   gives a copy that ending",
    )
