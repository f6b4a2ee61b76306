"""The model was recorded in an environment of other versions.

What is seen

    Nothing by itself; where a model loads differently or not at all, the versions that changed are the first suspects.

Why

    The record beside the model holds the versions of Python, TensorFlow, Keras and what they build upon from the day
    that the model was recorded.

Remedy

    Nothing has to be done. To reproduce the day of the record, install the recorded versions.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.checks.views.recorded import recorded
from loadstone.facts.environment import Environment, release
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault("record-environment-differs", "info", help="install the recorded versions to reproduce that day")

_MACHINE = ("python", "system", "machine")


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield one finding with the versions that are not those of the record."""
    known = subject.view(recorded)
    if known is None:
        return
    here = subject.environment
    evidence = [
        Evidence(name, now or "not installed", then)
        for name, then in known.environment.items()
        if name != "loadstone" and not _same(name, now := _version(here, name), then) and (now or here.complete)
    ]
    if evidence:
        pins = " ".join(f"{one.where}=={one.expected}" for one in evidence if one.where not in _MACHINE)
        fact = f"recorded with other versions of {', '.join(one.where for one in evidence)}"
        yield FAULT.finding(fact, *evidence, help=f"python -m pip install {pins}" if pins else "")


def _version(environment: Environment, name: str) -> str:
    return str(getattr(environment, name)) if name in _MACHINE else environment.packages.get(name, "")


def _same(name: str, now: str, then: str) -> bool:
    """Say whether two versions are the same; of Python's the first two numbers decide what it loads."""
    if name == "python" and now and then:
        return (release(now) or ())[:2] == (release(then) or ())[:2]
    return now == then
