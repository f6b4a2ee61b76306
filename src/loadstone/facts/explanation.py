"""What an error text means: findings, what was understood of it otherwise, and the files of it that lie here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from loadstone.facts.environment import Environment
from loadstone.facts.finding import Failed, Finding, NotExamined


@dataclass(frozen=True, slots=True)
class Explanation:
    """The findings that a text gives, the innermost cause first; empty where its fault is not known.

    `understood` are pairs of a label and what the text shows (`exception`, `python`, `tensorflow`, `path`), also where
    nothing was found. `checked` names the files of the text that lie here and were examined as well; their findings
    stand among `findings`. `environment` is what the text shows of where it happened.
    """

    findings: tuple[Finding, ...] = ()
    understood: tuple[tuple[str, str], ...] = ()
    checked: tuple[str, ...] = ()
    errors: tuple[Failed, ...] = ()
    not_examined: tuple[NotExamined, ...] = ()
    environment: Environment = field(default_factory=lambda: Environment(name="the text's", complete=False))
    source: str = "the text"

    @property
    def known(self) -> bool:
        """Whether the text's fault was recognised."""
        return bool(self.findings)

    def __str__(self) -> str:
        from loadstone.report.explain_text import explanation_text

        return explanation_text(self)

    def as_json(self) -> dict[str, Any]:
        """Return the document that `loadstone explain --json` prints."""
        from loadstone.report.check_json import explanation_document

        return explanation_document(self)
