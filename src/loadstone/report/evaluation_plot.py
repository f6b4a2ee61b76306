"""Precision against recall as a drawing of lines (SVG), for a page."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loadstone.facts.evaluation import Curve

WIDTH, HEIGHT, LEFT, BELOW, ABOVE = 232, 168, 30, 24, 10
"""Pixels of a drawing, and of its margins."""

MOST_POINTS = 120
"""Corners of a line: more than there are pixels across show nothing more."""


def curve_svg(curve: Curve) -> str:
    """Return one curve. The line is precision raised to the best at any higher recall, whose area is the AP."""
    points = _points(curve)
    path = " ".join(f"{_x(recall):.1f},{_y(precision):.1f}" for recall, precision in points)
    area = f"{_x(0):.1f},{_y(0):.1f} {path} {_x(points[-1][0]):.1f},{_y(0):.1f}" if points else ""
    lines = f'<polygon class="area" points="{area}"/><polyline class="line" points="{path}"/>' if points else ""
    best = curve.best
    dot = f'<circle class="dot" cx="{_x(best.recall):.1f}" cy="{_y(best.precision):.1f}" r="3.5"/>' if best else ""
    told = f"best F1 {best.f1:.3f} at score {best.score:.3f}" if best else "nothing right"
    return (
        f'<figure class="plot"><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(curve.name)}: {told}">{_axes()}{lines}{dot}</svg>'
        f"<figcaption><b>{escape(curve.name)}</b> {curve.objects:,} objects<br>{told}</figcaption></figure>"
    )


def _points(curve: Curve) -> list[tuple[float, float]]:
    """Return (recall, precision) corners from left to right, few enough to draw."""
    import numpy as np

    if not len(curve.recall):
        return []
    raised = np.maximum.accumulate(curve.precision[::-1])[::-1]
    # A detection that finds nothing adds no corner to the raised line.
    rows = np.flatnonzero(np.diff(curve.recall, prepend=0.0) > 0)
    if len(rows) > MOST_POINTS:
        rows = rows[np.unique(np.linspace(0, len(rows) - 1, MOST_POINTS).astype(int))]
    corners = [(0.0, float(raised[rows[0]]))] if len(rows) else []
    return corners + [(float(curve.recall[row]), float(raised[row])) for row in rows]


def _x(recall: float) -> float:
    return LEFT + recall * (WIDTH - LEFT - 8)


def _y(precision: float) -> float:
    return ABOVE + (1 - precision) * (HEIGHT - ABOVE - BELOW)


def _axes() -> str:
    parts = []
    for tenth in (0, 5, 10):
        value = tenth / 10
        parts.append(
            f'<path class="grid" d="M{_x(0):.1f} {_y(value):.1f}H{_x(1):.1f}M{_x(value):.1f} {_y(0):.1f}V{_y(1):.1f}"/>'
        )
        parts.append(f'<text x="{LEFT - 5}" y="{_y(value) + 3:.1f}" text-anchor="end">{value:g}</text>')
        parts.append(f'<text x="{_x(value):.1f}" y="{HEIGHT - 11}" text-anchor="middle">{value:g}</text>')
    parts.append(f'<text x="{_x(0.5):.1f}" y="{HEIGHT - 1}" text-anchor="middle">recall</text>')
    middle = _y(0.5)
    parts.append(
        f'<text x="8" y="{middle:.1f}" text-anchor="middle" transform="rotate(-90 8 {middle:.1f})">precision</text>'
    )
    return "".join(parts)
