"""The index of a tensor bundle: where each tensor lies, as the `.index` file of a V2 checkpoint states it.

What it is: header and entries, checked for sense. What it is not: a reader of the data files, or of their sizes.
Specification: tensorflow/core/protobuf/tensor_bundle.proto; tensorflow/core/util/tensor_bundle for the keys:
the empty key holds the header, a name its entry, and an encoded slice key the part of a partitioned tensor.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from loadstone.errors import FormatError, LimitError, UnsupportedModelError
from loadstone.formats.dtypes import Dtype, dtype_of
from loadstone.formats.shapes import known_shape
from loadstone.wire.limits import CHECKPOINT_SHARDS, shown
from loadstone.wire.ordered_code import Extents, is_slice_key, read_slice_key
from loadstone.wire.protobuf import Buffer, Message, index_fields, signed
from loadstone.wire.schemas.bundle import BUNDLE_HEADER
from loadstone.wire.schemas.graph import TENSOR_SHAPE
from loadstone.wire.sstable import Table

BUNDLE_VERSION = 1
"""The version of the format that this reader knows (kTensorBundleVersion); the only one that was ever written."""

BIG_ENDIAN = 1

_DTYPE, _SHAPE, _SHARD, _OFFSET, _SIZE, _CRC, _SLICES = 1, 2, 3, 4, 5, 6, 7

Shape = tuple[int, ...]


class Entry(NamedTuple):
    """One tensor, or one part of a partitioned one: `size` bytes at `offset` of the data file `shard`.

    `crc` is the masked CRC-32C of these bytes. A `sliced` entry has no bytes of its own.
    """

    dtype: Dtype
    shape: Shape
    shard: int
    offset: int
    size: int
    crc: int
    sliced: bool


class Part(NamedTuple):
    """A part of a partitioned tensor: where it goes, and where it lies."""

    extents: Extents
    entry: Entry


@dataclass(frozen=True, slots=True)
class BundleIndex:
    """What an index states: the number of data files, the entries by name in order, and the parts by name."""

    shards: int
    entries: dict[str, Entry]
    parts: dict[str, list[Part]]

    def expected_sizes(self) -> list[int]:
        """Return the bytes that each data file must have: where the last of its tensors ends."""
        sizes = [0] * self.shards
        lists = [self.entries.values(), *([part.entry for part in parts] for parts in self.parts.values())]
        for entries in lists:
            for entry in entries:
                sizes[entry.shard] = max(sizes[entry.shard], entry.offset + entry.size)
        return sizes


def is_bundle(table: Table) -> bool:
    """Return whether a table's first entry is a bundle's header (a V1 checkpoint's has other fields)."""
    first = table.first()
    if first is None or first[0] != b"":
        return False
    try:
        fields = index_fields(first[1], 0, len(first[1]))
    except FormatError:
        return False
    return isinstance(fields.get(1, [0])[-1], int) and 1 in fields


def read_index(data: Buffer) -> BundleIndex:
    """Read a whole index; raises `FormatError` with the key at fault."""
    reader = _Reader()
    for key, value in Table(data):
        try:
            reader.add(key, value)
        except FormatError as error:
            raise error.at(f"key {key[:200]!r}") from None
    if reader.shards < 0:
        raise FormatError("the index has no header", where="the empty key", expected="a BundleHeaderProto")
    return BundleIndex(reader.shards, reader.entries, reader.parts)


class _Reader:
    """Collects entries; shapes are decoded once per distinct encoding, since few differ."""

    def __init__(self) -> None:
        self.shards = -1
        self.entries: dict[str, Entry] = {}
        self.parts: dict[str, list[Part]] = {}
        self._shapes: dict[bytes, Shape] = {}

    def add(self, key: bytes, value: bytes | memoryview) -> None:
        if key == b"":
            self.shards = _read_header(value)
        elif is_slice_key(key):
            name, extents = read_slice_key(key)
            self.parts.setdefault(name, []).append(Part(extents, self._entry(bytes(value))))
        else:
            self.entries[key.decode("utf-8", "backslashreplace")] = self._entry(bytes(value))

    def _entry(self, value: bytes) -> Entry:
        fields = index_fields(value, 0, len(value))
        get = fields.get
        number, shard, offset = get(_DTYPE, _ABSENT)[-1], get(_SHARD, _ABSENT)[-1], get(_OFFSET, _ABSENT)[-1]
        size, crc = get(_SIZE, _ABSENT)[-1], get(_CRC, _ABSENT)[-1]
        if not (
            isinstance(number, int)
            and isinstance(shard, int)
            and isinstance(offset, int)
            and isinstance(size, int)
            and isinstance(crc, int)
        ):
            raise FormatError("a number of an entry has the wrong wire type", expected="varint or fixed32")
        dtype = dtype_of(number, "field dtype")
        # A negative number is a huge one here, as two's complement has it.
        if shard >= self.shards or offset > _INT64_MAX or size > _INT64_MAX:
            raise FormatError(
                "an entry points outside the data files",
                expected=f"a shard below {max(0, self.shards):,}, an offset and a size from 0",
                found=f"shard {signed(shard):,}, {shown(signed(size))} at {signed(offset):,}",
            )
        shape = self._shape(value, fields.get(_SHAPE, [(0, 0)])[-1])
        sliced = _SLICES in fields
        if not sliced and dtype.width and math.prod(shape) * dtype.width != size:
            raise FormatError(
                "a tensor's size is not that of its shape",
                expected=f"{dtype.name} {list(shape)}: {shown(math.prod(shape) * dtype.width)}",
                found=shown(size),
            )
        return Entry(dtype, shape, shard, offset, size, crc, sliced)

    def _shape(self, value: bytes, span: int | tuple[int, int]) -> Shape:
        if isinstance(span, int):
            raise FormatError("field shape has the wrong wire type", expected="length-delimited")
        encoded = value[span[0] : span[1]]
        if encoded not in self._shapes:
            self._shapes[encoded] = known_shape(Message(encoded, TENSOR_SHAPE))
        return self._shapes[encoded]


_INT64_MAX = (1 << 63) - 1
_ABSENT: list[int | tuple[int, int]] = [0]


def _read_header(value: bytes | memoryview) -> int:
    """Return the number of data files; refuses what this reader would misread."""
    header = Message(value, BUNDLE_HEADER)
    if header.uint("endianness") == BIG_ENDIAN:
        raise UnsupportedModelError(
            "the checkpoint was written on a big-endian machine; its numbers would be misread here",
            where="BundleHeaderProto.endianness",
            expected="0 (LITTLE)",
            found="1 (BIG)",
            help="save it again on a little-endian machine",
        )
    oldest = header.message("version").sint("min_consumer")
    if oldest > BUNDLE_VERSION:
        raise UnsupportedModelError(
            "the checkpoint asks for a newer reader than this",
            where="BundleHeaderProto.version.min_consumer",
            expected=f"at most {BUNDLE_VERSION}",
            found=str(oldest),
        )
    shards = header.sint("num_shards")
    if not 0 <= shards <= CHECKPOINT_SHARDS:
        raise LimitError(
            "the checkpoint declares more data files than any has",
            where="BundleHeaderProto.num_shards",
            expected=f"0 to {CHECKPOINT_SHARDS:,}",
            found=f"{shards:,}",
        )
    return shards
