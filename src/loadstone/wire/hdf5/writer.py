"""HDF5 files, written: groups, attributes and arrays, each array in one piece.

What it is: the part of the format that a Keras file needs, of superblock version 2, so that mending one needs no HDF5
library, and no byte of a hostile file reaches one. What it is not: an editor; a file is written whole and from new.
Arrays are asked for one at a time, so that the memory in use is that of the largest.
Specification: HDF5 File Format Specification 3.0; sections II.A (superblock 2), III.E (global heap), IV (headers).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

from loadstone.errors import UnsupportedModelError
from loadstone.wire.hdf5 import encode
from loadstone.wire.hdf5 import header as messages
from loadstone.wire.hdf5.checksum import lookup3
from loadstone.wire.hdf5.superblock import SIGNATURE

if TYPE_CHECKING:
    import numpy.typing as npt

_SUPERBLOCK_BYTES = 48
_IN_HEADER = 60_000
"""Longest value kept in an attribute message, whose size has two bytes; longer ones go to the global heap."""
_REFERENCE_BYTES = 16
"""What stands in an attribute for each text in the global heap."""
_LEAST_HEAP = 4096
"""The HDF5 library takes no smaller collection."""


@dataclass(frozen=True, slots=True)
class OutArray:
    """A dataset to write. `read` gives its values, of the shape and dtype stated here."""

    read: Callable[[], npt.NDArray[Any]]
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OutGroup:
    """A group to write: name → group or dataset; a name may not hold a slash."""

    members: dict[str, OutGroup | OutArray] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)

    def group(self, path: str) -> OutGroup:
        """Return the group at a path below this one, made where it is not there."""
        found = self
        for name in filter(None, path.split("/")):
            inner = found.members.setdefault(name, OutGroup())
            if not isinstance(inner, OutGroup):
                raise UnsupportedModelError("a dataset stands where a group is wanted", where=path)
            found = inner
        return found

    def put(self, path: str, array: OutArray) -> None:
        """Put a dataset at a path below this group."""
        folder, _, name = path.strip("/").rpartition("/")
        self.group(folder).members[name] = array


def write_hdf5(out: IO[bytes], root: OutGroup) -> None:
    """Write a file. Attributes may be texts, lists of texts, numbers, or arrays of numbers."""
    _Writer(out).write(root)


class _Writer:
    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self._at = 0

    def write(self, root: OutGroup) -> None:
        self._append(b"\0" * _SUPERBLOCK_BYTES)
        address = self._group(root)
        block = SIGNATURE + struct.pack("<BBBBQQQQ", 2, 8, 8, 0, 0, encode.NOWHERE, self._at, address)
        self._out.seek(0)
        self._out.write(block + struct.pack("<I", lookup3(block)))

    def _append(self, data: bytes | memoryview) -> int:
        """Write at the end, at a multiple of eight, and return where."""
        padding = -self._at % 8
        self._out.write(b"\0" * padding)
        self._at += padding
        address = self._at
        self._out.write(data)
        self._at += len(data)
        return address

    def _group(self, group: OutGroup) -> int:
        links = []
        for name in sorted(group.members):
            member = group.members[name]
            links.append(
                encode.link(name, self._group(member) if isinstance(member, OutGroup) else self._array(member))
            )
        attributes = self._attributes(group.attributes)
        return self._append(encode.header_bytes([encode.link_info(), (0x0A, b"\0\0"), *links, *attributes]))

    def _array(self, array: OutArray) -> int:
        values = encode.little(array.read())
        datatype = encode.number_type(values.dtype)
        address = self._append(values.reshape(-1).view("u1").data if values.nbytes else b"")
        found = [
            (messages.DATASPACE, encode.dataspace(values.shape)),
            (messages.DATATYPE, datatype),
            encode.fill_value(),
            encode.contiguous(address, values.nbytes),
        ]
        return self._append(encode.header_bytes([*found, *self._attributes(array.attributes)]))

    def _attributes(self, attributes: Mapping[str, Any]) -> list[encode.Message]:
        return [self._attribute(name, value) for name, value in attributes.items() if value is not None]

    def _attribute(self, name: str, value: Any) -> encode.Message:
        texts = value if isinstance(value, list) and value and isinstance(value[0], str) else None
        if isinstance(value, str) or texts is not None:
            shape = () if texts is None else (len(texts),)
            return self._text(name, [value] if texts is None else texts, shape)
        import numpy as np

        # An empty list of names is what Keras writes for a layer without weights: no numbers, as floats.
        try:
            array = encode.little(np.asarray(value))
        except ValueError as error:
            raise UnsupportedModelError(
                "an attribute has values of several lengths, which are not rewritten", where=name
            ) from error
        return encode.attribute(name, encode.number_type(array.dtype), encode.dataspace(array.shape), array.tobytes())

    def _text(self, name: str, texts: list[str], shape: tuple[int, ...]) -> encode.Message:
        raw = [text.encode() for text in texts]
        width = max(1, *map(len, raw))
        if width * len(raw) <= _IN_HEADER:
            import numpy as np

            fixed = b"".join(item.ljust(width, b"\0") for item in raw)
            return encode.attribute(name, encode.number_type(np.dtype(f"S{width}")), encode.dataspace(shape), fixed)
        if _REFERENCE_BYTES * len(raw) > _IN_HEADER:
            raise UnsupportedModelError(
                "a list of names is too long for one HDF5 attribute",
                where=name,
                expected=f"at most {_IN_HEADER // _REFERENCE_BYTES:,} names",
                found=f"{len(raw):,}",
            )
        heap = self._heap(raw)
        value = b"".join(struct.pack("<IQI", len(item), heap, number) for number, item in enumerate(raw, 1))
        datatype = encode.vlen_text_type(ascii_only=all(text.isascii() for text in texts))
        return encode.attribute(name, datatype, encode.dataspace(shape), value)

    def _heap(self, items: list[bytes]) -> int:
        """Write a collection of the global heap that holds these texts, and return its address."""
        body = b"".join(
            struct.pack("<HHIQ", number, 1, 0, len(item)) + item.ljust(-(-len(item) // 8) * 8, b"\0")
            for number, item in enumerate(items, 1)
        )
        size = max(_LEAST_HEAP, 16 + len(body) + 16)
        free = struct.pack("<HHIQ", 0, 0, 0, size - 16 - len(body))
        return self._append((b"GCOL" + struct.pack("<BBHQ", 1, 0, 0, size) + body + free).ljust(size, b"\0"))
