"""What a notebook shows for a result: the drawn picture, inline, and a table. Every text from outside is escaped."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from loadstone.errors import LoadstoneError

if TYPE_CHECKING:
    from loadstone.facts.detections import Classification, Detections

INLINE_SIDE = 800
"""Longest side of the inline picture in pixels: a page with fifty results stays below 10 MB."""

MOST_ROWS = 20


def detections_html(found: Detections) -> str:
    """Return one result as HTML."""
    rows = [
        f"<td>{escape(one.name)}</td><td>{one.score:.3f}</td><td>{', '.join(f'{side:.1f}' for side in one.box)}</td>"
        for one in found
    ]
    head = "<th>name</th><th>score</th><th>box (x1, y1, x2, y2)</th>"
    return _page(f"{len(found)} detections in {found.image}", _inline(found), head=head, rows=rows)


def classification_html(found: Classification) -> str:
    """Return one result as HTML."""
    rows = [f"<td>{escape(one.name)}</td><td>{one.probability:.3f}</td>" for one in found]
    return _page(f"classes of {found.image}", _inline(found), head="<th>name</th><th>probability</th>", rows=rows)


def _page(title: str, picture: str, *, head: str, rows: list[str]) -> str:
    left_out = len(rows) - MOST_ROWS
    body = "".join(f"<tr>{row}</tr>" for row in rows[:MOST_ROWS])
    more = f"<p>… and {left_out} more</p>" if left_out > 0 else ""
    return f"<div><p>{escape(title)}</p>{picture}<table><tr>{head}</tr>{body}</table>{more}</div>"


def _inline(found: Detections | Classification) -> str:
    """Return the drawn picture as an `img` element, or the reason why there is none."""
    import base64
    import io

    try:
        image = found.draw()
    except LoadstoneError as error:
        return f"<p>no picture: {escape(error.fact)}</p>"
    image.thumbnail((INLINE_SIDE, INLINE_SIDE))
    stream = io.BytesIO()
    image.save(stream, format="JPEG", quality=85)
    data = base64.b64encode(stream.getvalue()).decode("ascii")
    return f'<img alt="{escape(found.image)}" src="data:image/jpeg;base64,{data}">'
