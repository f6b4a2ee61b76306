"""A dataset: its extent, type and storage, known without touching its values."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from loadstone.errors import FormatError, LoadstoneError, RefusedError
from loadstone.wire.hdf5 import header as messages
from loadstone.wire.hdf5.chunks import Chunk, Grid, list_chunks
from loadstone.wire.hdf5.data import as_array, assemble, filled, require_addressable, require_explained
from loadstone.wire.hdf5.dataspace import Dataspace, parse_dataspace
from loadstone.wire.hdf5.datatype import Datatype, parse_datatype
from loadstone.wire.hdf5.filters import Filter, parse_filters
from loadstone.wire.hdf5.global_heap import GlobalHeap
from loadstone.wire.hdf5.header import Header
from loadstone.wire.hdf5.layout import Layout, parse_layout
from loadstone.wire.hdf5.node import Node
from loadstone.wire.hdf5.source import Cursor

if TYPE_CHECKING:
    import numpy.typing as npt


class Dataset(Node):
    """An array in the file. Making one parses its messages; `read` is the first to look at values."""

    __slots__ = ("_chunks", "_fill", "datatype", "external", "filters", "layout", "space")

    def __init__(self, header: Header, path: str, heap: GlobalHeap) -> None:
        super().__init__(header, path, heap)
        self.space: Dataspace = parse_dataspace(self._message(messages.DATASPACE, "dataspace"))
        self.datatype: Datatype = parse_datatype(self._message(messages.DATATYPE, "datatype"))
        self.layout: Layout = parse_layout(self._message(messages.LAYOUT, "data layout"))
        pipeline = header.first(messages.FILTERS, "filter pipeline")
        self.filters: tuple[Filter, ...] = parse_filters(pipeline) if pipeline else ()
        self.external = messages.EXTERNAL in header
        self._chunks: list[Chunk] | None = None
        self._fill: bytes | None = None

    def _message(self, kind: int, what: str) -> Cursor:
        found = self.header.first(kind, what)
        if found is None:
            raise FormatError(f"a dataset without its {what}", where=self.where)
        return found

    @property
    def shape(self) -> tuple[int, ...]:
        """The extent; `()` for a scalar, and `(0,)` for a null space, which holds nothing."""
        return (0,) if self.space.shape is None else self.space.shape

    @property
    def declared(self) -> int:
        """Bytes that the extent and type amount to."""
        return math.prod(self.shape) * self.datatype.size

    @property
    def elsewhere(self) -> str:
        """Why the values do not lie in this file (`external storage`, `virtual dataset`), or an empty string."""
        if self.external:
            return "external storage"
        return "virtual dataset" if self.layout.kind == "virtual" else ""

    @property
    def stored(self) -> int:
        """Bytes that lie in the file for the values, however they are packed; reads the index of a chunked one."""
        if self.elsewhere:
            return 0
        if self.layout.kind == "chunked":
            return sum(chunk.size for chunk in self.chunks)
        if self.layout.kind == "compact":
            return len(self.layout.compact)
        return 0 if self.layout.address is None else self.declared

    @property
    def chunks(self) -> list[Chunk]:
        """Every stored chunk."""
        if self._chunks is None:
            self._chunks = list_chunks(self.header.source, self.layout, self._grid())
        return self._chunks

    def _grid(self) -> Grid:
        return Grid(self.space, self.layout.chunk, width=self.datatype.size, filtered=bool(self.filters))

    @property
    def fill(self) -> bytes:
        """The bytes of one value where nothing was written; empty where the file defines none."""
        if self._fill is None:
            new, old = (
                self.header.first(messages.FILL, "fill value"),
                self.header.first(messages.FILL_OLD, "fill value"),
            )
            self._fill = _parse_fill(new) if new else (old.take(old.uint(4)) if old else b"")
        return self._fill

    @property
    def span(self) -> tuple[int, int] | None:
        """Return (file offset, length) of values that lie in one piece, or None; not checked against the file."""
        if self.layout.kind != "contiguous" or self.layout.address is None or self.external:
            return None
        return self.header.source.base + self.layout.address, self.declared

    def read(self) -> npt.NDArray[Any]:
        """Return the values: a read-only view of the file where they lie in one piece.

        Strings come as an object array of `bytes`, bfloat16 as float32. Raises `RefusedError` for values that lie
        in another file and `FormatError` for the rest.
        """
        try:
            return self._read()
        except LoadstoneError as error:
            raise error.at(self.path) from None

    def _read(self) -> npt.NDArray[Any]:
        if self.elsewhere:
            raise RefusedError(
                f"the values lie in another file ({self.elsewhere}); no file opens another here",
                where=self.where,
                help="ask the author for one self-contained file",
            )
        require_addressable(self.shape, self.datatype.size)
        source, layout = self.header.source, self.layout
        if layout.kind == "compact":
            self._long_enough(len(layout.compact))
            return as_array(layout.compact, self.datatype, self.shape, self._heap)
        if self.declared == 0 or layout.address is None:
            return filled(self.datatype, self.shape, self.fill, self._heap)
        if layout.kind == "contiguous":
            self._long_enough(self.declared if layout.size is None else layout.size)
            source.require(layout.address, self.declared, "dataset")
            return as_array(source.data, self.datatype, self.shape, self._heap, source.base + layout.address)
        whole = assemble(
            source, self._grid(), self._whole_chunks(), filters=self.filters, width=self.datatype.size, fill=self.fill
        )
        return as_array(memoryview(whole), self.datatype, self.shape, self._heap)

    def _whole_chunks(self) -> list[Chunk]:
        """Return the chunks, of which no two may claim one place."""
        if len({chunk.start for chunk in self.chunks}) < len(self.chunks):
            raise FormatError("two chunks claim the same place", where=self.where)
        if not self.layout.edges_unfiltered:
            return self.chunks
        return [chunk._replace(mask=chunk.mask | self._edge_mask(chunk)) for chunk in self.chunks]

    def _edge_mask(self, chunk: Chunk) -> int:
        """Return a mask that skips every filter for a chunk that reaches over the extent's edge."""
        over = any(
            at + side > whole for at, side, whole in zip(chunk.start, self.layout.chunk, self.shape, strict=True)
        )
        return (1 << len(self.filters)) - 1 if over else 0

    def _long_enough(self, stored: int) -> None:
        if stored < self.declared:
            require_explained(self.declared, stored, "dataset")
            raise FormatError(
                "a dataset has fewer bytes than its shape says",
                where=self.where,
                expected=f"{self.declared:,} bytes for {self.datatype.name} {list(self.shape)}",
                found=f"{stored:,} bytes",
            )


def _parse_fill(cursor: Cursor) -> bytes:
    """Parse a fill value message."""
    version = cursor.version(1, 2, 3)
    if version == 3:
        return cursor.take(cursor.uint(4)) if cursor.uint(1) & 0x20 else b""
    cursor.take(2)
    defined = cursor.uint(1)
    return cursor.take(cursor.uint(4)) if version == 1 or defined else b""
