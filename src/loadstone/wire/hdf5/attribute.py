"""Attribute messages: a name, a type, an extent and the value itself.

Specification: HDF5 File Format Specification 3.0, section IV.A.2.m (versions 1 to 3).
"""

from __future__ import annotations

from typing import Any

from loadstone.errors import FormatError
from loadstone.wire.hdf5.dataspace import Dataspace, parse_dataspace
from loadstone.wire.hdf5.datatype import Datatype, parse_datatype
from loadstone.wire.hdf5.global_heap import GlobalHeap
from loadstone.wire.hdf5.header import DATASPACE, DATATYPE, follow_shared
from loadstone.wire.hdf5.source import Cursor, Source
from loadstone.wire.hdf5.values import decode_values

_SHARED_DATATYPE, _SHARED_DATASPACE = 1, 2


class Attribute:
    """One attribute. `value` is decoded on first access: a plain number, string or nested list of them."""

    __slots__ = ("_heap", "_raw", "_value", "datatype", "name", "origin", "space")

    def __init__(self, name: str, datatype: Datatype, space: Dataspace, *, raw: Cursor, heap: GlobalHeap) -> None:
        self.name = name
        self.datatype = datatype
        self.space = space
        self.origin = raw.origin
        self._raw = raw
        self._heap = heap
        self._value: Any = self

    @property
    def value(self) -> Any:
        """The value as plain Python: a scalar, or nested lists in row-major order; None for a null space.

        Text is `str` (bytes that are not UTF-8 are shown as escapes).
        """
        if self._value is self:
            self._value = None if self.space.shape is None else self._decode(self.space.shape)
        return self._value

    def _decode(self, shape: tuple[int, ...]) -> Any:
        try:
            flat = decode_values(self._raw, self.datatype, self.space.elements, self._heap)
        except FormatError as error:
            raise error.at(f"attribute {self.name}") from None
        return nested(flat, shape)


def nested(flat: list[Any], shape: tuple[int, ...]) -> Any:
    """Arrange a flat list of values by `shape`; a scalar for no axes."""
    if not shape:
        return flat[0]
    for side in reversed(shape[1:]):
        flat = [flat[start : start + side] for start in range(0, len(flat), side)] if side else []
    return flat


def parse_attribute(cursor: Cursor, source: Source, heap: GlobalHeap) -> Attribute:
    """Parse an attribute message."""
    version = cursor.version(1, 2, 3)
    flags = cursor.uint(1)
    sizes = cursor.uint(2), cursor.uint(2), cursor.uint(2)
    if version == 3:
        # The name's character set; both of them are read as UTF-8.
        cursor.take(1)
    flags = flags if version > 1 else 0
    padded = [-(-size // 8) * 8 if version == 1 else size for size in sizes]
    name = cursor.text(padded[0])
    datatype = cursor.part(padded[1], "attribute's datatype")
    if flags & _SHARED_DATATYPE:
        datatype = follow_shared(source, datatype, DATATYPE)
    space = cursor.part(padded[2], "attribute's dataspace")
    if flags & _SHARED_DATASPACE:
        space = follow_shared(source, space, DATASPACE)
    raw = cursor.part(cursor.left, f"value of attribute {name}")
    return Attribute(name, parse_datatype(datatype), parse_dataspace(space), raw=raw, heap=heap)
