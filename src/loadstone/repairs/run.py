"""`fix`: plan, write a new file, recheck it, and go on until nothing is left that may be mended unasked.

Each repair reads what the one before it wrote, so that repairs need not know of each other. Steps are written into
folders beside the target and only the last is put in its place, with one rename.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from shlex import quote

from loadstone.checks.run import examine, subjects
from loadstone.checks.subject import Subject
from loadstone.errors import RefusedError, SourceError
from loadstone.facts.environment import Environment
from loadstone.facts.plan import Fixed, Plan
from loadstone.repairs.registry import module, modules, names

_MEMBER = re.compile(r"\.(?:index|meta|data-\d{5}-of-\d{5})$")
"""The ending of a file that is one of several."""

MOST_STEPS = 16
"""More repairs than this on one source would be two that undo each other."""


def plans(
    source: str | os.PathLike[str],
    environment: Environment,
    *,
    only: Iterable[str] = (),
    to: str | os.PathLike[str] | None = None,
    rename: Iterable[tuple[str, str]] = (),
) -> tuple[Plan, ...]:
    """Return what would be done to a source, without writing anything. `only` limits it to repairs by name.

    A later plan may change once an earlier one was applied: `fix` plans anew after each step.
    """
    return _plans(_subject(os.fspath(source), environment, to, tuple(rename)), _wanted(only))


def _subject(
    source: str,
    environment: Environment,
    to: str | os.PathLike[str] | None,
    rename: tuple[tuple[str, str], ...] = (),
) -> Subject:
    first = subjects(source, environment, None, None)[0]
    return replace(first, to=None if to is None else os.fspath(to), rename=rename)


def _wanted(only: Iterable[str]) -> frozenset[str]:
    wanted = frozenset(only)
    if unknown := sorted(wanted - set(names())):
        raise SourceError(f"there is no repair {unknown[0]!r}", help=f"name one of {', '.join(sorted(names()))}")
    return wanted


def _plans(subject: Subject, wanted: frozenset[str]) -> tuple[Plan, ...]:
    found = []
    for name, repair in modules():
        asked = name in wanted if wanted else not getattr(repair, "ON_REQUEST", False)
        if asked and (plan := repair.plan(subject)) is not None:
            found.append(plan)
    return tuple(found)


def fix(
    source: str | os.PathLike[str],
    output: str | os.PathLike[str] | None = None,
    *,
    environment: Environment,
    only: Iterable[str] = (),
    to: str | os.PathLike[str] | None = None,
    rename: Iterable[tuple[str, str]] = (),
) -> Fixed:
    """Mend a source into a new file or folder and say what was done; the source is never touched.

    Plans graded `safe` are applied, those graded `ask` only where `only` names them. `output` is the new path; without
    it the new name stands beside the source with `.fixed` before its ending. Raises `RefusedError` where `output`
    exists, `SourceError` where it cannot be written, and what the readers raise where the result would not be whole.
    """
    given = os.fspath(source)
    wanted = _wanted(only)
    subject = _subject(given, environment, to, tuple(rename))
    place = _allowed(Path(output)) if output is not None else None
    folder = (place or Path(given)).absolute().parent
    try:
        with ExitStack() as stack:

            def workplace() -> Path:
                # On the target's own file system, so that the last step is only renamed.
                return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=".loadstone-fix-", dir=folder)))

            applied, left, last = _steps(subject, wanted, workplace)
            if last is None:
                return Fixed(given, None, (), left, examine([subject]).findings)
            place = place or _free(_beside(Path(given), applied))
            os.rename(last, place)
    except OSError as error:
        raise SourceError(
            "the mended file cannot be written",
            where=str(folder),
            found=error.strerror or str(error),
            help="name another folder with --output, or make room in this one",
        ) from error
    first, *parts = subjects(str(place), environment, None, None)
    home = str(Path(given).absolute().parent)
    report = examine([replace(first, to=subject.to, home=home), *parts])
    remaining = tuple(finding for finding in report.findings if finding.severity != "info")
    return Fixed(given, str(place), applied, left, remaining)


def _allowed(place: Path) -> Path:
    """Return the path that was named for the output; raises where something lies there, or where no folder is."""
    if os.path.lexists(place):
        raise RefusedError("the output exists already, and is not overwritten", where=str(place), help="name another")
    if not place.absolute().parent.is_dir():
        parent = str(place.parent)
        raise SourceError("the output's folder is not there", where=parent, help=f"mkdir -p {quote(parent)}")
    return place


def _steps(
    subject: Subject, wanted: frozenset[str], workplace: Callable[[], Path]
) -> tuple[tuple[Plan, ...], tuple[Plan, ...], Path | None]:
    applied: list[Plan] = []
    left: tuple[Plan, ...] = ()
    last: Path | None = None
    done: set[str] = set()
    # What is left is told as it stands in the source: places in what a step wrote are no use to anybody.
    first: dict[str, Plan] = {}
    home = str(Path(subject.source).absolute().parent)
    for _ in range(MOST_STEPS):
        planned = [plan for plan in _plans(subject, wanted) if plan.repair not in done]
        ready = [plan for plan in planned if plan.grade == "safe" or (plan.grade == "ask" and plan.repair in wanted)]
        first = first or {plan.repair: plan for plan in planned}
        left = tuple(first.get(plan.repair, plan) for plan in planned if plan not in ready)
        if not ready:
            break
        plan = ready[0]
        last = workplace() / _named(Path(subject.source), plan)
        module(plan.repair).apply(plan, last)
        done.add(plan.repair)
        applied.append(replace(plan, details=None))
        subject = replace(_subject(str(last), subject.environment, subject.to, subject.rename), home=home)
    return tuple(applied), left, last


def _named(path: Path, plan: Plan) -> str:
    if plan.folder:
        return "checkpoint"
    return f"{path.stem}{plan.suffix}" if plan.suffix else path.name


def _beside(given: Path, applied: tuple[Plan, ...]) -> Path:
    if applied and applied[-1].folder:
        return given.absolute().with_name(f"{_MEMBER.sub('', given.name)}.fixed")
    suffix = next((plan.suffix for plan in reversed(applied) if plan.suffix), given.suffix)
    return given.absolute().with_name(f"{given.stem}.fixed{suffix}")


def _free(place: Path) -> Path:
    """Return the path, or the first of `name-2`, `name-3` that is not taken."""
    number = 2
    taken = place
    while os.path.lexists(taken):
        taken = place.with_name(f"{place.stem}-{number}{place.suffix}")
        number += 1
    return taken
