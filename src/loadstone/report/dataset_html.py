"""A dataset's examination as one page: findings, and plots of classes and boxes. It needs no other file and no script.

Every text from outside is escaped.
"""

from __future__ import annotations

import os
from html import escape
from typing import TYPE_CHECKING

from loadstone.report.dataset_plots import bars, class_bars, heat_map
from loadstone.report.evaluation_csv import write_text
from loadstone.report.page import page
from loadstone.report.plain import plain

if TYPE_CHECKING:
    from loadstone.facts.dataset_statistics import DatasetStatistics
    from loadstone.facts.finding import CheckReport, Finding

MANY = 20
"""Pieces of evidence of one finding that the page shows; the JSON document has all."""

MOST_CLASSES = 60

STYLE = """
.finding { border-left: 4px solid var(--line); background: var(--card); padding: .5rem .9rem; margin: .6rem 0; }
.error { border-color: var(--wrong); } .warning { border-color: var(--amber); } .info { border-color: var(--blue); }
.finding b { overflow-wrap: anywhere; } .finding code { color: var(--soft); float: right; }
ul { margin: .3rem 0; padding-left: 1.2rem; font-size: .87rem; } li { overflow-wrap: anywhere; }
.plots { display: flex; flex-wrap: wrap; gap: 1.2rem; } .plots figure { width: 320px; margin: 0; }
.classes { max-width: 660px; }
.s0 { fill: var(--blue); } .s1 { fill: var(--amber); } .s2 { fill: var(--right); }
.frame { fill: none; stroke: var(--line); }
"""


def dataset_html(report: CheckReport, numbers: DatasetStatistics) -> str:
    """Return the page."""
    title = plain(f"dataset {report.source}")
    parts = (_head(report, numbers), _findings(report), _classes(numbers), _boxes(numbers))
    return page(title, STYLE, "\n".join(parts))


def _head(report: CheckReport, numbers: DatasetStatistics) -> str:
    pictures = ", ".join(f"{count:,} {name}".strip() for name, count in numbers.pictures.items())
    boxes = sum(map(sum, numbers.boxes.values()))
    told = f"{pictures} pictures, {boxes:,} boxes, {len(numbers.classes):,} classes"
    return f"<h1>{_text(report.source)}</h1><p>{_text(told)}</p>"


def _findings(report: CheckReport) -> str:
    rows = [_finding(finding) for finding in report.findings]
    rows += [
        f'<div class="finding error"><b>{_text(failed.message)}</b><br>{_text(failed.where)}</div>'
        for failed in report.errors[:MANY]
    ]
    if len(report.errors) > MANY:
        rows.append(f"<p>… and {len(report.errors) - MANY:,} more that could not be read</p>")
    rows += [f"<p>not examined: {_text(unseen.reason)}</p>" for unseen in report.not_examined]
    return "<h2>Findings</h2>" + ("".join(rows) if report.findings or report.errors else f"<p>none</p>{''.join(rows)}")


def _finding(finding: Finding) -> str:
    items = [
        " — ".join(_text(part) for part in (one.where, one.found, one.expected and f"expected {one.expected}") if part)
        for one in finding.evidence[:MANY]
    ]
    if len(finding.evidence) > MANY:
        items.append(f"… and {len(finding.evidence) - MANY:,} more")
    evidence = "".join(f"<li>{item}</li>" for item in items)
    return (
        f'<div class="finding {finding.severity}"><code>{_text(finding.fault)}</code><b>{_text(finding.fact)}</b>'
        f"<ul>{evidence}</ul>{_text(finding.help)}</div>"
    )


def _classes(numbers: DatasetStatistics) -> str:
    totals = [sum(counts[at] for counts in numbers.boxes.values()) for at in range(len(numbers.classes))]
    order = sorted(range(len(totals)), key=lambda at: -totals[at])[:MOST_CLASSES]
    names = [plain(numbers.classes[at]) for at in order]
    boxes = {plain(name): [counts[at] for at in order] for name, counts in numbers.boxes.items()}
    left = f"<p>The {MOST_CLASSES} classes with the most boxes.</p>" if len(totals) > MOST_CLASSES else ""
    return f"<h2>Classes</h2>{left}<div class='classes'>{class_bars(names, boxes)}</div>"


def _boxes(numbers: DatasetStatistics) -> str:
    each = [f"{edge:.0f}" for edge in numbers.each_picture.edges[:-2]]
    plots = [
        bars("side as a part of the picture's (root of the area's part)", numbers.relative),
        bars("side in pixels (root of the area)", numbers.sides, unit=" pixels"),
        bars("width over height", numbers.ratios),
        bars("boxes in a picture", numbers.each_picture, labels=[*each, f"{len(each)}+"]),
        heat_map("where the centres lie", numbers.centres),
    ]
    if numbers.at_input is not None and numbers.input_size is not None:
        width, height = numbers.input_size
        plots.insert(1, bars(f"shorter side at an input of {width} × {height}", numbers.at_input, unit=" pixels"))
    return f'<h2>Boxes</h2><div class="plots">{"".join(plots)}</div>'


def _text(text: str) -> str:
    return escape(plain(text))


def write_html(path: str | os.PathLike[str], report: CheckReport, numbers: DatasetStatistics) -> None:
    """Write the page, whole or not at all; raises `SourceError` when it cannot be written."""
    write_text(path, dataset_html(report, numbers))
