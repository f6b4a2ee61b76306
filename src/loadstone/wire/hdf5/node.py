"""What every object of a file has: a header, a path and attributes."""

from __future__ import annotations

from loadstone.errors import LoadstoneError
from loadstone.wire.hdf5 import header as messages
from loadstone.wire.hdf5.attribute import Attribute, parse_attribute
from loadstone.wire.hdf5.dense import dense_attributes
from loadstone.wire.hdf5.global_heap import GlobalHeap
from loadstone.wire.hdf5.header import Header


class Node:
    """A group, a dataset or a committed datatype. `path` is where it was first met, `/` for the root."""

    __slots__ = ("_attributes", "_heap", "header", "path")

    def __init__(self, header: Header, path: str, heap: GlobalHeap) -> None:
        self.header = header
        self.path = path
        self._heap = heap
        self._attributes: dict[str, Attribute] | None = None

    @property
    def where(self) -> str:
        """The object's place in the file, for messages."""
        return f"byte {self.header.source.base + self.header.address:,}"

    @property
    def attributes(self) -> dict[str, Attribute]:
        """Name → attribute, from the header or from dense storage; values are decoded when asked for."""
        if self._attributes is None:
            try:
                self._attributes = self._read_attributes()
            except LoadstoneError as error:
                raise error.at(self.path) from None
        return self._attributes

    def _read_attributes(self) -> dict[str, Attribute]:
        source = self.header.source
        found = [
            parse_attribute(cursor, source, self._heap)
            for cursor in self.header.all(messages.ATTRIBUTE, "attribute message")
        ]
        info = self.header.first(messages.ATTRIBUTE_INFO, "attribute info message")
        if info:
            found += [parse_attribute(cursor, source, self._heap) for cursor in dense_attributes(source, info)]
        return {attribute.name: attribute for attribute in found}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.path}>"
