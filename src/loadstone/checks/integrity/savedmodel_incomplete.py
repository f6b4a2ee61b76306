"""A SavedModel lacks its graph or its variables.

What is seen

    `Failed to find any matching files for …/variables/variables`, `SavedModel file does not exist at`, a folder
    with `saved_model.pb` alone.

Why

    A SavedModel is a folder: `saved_model.pb`, `variables/variables.index`, `variables/variables.data-…`, and
    `assets/`. Uploads keep the one file, and version control ignores or replaces big ones.

Remedy

    Fetch the whole folder.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "savedmodel-incomplete",
    "error",
    help="fetch the whole folder: saved_model.pb, variables/ and assets/",
)

TEXTS = (
    Saying(
        r"(?:Failed to find any matching files for|Unable to open"
        r"|No such file[^\n]{0,200}?) *(?P<path>\S*variables[/\\\\]variables)\b(?!\.data)",
        "the SavedModel's variables are not beside it: {path}.index and .data are missing",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield what of the folder is missing."""
    files = subject.model.files if subject.model else ()
    gone = [file for file in files if file.state == "missing"]
    graph = [file for file in gone if file.role == "graph"]
    variables = [file for file in gone if file.role in ("index", "data")]
    assets = [file for file in gone if file.role == "asset"]
    index_here = any(file.role == "index" and file.state == "present" for file in files)
    if graph:
        fact = "saved_model.pb is missing: without it the variables have no graph and no signature"
        yield FAULT.finding(fact, Evidence(f"{subject.source}: {graph[0].path}", "no such file", graph[0].path))
    if variables and not index_here:
        fact = "variables/ is missing: the graph has no values for its variables"
        yield FAULT.finding(
            fact, *(Evidence(f"{subject.source}: {file.path}", "no such file", file.path) for file in variables)
        )
    if assets:
        fact = (
            f"{len(assets):,} of the files that the graph reads from "
            f"assets/ {'are' if len(assets) > 1 else 'is'} missing"
        )
        yield FAULT.finding(
            fact, *(Evidence(f"{subject.source}: {file.path}", "no such file", file.path) for file in assets)
        )
