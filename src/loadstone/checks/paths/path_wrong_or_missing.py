"""There is no file or folder at the path.

What is seen

    `SavedModel file does not exist at: X/{saved_model.pbtxt|saved_model.pb}` (also for an HDF5 file that is not
    there), `No such file or directory`, Keras 3's `File not found: filepath=X. Please ensure the file is an
    accessible .keras zip file`, or `File format not supported: filepath=.` for an empty path.

Why

    The name is mistyped, relative to another working directory, in quotes or with blanks at its ends, or the
    archive was not unpacked there. Several loaders report their last guess instead of the missing file.

Remedy

    Name the file that is meant; near names are given.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from shlex import quote

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.paths import ckpt_prefix_not_found
from loadstone.checks.subject import Subject
from loadstone.errors import SourceError
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "path-wrong-or-missing",
    "error",
    help="name the file that is meant, from the working directory or in full",
)

_BLANKS = " \t\r\n'\"\u201c\u201d\u2018\u2019"

TEXTS = (
    Saying(
        r"SavedModel file does not exist at: ?(?P<path>[^\n{]*?)/?(?:\{saved_model|$)",
        "there is no SavedModel at {path}: the path is wrong, or holds something else",
        unless=(
            r"does not exist at: ?[^\n{]*\.pb(?:txt)?/\{",
            r"does not exist at: \S*tfhub_modules[/\\]",
            r"does not exist at: (?:all|-)",
        ),
        certainty="likely",
    ),
    Saying(
        r"(?i)savedmodel file does not exist at",
        "there is no SavedModel at the path",
        certainty="possible",
        unless=(r"\.pb(?:txt)?/\{", r"tfhub_modules", r"does not exist at: (?:all|-)"),
    ),
    Saying(
        r"File not found: filepath=(?P<path>[^\n]*?)\. Please ensure the file is an accessible",
        "Keras found no zip at {path}: the file is not there, or is not a .keras archive",
        certainty="likely",
    ),
    Saying(
        r"File format not supported: ?\s*filepath=(?P<path>[.~/\\ ]*"
        r"|[A-Za-z]:\\Users\\[^\\.\n]+|/(?:home|Users)/[^/.\n]+)\. ?\s*Keras 3",
        "the path {path} is empty or a person's own folder, not a model's file",
        certainty="proved",
    ),
    Saying(
        (
            r"(?:No file or directory found at"
            r"|OSError: No file found at) (?P<path>[^\n]+)"
        ),
        "there is nothing at {path}",
    ),
    Saying(r"unable to open file: name = '(?P<path>[^']*)', errno = 2\b", "there is no file {path}"),
    Saying(
        r"(?:FileNotFoundError|IOError|NotFoundError"
        r"|OSError)[^\n]*?(?:\[Errno 2\] No such file or directory: ?b?['\"]?(?P<path>[^'\"\n]+)"
        r"|: (?P<other>[^\n;:]+); No such file or directory)",
        "there is no file {path}{other}",
        unless=(r"frozen_inference_graph\.pb[^\n]{0,4}; No such", r"\.data-\d{5}-of-\d{5}[^\n]{0,4}; No such"),
        certainty="likely",
    ),
    Saying(
        r"NewRandomAccessFile failed to Create/Open: (?P<path>[^\n]+?) : (?:The system cannot find the (?:file"
        r"|path) specified|No such file)",
        "there is no file {path}",
        unless=(r"frozen_inference_graph\.pb : The system",),
    ),
    Saying(
        r"unable to open file: name = '(?P<path>[^']*)', errno = 22\b|Create/Open: (?P<other>[^\n]+?) : The filename, "
        r"directory name, or volume label syntax is incorrect",
        "{path}{other} is no name that the system takes: most often a backslash that began an escape",
        certainty="likely",
        help="write the path with / or as r'…'",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield what lies nearest to the path."""
    if subject.candidate is not None or not isinstance(subject.error, SourceError):
        return
    if any(ckpt_prefix_not_found.from_file(subject)):
        return
    source = subject.source
    shown = source if source.strip() else repr(source)
    near = _nearest(source)
    fact = f"there is nothing at {shown}"
    if not source.strip():
        fact = "the path is empty"
    elif odd := [f"U+{ord(one):04X}" for one in source if ord(one) < 32]:
        fact = f"the path holds the control character {odd[0]}, as a backslash in a quoted text makes ({source!r})"
    elif source.strip(_BLANKS) != source:
        fact = f"the path begins or ends with a blank or a quotation mark: {source!r}"
    help_ = f"loadstone check {quote(near)}" if near else subject.error.help or FAULT.help
    yield FAULT.finding(fact, Evidence(shown, "no such file, folder or checkpoint", near), help=help_)


def _nearest(source: str) -> str:
    """Return the path that is most likely meant, of what lies here; empty where nothing is near."""
    trimmed = source.strip(_BLANKS).removeprefix("file://")
    if trimmed != source and trimmed and Path(trimmed).exists():
        return trimmed
    if source.startswith("~") and Path(source).expanduser().exists():
        return str(Path(source).expanduser())
    slashed = trimmed.replace("\\", "/")
    if slashed != trimmed and Path(slashed).exists():
        return slashed
    return _below(Path(slashed)) if slashed else ""


def _below(path: Path) -> str:
    """Walk down as far as the path exists, then take the nearest name there, and the rest if that exists."""
    parts = path.parts
    here = Path(parts[0]) if path.is_absolute() else Path()
    for number, part in enumerate(parts[1:] if path.is_absolute() else parts):
        if (here / part).exists():
            here = here / part
            continue
        name = _near_name(here, part)
        rest = parts[number + (2 if path.is_absolute() else 1) :]
        found = here / name if name else None
        if found is None:
            return ""
        return str(found.joinpath(*rest)) if found.joinpath(*rest).exists() else str(found)
    return str(here)


def _near_name(folder: Path, name: str) -> str:
    try:
        names = [entry.name for entry in folder.iterdir()]
    except OSError:
        return ""
    plain = {unicodedata.normalize("NFC", one).casefold(): one for one in names}
    folded = unicodedata.normalize("NFC", name).casefold()
    if folded in plain:
        return plain[folded]
    stems = [one for one in names if Path(one).stem == name or one == Path(name).stem]
    return next(iter(stems or get_close_matches(name, names, n=1, cutoff=0.6)), "")
