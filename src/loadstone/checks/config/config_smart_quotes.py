"""Typographic quotes stand where a configuration or label map needs plain ones.

What is seen

    Quotes such as “ ” ‘ ’ « » or ` around a string, and from TensorFlow
    `ParseError: 110:25 : Expected string but found: '“'`.

Why

    Word processors, chats and web pages turn plain quotes into typographic ones. To protobuf they are no quotes.

Remedy

    Replace them with plain quotes throughout the file. The repair does it and leaves everything else as it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.field_errors import PARSER, PLACE
from loadstone.checks.views.slips import grouped, slips_of
from loadstone.facts.finding import Finding

FAULT = Fault(
    "config-smart-quotes",
    "error",
    help="replace the typographic quotes with plain ones: loadstone fix FILE",
    repair="straighten-quotes",
    reference="https://protobuf.dev/reference/protobuf/textformat-spec/#string-literals",
)

_QUOTE = r"(?P<quote>[“”„‟″«»‘’‚‛′`´]|\\xe2(?:\\x80\\x9[89cd])?|\\u201[89cd]|â€[œ™˜\x9d]?)"

TEXTS = (
    Saying(
        PLACE + r"(?:Expected|Couldn't parse|got|found)[^\n\"'“”‘’]{0,40}[uU]?['\"]?" + _QUOTE,
        "line {line}, column {column}: a typographic quote {quote} stands where a plain one is needed",
        needs=(PARSER,),
    ),
    Saying(
        r"Interpreting non ascii codepoint (?P<code>226|8216|8217|8220|8221)\b",
        "a character that is not plain text (codepoint {code}) stands outside a string; typographic quotes begin so",
        certainty="likely",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each text with such quotes."""
    for text, slips in slips_of(subject, "quotes"):
        yield grouped(FAULT, text, slips, "{count} typographic quotes stand where plain ones are needed")
