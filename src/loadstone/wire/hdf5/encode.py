"""Messages of HDF5 object headers, from plain values to bytes: what `writer` puts together.

Specification: HDF5 File Format Specification 3.0, sections IV.A.1.b (object header version 2) and IV.A.2 (messages).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from loadstone.errors import UnsupportedModelError
from loadstone.wire.hdf5 import header as messages
from loadstone.wire.hdf5.checksum import lookup3

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

NOWHERE = 0xFFFFFFFFFFFFFFFF
"""The undefined address."""
LONGEST_MESSAGE = 0xFFFF
_VLEN_REFERENCE = 16
_SIGNED, _NULL_PADDED, _UTF8 = 0x08, 0x01, 0x10
_FLOATS = {2: (5, 10, 15), 4: (8, 23, 127), 8: (11, 52, 1023)}
"""Bytes of an IEEE float → bits of its exponent, bits of its mantissa, bias."""

Message = tuple[int, bytes]


def header_bytes(found: list[Message]) -> bytes:
    """Return an object header of version 2 with these messages, its checksum at the end.

    Raises `UnsupportedModelError` for a message that is longer than its size of two bytes can say.
    """
    for kind, data in found:
        if len(data) > LONGEST_MESSAGE:
            raise UnsupportedModelError(
                "an attribute is too long to be rewritten",
                where=f"a message of kind {kind}",
                expected=f"at most {LONGEST_MESSAGE:,} bytes",
                found=f"{len(data):,} bytes",
            )
    body = b"".join(struct.pack("<BHB", kind, len(data), 0) + data for kind, data in found)
    # Flag 3: the size of the first chunk takes eight bytes, so that no list of links is too long for it.
    whole = b"OHDR" + struct.pack("<BBQ", 2, 3, len(body)) + body
    return whole + struct.pack("<I", lookup3(whole))


def link_info() -> Message:
    """Return the message that makes an object a group whose links stand in its header."""
    return messages.LINK_INFO, struct.pack("<BBQQ", 0, 0, NOWHERE, NOWHERE)


def link(name: str, address: int) -> Message:
    """Return a hard link, its name in UTF-8."""
    raw = name.encode()
    # Flags: the name's length in two bytes (1), and the name's character set is stated (0x10).
    return messages.LINK, struct.pack("<BBBH", 1, 0x11, 1, len(raw)) + raw + struct.pack("<Q", address)


def dataspace(shape: tuple[int, ...]) -> bytes:
    """Return a dataspace message: a scalar for no axes."""
    kind = 1 if shape else 0
    return struct.pack("<BBBB", 2, len(shape), 0, kind) + b"".join(struct.pack("<Q", side) for side in shape)


def fill_value() -> Message:
    """Return the message that states no fill value, as the HDF5 library writes it for contiguous data."""
    return 0x05, struct.pack("<BB", 3, 0x0A)


def contiguous(address: int, size: int) -> Message:
    """Return the layout of values that lie in one piece."""
    return messages.LAYOUT, struct.pack("<BBQQ", 3, 1, address if size else NOWHERE, size)


def number_type(dtype: np.dtype[Any]) -> bytes:
    """Return the datatype message of a little-endian NumPy number, of opaque bytes, or of fixed texts."""
    size = dtype.itemsize
    if dtype.kind in "iu":
        return _datatype(0, _SIGNED if dtype.kind == "i" else 0, size) + struct.pack("<HH", 0, size * 8)
    if dtype.kind == "f" and size in _FLOATS:
        exponent, mantissa, bias = _FLOATS[size]
        bits = 0x20 | (size * 8 - 1) << 8
        places = struct.pack("<HHBBBBI", 0, size * 8, mantissa, exponent, 0, mantissa, bias)
        return _datatype(1, bits, size) + places
    if dtype.kind == "b":
        names = b"FALSE\0\0\0TRUE\0\0\0\0"
        return _datatype(8, 2, 1) + _datatype(0, _SIGNED, 1) + struct.pack("<HH", 0, 8) + names + b"\0\1"
    if dtype.kind == "V" and dtype.fields is None:
        return _datatype(5, 0, size)
    if dtype.kind == "S":
        return _datatype(3, _NULL_PADDED, max(size, 1))
    raise UnsupportedModelError("a dataset has a type that is not rewritten", found=str(dtype))


def _datatype(kind: int, bits: int, size: int) -> bytes:
    return struct.pack("<I", (1 << 4 | kind) | bits << 8) + struct.pack("<I", size)


def vlen_text_type(*, ascii_only: bool) -> bytes:
    """Return the datatype of a text of any length, which lies in the global heap.

    h5py before 3 gives ASCII as `bytes`, which is what Keras of its time decodes.
    """
    characters = 0 if ascii_only else _UTF8
    return _datatype(9, 0x01 | characters << 4, _VLEN_REFERENCE) + _datatype(3, characters, 1)


def little(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the values in one piece, in row-major order, least byte first."""
    import numpy as np

    return np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).reshape(array.shape)


def attribute(name: str, datatype: bytes, space: bytes, value: bytes) -> Message:
    """Return an attribute message of version 3."""
    raw = name.encode() + b"\0"
    return messages.ATTRIBUTE, struct.pack(
        "<BBHHHB", 3, 0, len(raw), len(datatype), len(space), 1
    ) + raw + datatype + space + value
