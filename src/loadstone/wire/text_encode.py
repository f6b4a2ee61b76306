"""A text proto as the bytes it stands for, so that one reader serves `.pb` and `.pbtxt`.

What it is: a tree of text and a schema in, protobuf bytes out. What it is not: a judge of unknown names: a field that
the schema does not know, or an enum's word that it does not list, is left out.
Specification: protobuf.dev, "Text Format Language" and "Encoding".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from loadstone.errors import FormatError, LimitError
from loadstone.wire.limits import PROTOBUF_DEPTH
from loadstone.wire.protobuf import FIXED32, FIXED64, LEN, VARINT, MessageType
from loadstone.wire.protobuf_writer import float32_bytes, float64_bytes, tag, varint
from loadstone.wire.textmessage import TextMessage, place_text
from loadstone.wire.textscalar import flag_value, is_string, number_value, string_value

Enums: TypeAlias = Mapping[str, Mapping[str, int]]
Scalar: TypeAlias = Callable[[bytes, str], bytes]


class TextEncoder:
    """Encodes text by a schema; `enums` gives the numbers of enum words."""

    def __init__(self, enums: Enums) -> None:
        self._enums = enums
        self._plans: dict[MessageType, dict[str, tuple[bytes, Scalar | None, MessageType | None]]] = {}

    def encode(self, kind: MessageType, text: TextMessage, depth: int = 0) -> bytes:
        """Return the bytes of a message. A scalar in a message's place, or the reverse, raises `FormatError`."""
        if depth > PROTOBUF_DEPTH:
            raise LimitError(f"messages nest deeper than {PROTOBUF_DEPTH}", where=text.where)
        plan = self._plans.get(kind) or self._plan(kind)
        parts: list[bytes] = []
        for name, value, at in text.entries:
            step = plan.get(name)
            if step is None:
                continue
            head, scalar, inner = step
            if isinstance(value, TextMessage):
                if inner is None:
                    raise _wrong(text, name, at, "a scalar", "a message")
                payload = self.encode(inner, value, depth + 1)
                parts += (head, varint(len(payload)), payload)
            elif scalar is None:
                raise _wrong(text, name, at, "a message", value.decode("utf-8", "backslashreplace"))
            else:
                coded = scalar(value, name)
                if coded:
                    parts += (head, coded)
        return b"".join(parts)

    def _plan(self, kind: MessageType) -> dict[str, tuple[bytes, Scalar | None, MessageType | None]]:
        plan = {field: self._step(kind, field) for field in kind.fields}
        self._plans[kind] = plan
        return plan

    def _step(self, kind: MessageType, field: str) -> tuple[bytes, Scalar | None, MessageType | None]:
        number, declared = kind.fields[field]
        declared = declared.lstrip("*")
        if declared.startswith("map:"):
            return tag(number, LEN), None, _pair(kind, declared.removeprefix("map:"))
        if declared in kind.registry:
            return tag(number, LEN), None, kind.of(field)
        if declared.startswith("enum"):
            return tag(number, VARINT), self._enum(declared.partition(":")[2]), None
        wire, scalar = _SCALARS[declared]
        return tag(number, wire), scalar, None

    def _enum(self, name: str) -> Scalar:
        words = self._enums.get(name, {})

        def encode(token: bytes, field: str) -> bytes:
            value = words.get(token.decode("ascii", "replace"))
            if value is not None:
                return varint(value)
            return _integer(token, field) if token[:1] in b"-0123456789" else b""

        return encode


def _wrong(text: TextMessage, name: str, at: int, expected: str, found: str) -> FormatError:
    return FormatError(
        f"the field {name} holds something else than is expected",
        where=place_text(text.data, at),
        expected=expected,
        found=found[:80],
    )


def _pair(kind: MessageType, value: str) -> MessageType:
    """Return the type of a map's entries: a key and a value."""
    return MessageType("MapEntry", {"key": (1, "string"), "value": (2, value)}, {**kind.registry})


def _string(token: bytes, field: str) -> bytes:
    if not is_string(token):
        raise FormatError(
            "a string is not in quotes", where=field, found=token.decode("utf-8", "backslashreplace")[:80]
        )
    plain = token[1:-1]
    # Nearly every token is one string without escapes; what is not is decoded by the rules.
    if b"\\" in plain or b'"' in plain or b"'" in plain:
        plain = string_value(token)
    return varint(len(plain)) + plain


def _integer(token: bytes, field: str) -> bytes:
    if len(token) < 18 and token.isdigit() and token[:1] != b"0":
        return varint(int(token))
    value = number_value(token, field)
    if value != value or not -(1 << 63) <= value < 1 << 64:
        raise FormatError("not an integer of at most 64 bits", where=field, found=token.decode("ascii", "replace")[:80])
    return varint(int(value))


def _flag(token: bytes, field: str) -> bytes:
    return b"\x01" if flag_value(token, field) else b"\x00"


def _float32(token: bytes, field: str) -> bytes:
    return float32_bytes(number_value(token, field))


def _float64(token: bytes, field: str) -> bytes:
    return float64_bytes(number_value(token, field))


_SCALARS: dict[str, tuple[int, Scalar]] = {
    **dict.fromkeys(("string", "bytes"), (LEN, _string)),
    **dict.fromkeys(("int32", "int64", "uint32", "uint64"), (VARINT, _integer)),
    "bool": (VARINT, _flag),
    "float": (FIXED32, _float32),
    "double": (FIXED64, _float64),
}
"""The scalar types that TensorFlow's graphs use."""
