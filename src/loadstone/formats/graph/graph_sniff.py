"""Which of TensorFlow's three graph messages a file's first bytes begin: GraphDef, MetaGraphDef or SavedModel.

What it is: a look at the first field, since protobuf has no signature. What it is not: proof that the rest can be read.
"""

from __future__ import annotations

import re
from typing import Literal

from loadstone.errors import FormatError
from loadstone.wire.protobuf import read_varint

Family = Literal["graph", "metagraph", "savedmodel", ""]

_OP_NAME = re.compile(rb"[A-Za-z_][A-Za-z0-9_>./]*")
_NODE_TAGS = frozenset((0x0A, 0x12, 0x1A, 0x22, 0x2A, 0x32, 0x3A))
"""Tags of a NodeDef's fields, all of them length-delimited."""

_META_TAGS = tuple(bytes((tag,)) for tag in _NODE_TAGS)
"""Tags of a MetaGraphDef's fields: 1 to 7, as it happens the same."""

_TEXT_START = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s|#[^\n]*(?:\n|\Z))*([A-Za-z_]+)\s*[:{<]")
_TEXT_FIELDS: dict[bytes, Family] = {
    **dict.fromkeys((b"node", b"library", b"versions"), "graph"),
    **dict.fromkeys((b"meta_graphs", b"saved_model_schema_version"), "savedmodel"),
    **dict.fromkeys((b"meta_info_def", b"graph_def", b"saver_def", b"collection_def", b"signature_def"), "metagraph"),
}
_NODE_TEXT = re.compile(rb"\bop\s*:\s*[\"']")
_FUNCTION_TEXT = re.compile(rb"\b(?:signature|node_def|producer)\b")


def family(head: bytes) -> Family:
    """Return the message that the first bytes of a file begin, as bytes or as text; empty where it is none."""
    start = _TEXT_START.match(head)
    if start:
        return _text_family(start[1], head)
    if head[:1] == b"\x08" and head[2:3] == b"\x12":
        # SavedModel: schema version (1 in every one so far), then the first MetaGraphDef, whose fields TensorFlow
        # does not always write in order.
        inner = _enter(head, 2, 0x12)
        return "savedmodel" if head[1] <= 1 and inner is not None and head[inner : inner + 1] in _META_TAGS else ""
    if _is_graph(head, 0):
        return "graph"
    if _is_metagraph(head, 0):
        return "metagraph"
    inner = _enter(head, 0, 0x12)
    return "savedmodel" if inner is not None and _is_metagraph(head, inner) else ""


def _text_family(field: bytes, head: bytes) -> Family:
    found = _TEXT_FIELDS.get(field, "")
    if found == "graph":
        # Other tools' texts (MediaPipe, dot) begin with a node, too; only TensorFlow's has an op.
        return "graph" if (_NODE_TEXT if field == b"node" else _FUNCTION_TEXT).search(head) else ""
    return found


def _is_graph(head: bytes, at: int) -> bool:
    """Whether a node with an operation begins here, or a library with a function."""
    node = _enter(head, at, 0x0A)
    if node is None:
        return _is_library(head, at)
    place: int | None = node
    while place is not None and place < len(head):
        if head[place] == 0x12:
            op = _enter(head, place, 0x12)
            return op is not None and _OP_NAME.match(head, op) is not None
        place = _skip(head, place, head[place]) if head[place] in _NODE_TAGS else None
    return False


def _is_library(head: bytes, at: int) -> bool:
    """Whether a FunctionDefLibrary begins here: function, its signature, its name."""
    place: int | None = at
    for tag in (0x12, 0x0A, 0x0A, 0x0A):
        place = None if place is None else _enter(head, place, tag)
    return place is not None and _OP_NAME.match(head, place) is not None


def _is_metagraph(head: bytes, at: int) -> bool:
    """Whether a MetaGraphDef begins here: its MetaInfoDef (operations, tags or versions), else its graph."""
    info = _enter(head, at, 0x0A)
    if info is None:
        graph = _enter(head, at, 0x12)
        return graph is not None and _is_graph(head, graph)
    version = _skip(head, info, 0x0A) or info
    if version != info and head[version : version + 1] == b"":
        return False
    ops = _enter(head, version, 0x12)
    if ops is None:
        # Tags (4), TensorFlow's version (5), its commit (6).
        return head[version : version + 1] in (b"\x22", b"\x2a", b"\x32") and _printable(head, version)
    op = _enter(head, ops, 0x0A)
    name = _enter(head, op, 0x0A) if op is not None else None
    return name is not None and _OP_NAME.match(head, name) is not None


def _printable(head: bytes, at: int) -> bool:
    start = _enter(head, at, head[at])
    return start is not None and head[start : start + 4].isascii() and head[start : start + 1].isalnum()


def _enter(head: bytes, at: int, tag: int) -> int | None:
    """Return where the content of the field at `at` begins, if it has this tag."""
    if at >= len(head) or head[at] != tag:
        return None
    try:
        return read_varint(head, at + 1, len(head))[1]
    except FormatError:
        return None


def _skip(head: bytes, at: int, tag: int) -> int | None:
    """Return where the field after the one at `at` begins; `at` itself where that has another tag."""
    if at >= len(head) or head[at] != tag:
        return at
    try:
        length, start = read_varint(head, at + 1, len(head))
    except FormatError:
        return None
    return start + length if start + length <= len(head) else None
