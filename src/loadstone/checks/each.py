"""Many models: what of a folder is a model, and all of them examined on every core.

What it is: a list of sources, and one report for each, in the list's order. A process that is ended by what it reads
costs its own report, which says so, and no other.
What it is not: one report over all; who shows them adds them up.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path

from loadstone.checks.run import check
from loadstone.errors import SourceError
from loadstone.facts.environment import Environment
from loadstone.facts.finding import CheckReport, Failed
from loadstone.formats.checkpoint.shards import DATA_NAME
from loadstone.wire.limits import FOLDER_DEPTH

_WHOLE = frozenset(
    ("saved_model.pb", "saved_model.pbtxt", "tfhub_module.pb", "keras_metadata.pb", "pipeline.config", "model.json")
)
"""Files that make the folder around them one model."""

_ASIDE = frozenset(
    (".md", ".rst", ".py", ".ipynb", ".png", ".jpg", ".jpeg", ".gif", ".bmp", ".csv", ".log", ".sh", ".xml", ".pdf")
)
"""Endings of what lies beside models and is none."""

_FEW = 8
"""Below this number of models, starting processes costs more than they gain."""


def sources(folder: str | os.PathLike[str]) -> list[str]:
    """Return the models below a folder, by path: whole folders, single files, and one index for each checkpoint."""
    top = Path(folder)
    if not top.is_dir():
        raise SourceError("not a folder", where=str(top), help="name a folder, or leave out --each")
    return [str(path) for path in _below(top, FOLDER_DEPTH)]


def _below(folder: Path, depth: int) -> Iterator[Path]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        yield folder
        return
    files = [entry.name for entry in entries if not entry.is_symlink() and entry.is_file()]
    for name in _models(files):
        yield folder / name
    for entry in entries:
        if not entry.is_symlink() and entry.is_dir() and depth and not entry.name.startswith("."):
            inner = Path(entry.path)
            if _is_whole(inner):
                yield inner
            else:
                yield from _below(inner, depth - 1)


def _is_whole(folder: Path) -> bool:
    """Return whether a folder is one model: an export, a SavedModel, an unpacked archive of Keras."""
    try:
        names = set(os.listdir(folder))
    except OSError:
        return True
    return bool(names & _WHOLE) or "variables" in names or {"config.json", "model.weights.h5"} <= names


def _models(names: Sequence[str]) -> Iterator[str]:
    """Yield the files that are to be examined: of a checkpoint its index, or its first data file without one."""
    known = set(names)
    seen: set[str] = set()
    for name in names:
        if name.startswith(".") or Path(name).suffix.lower() in _ASIDE:
            continue
        found = DATA_NAME.fullmatch(name)
        prefix = found["prefix"] if found else name.removesuffix(".meta") if name.endswith(".meta") else ""
        if prefix:
            if f"{prefix}.index" not in known and prefix not in seen:
                seen.add(prefix)
                yield name
        elif name != "checkpoint" or not any(one.endswith(".index") for one in names):
            yield name


def check_each(
    places: Sequence[str],
    environment: Environment,
    *,
    deep: bool = False,
    jobs: int | None = None,
    done: Callable[[], None] = lambda: None,
) -> list[CheckReport]:
    """Examine every source and return their reports in order. `done` is called after each; `jobs`: processes."""
    workers = min(jobs or os.cpu_count() or 1, len(places))
    look = partial(_look, environment=environment, deep=deep)
    if workers < 2 or len(places) < _FEW:
        reports = []
        for place in places:
            reports.append(look(place))
            done()
        return reports
    found: dict[int, CheckReport] = {}
    lost = _in_processes(look, places, workers, found, done)
    for number in lost:
        # Alone, so that the one that ends its process is told from those that were beside it.
        if _in_processes(look, [places[number]], 1, alone := {}, done):
            failure = Failed(places[number], "the process that examined it ended without an answer", "crashed")
            alone[0] = CheckReport(places[number], errors=(failure,), against=environment.name)
        found[number] = alone[0]
    return [found[number] for number in range(len(places))]


def _look(place: str, environment: Environment, *, deep: bool) -> CheckReport:
    return check(place, environment, deep=deep)


def _in_processes(
    look: Callable[[str], CheckReport],
    places: Sequence[str],
    workers: int,
    found: dict[int, CheckReport],
    done: Callable[[], None],
) -> list[int]:
    """Fill `found` by place; return the numbers of those that a broken pool left without a report."""
    lost: list[int] = []
    with ProcessPoolExecutor(workers) as pool:
        waiting: dict[Future[CheckReport], int] = {}
        try:
            waiting = {pool.submit(look, place): number for number, place in enumerate(places)}
        except BrokenProcessPool:
            return [number for number in range(len(places)) if number not in found]
        for future in as_completed(waiting):
            try:
                found[waiting[future]] = future.result()
            except BrokenProcessPool:
                lost.append(waiting[future])
                continue
            done()
    return sorted(lost)
