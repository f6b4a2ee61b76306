"""The file `saved_model.pb` is named where its folder is expected.

What is seen

    `SavedModel file does not exist at: …/saved_model.pb/{saved_model.pbtxt|saved_model.pb}`.

Why

    A SavedModel is a folder; loaders look for a file of exactly that name in what they are given. A graph under
    another name (`saved_model_1.pb`) is not found.

Remedy

    Give the folder.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.facts.finding import Evidence, Finding
from loadstone.formats.savedmodel_files import NAMES

FAULT = Fault(
    "savedmodel-path-is-the-pb",
    "warning",
    help="give the folder that holds saved_model.pb, under that exact name",
)

TEXTS = (
    Saying(
        r"SavedModel (?:file does not exist at"
        r"|\.pb or \.pbtxt at supplied export directory path): ?(?P<folder>(?:[^\n{]*[/\\])?)"
        r"(?P<name>saved_model\.pb(?:txt)?)(?:[/\\]?\{|[/\\]?\s*$)",
        "{name} is named where its folder is expected",
        help="give the folder: {folder}",
    ),
    Saying(
        r"SavedModel file does not exist at: ?(?P<path>[^\n{]*\.pb(?:txt)?)(?:[/\\]?\{|\s*$)",
        "{path} is a file; a folder is expected, and in it a file named exactly saved_model.pb",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield the folder of a `saved_model.pb` that was named."""
    candidate = subject.candidate
    if candidate is None or candidate.is_folder or not subject.top or subject.container:
        return
    if subject.path.name not in NAMES or subject.format not in ("savedmodel", "tfhub-v1"):
        return
    folder = str(subject.path.parent)
    fact = f"{subject.path.name} is one file of a SavedModel; loaders want the folder {folder}"
    yield FAULT.finding(fact, Evidence(subject.source, "a file", folder), help=f"give the folder: {folder}")
