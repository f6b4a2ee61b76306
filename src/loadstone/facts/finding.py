"""What examining a model established: findings, errors, and what was not examined. Three lists, never mixed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["error", "warning", "info"]
"""`error`: it will not load or will compute something else. `warning`: it may bite. `info`: harmless, said once."""

Certainty = Literal["proved", "likely", "possible"]
"""`proved`: the evidence settles it. `likely`: it fits, and so does little else. `possible`: a hint."""

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
CERTAINTIES: tuple[Certainty, ...] = ("proved", "likely", "possible")


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where something is seen, what stands there, and what was expected, in the file's or the message's own words.

    `where` is a path, a path with `:line:column`, a tensor, a field path, or `line 12 of the text`.
    """

    where: str
    found: str = ""
    expected: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault, met once.

    `fault` is a name of the table of faults. `fact` is one line that stands alone and says only what was established.
    `help` is one imperative, with the exact command where there is one. `repair` names the repair that mends it.
    """

    fault: str
    severity: Severity
    fact: str
    evidence: tuple[Evidence, ...] = ()
    help: str = ""
    repair: str | None = None
    reference: str = ""
    certainty: Certainty = "proved"

    @property
    def rank(self) -> tuple[int, int]:
        """Sorts the gravest and surest first."""
        return SEVERITIES.index(self.severity), CERTAINTIES.index(self.certainty)


@dataclass(frozen=True, slots=True)
class NotExamined:
    """Something that was not looked at, and why: never to be taken for clean."""

    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class Failed:
    """Something that could not be examined because reading it failed; `code` is the error's."""

    where: str
    message: str
    code: str = "error"
    help: str = ""


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Everything that one examination established about `source`, gravest finding first.

    `against` names the environment that the source was judged for.
    """

    source: str
    findings: tuple[Finding, ...] = ()
    errors: tuple[Failed, ...] = ()
    not_examined: tuple[NotExamined, ...] = ()
    against: str = ""

    @property
    def worst(self) -> Severity | None:
        """The gravest severity among the findings; `error` where something could not be examined; None if clean."""
        if self.errors:
            return "error"
        return min((finding.severity for finding in self.findings), key=SEVERITIES.index, default=None)

    def __str__(self) -> str:
        from loadstone.report.check_text import check_text

        return check_text(self)

    def as_json(self) -> dict[str, Any]:
        """Return the document that `loadstone check --json` prints."""
        from loadstone.report.check_json import check_document

        return check_document(self)
