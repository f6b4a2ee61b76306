"""`loadstone explain` on a terminal: the findings first, then what was understood where nothing was found."""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.facts.explanation import Explanation
from loadstone.report.check_text import finding_lines, safe

MOST = 3
"""Findings shown; --json shows all. The first is the cause, and the others are what else the text shows."""


def explanation_text(explanation: Explanation) -> str:
    """Return an explanation as text, without a final newline."""
    lines: list[str] = []
    for finding in explanation.findings[:MOST]:
        lines += finding_lines(finding)
    if len(explanation.findings) > MOST:
        rest = ", ".join(finding.fault for finding in explanation.findings[MOST:])
        lines.append(f"… and {len(explanation.findings) - MOST:,} more: {rest}; --json shows all")
    if not explanation.known:
        lines.append("not known   no fault of the table is recognised in this text")
        lines += _understood(explanation)
        lines.append(f"       {'help':<9} {_help(explanation)}")
    else:
        lines += [f"note     {value}" for label, value in explanation.understood if label == "doubtful"]
    lines += [f"examined {path} as well" for path in explanation.checked]
    lines += [f"unreadable {failure.where}: {failure.message}" for failure in explanation.errors]
    lines += [f"not examined  {unseen.where}: {unseen.reason}" for unseen in explanation.not_examined]
    return safe("\n".join(lines))


def _understood(explanation: Explanation) -> Iterator[str]:
    if not explanation.understood:
        yield "       understood nothing: no exception, version or path stands in it"
    for label, value in explanation.understood:
        yield f"       {label:<13} {value}"


def _help(explanation: Explanation) -> str:
    paths = [value for label, value in explanation.understood if label == "path"]
    if paths:
        return f"loadstone check {paths[0]}   where the file is"
    return "give the whole text, from the first line of the log to the last of the traceback"
