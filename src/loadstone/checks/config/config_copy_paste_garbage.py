"""Text that is no field was copied into a configuration or label map.

What is seen

    Fences (```), prompts (`>>>`, `$`), HTML tags, addresses, merge marks or lines of code between the fields, and
    `Message type "object_detection.protos.RMSPropOptimizer" has no field named "https"`.

Why

    The file was copied from a page or a terminal with what stood around it. Protobuf takes the first word of it for
    the name of a field.

Remedy

    Delete these lines or put `#` before them. The repair makes comments of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.field_errors import PARSER, PLACE, unknown_fields
from loadstone.checks.views.slips import grouped, slips_of
from loadstone.facts.finding import Evidence, Finding
from loadstone.formats.detection.schema import pipeline_schema
from loadstone.wire.textschema import nearest

FAULT = Fault(
    "config-copy-paste-garbage",
    "error",
    help="delete the lines that are no fields, or put # before them: loadstone fix FILE",
    repair="comment-out-garbage",
)

_FOREIGN = re.compile(
    r"(?:https?|ftp|www|import|from|google|github|def|class|print|html|div|span|body|head|script|style|href|pre|code"
    r"|doctype|tensorflow|python3?|pip3?|conda|git|sudo|wget|curl|cd|ls|Traceback|File|In|Out|diff|index|copyright"
    r"|license|object_detection|tf|np|os|sys|wrote|downloading|collecting|the|this|and|for|with|to|of|a)",
    re.IGNORECASE,
)

TEXTS = (
    Saying(
        PLACE + r"Expected identifier(?: or number)?, got:? ?[uU]?['\"]?(?P<text>[<$%@=|~!*&^(`-])",
        "line {line}, column {column}: {text} begins something that is no field: text was copied into the file",
        needs=(PARSER,),
    ),
    Saying(
        PLACE + r"(?P<mark><<<<<<<|>>>>>>>|=======|>>> |```|<html|<div|<!DOCTYPE)",
        "line {line}: {mark} stands between the fields: text was copied into the file",
        needs=(PARSER,),
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each text with lines that are no fields."""
    for text, slips in slips_of(subject, "garbage"):
        yield grouped(FAULT, text, slips, "{count} lines are no fields")


def from_text(error: ErrorText) -> Iterator[Finding]:
    """Yield a finding where the refused field is a word of a page, of code or of a terminal."""
    schema = pipeline_schema()
    for one in unknown_fields(error.text):
        if schema.holders(one.field) or nearest(one.field, schema.messages.get(one.message, ())):
            continue
        sure = _FOREIGN.fullmatch(one.field.partition(".")[0]) is not None
        where = f"in line {one.line} " if one.line else ""
        fact = f'foreign text {where}was taken for a field of {one.message}: "{one.field}"'
        yield FAULT.finding(fact, Evidence(one.where, one.shown), certainty="proved" if sure else "possible")
