"""XML behind caps: the tree of a plain document, and one sentence for everything else."""

from __future__ import annotations

import pytest

from loadstone.errors import FormatError, LimitError, TruncatedError
from loadstone.wire.limits import XML_DEPTH
from loadstone.wire.xml import parse_xml
from tests.support.hostile import bit_flips, survives, truncations

PLAIN = b'<?xml version="1.0"?>\n<annotation verified="yes"><size><width>12</width></size><object/>\n</annotation>'


def test_a_plain_document_is_a_tree() -> None:
    root = parse_xml(PLAIN)
    assert (root.tag, root.attrib) == ("annotation", {"verified": "yes"})
    assert root.findtext("size/width") == "12"
    assert [child.tag for child in root] == ["size", "object"]


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1", "utf-8-sig", "cp1252"])
def test_declared_encodings_are_read(encoding: str) -> None:
    name = "utf-8" if encoding == "utf-8-sig" else encoding
    data = f'<?xml version="1.0" encoding="{name}"?><a>Käfer</a>'.encode(encoding)
    assert parse_xml(data).text == "Käfer"


@pytest.mark.parametrize("encoding", ["gbk", "GB2312", "gb18030", "big5", "shift_jis", "euc-jp", "euc-kr"])
def test_encodings_of_several_bytes_a_letter_are_read(encoding: str) -> None:
    word = "가" if encoding == "euc-kr" else "中"
    assert parse_xml(f'<?xml version="1.0" encoding="{encoding}"?><a>{word}</a>'.encode(encoding)).text == word


@pytest.mark.parametrize(
    "data",
    [
        b'\r\n\n <?xml version="1.0"?>\n<a>K\xc3\xa4fer</a>\n',
        # What .NET writes where a string becomes a file.
        b'<?xml version="1.0" encoding="utf-16"?><a>K\xc3\xa4fer</a>',
        b"\xef\xbb\xbf<?xml version='1.0' encoding='UTF8'?><a>K\xc3\xa4fer</a>",
    ],
)
def test_what_programs_write_before_the_first_element_is_read(data: bytes) -> None:
    assert parse_xml(data).text == "Käfer"


@pytest.mark.parametrize(
    ("head", "said"), [("", "states nothing else"), ('<?xml version="1.0" encoding="gbk"?>', "in gbk, as it states")]
)
def test_another_encoding_than_is_stated_is_said(head: str, said: str) -> None:
    with pytest.raises(FormatError, match=said) as caught:
        parse_xml(f"{head}<a>K\xffäfer</a>".encode("latin-1"), "x.xml")
    assert caught.value.where == f"x.xml: byte {len(head) + 4}"
    assert "encoding=" in caught.value.help


@pytest.mark.parametrize(
    "data",
    [
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        b'<!DOCTYPE a [<!ENTITY x "xxxx"><!ENTITY y "&x;&x;">]><a>&y;</a>',
        b"<!DOCTYPE a><a/>",
        b'<?xml version="1.0" encoding="gbk"?><!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'.encode("utf-16"),
    ],
)
def test_a_document_type_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError, match="document type is not read"):
        parse_xml(data)


def test_an_entity_of_nobody_is_refused() -> None:
    with pytest.raises(FormatError, match="undefined entity"):
        parse_xml(b"<a>&nbsp;</a>", "x.xml")


def test_a_cut_document_is_truncated() -> None:
    for end in (0, 30, 60, len(PLAIN) - 14):
        with pytest.raises(TruncatedError):
            parse_xml(PLAIN[:end])


def test_depth_and_length_meet_their_caps() -> None:
    with pytest.raises(LimitError, match="deeper"):
        parse_xml(b"<a>" * (XML_DEPTH + 1))
    with pytest.raises(LimitError, match="longer"):
        parse_xml(PLAIN, most_bytes=8)


@pytest.mark.parametrize("encoding", ["no-such-encoding", "utf-7", "base64"])
def test_an_unknown_encoding_is_said(encoding: str) -> None:
    with pytest.raises(FormatError, match="encoding"):
        parse_xml(f'<?xml version="1.0" encoding="{encoding}"?><a>\xff</a>'.encode("latin-1"))


def test_damage_ends_in_a_sentence() -> None:
    errors = [survives(parse_xml, data) for data in [*truncations(PLAIN, 1), *bit_flips(PLAIN)]]
    assert any(errors)
