"""`check`: every fault that the bytes, the neighbouring files and the target environment can prove, in one pass.

What it is: read the source once, ask each fault whose kinds fit, and sort. A source's parts (an export's checkpoint and
configuration) are subjects of their own, and each is told of the others.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from loadstone.checks.registry import faults, for_kinds
from loadstone.checks.subject import Subject
from loadstone.errors import LoadstoneError
from loadstone.facts import ModelFile
from loadstone.facts.environment import Environment
from loadstone.facts.finding import CheckReport, Failed, Finding, NotExamined
from loadstone.formats import registry as formats
from loadstone.formats.registry import Candidate


def check(
    source: str | os.PathLike[str],
    environment: Environment | None = None,
    *,
    config: str | os.PathLike[str] | None = None,
    labels: str | os.PathLike[str] | None = None,
) -> CheckReport:
    """Examine a file, folder or checkpoint prefix and return what is wrong with it; nothing raises for a broken file.

    `environment` is what the source is to load in: this Python where none is given. `config` is a `pipeline.config`
    and `labels` a label map that belong to it. Raises `SourceError` only where neither the source nor a fault that
    explains its absence is found.
    """
    return examine(subjects(os.fspath(source), environment or _here(), _text(config), _text(labels)))


def _here() -> Environment:
    from loadstone.environment.here import here

    return here()


def _text(path: str | os.PathLike[str] | None) -> str | None:
    return None if path is None else os.fspath(path)


def subjects(source: str, environment: Environment, config: str | None, labels: str | None) -> list[Subject]:
    """Return the source as a subject, and after it a subject for each of its parts that lies on this disk."""
    candidate, model, error = read(source)
    first = Subject(source, candidate, model, error, environment, config, labels, model)
    return [first, *_parts(first, model)]


def read(source: str) -> tuple[Candidate | None, ModelFile | None, LoadstoneError | None]:
    """Return a source's bytes, what reading it gave, and the failure if it failed."""
    candidate = None
    try:
        candidate = formats.locate(source)
        return candidate, formats.read(candidate), None
    except LoadstoneError as error:
        return candidate, None, error


def _parts(whole: Subject, model: ModelFile | None) -> Iterator[Subject]:
    for part in model.parts if model else ():
        if part.source != whole.source:
            candidate = _located(part.source)
            yield Subject(
                part.source, candidate, part, None, whole.environment, whole.config, whole.labels, model, top=False
            )
            yield from _parts(whole, part)


def _located(source: str) -> Candidate | None:
    try:
        return formats.locate(source)
    except LoadstoneError:
        return None


def examine(examined: list[Subject]) -> CheckReport:
    """Ask every fault that may show in the subjects; return the report, gravest and surest first."""
    found: dict[Finding, None] = {}
    errors: list[Failed] = []
    unseen: dict[NotExamined, None] = {}
    for subject in examined:
        before = len(found)
        for module in for_kinds(subject.kinds):
            look = getattr(module, "from_file", None)
            if look is None:
                continue
            try:
                found |= dict.fromkeys(look(subject))
            except LoadstoneError as error:
                unseen[NotExamined(error.where or subject.source, f"{module.FAULT.name}: {error.fact}")] = None
        unseen |= dict.fromkeys(_unseen(subject))
        explained = any(finding.severity == "error" for finding in list(found)[before:])
        if subject.error is not None and not explained:
            errors.append(_failed(subject, subject.error))
    places = list(faults())
    ranked = sorted(found, key=lambda finding: (*finding.rank, places.index(finding.fault)))
    first = examined[0]
    return CheckReport(first.source, tuple(ranked), tuple(errors), tuple(unseen), first.environment.name)


def _failed(subject: Subject, error: LoadstoneError) -> Failed:
    return Failed(error.where or subject.source, str(error), error.code, error.help)


def _unseen(subject: Subject) -> Iterator[NotExamined]:
    """Yield the files that belong to the subject and whose bytes are not here to be examined."""
    for file in subject.model.files if subject.model else ():
        if file.state == "lfs-pointer":
            size = f"{file.size:,} bytes for {file.expected:,}" if file.expected and file.size else "a stand-in"
            yield NotExamined(f"{subject.source}: {file.path}", f"it is a git-lfs pointer: {size}")
        elif file.state in ("missing", "unreadable"):
            yield NotExamined(f"{subject.source}: {file.path}", f"it is {file.state}")
