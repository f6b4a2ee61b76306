"""An id of a label map stands in quotes.

What is seen

    `ParseError: 2:7 : Couldn't parse integer: '1'`, or, behind it, `TypeError: expected bytes, str found`.

Why

    The id is a number. The text format takes a number in quotes for a string.

Remedy

    Write `id: 1` without quotes. The repair does it.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.field_errors import PLACE
from loadstone.checks.views.slips import grouped, slips_of
from loadstone.facts.finding import Finding

FAULT = Fault(
    "labelmap-id-quoted",
    "error",
    help="write the number without quotes: loadstone fix FILE",
    repair="unquote-numbers",
)

TEXTS = (
    Saying(
        PLACE + r"Couldn't parse (?:integer|float): [uU]?[\"']?[\\]?[\"'](?P<value>-?\d+)",
        "line {line}, column {column}: the number {value} stands in quotes",
    ),
    Saying(
        r"(?P<line>\d+):(?P<column>\d+)[^\n]*?Expected (?:integer|identifier), got: [\\]?[\"'](?P<value>-?\d+)",
        "line {line}, column {column}: the number {value} stands in quotes",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each text with a number, a word or a truth value in quotes."""
    for text, slips in slips_of(subject, "quoted-value"):
        yield grouped(FAULT, text, slips, "{count} numbers or words stand in quotes")
