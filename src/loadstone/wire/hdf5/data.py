"""A dataset's stored bytes → one array. NumPy enters here, when values are asked for.

Contiguous numbers come as a read-only view of the file itself; chunks are assembled; a dataset that was never written
is its fill value. No array is made before its declared size has met the bytes that are stored for it (CVE-2026-0897).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from loadstone.errors import FormatError, LimitError
from loadstone.wire.hdf5.chunks import Chunk, Grid
from loadstone.wire.hdf5.datatype import Datatype
from loadstone.wire.hdf5.filters import Filter, undo_filters
from loadstone.wire.hdf5.global_heap import GlobalHeap
from loadstone.wire.hdf5.source import Source
from loadstone.wire.hdf5.values import fixed_bytes
from loadstone.wire.limits import HDF5_EXPANSION, HDF5_EXPANSION_FLOOR, shown

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from loadstone.wire.protobuf import Buffer

    Array = npt.NDArray[Any]

_ADDRESSABLE = 1 << 62
"""Bytes that an array may span; NumPy counts them in a signed 64-bit number."""


def require_explained(declared: int, stored: int, what: str) -> None:
    """Raise `LimitError` when a declared size is out of proportion to the bytes stored for it."""
    allowed = max(HDF5_EXPANSION_FLOOR, stored * HDF5_EXPANSION)
    if declared > allowed:
        raise LimitError(
            f"the {what} declares far more bytes than are stored for it",
            expected=f"at most {shown(allowed)} ({HDF5_EXPANSION} times the {shown(stored)} stored)",
            found=shown(declared),
        )


def require_addressable(shape: tuple[int, ...], width: int) -> None:
    """Raise `LimitError` for sides that no array can have; NumPy multiplies even those beside a side of 0."""
    if math.prod(max(1, side) for side in shape) * width > _ADDRESSABLE:
        raise LimitError(
            "a dataset has sides that no array can have",
            expected=f"a product of at most {_ADDRESSABLE:,} bytes",
            found=str(list(shape)),
        )


def as_array(raw: Buffer, datatype: Datatype, shape: tuple[int, ...], heap: GlobalHeap, at: int = 0) -> Array:
    """Return the values that lie in `raw` from `at` on."""
    import numpy as np

    count = math.prod(shape)
    if datatype.name == "bfloat16":
        return _widened(raw, datatype, count, at).reshape(shape)
    if datatype.is_number:
        values = np.frombuffer(raw, stored_dtype(datatype), count, at).reshape(shape)
        return values.astype(values.dtype.newbyteorder("=")) if datatype.big_endian else values
    if datatype.kind == "string":
        return _strings(bytes(raw[at : at + count * datatype.size]), datatype, count, heap).reshape(shape)
    if datatype.kind == "opaque":
        return np.frombuffer(raw, f"V{datatype.size}", count, at).reshape(shape)
    raise FormatError(f"values of the type {datatype.name} are not read")


def stored_dtype(datatype: Datatype) -> np.dtype[Any]:
    """Return NumPy's type for numbers as they are stored."""
    import numpy as np

    return np.dtype(datatype.name).newbyteorder(">" if datatype.big_endian else "<")


def widened_bfloat16(halves: npt.NDArray[np.uint16]) -> npt.NDArray[np.float32]:
    """Return bfloat16 values, given as 16-bit integers, as float32: they are its upper halves."""
    import numpy as np

    return (halves.astype(np.uint32) << np.uint32(16)).view(np.float32)


def _widened(raw: Buffer, datatype: Datatype, count: int, at: int) -> Array:
    import numpy as np

    halves = np.frombuffer(raw, ">u2" if datatype.big_endian else "<u2", count, at)
    return widened_bfloat16(halves.astype(np.uint16))


def _strings(raw: bytes, datatype: Datatype, count: int, heap: GlobalHeap) -> Array:
    """Return strings as an object array of `bytes`."""
    import numpy as np

    values = np.empty(count, dtype=object)
    cursor = heap.source.over(raw, "string")
    for place in range(count):
        if datatype.variable:
            length = cursor.uint(4)
            values[place] = heap.fetch(cursor)[:length].partition(b"\0")[0]
        else:
            values[place] = fixed_bytes(cursor.take(datatype.size), datatype)
    return values


def filled(datatype: Datatype, shape: tuple[int, ...], fill: bytes, heap: GlobalHeap) -> Array:
    """Return an array of the fill value, or of zeros where the file defines none."""
    import numpy as np

    require_explained(math.prod(shape) * datatype.size, 0, "dataset that was never written")
    if not any(fill) or len(fill) != datatype.size:
        fill = b"\0" * datatype.size
    value = as_array(fill, datatype, (1,), heap)
    return np.full(shape, value[0], dtype=value.dtype)


def assemble(
    source: Source, grid: Grid, chunks: list[Chunk], *, filters: tuple[Filter, ...], width: int, fill: bytes
) -> bytearray:
    """Return the dataset's bytes in row-major order, put together from its chunks."""
    import numpy as np

    stored = sum(chunk.size for chunk in chunks)
    declared = math.prod(grid.shape) * width
    require_explained(max(declared, len(chunks) * grid.nbytes), min(stored, source.size), "chunked dataset")
    if stored > source.size:
        raise FormatError("chunks overlap", expected=f"at most {shown(source.size)}", found=shown(stored))
    whole = bytearray(fill * (declared // width) if any(fill) and len(fill) == width else declared)
    target = np.frombuffer(whole, f"V{width}").reshape(grid.shape)
    for chunk in chunks:
        where = f"byte {source.base + chunk.address:,}"
        start = source.base + chunk.address
        raw = bytes(source.data[start : start + chunk.size])
        plain = undo_filters(raw, filters, mask=chunk.mask, size=grid.nbytes, where=where)
        values = np.frombuffer(plain, f"V{width}").reshape(grid.chunk)
        window = [
            min(side, whole_side - at) for at, side, whole_side in zip(chunk.start, grid.chunk, grid.shape, strict=True)
        ]
        place = tuple(slice(at, at + side) for at, side in zip(chunk.start, window, strict=True))
        target[place] = values[tuple(slice(side) for side in window)]
    return whole
