"""A dataset's examination as one page: findings, and plots of classes and boxes. It needs no other file and no script.

Every text from outside is escaped.
"""

from __future__ import annotations

import os
from html import escape
from typing import TYPE_CHECKING

from loadstone.report.dataset_plots import bars, class_bars, heat_map
from loadstone.report.evaluation_csv import write_text
from loadstone.report.plain import plain

if TYPE_CHECKING:
    from loadstone.facts.dataset_statistics import DatasetStatistics
    from loadstone.facts.finding import CheckReport, Finding

MANY = 20
"""Pieces of evidence of one finding that the page shows; the JSON document has all."""

MOST_CLASSES = 60

STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --ground: #fff; --line: #d8dee6; --card: #f4f6f9;
  --s0: #2563b0; --s1: #e08a2e; --s2: #6b9c3c; --error: #c0392b; --warning: #b7791f; --info: #4a6fa5; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --soft: #9aa5b4; --ground: #14181e; --line: #323a45;
  --card: #1e242c; --s0: #6ea8f0; --s1: #f0a85a; --s2: #93c565;
  --error: #e8705f; --warning: #e0b050; --info: #8fb0dc; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground); max-width: 1100px;
  margin: 0 auto; padding: 1.5rem; }
h1 { font-size: 1.4rem; margin: 0; overflow-wrap: anywhere; } h2 { font-size: 1.15rem; margin: 2rem 0 .4rem; }
p { color: var(--soft); margin: .2rem 0 .8rem; }
.finding { border-left: 4px solid var(--line); background: var(--card); padding: .5rem .9rem; margin: .6rem 0; }
.error { border-color: var(--error); } .warning { border-color: var(--warning); } .info { border-color: var(--info); }
.finding b { overflow-wrap: anywhere; } .finding code { color: var(--soft); float: right; }
ul { margin: .3rem 0; padding-left: 1.2rem; font-size: .87rem; } li { overflow-wrap: anywhere; }
.plots { display: flex; flex-wrap: wrap; gap: 1.2rem; } .plots figure { width: 320px; margin: 0; }
figcaption { color: var(--soft); font-size: .85rem; } svg { width: 100%; height: auto; }
svg text { font-size: 10px; fill: var(--soft); }
.s0 { fill: var(--s0); } .s1 { fill: var(--s1); } .s2 { fill: var(--s2); }
.grid { stroke: var(--line); } .frame { fill: none; stroke: var(--line); }
"""


def dataset_html(report: CheckReport, numbers: DatasetStatistics) -> str:
    """Return the page."""
    title = f"dataset {report.source}"
    parts = (_head(report, numbers), _findings(report), _classes(numbers), _boxes(numbers))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{_text(title)}</title><style>{STYLE}</style></head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


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
    return f"<h2>Classes</h2>{left}{class_bars(names, boxes)}"


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
