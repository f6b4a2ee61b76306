"""A tensor bundle written anew with some of its tensors left out, renamed or replaced.

What it is: bytes copied as they lie, entry by entry, into one data file and a new index; types that NumPy has no name
for, and partitioned tensors, are copied like any other. What it is not: a converter; nothing is decoded.
Specification: tensorflow/core/util/tensor_bundle.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from loadstone.errors import UnsupportedModelError
from loadstone.formats.checkpoint.bundle_index import BUNDLE_VERSION, BundleIndex, read_index
from loadstone.formats.checkpoint.bundle_writer import write_tensor
from loadstone.formats.checkpoint.object_graph import OBJECT_GRAPH_KEY
from loadstone.formats.checkpoint.object_graph_edit import EditableGraph
from loadstone.formats.checkpoint.shards import Shards, data_name, file_fact
from loadstone.formats.checkpoint.string_tensor import encode_strings, string_checksum
from loadstone.formats.trees.tree import Tree
from loadstone.wire.crc32c import masked_crc32c
from loadstone.wire.ordered_code import is_slice_key, read_slice_key
from loadstone.wire.protobuf import index_fields
from loadstone.wire.protobuf_writer import encode, field_bytes, tag, varint
from loadstone.wire.schemas.bundle import BUNDLE_HEADER
from loadstone.wire.sstable import Table
from loadstone.wire.sstable_writer import write_table

if TYPE_CHECKING:
    import numpy.typing as npt

_DTYPE, _SHAPE, _SHARD, _OFFSET, _SIZE, _CRC, _SLICES = 1, 2, 3, 4, 5, 6, 7
STRING = 7
"""DT_STRING: its checksum is not the one over its bytes as they lie."""

PIECE = 1 << 20


@dataclass(frozen=True)
class Changes:
    """What is to be otherwise. `scopes` are rules (old beginning, new beginning), first that fits; names in `drop` go.

    `replace` gives new arrays by the names that they have now. `checksums`: compute each anew from the bytes.
    """

    drop: Collection[str] = frozenset()
    scopes: tuple[tuple[str, str], ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    replace: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)
    checksums: bool = False

    def named(self, name: str) -> str:
        """Return the name that a tensor has afterwards."""
        return self.names.get(name, name)


def copy_bundle(tree: Tree, prefix: str, target: Path, changes: Changes) -> None:
    """Write `target`.index and `target`.data-00000-of-00001 from the bundle `prefix` of a tree.

    Raises `FormatError` where bytes are missing, and `UnsupportedModelError` where a partitioned tensor is to change.
    """
    view = tree.view(f"{prefix}.index")
    index = read_index(view)
    facts = tuple(
        file_fact(tree, data_name(prefix, number, index.shards), "data", size)
        for number, size in enumerate(index.expected_sizes())
    )
    copier = _Copier(index, Shards(tree, facts), changes)
    with open(data_name(str(target), 0, 1), "xb") as stream:
        # In the order of their bytes, so that what does not change lies as it lay.
        for key, value in sorted(((bytes(key), bytes(value)) for key, value in Table(view) if key), key=_place):
            copier.copy(key, value, stream)
    header = {"num_shards": 1, "version": {"producer": BUNDLE_VERSION}}
    entries = {b"": encode(BUNDLE_HEADER, header), **copier.entries}
    with open(f"{target}.index", "xb") as stream:
        stream.write(write_table(sorted(entries.items())))


class _Copier:
    def __init__(self, index: BundleIndex, shards: Shards, changes: Changes) -> None:
        self.index = index
        self.shards = shards
        self.changes = changes
        self.entries: dict[bytes, bytes] = {}

    def copy(self, key: bytes, value: bytes, stream: BinaryIO) -> None:
        """Copy one entry with its bytes, unless it is left out or replaced."""
        slice_of = read_slice_key(key)[0] if is_slice_key(key) else ""
        name = slice_of or key.decode("utf-8", "backslashreplace")
        if name in self.changes.drop:
            return
        new = self.changes.named(name)
        if (slice_of or self.index.entries[name].sliced) and (new != name or name in self.changes.replace):
            raise UnsupportedModelError("a partitioned tensor cannot be renamed or replaced here", where=name)
        if name in self.changes.replace:
            self.add(new.encode(), write_tensor(stream, self.changes.replace[name]))
        elif name == OBJECT_GRAPH_KEY and (self.changes.drop or self.changes.names):
            self.add(key, self._graph(value, stream))
        else:
            self.add(key if new == name else new.encode(), self._entry(name, value, stream))

    def add(self, key: bytes, entry: bytes) -> None:
        if key in self.entries:
            raise UnsupportedModelError("two tensors would have one name", where=key.decode("utf-8", "replace"))
        self.entries[key] = entry

    def _bytes(self, value: bytes) -> memoryview:
        fields = index_fields(value, 0, len(value))
        shard, offset, size = (_number(fields, number) for number in (_SHARD, _OFFSET, _SIZE))
        return memoryview(self.shards.window(shard, offset, size))[offset : offset + size]

    def _entry(self, name: str, value: bytes, stream: BinaryIO) -> bytes:
        fields = index_fields(value, 0, len(value))
        if _SLICES in fields:
            return value
        data = self._bytes(value)
        crc = _number(fields, _CRC)
        if self.changes.checksums:
            strings = _number(fields, _DTYPE) == STRING
            count = 1
            for side in self.index.entries[name].shape if name in self.index.entries else ():
                count *= side
            crc = string_checksum(data, count) if strings else masked_crc32c(data)
        offset = stream.tell()
        for at in range(0, len(data), PIECE):
            stream.write(data[at : at + PIECE])
        return _encoded(value, offset, len(data), crc)

    def _graph(self, value: bytes, stream: BinaryIO) -> bytes:
        """Write the object graph as it is after the changes."""
        from loadstone.formats.checkpoint.string_tensor import string_spans

        data = self._bytes(value)
        spans = list(string_spans(data, 1))
        graph = EditableGraph(data[spans[0][0] : spans[0][1]])
        graph.forget(self.changes.drop)
        graph.rename_keys(self.changes.named)
        for old, new in self.changes.scopes:
            graph.move(old, new)
        encoded, checksum = encode_strings([graph.encoded()])
        offset = stream.tell()
        stream.write(encoded)
        return _encoded(value, offset, len(encoded), checksum)


def _place(entry: tuple[bytes, bytes]) -> tuple[int, int]:
    fields = index_fields(entry[1], 0, len(entry[1]))
    return _number(fields, _SHARD), _number(fields, _OFFSET)


def _number(fields: Mapping[int, list[Any]], number: int) -> int:
    found = fields.get(number, [0])[-1]
    return found if isinstance(found, int) else 0


def _encoded(value: bytes, offset: int, size: int, crc: int) -> bytes:
    """Return an entry with another place, size and checksum; its type and shape stay as they were written."""
    fields = index_fields(value, 0, len(value))
    shape = fields.get(_SHAPE, [])
    parts = [tag(_DTYPE, 0) + varint(_number(fields, _DTYPE))]
    parts += [field_bytes(_SHAPE, value[span[0] : span[1]]) for span in shape if isinstance(span, tuple)]
    parts += [tag(_OFFSET, 0) + varint(offset)] if offset else []
    parts += [tag(_SIZE, 0) + varint(size)] if size else []
    parts.append(tag(_CRC, 5) + crc.to_bytes(4, "little"))
    return b"".join(parts)
