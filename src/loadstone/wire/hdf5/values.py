"""Stored values → plain Python ones: numbers, booleans, strings, and sequences of them.

For the few values of attributes; tensors go through `data`.
"""

from __future__ import annotations

import struct
from typing import Any

from loadstone.errors import FormatError, TruncatedError
from loadstone.wire.hdf5.datatype import Datatype
from loadstone.wire.hdf5.global_heap import GlobalHeap
from loadstone.wire.hdf5.source import Cursor
from loadstone.wire.limits import HDF5_TYPE_DEPTH, shown


def decode_values(cursor: Cursor, datatype: Datatype, count: int, heap: GlobalHeap, depth: int = 0) -> list[Any]:
    """Return `count` values of one type."""
    if count * datatype.size > cursor.left:
        raise TruncatedError(
            f"the {cursor.what} is shorter than its extent",
            where=cursor.where,
            expected=f"{count:,} values of {shown(datatype.size)}",
            found=shown(cursor.left),
        )
    if datatype.is_number and datatype.struct_code:
        order = ">" if datatype.big_endian else "<"
        return list(struct.unpack(f"{order}{count}{datatype.struct_code}", cursor.take(count * datatype.size)))
    if datatype.kind == "string" and not datatype.variable:
        return [fixed_text(cursor.take(datatype.size), datatype) for _ in range(count)]
    if datatype.variable and depth < HDF5_TYPE_DEPTH:
        return [_variable(cursor, datatype, heap, depth) for _ in range(count)]
    if datatype.kind == "array" and datatype.base and depth < HDF5_TYPE_DEPTH:
        return _arrays(cursor, datatype, count, heap, depth)
    raise FormatError(f"values of the type {datatype.name} are not read", where=cursor.where)


def fixed_text(raw: bytes, datatype: Datatype) -> str:
    """Return a string of fixed size without its padding."""
    return fixed_bytes(raw, datatype).decode("utf-8", "backslashreplace")


def fixed_bytes(raw: bytes, datatype: Datatype) -> bytes:
    """Return a string of fixed size without its padding, undecoded."""
    text = raw.partition(b"\0")[0]
    return text.rstrip(b" ") if datatype.padded_with_spaces else text


def _variable(cursor: Cursor, datatype: Datatype, heap: GlobalHeap, depth: int) -> Any:
    count = cursor.uint(4)
    raw = heap.fetch(cursor)
    if datatype.kind == "string":
        return raw[:count].partition(b"\0")[0].decode("utf-8", "backslashreplace")
    if datatype.base is None:
        return []
    return decode_values(heap.source.over(raw, "sequence"), datatype.base, count, heap, depth + 1)


def _arrays(cursor: Cursor, datatype: Datatype, count: int, heap: GlobalHeap, depth: int) -> list[Any]:
    """Return values of an array type, each as a flat list."""
    base = datatype.base or datatype
    items = datatype.size // base.size
    return [decode_values(cursor.part(datatype.size, "array"), base, items, heap, depth + 1) for _ in range(count)]
