"""`explain`: from an error text to the same findings that `check` gives for a file.

Every fault is asked for its sayings and its arithmetic. The findings are ranked: an echo (what another fault leaves
behind) after everything else, an exception before a line of a log that only warns, what is proved before what is
likely, and of equals the innermost cause: the earlier exception of a chain, the later part of one message.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from loadstone.checks.error_paths import present
from loadstone.checks.error_text import LONGEST_LINE, ErrorText, read
from loadstone.checks.fault import filled, said
from loadstone.checks.registry import faults, module
from loadstone.facts.environment import Environment
from loadstone.facts.explanation import Explanation
from loadstone.facts.finding import CERTAINTIES, SEVERITIES, CheckReport, Finding

_LOG_WARNING = re.compile(r"^(?:\d{4}-\d\d-\d\d [\d:.,]+:? [IW] |[IW]\d{4} \d\d:|WARNING|INFO|UserWarning|.*Warning: )")

MOST_FILES = 4
"""Files of a text that are examined; the others are named as not examined."""


@dataclass(frozen=True, slots=True)
class _Heard:
    """A finding with what its rank depends on: `line` counts from 1, 0 where the finding names no line."""

    finding: Finding
    line: int
    echo: bool = False


def explain(text: str, environment: Environment | str | None = None, *, files: bool = True) -> Explanation:
    """Return what an error text or log means; nothing raises for a text that means nothing.

    `environment` is what is known of where it happened, a value or words (`Windows 10, TF 2.4`); what the text itself
    proves stands above words. `files=False` leaves alone the files of the text that lie on this disk.
    """
    error = read(text, environment)
    heard = list(hear(error))
    if all(one.echo for one in heard):
        heard += [replace(one, line=0) for one in hear(_unwrapped(error))]
    findings = list(dict.fromkeys(one.finding for one in sorted(heard, key=lambda one: _rank(one, error))))
    findings = _once(findings)
    reports = list(_examined(error)) if files else []
    if len(reports) == 1:
        findings = [_naming(one, reports[0].source) for one in findings]
    for report in reports:
        findings = _with_file(findings, report)
    return Explanation(
        tuple(findings),
        tuple(understood(error)),
        tuple(report.source for report in reports),
        tuple(failure for report in reports for failure in report.errors),
        tuple(unseen for report in reports for unseen in report.not_examined),
        error.environment,
    )


def hear(error: ErrorText) -> Iterator[_Heard]:
    """Yield every finding that a fault's sayings or its arithmetic give."""
    for name in faults():
        page = module(name)
        for saying in getattr(page, "TEXTS", ()):
            if (found := saying.matches(error.text)) is not None:
                finding = said(page.FAULT, saying, found, error.text)
                yield _Heard(finding, error.line_of(found.start()), saying.echo)
        compute = getattr(page, "from_text", None)
        for finding in compute(error) if compute else ():
            yield _Heard(finding, _line(finding))


def _unwrapped(error: ErrorText) -> ErrorText:
    """Return the text as one line a paragraph: a message that a terminal or a form broke is whole again.

    A paragraph that would make a line too long to be searched (a log) stays as it is.
    """
    paragraphs = [" ".join(part.split()) if len(part) <= LONGEST_LINE else part for part in error.text.split("\n\n")]
    return replace(error, text="\n".join(paragraphs))


def _line(finding: Finding) -> int:
    for evidence in finding.evidence:
        words = evidence.where.split()
        if len(words) > 1 and words[0] == "line" and words[1].isdecimal():
            return int(words[1])
    return 0


def _rank(heard: _Heard, error: ErrorText) -> tuple[object, ...]:
    finding = heard.finding
    block, depth = _place(heard.line, error)
    return (
        heard.echo,
        finding.severity == "info",
        _warns_only(heard.line, error),
        CERTAINTIES.index(finding.certainty),
        SEVERITIES.index(finding.severity),
        block,
        depth,
        list(faults()).index(finding.fault),
    )


def _place(line: int, error: ErrorText) -> tuple[int, int]:
    """Return the number of the exception that a line belongs to, and how deep in it the line stands (deepest first).

    What was computed from the whole text (line 0) stands before what one of its lines says.
    """
    before = [raised for raised in error.exceptions if raised.line <= line]
    return len(before), -line if line else -len(error.text)


def _warns_only(line: int, error: ErrorText) -> bool:
    """Say whether a line is one of a log that informs or warns, while the text also holds an exception."""
    if not error.exceptions or not 0 < line <= len(error.lines):
        return False
    words = error.lines[line - 1]
    return _LOG_WARNING.match(words) is not None and "OP_REQUIRES failed" not in words


def _once(findings: list[Finding]) -> list[Finding]:
    """Keep the first finding of each fault, and of a fault met again its further evidence."""
    kept: dict[str, Finding] = {}
    for finding in findings:
        first = kept.setdefault(finding.fault, finding)
        further = tuple(one for one in finding.evidence if one not in first.evidence)
        if first is not finding and further:
            kept[finding.fault] = replace(first, evidence=first.evidence + further)
    return list(kept.values())


def _examined(error: ErrorText) -> Iterator[CheckReport]:
    """Examine the files of the text that lie on this disk, with the environment that the text shows."""
    from loadstone.checks.run import check
    from loadstone.errors import LoadstoneError

    for path in present(error)[:MOST_FILES]:
        try:
            report = check(path, error.environment)
        except LoadstoneError:
            continue
        yield report


def _naming(finding: Finding, path: str) -> Finding:
    """Put the one file of the text that lies here into a help, unless it is a configuration and a model is meant."""
    of_text = path.endswith((".config", ".pbtxt"))
    if of_text != (faults()[finding.fault][0] == "config"):
        return finding
    return replace(finding, help=filled(finding.help, path))


def _with_file(findings: list[Finding], report: CheckReport) -> list[Finding]:
    """Join what a file shows with what its message says: a fault that both show is proved, and stands first."""
    said_names = [finding.fault for finding in findings]
    proved = [found for found in report.findings if found.severity == "error" and found.certainty == "proved"]
    rest = [found for found in report.findings if found not in proved]
    both = [found for found in proved if found.fault in said_names]
    others = [found for found in proved if found not in both]
    told = [finding for finding in findings if finding.fault not in {found.fault for found in both}]
    return [*both, *others, *told, *(found for found in rest if found not in findings)]


def understood(error: ErrorText) -> Iterator[tuple[str, str]]:
    """Yield what a text shows beside its fault: the exceptions, innermost first, versions, system and paths."""
    from loadstone.checks.error_paths import named

    for raised in list(dict.fromkeys((one.name, one.message.partition("\n")[0][:200]) for one in error.exceptions))[:4]:
        yield "exception", ": ".join(part for part in raised if part)
    if error.frames:
        last = error.frames[-1]
        yield "raised in", f"{last.path}:{last.line}" if last.line else last.path
    known = error.environment
    for label, value in (("python", known.python), ("system", known.system), *known.packages.items()):
        if value:
            yield label, value
    for label, value in known.cuda.items():
        yield f"cuda {label}", value
    for dispute in error.disputed:
        yield "doubtful", dispute
    for path in named(error)[:6]:
        yield "path", path
