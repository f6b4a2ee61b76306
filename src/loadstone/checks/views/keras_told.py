"""Findings out of what a rewriting had to change: one for each fault, however many layers show it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.checks.views.keras_config import in_targets_words, keras_file, target_for
from loadstone.dialects import Change, Obstacle, target_of
from loadstone.environment.tables.keras import keras_window
from loadstone.facts.finding import Evidence, Finding, Severity

_MOST_EVIDENCE = 6


def told(fault: Fault, subject: Subject) -> Iterator[Finding]:
    """Yield what of a fault the subject shows: at most one finding that is mended, and one that is not.

    Where no Keras is known in the environment, the newest is spoken of and nothing is more than `info`.
    """
    rewritten = in_targets_words_of(subject)
    if rewritten is None:
        return
    changes = [change for change in rewritten[0] if change.fault == fault.name]
    obstacles = [obstacle for obstacle in rewritten[1] if obstacle.fault == fault.name]
    if changes:
        yield _of_changes(fault, subject, changes)
    if obstacles:
        yield _of_obstacles(fault, subject, obstacles)


def in_targets_words_of(subject: Subject) -> tuple[Sequence[Change], Sequence[Obstacle]] | None:
    """Return the changes and obstacles of a subject, read once however many faults ask."""
    found = subject.view(in_targets_words)
    return None if found is None else (found.changes, found.obstacles)


def severity_for(subject: Subject, usual: Severity) -> Severity:
    """Return the usual severity where it is known what is to load the subject, else `info`."""
    return usual if target_of(subject.environment) is not None else "info"


def window_evidence(subject: Subject) -> Iterator[Evidence]:
    """Yield which Keras wrote the file, and what loads it as it is."""
    found = subject.view(keras_file)
    if found is None or not found.keras:
        return
    window = keras_window(found.keras)
    if window is None:
        return
    python = f", Python {window.python} or newer" if window.python else ""
    loads = f"{window.package} of TensorFlow {window.tensorflow}" if window.legacy else f"Keras {found.keras} or newer"
    yield Evidence(f"{subject.source}: keras_version", found.keras, f"loads as it is in {loads}{python}")


def _of_changes(fault: Fault, subject: Subject, changes: Sequence[Change]) -> Finding:
    target = target_for(subject).named
    first = changes[0]
    more = _more(len({change.where for change in changes}))
    keys = " and ".join(dict.fromkeys(f"`{change.key}`" for change in changes[:40]))
    way = "reads otherwise" if first.silent else "misses" if first.before is None else "refuses"
    fact = f"{target} {way} {_short(keys)} of {first.where}{more}"
    evidence = [
        Evidence(f"{_place(subject)}: {change.where}", f"{change.key}: {change.before or 'nothing'}", _wanted(change))
        for change in changes[:_MOST_EVIDENCE]
    ]
    found = fault.finding(fact, *evidence, *window_evidence(subject), severity=severity_for(subject, fault.severity))
    reason = f": {first.reason}" if first.reason else ""
    return replace(found, help=f"loadstone fix {subject.in_shell}{reason}")


def _of_obstacles(fault: Fault, subject: Subject, obstacles: Sequence[Obstacle]) -> Finding:
    target = target_for(subject).named
    first = obstacles[0]
    more = _more(len({obstacle.where for obstacle in obstacles}))
    fact = f"{target} has nothing for {first.where}{more}: {first.key} {first.found}"
    evidence = [
        Evidence(f"{_place(subject)}: {obstacle.where}", f"{obstacle.key}: {obstacle.found}", obstacle.needed)
        for obstacle in obstacles[:_MOST_EVIDENCE]
    ]
    needed = f"it needs {first.needed}" if first.needed else fault.help
    severity = severity_for(subject, fault.severity)
    return fault.finding(fact, *evidence, *window_evidence(subject), help=needed, severity=severity, mended=False)


def _place(subject: Subject) -> str:
    found = subject.view(keras_file)
    return f"{subject.source}: {found.place}" if found else subject.source


def _wanted(change: Change) -> str:
    return change.after if change.after is not None else "no such key"


def _more(places: int) -> str:
    return f" and {places - 1} more" if places > 1 else ""


def _short(text: str) -> str:
    return text if len(text) <= 120 else f"{text[:117]}..."
