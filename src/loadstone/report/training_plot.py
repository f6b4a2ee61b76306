"""A training's curves as one drawing (SVG): losses over its steps, and what was measured after each epoch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 460, 280
LEFT, RIGHT, ABOVE, BELOW = 52, 12, 34, 40
"""Pixels of a panel, and of its margins."""

MOST_POINTS = 400
"""Corners of a line: more than there are pixels across show nothing more."""

COLOURS = ("#2563eb", "#dc2626", "#16a34a", "#9333ea", "#ea580c", "#0891b2")

Points = Sequence[tuple[float, float]]

STYLE = (
    "text{font:11px system-ui,sans-serif;fill:#444}.t{font-size:13px;font-weight:600;fill:#111}"
    ".g{stroke:#e5e7eb;fill:none}.l{fill:none;stroke-width:1.8;stroke-linejoin:round}"
)


def training_svg(losses: Mapping[str, Points], metrics: Mapping[str, Points]) -> str:
    """Return the drawing: lines by name, each (steps done, value); a panel for each of the two that has any.

    The line `steps`, where there is one, is drawn pale, behind the others.
    """
    panels = [panel for panel in (("loss", losses, False), ("mAP", metrics, True)) if any(panel[1].values())]
    drawn = "".join(
        f'<g transform="translate({WIDTH * at} 0)">{_panel(title, lines, whole=whole)}</g>'
        for at, (title, lines, whole) in enumerate(panels)
    )
    wide = WIDTH * max(len(panels), 1)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {HEIGHT}" width="{wide}" height="{HEIGHT}">'
        f'<style>{STYLE}</style><rect width="100%" height="100%" fill="#fff"/>{drawn}</svg>\n'
    )


def _panel(title: str, lines: Mapping[str, Points], *, whole: bool) -> str:
    """Draw one panel; `whole` goes from 0 to 1 at most, else the axis follows the values."""
    finite = {name: [point for point in points if math.isfinite(point[1])] for name, points in lines.items()}
    every = [point for points in finite.values() for point in points]
    if not every:
        return ""
    last = max(step for step, _ in every)
    top = _top([value for _, value in every], whole=whole)
    parts = [f'<text class="t" x="{LEFT}" y="20">{escape(title)}</text>', _axes(last, top)]
    for number, (name, points) in enumerate(finite.items()):
        pale = name == "steps"
        colour = "#c7d2fe" if pale else COLOURS[number % len(COLOURS)]
        corners = " ".join(f"{_x(step, last):.1f},{_y(min(value, top), top):.1f}" for step, value in thinned(points))
        parts.append(f'<polyline class="l" stroke="{colour}" points="{corners}"/>')
        if not pale:
            parts.append(_dots(points, last, top, colour))
            across = LEFT + 60 + 120 * (number % 3)
            parts.append(
                f'<text x="{across}" y="{HEIGHT - 4 if number > 2 else 20}" style="fill:{colour}">{escape(name)}</text>'
            )
    return "".join(parts)


def _dots(points: Points, last: float, top: float, colour: str) -> str:
    """Draw the points themselves where they are few: a line of one point shows nothing."""
    if len(points) > 60:
        return ""
    return "".join(
        f'<circle cx="{_x(step, last):.1f}" cy="{_y(min(value, top), top):.1f}" r="2.2" fill="{colour}"/>'
        for step, value in points
    )


def _top(values: list[float], *, whole: bool) -> float:
    """Return the axis's end: above nearly all values, so that the first steps do not flatten the rest."""
    ordered = sorted(values)
    high = ordered[-1] if whole or len(ordered) < 20 else ordered[math.ceil(len(ordered) * 0.98) - 1]
    if high <= 0:
        return 1.0
    unit = 10.0 ** math.floor(math.log10(high))
    return min(step * unit for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if step * unit >= high * 0.9999)


def thinned(points: Points) -> list[tuple[float, float]]:
    """Return few enough points to draw, each the mean of its neighbours."""
    if len(points) <= MOST_POINTS:
        return list(points)
    size = math.ceil(len(points) / MOST_POINTS)
    groups = [points[at : at + size] for at in range(0, len(points), size)]
    return [
        (sum(step for step, _ in group) / len(group), sum(value for _, value in group) / len(group)) for group in groups
    ]


def _x(step: float, last: float) -> float:
    return LEFT + step / max(last, 1) * (WIDTH - LEFT - RIGHT)


def _y(value: float, top: float) -> float:
    return ABOVE + (1 - value / top) * (HEIGHT - ABOVE - BELOW)


def _axes(last: float, top: float) -> str:
    parts = []
    for quarter in range(5):
        value, step = top * quarter / 4, last * quarter / 4
        parts.append(f'<path class="g" d="M{LEFT} {_y(value, top):.1f}H{WIDTH - RIGHT}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{_y(value, top) + 4:.1f}" text-anchor="end">{value:.3g}</text>')
        anchor = "end" if quarter == 4 else "middle"
        parts.append(f'<text x="{_x(step, last):.1f}" y="{HEIGHT - 22}" text-anchor="{anchor}">{round(step):,}</text>')
    parts.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 8}" text-anchor="middle">steps</text>')
    return "".join(parts)
