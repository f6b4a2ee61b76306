"""A graph's nodes by name and operation, found in one pass: a node costs about a microsecond.

What it is: `node_spans` finds each node's name, operation and place in the bytes, and skips its attributes by length.
What it is not: a reader of attributes; make a `Message` of a span for those.
Specification: tensorflow/core/framework/ node_def.proto (name = 1, op = 2), graph.proto, function.proto.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from loadstone.errors import FormatError, LimitError
from loadstone.wire.limits import GRAPH_NODES
from loadstone.wire.protobuf import Buffer, Entry, index_fields

NodeSpan: TypeAlias = tuple[bytes, bytes, int, int]
"""A node's name, its operation, and where its bytes start and end."""

_NAME, _OP = 0x0A, 0x12
_SKIPPED = frozenset((0x1A, 0x22, 0x2A, 0x32, 0x3A))
"""Tags of a node's other fields, all length-delimited: input, device, attr, debug info, full type."""


def node_spans(data: Buffer, entries: Sequence[Entry], where: str) -> list[NodeSpan]:
    """Return the nodes that lie at `entries` (of a GraphDef's field 1 or a FunctionDef's field 3), in order."""
    found: list[NodeSpan] = []
    if len(entries) > GRAPH_NODES:
        expected, count = f"at most {GRAPH_NODES:,}", f"{len(entries):,}"
        raise LimitError("a graph has more nodes than are read", where=where, expected=expected, found=count)
    if isinstance(data, memoryview):
        data = data.tobytes()
    for number, entry in enumerate(entries):
        if isinstance(entry, int):
            raise FormatError("a node is stored as a number", where=f"{where}[{number}]", expected="length-delimited")
        start, end = entry
        at = start
        name = op = b""
        while at < end - 1:
            tag = data[at]
            length = data[at + 1]
            at += 2
            if length >= 0x80:
                # A length of two bytes is common (attributes), longer ones are not (constants).
                if at >= end or (second := data[at]) >= 0x80:
                    break
                length += (second << 7) - 0x80
                at += 1
            if tag == _NAME:
                name = data[at : at + length]
            elif tag == _OP:
                op = data[at : at + length]
            elif tag not in _SKIPPED:
                break
            at += length
        if at != end:
            name, op = _carefully(data, start, end, f"{where}[{number}]")
        found.append((name, op, start, end))
    return found


def _carefully(data: Buffer, start: int, end: int, where: str) -> tuple[bytes, bytes]:
    """Return (name, op) of a node that the quick way does not follow to its end, or raise what is wrong with it."""
    try:
        fields = index_fields(data, start, end)
    except FormatError as error:
        raise error.at(where) from None
    return _last(data, fields, 1, f"{where}.name"), _last(data, fields, 2, f"{where}.op")


def _last(data: Buffer, fields: dict[int, list[Entry]], number: int, where: str) -> bytes:
    entry = fields.get(number, [(0, 0)])[-1]
    if isinstance(entry, int):
        raise FormatError("a text is stored as a number", where=where, expected="length-delimited")
    return bytes(data[entry[0] : entry[1]])
