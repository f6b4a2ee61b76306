"""A web page, or a server's error, was saved in the place of the file.

What is seen

    A file that begins `<!DOCTYPE html` or `<?xml … <Error>`; from loaders `not a gzip file`, `File is not a zip
    file`, `file signature not found`, `Error parsing message`.

Why

    The address was that of a page and not of the file (a repository's blob page, a login, a drive's quota or
    virus-scan page), and the program that fetched it did not look at what came.

Remedy

    Fetch the file from its raw address, and look at its first bytes: `loadstone get ADDRESS` does.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "html-instead-of-file",
    "error",
    help="fetch the file from its raw address: loadstone get ADDRESS says what comes",
)

_PAGES = (".html", ".htm", ".xml", ".svg")

TEXTS = (
    Saying(
        r"Not a gzipped file \(b['\"](?:<!|<h|<H|\\r|\\n)",
        "the archive's first bytes are those of a web page",
    ),
    Saying(
        r"(?i)unpack|pickle|load|open|read|parse|decode",
        "a web page stands where the model should be: its text begins with <!DOCTYPE or <html",
        needs=(
            (
                r"(?im)^.{0,40}(?:b['\"])?(?:\\n|\s)*<!doctype html|invalid load key, '<'|found ['\"]?<!DOCTYPE"
                r"|begins? .{0,3}<html"
            ),
        ),
    ),
    Saying(
        r"invalid load key, '<'",
        "the file begins with '<': it is a web page",
    ),
    Saying(
        r"tarfile\.ReadError: not a gzip file|ReadError\(\"not a gzip file\"\)|gzip: stdin: not in gzip format",
        "the .tar.gz is not gzip: a page was most likely saved in its place",
        certainty="likely",
    ),
    Saying(
        r"tarfile\.ReadError: file could not be opened successfully",
        "the archive is of no kind that tarfile knows: a page was most likely saved in its place",
        certainty="possible",
    ),
    Saying(
        r"(?i)virus scan warning|(?:file|it) (?:begins|starts) with <(?:html|!doctype)",
        "a web page stands where the model should be",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield the page's title, or the server's error."""
    model = subject.model
    if model is None or subject.path.suffix.lower() in _PAGES:
        return
    error, title = model.details.get("error"), model.details.get("title")
    if subject.format == "xml" and not error:
        return
    found = f"the error {error!r} of a storage server" if error else f"a web page titled {title!r}" if title else "HTML"
    fact = f"{subject.path.name} is {found}, not the file that its name promises"
    begins = bytes(subject.candidate.head[:60]).strip().decode("utf-8", "replace") if subject.candidate else ""
    yield FAULT.finding(
        fact, Evidence(subject.source, f"{subject_size(subject)}begins {begins[:40]!r}", _expected(subject))
    )


def subject_size(subject: Subject) -> str:
    """Return the file's size as words."""
    return f"{subject.candidate.size:,} bytes, " if subject.candidate else ""


def _expected(subject: Subject) -> str:
    known = {".h5": "the HDF5 signature", ".keras": "PK, a zip", ".zip": "PK, a zip", ".gz": "1f 8b, gzip"}
    return known.get(subject.path.suffix.lower(), "a model's bytes")
