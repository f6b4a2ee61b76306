"""A configuration or label map breaks a rule of the text format, or names a field or value that does not exist.

What is seen

    `ParseError: 189:1 : ...`, `has no field named "num_clases"`, `Enum type ... has no value named RELU6`,
    `Couldn't parse integer`, or, from `load_labelmap`, `TypeError: a bytes-like object is required`, which hides them.

Why

    A colon, quote or value is missing, a name is misspelt, or a field stands in the wrong block. Protobuf stops at the
    first mistake; a check names all.

Remedy

    Correct the line as shown. The repair does so where the right spelling is certain.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.config_text import ConfigText, config_texts
from loadstone.checks.views.field_errors import PARSER, PLACE, ancestors, unknown_fields
from loadstone.checks.views.slips import evidence, remedy, slips_of
from loadstone.errors import FormatError
from loadstone.facts.finding import Evidence, Finding
from loadstone.formats.detection.schema import pipeline_schema
from loadstone.wire.textproto import parse
from loadstone.wire.textschema import nearest
from loadstone.wire.textslip import SlipKind

FAULT = Fault(
    "config-syntax-error",
    "error",
    help="correct the line as shown: loadstone fix FILE   does so where the right spelling is certain",
    repair="correct-syntax",
    reference="https://protobuf.dev/reference/protobuf/textformat-spec/",
)

TEXTS = (
    Saying(
        PLACE + r"[Ee]num type [\\\"']*(?P<enum>[\w.]+)[\\\"']* "
        r"has no value (?:named|with number) ?[\\\"']*(?P<value>\w+)",
        "line {line}, column {column}: {enum} has no value {value}",
    ),
    Saying(
        PLACE + r"Couldn't parse (?P<kind>integer|float): (?P<value>[^\n\"']+)",
        "line {line}, column {column}: {value} is no {kind}",
        needs=(PARSER,),
    ),
    Saying(
        PLACE + r"Expected \"(?P<what>:|true\\?\" or \\?\"false)\"",
        'line {line}, column {column}: "{what}" is expected',
        needs=(PARSER,),
    ),
    Saying(
        PLACE + r"String missing ending quote",
        "line {line}, column {column}: a string is not closed",
    ),
    Saying(
        r"(?:expected bytes, str found|a bytes-like object is required, not 'str'|ParseFromString\(label_map_string\))",
        "the label map cannot be read as text; this message hides the place of the mistake",
        certainty="likely",
        needs=(r"load_labelmap|label_map",),
        help="check the label map itself: loadstone check label_map.pbtxt",
    ),
    Saying(
        r"ParseError: (?P<line>\d+):(?P<column>\d+)",
        "the text cannot be read from line {line}, column {column} on",
        certainty="likely",
    ),
    Saying(
        r"[Ee]rror parsing text-?format \S+: (?P<line>\d+):(?P<column>\d+)",
        "the text cannot be read from line {line}, column {column} on",
        certainty="likely",
    ),
)

_KINDS: tuple[SlipKind, ...] = ("syntax", "unknown-field", "misplaced-field", "wrong-value")


UNHEARD = "take it out, unless you train with a version of the API that has it: no name here is like it"


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each such mistake; where only the strict reader finds one, that."""
    for text, slips in slips_of(subject, *_KINDS):
        for slip in slips:
            mend = slip.replacement is not None
            unheard = slip.kind == "unknown-field" and not mend
            help_ = UNHEARD if unheard else remedy(FAULT, text, mended=mend)
            yield FAULT.finding(f"{text.name}: {slip.fact}", evidence(text, slip), help=help_, mended=mend)
    for text in config_texts(subject):
        yield from _strict(text)


def _strict(text: ConfigText) -> Iterator[Finding]:
    """What only the strict reader finds: in the text as it would be with everything mended that can be."""
    if any(slip.replacement is None for slip in text.read.slips):
        return
    try:
        parse(text.read.mended(unsure=True))
    except FormatError as error:
        where = f"{text.path}: {error.where}"
        shown = Evidence(where, error.found, error.expected)
        help_ = remedy(FAULT, text, mended=False)
        yield FAULT.finding(f"{text.name}: {error.fact}", shown, help=help_, mended=False)


def from_text(error: ErrorText) -> Iterator[Finding]:
    """Yield a finding where a refused field is a misspelling, stands in the wrong block, or exists no more."""
    schema = pipeline_schema()
    for one in unknown_fields(error.text):
        if schema.kind(one.message, one.field) or one.message not in schema.messages:
            continue
        near = nearest(one.field, schema.messages[one.message])
        holders = [name for name in schema.holders(one.field) if name not in ancestors(one.message)]
        where = f"line {one.line}: " if one.line else ""
        fact = f'{where}{one.message} has no field "{one.field}"'
        if holders:
            help_text = f"move it: {one.field} is a field of {', '.join(holders[:3])}"
            # A brace too many or too few puts a right field into the wrong block as well.
            shown = Evidence(one.where, one.shown)
            yield FAULT.finding(fact, shown, help=help_text, certainty="possible", mended=False)
        elif near:
            yield FAULT.finding(fact, Evidence(one.where, one.shown, near), help=f"write {near} for {one.field}")
