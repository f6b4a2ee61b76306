"""What a fault's file holds.

A fault's module is named as the fault, with `_` for `-`, and stands in its family's folder. Its docstring is the
fault's page: the first line says the fault in a sentence, then follow paragraphs under the headings `What is seen`,
`Why`, and `Remedy`. It offers

`FAULT`: a `Fault`.
`from_file(subject) -> Iterable[Finding | NotExamined]`: optional; what the bytes, the neighbours and the target
environment prove, and what of them was not looked at.
`otherwise(subject) -> Iterable[Finding]`: optional; asked only where no fault told anything of the source.
`TEXTS`: optional; `Saying`s, the patterns that real messages show.
`from_text(text) -> Iterable[Finding]`: optional; for messages whose numbers have to be computed with.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from shlex import quote
from typing import TYPE_CHECKING, Protocol

from loadstone.facts.finding import Certainty, Evidence, Finding, NotExamined, Severity

if TYPE_CHECKING:
    from loadstone.checks.error_text import ErrorText
    from loadstone.checks.subject import Subject


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault's constant part: its name, usual severity, repair if there is one, and where it is described.

    `help` is the imperative for where nothing more exact can be said; FILE, FOLDER, CKPT, SOURCE or MODEL in it
    stands for the path, which is put in where it is known.
    """

    name: str
    severity: Severity
    help: str
    repair: str | None = None
    reference: str = ""

    def finding(
        self,
        fact: str,
        *evidence: Evidence,
        help: str = "",  # noqa: A002 - the field's name in every report
        severity: Severity | None = None,
        certainty: Certainty = "proved",
        mended: bool = True,
        repair: str | None = None,
    ) -> Finding:
        """Return a finding of this fault; `mended=False` where the repair does not fit this case.

        `repair` is one that fits this case, where the fault has none in general.
        """
        return Finding(
            self.name,
            severity or self.severity,
            fact,
            tuple(evidence),
            help or self.help,
            repair or (self.repair if mended else None),
            self.reference,
            certainty,
        )


@dataclass(frozen=True)
class Saying:
    """A pattern that messages of a fault show.

    `pattern` is searched in the whole text (`re.MULTILINE`, case kept). `fact` is a template with the pattern's
    named groups (`{op}`), `help` another, in which `{in_shell}` is the group `path` as a word of a shell's command.
    `certainty` is what this pattern alone establishes. Each of `needs` must be found as well, and none of `unless`.
    `echo`: this message is what another fault leaves behind, and yields to any other finding.
    """

    pattern: str
    fact: str
    certainty: Certainty = "proved"
    needs: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    help: str = ""
    echo: bool = False

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The pattern, compiled when first used."""
        return re.compile(self.pattern, re.MULTILINE)

    def matches(self, text: str) -> re.Match[str] | None:
        """Return the last place where the pattern stands (inner causes are printed last); None if it does not hold."""
        found = None
        for found in self.compiled.finditer(text):  # noqa: B007 - the last match is wanted
            pass
        if found is None or any(not re.search(need, text, re.MULTILINE) for need in self.needs):
            return None
        return None if any(re.search(no, text, re.MULTILINE) for no in self.unless) else found


class FaultModule(Protocol):
    """What the module of a fault offers; the functions may be absent."""

    FAULT: Fault
    TEXTS: tuple[Saying, ...]
    from_file: Callable[[Subject], Iterable[Finding | NotExamined]]
    from_text: Callable[[ErrorText], Iterable[Finding]]


_HOLE = re.compile(r"(?P<before>\(|(?<![\w./\\-]))(?:FILE|FOLDER|CKPT|SOURCE|MODEL)(?![\w./\\-])")
"""What a fault's constant help has where a path belongs; right behind a bracket it is an argument of Python."""


def filled(words: str, path: str) -> str:
    """Return a help with a path in the place of FILE, FOLDER, CKPT, SOURCE or MODEL."""
    in_python, in_shell = json.dumps(path, ensure_ascii=False), quote(path)
    return _HOLE.sub(lambda found: f"({in_python}" if found["before"] else in_shell, words)


def said(fault: Fault, saying: Saying, found: re.Match[str], text: str) -> Finding:
    """Return the finding that a saying makes, with the line it stands in as evidence."""
    groups = {name: value or "" for name, value in found.groupdict().items()}
    groups["in_shell"] = quote(groups.get("path", ""))
    line = text.count("\n", 0, found.start()) + 1
    start = text.rfind("\n", 0, found.start()) + 1
    shown = text[start : text.find("\n", found.start()) if "\n" in text[found.start() :] else len(text)].strip()
    finding = fault.finding(
        # A group may be empty, or go over several lines of the text.
        " ".join(saying.fact.format_map(groups).split()),
        Evidence(f"line {line} of the text", found=shown[:300]),
        certainty=saying.certainty,
    )
    return replace(finding, help=saying.help.format_map(groups)) if saying.help else finding
