"""An archive is given where what is in it is expected.

What is seen

    `not an sstable` for a `.tar.gz`, `SavedModel file does not exist at: …zip/{saved_model.pbtxt|…}`, `File
    format not supported: filepath=….zip`, `NotADirectoryError`.

Why

    The loaders of TensorFlow and Keras do not look into archives (a `.keras` file is one that Keras knows).

Remedy

    Unpack it and give the folder in it; Loadstone's own commands take the archive as it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.facts.finding import Evidence, Finding, NotExamined

FAULT = Fault(
    "archive-not-extracted",
    "warning",
    help="unpack it and give the folder in it",
    repair="unpack-archive",
)

_ENDING = r"\.(?:tar(?:\.\w+)?|tgz|zip|gz|7z|rar|bz2|xz)"

TEXTS = (
    Saying(
        (
            rf"Unable to open table file (?P<path>[^\n]*?{_ENDING}): ?\s*(?:Data loss"
            rf"|DATA_LOSS)"
        ),
        "{path} is an archive: unpack it, and give the prefix in it",
    ),
    Saying(
        (
            rf"SavedModel (?:file does not exist at"
            rf"|\.pb or \.pbtxt at supplied export directory path): ?(?P<path>[^\n{{]*?{_ENDING})(?:/|\s|$)"
        ),
        "{path} is an archive: unpack it, and give the folder in it",
    ),
    Saying(
        rf"File format not supported: ?\s*filepath=(?P<path>[^\n]*?{_ENDING})\. ?\s*Keras 3",
        "{path} is an archive: unpack it, and give the model in it",
    ),
    Saying(
        (
            rf"(?:NotADirectoryError"
            rf"|Not a directory)[^\n]*?(?P<path>[^\s'\"]*{_ENDING})"
        ),
        "{path} is an archive, and a folder is expected",
    ),
    Saying(
        (
            rf"(?:Failed to find any matching files for"
            rf"|No such file or directory:?) ?'?(?P<path>[^\n']*?{_ENDING}[/\\][^\n']*)"
        ),
        "{path} leads into an archive that was not unpacked",
    ),
    Saying(
        (r"DecodeError: Error parsing message"),
        "an archive was parsed as a model",
        certainty="possible",
        needs=(rf"open\([^\n]*{_ENDING}['\"]|(?i:load|parse)[^\n]*{_ENDING}\b",),
    ),
)


def from_file(subject: Subject) -> Iterator[Finding | NotExamined]:
    """Yield what is in the archive, and where it would lie."""
    model = subject.model
    if model is None or not subject.top or subject.container or not model.parts:
        return
    inner = model.parts[0]
    within = inner.source.removeprefix(subject.source).strip("/") or "."
    fact = (
        f"{subject.path.name} is an archive with {article(inner.format)} "
        f"in it; loaders of TensorFlow and Keras want it unpacked"
    )
    kind = str(model.details.get("kind", ""))
    command = "unzip" if kind == "zip" else "tar xf" if kind.startswith("tar") else kind or "unpack"
    yield FAULT.finding(
        fact,
        Evidence(subject.source, f"an archive ({kind})", f"{inner.format} at {within}"),
        help=(f"{command} {subject.in_shell}, then give {within}"),
    )
    for part in model.parts:
        if part.format == "archive":
            yield NotExamined(
                part.source, "an archive inside an archive: unpack the outer one, and check this by itself"
            )


def article(name: str) -> str:
    """Return a format's name with its article."""
    return f"{'an' if name[:1] in 'aeiou' else 'a'} {name}"
