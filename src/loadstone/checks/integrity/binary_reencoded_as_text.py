"""A binary file was read as text by some program and saved again.

What is seen

    A file that is a third to a half larger than it should be, is valid UTF-8 throughout and yet full of control
    characters; loaders say `file signature not found`, `Wire format was corrupt`, `not an sstable`.

Why

    An editor, a web form, a text-mode transfer or `open(path)` without `"b"` took each byte for a character of
    some code page and wrote the characters as UTF-8. Most of it can be undone; line ends that were changed, and
    bytes that have no character, cannot always.

Remedy

    `loadstone fix FILE` undoes it and says what was lost; better is the original, fetched in binary mode.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "binary-reencoded-as-text",
    "error",
    help="loadstone fix FILE   undoes it as far as it can; or fetch the original again, in binary mode",
    repair="undo-reencoding",
)

TEXTS = (
    Saying(
        r"'utf-?8' codec can't decode byte 0x(?P<byte>[0-9a-f]{2}) in position 0: invalid start byte",
        "a binary file is read as text: its first byte is 0x{byte}",
        certainty="possible",
        needs=(r"(?i)\.(?:pb|h5|hdf5|keras|ckpt|tflite|data-\d{5}-of-\d{5})\b",),
        help='open the file in binary mode: open(path, "rb")',
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield as what the bytes were read."""
    model, candidate = subject.model, subject.candidate
    if model is None or candidate is None or subject.format != "reencoded-binary":
        return
    encoding, healthy = model.details.get("encoding"), model.details.get("healthy_size")
    how = f"as {encoding} text and saved as UTF-8" if encoding else "as text, and saved with changes"
    if not encoding and healthy:
        how = "as UTF-8 text: replacement characters stand where bytes were lost for good"
    fact = f"{subject.path.name} is a binary file that was read {how}"
    expected = f"about {healthy:,} bytes" if healthy else "the binary itself"
    help_ = "" if encoding else "fetch the original again, in binary mode: what is lost cannot be undone"
    place = Evidence(subject.source, f"{candidate.size:,} bytes", expected)
    yield FAULT.finding(fact, place, help=help_, mended=bool(encoding))
