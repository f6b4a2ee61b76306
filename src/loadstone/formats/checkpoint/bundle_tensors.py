"""Tensors of a bundle as lazy values: read when asked, memory-mapped, verified against their own checksum."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from loadstone.errors import ChecksumError, FormatError, LoadstoneError
from loadstone.facts import FileFact, LazyTensor, TensorSpec
from loadstone.formats.checkpoint.bundle_index import BundleIndex, Entry, Part
from loadstone.formats.checkpoint.shards import Shards
from loadstone.formats.checkpoint.slices import check_cover, join, slice_shape
from loadstone.formats.checkpoint.string_tensor import string_checksum, string_spans
from loadstone.formats.checkpoint.variable_roles import VariableNames, role_of
from loadstone.formats.dtypes import RESOURCE, STRING, VARIANT, array_from, check_array
from loadstone.wire.crc32c import masked_crc32c
from loadstone.wire.limits import shown

if TYPE_CHECKING:
    import numpy.typing as npt


class BundleTensors:
    """Gives the tensors of an index over its data files."""

    def __init__(self, index: BundleIndex, shards: Shards) -> None:
        self._index = index
        self._shards = shards

    @property
    def files(self) -> tuple[FileFact, ...]:
        """The data files."""
        return self._shards.facts

    def lazy(self, names: VariableNames) -> Iterator[LazyTensor]:
        """Yield every tensor of the index, in its order."""
        for name, entry in self._index.entries.items():
            if entry.sliced:
                parts = self._parts(name, entry)
                nbytes = sum(part.entry.size for part in parts)
                read, verify = partial(self._join, name, entry, parts), partial(self._verify_parts, name, parts)
            else:
                nbytes = entry.size
                read, verify = partial(self._read, name, entry), partial(self._verify, name, entry)
            full_name = names.full_names.get(name, "")
            spec = TensorSpec(
                name, entry.dtype.name, entry.shape, nbytes, role_of(name, entry.dtype.name, names), full_name
            )
            # What a variant's checksum covers depends on what it holds.
            yield LazyTensor(spec, read, None if entry.dtype in (VARIANT, RESOURCE) else verify)

    def strings(self, name: str) -> list[bytes]:
        """Return the strings of a string tensor, without NumPy."""
        entry = self._index.entries[name]
        data = self._bytes(entry)
        return [bytes(data[start:end]) for start, end in string_spans(data, math.prod(entry.shape))]

    def integer(self, name: str) -> int | None:
        """Return an integer scalar without NumPy; None where there is none of this name."""
        entry = self._index.entries.get(name)
        if entry is None or entry.sliced or entry.shape or entry.dtype.name not in ("int32", "int64"):
            return None
        return int.from_bytes(self._bytes(entry), "little", signed=True)

    def _parts(self, name: str, entry: Entry) -> list[Part]:
        parts = self._index.parts.get(name, [])
        for part in parts:
            if part.entry.shape != slice_shape(entry.shape, part.extents) or part.entry.dtype != entry.dtype:
                raise FormatError(
                    "a slice has another shape or type than its place",
                    where=name,
                    expected=f"{entry.dtype.name} {list(slice_shape(entry.shape, part.extents))}",
                    found=f"{part.entry.dtype.name} {list(part.entry.shape)}",
                )
        check_cover(entry.shape, (part.extents for part in parts))
        return parts

    def _bytes(self, entry: Entry) -> memoryview:
        data = self._shards.window(entry.shard, entry.offset, entry.size)
        return memoryview(data)[entry.offset : entry.offset + entry.size]

    def _read(self, name: str, entry: Entry) -> npt.NDArray[Any]:
        try:
            if entry.dtype == STRING:
                return _object_array(self._bytes(entry), entry)
            data = self._shards.window(entry.shard, entry.offset, entry.size)
            return array_from(data, entry.offset, entry.dtype, entry.shape)
        except LoadstoneError as error:
            raise error.at(name) from None

    def _join(self, name: str, entry: Entry, parts: list[Part]) -> npt.NDArray[Any]:
        for part in parts:
            # Every part's bytes are met before memory for the whole is taken.
            self._shards.window(part.entry.shard, part.entry.offset, part.entry.size)
        return join(entry.shape, [(part.extents, partial(self._read, name, part.entry)) for part in parts])

    def _verify_parts(self, name: str, parts: list[Part]) -> None:
        for part in parts:
            self._verify(name, part.entry)

    def _checksum(self, entry: Entry) -> int:
        data = self._bytes(entry)
        return string_checksum(data, math.prod(entry.shape)) if entry.dtype == STRING else masked_crc32c(data)

    def _verify(self, name: str, entry: Entry) -> None:
        try:
            computed = self._checksum(entry)
        except LoadstoneError as error:
            raise error.at(name) from None
        if computed != entry.crc:
            raise ChecksumError(
                "the tensor's bytes do not match their checksum",
                where=f"{name}: {shown(entry.size)} at byte {entry.offset:,} of {self._shards.facts[entry.shard].path}",
                expected=f"{entry.crc:#010x}",
                found=f"{computed:#010x}",
            )


def _object_array(data: memoryview, entry: Entry) -> npt.NDArray[Any]:
    import numpy as np

    check_array(entry.shape)
    spans = string_spans(data, math.prod(entry.shape))
    array = np.empty(len(spans), dtype=object)
    for number, (start, end) in enumerate(spans):
        array[number] = bytes(data[start:end])
    return array.reshape(entry.shape)
