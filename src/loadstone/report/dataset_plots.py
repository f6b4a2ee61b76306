"""Plots of a dataset as SVG: bars for classes, histograms for boxes, a map of where they lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loadstone.facts.dataset_statistics import Histogram

WIDTH, HEIGHT = 320, 190
LEFT, BELOW, ABOVE = 8, 30, 16
BAR, NAMES = 18, 110
"""Pixels of one class's bar, and of its name before it."""


def class_bars(names: Sequence[str], boxes: Mapping[str, Sequence[int]]) -> str:
    """Return a bar for each class, the splits one behind the other, with their counts."""
    most = max([sum(counts[at] for counts in boxes.values()) for at in range(len(names))], default=0) or 1
    rows = []
    for at, name in enumerate(names):
        x, y, told = float(NAMES), at * BAR + 2, []
        for number, (split, counts) in enumerate(boxes.items()):
            width = counts[at] / most * (2 * WIDTH - NAMES - 130)
            rows.append(f'<rect class="s{number % 3}" x="{x:.1f}" y="{y}" width="{width:.1f}" height="{BAR - 5}"/>')
            x += width
            told.append(f"{split} {counts[at]:,}".strip())
        rows.append(f'<text x="{NAMES - 6}" y="{y + 10}" text-anchor="end">{escape(_short(name))}</text>')
        rows.append(f'<text x="{x + 5:.1f}" y="{y + 10}">{escape(" · ".join(told))}</text>')
    return _svg("boxes by class", rows, 2 * WIDTH, max(BAR, len(names) * BAR + 4))


def bars(title: str, found: Histogram, *, unit: str = "", labels: Sequence[str] = ()) -> str:
    """Return a histogram, with the edges at its ends, in the middle, or as `labels` say for each bar."""
    most = max(found.counts, default=0) or 1
    step = (WIDTH - 2 * LEFT) / max(1, len(found.counts))
    foot = HEIGHT - BELOW
    rows = []
    for at, count in enumerate(found.counts):
        height = count / most * (foot - ABOVE)
        told = f"{_number(found.edges[at])} to {_number(found.edges[at + 1])}{unit}: {count:,}"
        rows.append(
            f'<rect class="s0" x="{LEFT + at * step + 0.5:.1f}" y="{foot - height:.1f}" width="{step - 1:.1f}" '
            f'height="{height:.1f}"><title>{told}</title></rect>'
        )
    shown = labels or [_number(edge) for edge in found.edges]
    every = max(1, len(shown) // 5)
    offset = step / 2 if labels else 0.0
    for at in range(0, len(shown), every):
        x = LEFT + at * step + offset
        rows.append(f'<text x="{x:.1f}" y="{foot + 12}" text-anchor="middle">{escape(shown[at])}</text>')
    rows.append(f'<path class="grid" d="M{LEFT} {foot + 0.5}H{WIDTH - LEFT}"/>')
    rows.append(f'<text x="{LEFT}" y="{ABOVE - 6}">most: {most:,}</text>')
    return _figure(title, _svg(title, rows, WIDTH, HEIGHT))


def heat_map(title: str, counts: Sequence[Sequence[int]]) -> str:
    """Return a map of counts; the more, the darker."""
    most = max((max(row, default=0) for row in counts), default=0) or 1
    side = HEIGHT / max(1, len(counts))
    rows = [
        f'<rect class="s0" x="{column * side:.2f}" y="{row * side:.2f}" width="{side:.2f}" height="{side:.2f}" '
        f'fill-opacity="{count / most:.2f}"><title>{count:,}</title></rect>'
        for row, line in enumerate(counts)
        for column, count in enumerate(line)
        if count
    ]
    rows.append(f'<rect class="frame" x="0.5" y="0.5" width="{HEIGHT - 1}" height="{HEIGHT - 1}"/>')
    return _figure(title, _svg(title, rows, HEIGHT, HEIGHT))


def _svg(title: str, rows: Sequence[str], width: int, height: int) -> str:
    shown = "".join(rows)
    return f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}">{shown}</svg>'


def _figure(title: str, drawing: str) -> str:
    return f'<figure class="plot">{drawing}<figcaption>{escape(title)}</figcaption></figure>'


def _short(name: str) -> str:
    return name if len(name) <= 18 else f"{name[:17]}…"


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 20 or value == int(value) else f"{value:.2g}"
