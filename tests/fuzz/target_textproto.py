"""Fuzz target: the protobuf text format, read, every value decoded, and written again."""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.errors import LoadstoneError
from loadstone.wire.textproto import TextMessage, dump, parse


def decode(message: TextMessage) -> None:
    """Decode every value of a tree."""
    for field in message:
        if isinstance(field.value, TextMessage):
            decode(field.value)


def fuzz(data: bytes) -> None:
    try:
        message = parse(data)
        decode(message)
        parse(dump(message).encode("utf-8", "surrogateescape"))
    except LoadstoneError:
        return


def seeds() -> Iterator[bytes]:
    yield b"model { ssd { num_classes: 90 } }\ntrain_config: < batch_size: 0x10 > # end\n"
    yield b"a: \"x\" 'y\\n\\101\\x41\\u00e9'; b: [1, -2.5e3f, inf]; c [ { d: - 1 }, < e: WORD > ]\r\n"
    yield b"[type.googleapis.com/pkg.Name] { f: -nan } [pkg.extension]: true"
    yield b"\xef\xbb\xbfitem {\r\n  id: 1\r\n  name: 'dog'\r\n}\r\n"
