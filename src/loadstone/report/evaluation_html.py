"""An evaluation as one page: it needs no other file, no network and no script. Every text from outside is escaped."""

from __future__ import annotations

import os
from html import escape
from typing import TYPE_CHECKING

from loadstone.facts.evaluation import MISTAKES
from loadstone.report.evaluation_csv import write_text
from loadstone.report.evaluation_gallery import data_address
from loadstone.report.evaluation_plot import curve_svg
from loadstone.report.evaluation_style import STYLE
from loadstone.report.evaluation_text import number, overall
from loadstone.report.page import page

if TYPE_CHECKING:
    from loadstone.facts.evaluation import Evaluation, Metrics, Mistake

MOST_CURVES = 40
MOST_CONFUSED = 30
"""Classes in the table of confusion: of more, those that are most confused."""

MEANING = {
    "missed": "annotated, and nothing was found there; the largest",
    "false": "found where nothing is annotated; the surest",
    "wrong class": "found on an object of another class; the surest",
    "badly placed": "the right class, but an overlap of 0.1 to 0.5; the surest and farthest off",
    "twice": "an object that was found already; the surest",
}


def write_html(done: Evaluation, path: str | os.PathLike[str]) -> None:
    """Write the page; raises `SourceError` when it cannot be written."""
    write_text(path, html_text(done))


def html_text(done: Evaluation) -> str:
    """Return the page."""
    title = f"{os.path.basename(done.model.rstrip('/')) or done.model} on {done.data}"
    parts = (_head(done), _metrics(done), _classes(done), _curves(done), _confusion(done), _gallery(done))
    return page(title, STYLE, "\n".join(parts))


def _head(done: Evaluation) -> str:
    split = f", split {done.split}" if done.split else ""
    rate = f", {done.pictures / done.seconds:.1f} pictures a second" if done.seconds else ""
    cards = "".join(
        f'<div class="card"><span>{escape(one.title)}</span><b>{number(one.mean)}</b></div>' for one in done.metrics
    )
    best = done.threshold
    if best:
        cards += (
            f'<div class="card"><span>best F1, at score {best.score:.3f}</span><b>{best.f1:.4f}</b></div>'
            '<div class="card"><span>precision, recall there</span>'
            f"<b>{best.precision:.3f}, {best.recall:.3f}</b></div>"
        )
    notes = "".join(f"<li>{escape(note)}</li>" for note in done.notes)
    skipped = "".join(f"<li>{escape(one)}</li>" for one in done.skipped[:20])
    if skipped:
        notes += f"<li>{len(done.skipped):,} could not be had:<ul>{skipped}</ul></li>"
    return (
        f"<h1>{escape(done.model)}</h1><p>on {escape(done.data + split)}: {done.pictures:,} pictures, "
        f"{done.objects:,} objects, {done.detections:,} detections{rate}</p>"
        f'<div class="cards">{cards}</div><ul class="notes">{notes}</ul>'
    )


def _metrics(done: Evaluation) -> str:
    return "<h2>Metrics</h2><div class='side'>" + "".join(_family(one) for one in done.metrics) + "</div>"


def _family(one: Metrics) -> str:
    rows = "".join(f"<tr><th>{escape(name)}</th><td>{number(value)}</td></tr>" for name, value in overall(one).items())
    return f"<table><caption>{escape(one.title)}</caption>{rows}</table>"


def _classes(done: Evaluation) -> str:
    columns = [(one, name) for one in done.metrics for name in next(iter(one.by_class.values()), {})]
    several = len(done.metrics) > 1
    heads = "".join(f"<th>{escape(f'{one.kind} {name}' if several else name)}</th>" for one, name in columns)
    rows = []
    for curve in done.curves[:-1]:
        cells = "".join(f"<td>{number(one.by_class.get(curve.name, {}).get(name))}</td>" for one, name in columns)
        best = curve.best
        told = (best.score, best.precision, best.recall, best.f1) if best else (None,) * 4
        cells += "".join(f"<td>{number(value)}</td>" for value in told)
        rows.append(f"<tr><th>{escape(curve.name)}</th><td>{curve.objects:,}</td>{cells}</tr>")
    return (
        f"<h2>Classes</h2><div class='wide'><table><tr><th>class</th><th>objects</th>{heads}<th>best score</th>"
        f"<th>precision</th><th>recall</th><th>F1</th></tr>{''.join(rows)}</table></div>"
    )


def _curves(done: Evaluation) -> str:
    each = [curve for curve in done.curves[:-1] if curve.objects]
    shown = sorted(each, key=lambda curve: -curve.objects)[:MOST_CURVES]
    left = f"<p>The {MOST_CURVES} classes with the most objects.</p>" if len(each) > MOST_CURVES else ""
    plots = "".join(curve_svg(curve) for curve in (done.curves[-1], *shown))
    said = "Precision against recall at IoU 0.5; the dot is the score with the best F1."
    return f"<h2>Curves</h2><p>{said}</p>{left}<div class='plots'>{plots}</div>"


def _confusion(done: Evaluation) -> str:
    counts, names = done.confusion.counts, [*done.confusion.names, "nothing"]
    busy = counts.sum(axis=0) + counts.sum(axis=1)
    places = [place for place in range(len(names) - 1) if busy[place]]
    left = ""
    if len(places) > MOST_CONFUSED:
        wrong = busy - 2 * counts.diagonal()
        places = sorted(sorted(places, key=lambda place: -int(wrong[place]))[:MOST_CONFUSED])
        left = f"<p>The {MOST_CONFUSED} classes with the most mistakes.</p>"
    places.append(len(names) - 1)
    heads = "".join(f"<th class='turned'><span>{escape(names[place])}</span></th>" for place in places)
    rows = []
    for row in places:
        most = max(1, int(counts[row].sum()))
        cells = "".join(_count(int(counts[row, column]), most, right=row == column) for column in places)
        rows.append(f"<tr><th>{escape(names[row])}</th>{cells}</tr>")
    said = "A row for each class that is annotated, a column for each that was found, at the score with the best F1."
    table = f"<table class='confusion'><tr><th>annotated ↓ found →</th>{heads}</tr>{''.join(rows)}</table>"
    return f"<h2>Confusion</h2><p>{said}</p>{left}<div class='wide'>{table}</div>"


def _count(count: int, most: int, *, right: bool) -> str:
    if not count:
        return "<td class='none'>·</td>"
    share = 15 + round(75 * count / most)
    return f"<td class='{'right' if right else 'wrong'}' style='--share:{share}%'>{count:,}</td>"


def _gallery(done: Evaluation) -> str:
    parts = ["<h2>The worst mistakes</h2><p>Green is what is annotated, red what was found.</p>"]
    for kind in MISTAKES:
        count = done.mistake_counts.get(kind, 0)
        parts.append(f"<h3>{kind}: {count:,}</h3>")
        figures = "".join(_figure(one) for one in done.mistakes if one.kind == kind)
        if figures:
            parts.append(f"<p>{MEANING[kind]} first</p><div class='gallery'>{figures}</div>")
    return "".join(parts)


def _figure(one: Mistake) -> str:
    address = data_address(one)
    words = []
    if one.found:
        words.append(f"found {one.found} {one.score:.2f}")
    if one.truth:
        words.append(f"annotated {one.truth}")
    if one.iou:
        words.append(f"overlap {one.iou:.2f}")
    told = escape(", ".join(words))
    image = f'<img alt="{told}" src="{address}">' if address else "<p>the picture cannot be read again</p>"
    return f"<figure>{image}<figcaption>{told}<br><small>{escape(one.key)}</small></figcaption></figure>"
