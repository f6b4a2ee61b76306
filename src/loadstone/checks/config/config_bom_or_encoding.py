"""A byte order mark, another encoding or invisible characters stand in a configuration or label map.

What is seen

    `ParseError: 1:1 : Expected identifier or number, got` and then something invisible, or
    `'utf-8' codec can't decode byte 0xff`, for a file that looks right in an editor.

Why

    Editors on Windows save UTF-8 with a mark (EF BB BF), UTF-16, or Windows-1252, and web pages bring no-break spaces.
    Protobuf reads UTF-8 without a mark, with plain blanks between fields.

Remedy

    Save the file as UTF-8 without a byte order mark, with plain spaces. The repair does both.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.field_errors import PARSER
from loadstone.checks.views.slips import grouped, slips_of
from loadstone.facts.finding import Finding

FAULT = Fault(
    "config-bom-or-encoding",
    "error",
    help="save the file as UTF-8 without a byte order mark and with plain spaces: loadstone fix FILE",
    repair="plain-utf8",
)

_INVISIBLE = (
    "[\ufeff\u200b\u200c\u200d\u00a0\u2028\u3000\u202f\ufffd]"
    r"|\\ufeff|\\xef\\xbb\\xbf|\\xa0|\\u200b|\\x00|ï»¿"
)
_READERS = (
    r"get_configs_from_pipeline_file|load_labelmap|label_map_util|config_util|text_format|pipeline\.config"
    r"|label_?map\b|\.pbtxt|\bpbtxt\b"
)

TEXTS = (
    Saying(
        r"ParseError: 1:1 ?: [^\n]{0,120}?(?:got|found):? ?[uU]?['\"]?(?:"
        + _INVISIBLE
        + r"|ï(?:»¿)?|\.?['\"]?\.?\s*$)",
        "the text begins with something that is not seen: a byte order mark or another encoding",
    ),
    Saying(
        r"(?P<line>\d+):(?P<column>\d+) ?: [^\n]{0,160}?(?:" + _INVISIBLE + r")",
        "line {line}, column {column}: an invisible character stands where plain text is needed",
        needs=(PARSER,),
    ),
    Saying(
        r"Interpreting non ascii codepoint (?P<code>239|65279|194|160)\b",
        "the text holds an invisible character (codepoint {code}): a byte order mark or a no-break space",
    ),
    Saying(
        r"UnicodeDecodeError: '[\w-]+' codec can't decode byte 0x(?P<byte>ff|fe) in position 0\b",
        "the text is UTF-16 (it begins with 0x{byte}), not UTF-8",
        certainty="likely",
        needs=(_READERS,),
    ),
    Saying(
        r"UnicodeDecodeError: '[\w-]+' codec can't decode byte 0x(?P<byte>[0-9a-f]{2}) in position (?P<at>[1-9]\d*)",
        "byte 0x{byte} at position {at} of the text is no UTF-8: it was saved in another encoding",
        certainty="possible",
        needs=(_READERS,),
        unless=(r"BufferedInputStream|_preread_check|NewReadableFile",),
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each text with a mark, another encoding or invisible characters."""
    for text, slips in slips_of(subject, "encoding", "invisible"):
        yield grouped(FAULT, text, slips, "{count} marks or characters are not plain UTF-8 text")
