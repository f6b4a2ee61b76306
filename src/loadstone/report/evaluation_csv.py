"""An evaluation as a table: a row for each class, the last of all classes together."""

from __future__ import annotations

import csv
import io
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from loadstone.errors import SourceError

if TYPE_CHECKING:
    from loadstone.facts.evaluation import Evaluation, Threshold

BEST = ("best_score", "precision", "recall", "f1")


def csv_text(done: Evaluation) -> str:
    """Return the table. A column of a family of metrics is headed by both (`coco AP50`); empty is not measurable."""
    columns = [(one, name) for one in done.metrics for name in next(iter(one.by_class.values()), {})]
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(("class", "objects", *(f"{one.kind} {name}" for one, name in columns), *BEST))
    for curve in done.curves[:-1]:
        values = [one.by_class.get(curve.name, {}).get(name, float("nan")) for one, name in columns]
        rows.writerow((curve.name, curve.objects, *map(_cell, values), *_best(curve.best)))
    means = [_cell(one.mean) if name == "AP" else "" for one, name in columns]
    every = done.curves[-1]
    rows.writerow((every.name, every.objects, *means, *_best(every.best)))
    return out.getvalue()


def write_csv(done: Evaluation, path: str | os.PathLike[str]) -> None:
    """Write the table; raises `SourceError` when it cannot be written."""
    write_text(path, csv_text(done))


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write a report at once: under another name first, so that no half of it ever has its own."""
    target = Path(path)
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(text, encoding="utf-8", errors="backslashreplace", newline="")
        os.replace(beside, target)
    except OSError as error:
        with suppress(OSError):
            beside.unlink()
        raise SourceError(f"the report cannot be written: {error.strerror}", where=str(path)) from error


def _cell(value: float) -> str:
    return "" if value != value else f"{value:.6f}"


def _best(best: Threshold | None) -> tuple[str, ...]:
    if best is None:
        return ("", "", "", "")
    return tuple(f"{value:.6f}" for value in (best.score, best.precision, best.recall, best.f1))
