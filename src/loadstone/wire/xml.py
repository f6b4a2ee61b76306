"""XML that nobody vouches for, as a tree of elements: no document type, no entity of the file's own, bounded.

What it is: expat behind caps. What it is not: a validator. A document with `<!DOCTYPE` is refused, since all that
entities could do (expand without end, name files, open addresses) begins there.
Specification: Extensible Markup Language (XML) 1.0.
"""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import TreeBuilder
from xml.parsers import expat

from loadstone.errors import FormatError, LimitError, TruncatedError
from loadstone.wire.limits import ANNOTATION_BYTES, XML_DEPTH, XML_ELEMENTS, shown

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_DECLARED = re.compile(
    rb"""(?:\xef\xbb\xbf)?<\?xml\s[^>]{0,200}?\bencoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]{0,40})["']"""
)
_WIDE = ("gbk", "gb2312", "gb18030", "big5", "shift_jis", "cp932", "euc_jp", "iso2022_jp", "euc_kr", "cp949", "johab")
"""Python's names of encodings of several bytes a letter."""

_ENDS_EARLY = {
    expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS],
    expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_TOKEN],
    expat.errors.codes[expat.errors.XML_ERROR_PARTIAL_CHAR],
    expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION],
}


def parse_xml(data: bytes, where: str = "", *, most_bytes: int = ANNOTATION_BYTES) -> Element:
    """Return the root element. Raises `FormatError` with line and column, also for a document type."""
    if len(data) > most_bytes:
        expected = f"at most {shown(most_bytes)}"
        raise LimitError("XML longer than is read", where=where, expected=expected, found=shown(len(data)))
    parser = expat.ParserCreate()
    parser.buffer_text = True
    builder = _Bounded(where)
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.tree.data
    parser.StartDoctypeDeclHandler = builder.refuse
    try:
        parser.Parse(_as_expat_reads(data, where), True)
    except expat.ExpatError as error:
        raise _broken(error, where) from error
    except (ValueError, LookupError) as error:
        # An encoding that Python does not know, or that is not one byte a letter.
        raise FormatError("XML in an encoding that is not read", where=where, found=str(error)[:200]) from error
    return builder.tree.close()


def _as_expat_reads(data: bytes, where: str) -> bytes | str:
    """Return a document as text where its declaration would mislead expat, else as it is; without leading spaces.

    Expat has no encoding of several bytes a letter but Unicode's, and .NET writes `utf-16` over what it saves as UTF-8.
    """
    data = data.lstrip(b" \t\r\n")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in data[:4]:
        return data
    stated = _DECLARED.match(data)
    encoding = stated[1].decode().lower() if stated else "utf-8"
    try:
        if encoding in ("utf-8", "utf8", "utf-16"):
            return data.decode("utf-8-sig")
        return data.decode(encoding) if codecs.lookup(encoding).name in _WIDE else data
    except UnicodeDecodeError as error:
        raise FormatError(
            f"XML that is not in {encoding}, as it {'states' if stated else 'states nothing else'}",
            where=f"{where}: byte {error.start:,}" if where else f"byte {error.start:,}",
            found=f"{error.object[error.start]:#04x}",
            help='state what it was saved in: <?xml version="1.0" encoding="…"?>, such as windows-1252 or gbk',
        ) from error
    except LookupError as error:
        raise FormatError("XML in an encoding that is not read", where=where, found=str(error)[:200]) from error


class _Bounded:
    """Builds the tree while it counts."""

    def __init__(self, where: str) -> None:
        self.tree = TreeBuilder()
        self._where = where
        self._depth = self._count = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._count += 1
        if self._depth > XML_DEPTH:
            raise LimitError(f"XML nests deeper than {XML_DEPTH} elements", where=self._where)
        if self._count > XML_ELEMENTS:
            raise LimitError(f"XML of more than {XML_ELEMENTS:,} elements", where=self._where)
        self.tree.start(tag, attributes)

    def end(self, tag: str) -> None:
        self._depth -= 1
        self.tree.end(tag)

    def refuse(self, name: str, *_: Any) -> None:
        raise FormatError(
            "XML with a document type is not read: entities could name files and grow without end",
            where=self._where,
            found=f"<!DOCTYPE {name[:80]}",
            help="take the line <!DOCTYPE … out of the file",
        )


def _broken(error: expat.ExpatError, where: str) -> FormatError:
    place = f"line {error.lineno:,}, column {error.offset + 1:,}"
    place = f"{where}: {place}" if where else place
    said = expat.ErrorString(error.code)
    if error.code in _ENDS_EARLY:
        return TruncatedError("the XML ends before its last element does", where=place, found=said)
    return FormatError(f"not XML: {said}", where=place)
