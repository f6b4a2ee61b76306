"""An evaluation on one screen: the numbers, the classes, and how many mistakes there are of each kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loadstone.report.plain import plain

if TYPE_CHECKING:
    from loadstone.facts.evaluation import Curve, Evaluation, Metrics

MOST_CLASSES = 24
"""Classes that are shown: of more, half of them are the best and half the worst."""

NAME_WIDTH = 28
GROUP = "_PerformanceByCategory/"
"""Part of the names of numbers that stand in the table of classes."""


def evaluation_text(done: Evaluation) -> str:
    """Return the report as lines of text."""
    where = f"{done.data}, split {done.split}" if done.split else done.data
    rate = f", {done.pictures / done.seconds:.1f} pictures/s" if done.seconds else ""
    lines = [
        plain(f"{done.model}  on {where}"),
        f"  {done.pictures:,} pictures, {done.objects:,} objects, {done.detections:,} detections{rate}",
        *(plain(f"  note      {note}") for note in done.notes),
    ]
    for one in done.metrics:
        lines += ["", f"{one.title:<46} {number(one.mean)}", *_rows(one)]
    lines += ["", *_classes(done), "", *_mistakes(done)]
    return "\n".join(lines)


def number(value: float | None) -> str:
    """Return a number to four decimals; a dash where it could not be measured."""
    return "     –" if value is None or value != value else f"{value:.4f}"


def overall(one: Metrics) -> dict[str, float]:
    """Return a family's numbers without those of single classes."""
    return {name: value for name, value in one.values.items() if GROUP not in name}


def _rows(one: Metrics) -> list[str]:
    return [f"  {name:<44} {number(value)}" for name, value in overall(one).items()]


def shown_classes(done: Evaluation, most: int = MOST_CLASSES) -> tuple[list[Curve], str]:
    """Return the classes to show, and a sentence about those that are left out (empty where none is)."""
    rows = [*done.curves[:-1]]
    if len(rows) <= most:
        return rows, ""
    ordered = sorted((row for row in rows if row.objects), key=lambda row: -_ap(done, row.name))
    half = most // 2
    kept = ordered if len(ordered) <= most else [*ordered[:half], *ordered[-half:]]
    return kept, f"the best and the worst of {len(rows):,} classes; --csv and --html have all"


def _ap(done: Evaluation, name: str) -> float:
    value = done.metrics[0].by_class.get(name, {}).get("AP", float("nan"))
    return value if value == value else -1.0


def _classes(done: Evaluation) -> list[str]:
    columns = [*next(iter(done.metrics[0].by_class.values()), {})][:2]
    rows, left_out = shown_classes(done)
    width = max([len("class"), *(min(len(row.name), NAME_WIDTH) for row in rows)])
    head = f"  {'class':<{width}}  objects  " + "  ".join(f"{name:>6}" for name in columns)
    lines = [f"{head}    best score: precision, recall"]
    for row in rows:
        values = [done.metrics[0].by_class.get(row.name, {}).get(name) for name in columns]
        best = row.best
        told = f"{best.score:>14.3f}: {best.precision:9.3f}, {best.recall:6.3f}" if best else ""
        cells = "  ".join(f"{number(value):>6}" for value in values)
        lines.append(plain(f"  {row.name[:NAME_WIDTH]:<{width}}  {row.objects:>7,}  {cells}{told}").rstrip())
    return [*lines, f"  {left_out}"] if left_out else lines


def _mistakes(done: Evaluation) -> list[str]:
    counts = ", ".join(f"{count:,} {kind}" for kind, count in done.mistake_counts.items())
    best = done.threshold
    at = f"at the score with the best F1, {best.score:.3f} (F1 {best.f1:.3f})" if best else "nothing is right"
    return [f"mistakes  {at}: {counts}"]
