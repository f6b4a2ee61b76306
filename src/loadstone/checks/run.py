"""`check`: every fault that the bytes, the neighbouring files and the target environment can prove, in one pass.

What it is: read the source once, ask each fault whose kinds fit, and sort. A source's parts (an export's checkpoint and
configuration) are subjects of their own, and each is told of the others.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

from loadstone.checks.fault import filled
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
    deep: bool = False,
) -> CheckReport:
    """Examine a file, folder or checkpoint prefix and return what is wrong with it; nothing raises for a broken file.

    `environment` is what the source is to load in: this Python where none is given. `config` is a `pipeline.config`
    and `labels` a label map that belong to it. `deep` compares every checksum, however many bytes that takes. Raises
    `SourceError` only where neither the source nor a fault that explains its absence is found.
    """
    place = os.fspath(source)
    return examine(subjects(place, environment or _here(), _text(config), _text(labels), deep=deep), place)


def _here() -> Environment:
    from loadstone.environment.here import here

    return here()


def _text(path: str | os.PathLike[str] | None) -> str | None:
    return None if path is None else os.fspath(path)


def subjects(
    source: str, environment: Environment, config: str | None, labels: str | None, *, deep: bool = False
) -> list[Subject]:
    """Return the source as a subject, after it a subject for each of its parts.

    Of a folder the first subject is the main model in it, at its own place, and the last the folder itself.
    """
    candidate, model, error = read(source)
    first = Subject(source, candidate, model, error, environment, config, labels, model, deep=deep)
    if candidate is None or not candidate.is_folder or model is None:
        return [first, *_parts(first, model)]
    inner = _located(model.source, first) if model.source != source else candidate
    place = model.source if inner else source
    main = replace(first, source=place, candidate=inner or candidate, error=model.failure, _views={})
    return [main, *_parts(main, model), replace(first, container=True, _views={})]


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
            candidate = _located(part.source, whole)
            yield replace(
                whole,
                source=part.source,
                candidate=candidate,
                model=part,
                error=part.failure,
                whole=model,
                top=False,
                _views={},
            )
            yield from _parts(whole, part)


def _located(source: str, whole: Subject) -> Candidate | None:
    """Return where a part lies: on this disk, or in the archive that the whole is."""
    try:
        if whole.format == "archive" and whole.candidate is not None:
            from loadstone.formats.archive import member

            return member(whole.candidate, source)
        return formats.locate(source)
    except LoadstoneError:
        return None


def examine(examined: list[Subject], source: str = "") -> CheckReport:
    """Ask every fault that may show in the subjects; return the report on `source`, gravest and surest first."""
    found: dict[Finding, None] = {}
    errors: list[Failed] = []
    unseen: dict[NotExamined, None] = {}
    for subject in examined:
        before = len(found)
        _ask(subject, "from_file", found, unseen)
        unseen |= dict.fromkeys(() if subject.container else _unseen(subject))
        explained = any(finding.severity == "error" for finding in list(found)[before:])
        if subject.error is not None and not explained:
            errors.append(_failed(subject, subject.error))
    if not (found or errors):
        for subject in examined:
            _ask(subject, "otherwise", found, unseen)
    places = list(faults())
    ranked = sorted(found, key=lambda finding: (*finding.rank, places.index(finding.fault)))
    first = examined[0]
    return CheckReport(source or first.source, tuple(ranked), tuple(errors), tuple(unseen), first.environment.name)


def _ask(subject: Subject, look: str, found: dict[Finding, None], unseen: dict[NotExamined, None]) -> None:
    """Call a function of every fault that may show in the subject, and sort what it says into the two lists."""
    for module in for_kinds(subject.kinds):
        asked = getattr(module, look, None)
        if asked is None:
            continue
        try:
            for item in asked(subject):
                if isinstance(item, NotExamined):
                    unseen[item] = None
                elif item.help == module.FAULT.help:
                    found[replace(item, help=filled(item.help, subject.argument))] = None
                else:
                    found[item] = None
        except LoadstoneError as error:
            unseen[NotExamined(error.where or subject.source, error.fact)] = None


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
