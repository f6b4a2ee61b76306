"""A brace is missing or one too many in a configuration or label map.

What is seen

    `Message type "object_detection.protos.EvalConfig" has no field named "eval_input_reader"`: a block is read as a
    field of the one before it. Or the parser complains at the very end, or of a stray `}`.

Why

    Editing took a closing brace along, or left one behind. Everything after it is read one level too deep, so the
    message names a field that is right and a line that is late.

Remedy

    Put the brace where the block ends. The repair does so where the fields tell which block was left open.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.field_errors import PARSER, PLACE, ancestors, unknown_fields
from loadstone.checks.views.slips import grouped, slips_of
from loadstone.facts.finding import Evidence, Finding
from loadstone.formats.detection.schema import PIPELINE, pipeline_schema

FAULT = Fault(
    "config-unbalanced-brace",
    "error",
    help="put the brace back where the block ends: loadstone fix FILE   does it where the fields tell the place",
    repair="balance-braces",
)

TEXTS = (
    Saying(
        PLACE + r"(?:Expected \"[}>]\"|Expected identifier(?: or number)?, got:? ?[uU]?['\"]?[}>])",
        "line {line}, column {column}: the braces do not match: one is missing or one too many",
        needs=(PARSER,),
    ),
    Saying(
        PLACE + r"Expected \"[{<]\"",
        "line {line}, column {column}: an opening brace is missing",
        needs=(PARSER,),
    ),
    Saying(
        PLACE + r"(?:Expected identifier(?: or number)?, got:? ?[uU]?['\"]{0,2}\.?\s*$"
        r"|Expected \"}\", found \"\")",
        "the text ends in line {line} inside a block: closing braces are missing",
        certainty="likely",
        needs=(PARSER,),
        unless=(r"\b1:1 ?: ",),
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each text whose braces do not match."""
    for text, slips in slips_of(subject, "brace"):
        yield grouped(FAULT, text, slips, "{count} braces are missing or too many")


def from_text(error: ErrorText) -> Iterator[Finding]:
    """Yield a finding where a field is refused that belongs to a block around the one it was read in."""
    schema = pipeline_schema()
    for one in unknown_fields(error.text):
        if schema.kind(one.message, one.field):
            continue
        if one.field not in _around(one.message):
            if one.field in _within(one.message):
                where = f"before line {one.line}" if one.line else "before it"
                fact = f"a block is closed too early {where}: {one.field} was read as a field of {one.message}"
                sure = one.message == PIPELINE
                shown = Evidence(one.where, found=one.shown, expected="one closing brace less")
                yield FAULT.finding(fact, shown, certainty="proved" if sure else "likely")
            continue
        top = one.field in schema.messages[PIPELINE] or one.message == "StringIntLabelMapItem"
        where = f"before line {one.line}" if one.line else "before it"
        fact = f"a closing brace is missing {where}: {one.field} was read as a field of {one.message}"
        yield FAULT.finding(
            fact, Evidence(one.where, found=one.shown, expected="}"), certainty="proved" if top else "likely"
        )


def _within(message: str) -> set[str]:
    """Return the fields of every message that may stand in a message."""
    schema = pipeline_schema()
    inner = [name for name in schema.messages if message in ancestors(name)]
    return {field for name in inner for field in schema.messages[name]}


def _around(message: str) -> set[str]:
    """Return the fields of every message that a message may stand in."""
    schema = pipeline_schema()
    return {field for outer in ancestors(message) for field in schema.messages[outer]}
