"""Tensors of any model → one safetensors file.

Each tensor is read, written and forgotten before the next, so memory holds one at a time. What safetensors has no type
for is converted without loss or left out, and said.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from loadstone.errors import FormatError, LoadstoneError, RefusedError, SourceError
from loadstone.facts import LazyTensor, Tensors
from loadstone.wire.safetensors_writer import METADATA, WIDTHS, Entry, SafetensorsWriter

if TYPE_CHECKING:
    import numpy.typing as npt

_TYPES = {
    "bool": "BOOL", "uint8": "U8", "int8": "I8", "uint16": "U16", "int16": "I16", "uint32": "U32", "int32": "I32",
    "uint64": "U64", "int64": "I64", "float16": "F16", "bfloat16": "BF16", "float32": "F32", "float64": "F64",
    "quint8": "U8", "qint8": "I8", "quint16": "U16", "qint16": "I16", "qint32": "I32",
}  # fmt: skip
UNREADABLE = "left out, it cannot be read"
"""What the note of a tensor says whose bytes are missing or broken."""

_COMPLEX = {"complex64": "F32", "complex128": "F64"}


def save_weights(tensors: Tensors, target: str | os.PathLike[str] | IO[bytes]) -> tuple[str, ...]:
    """Write every tensor that safetensors can hold, under the file's own names; returns a note for each that differs.

    `target` is a path, which appears complete or not at all, or a seekable binary stream. Values keep their type;
    bfloat16 stays bfloat16, complex values become pairs in a last axis of 2, quantised ones their integers. Strings
    and unreadable tensors are left out. Raises `RefusedError` rather than overwrite a file that is not safetensors,
    and `SourceError` where the path cannot be written.
    """
    if not isinstance(target, (str, os.PathLike)):
        return _write(tensors, target)
    path = Path(target)
    _refuse_to_overwrite(path)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(beside, "xb") as stream:
            notes = _write(tensors, stream)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(beside, path)
    except OSError as error:
        raise SourceError(f"the weights cannot be written: {error.strerror}", where=str(path)) from error
    finally:
        beside.unlink(missing_ok=True)
    return notes


def _refuse_to_overwrite(path: Path) -> None:
    """Let a safetensors file be replaced, and nothing else: the model itself may have been named by mistake."""
    try:
        with open(path, "rb") as stream:
            head = stream.read(9)
    except FileNotFoundError:
        return
    except OSError as error:
        raise SourceError(f"the weights cannot be written there: {error.strerror}", where=str(path)) from error
    if head and head[8:] != b"{":
        raise RefusedError(
            "a file of another kind has this name, and is not overwritten",
            where=str(path),
            help="name a new file ending in .safetensors",
        )


def _write(tensors: Tensors, stream: IO[bytes]) -> tuple[str, ...]:
    notes: list[str] = []
    planned = list(_planned(tensors.all, notes))
    # Wider types first, so that every tensor lies on a multiple of its width.
    planned.sort(key=lambda pair: -WIDTHS[pair[0].dtype])
    writer = SafetensorsWriter(stream, [entry for entry, _ in planned], {"format": "np"})
    for entry, tensor in planned:
        try:
            data = _bytes_of(tensor.read(), entry)
        except LoadstoneError as error:
            notes.append(f"{entry.name}: {UNREADABLE}: {error}")
        else:
            writer.add(entry, data)
    writer.finish()
    return tuple(notes)


def _planned(tensors: Iterable[LazyTensor], notes: list[str]) -> Iterable[tuple[Entry, LazyTensor]]:
    for tensor in tensors:
        spec = tensor.spec
        if spec.name == METADATA:
            notes.append(f"{spec.name}: left out, safetensors keeps this name for itself")
        elif spec.shape is None or None in spec.shape:
            notes.append(f"{spec.name}: left out, its shape is not fully known")
        elif spec.dtype in _COMPLEX:
            notes.append(f"{spec.name}: {spec.dtype} is written as pairs of its parts, in a last axis of 2")
            yield Entry(spec.name, _COMPLEX[spec.dtype], (*_sides(spec.shape), 2)), tensor
        elif spec.dtype in _TYPES:
            yield Entry(spec.name, _TYPES[spec.dtype], _sides(spec.shape)), tensor
        else:
            notes.append(f"{spec.name}: left out, safetensors has no type for {spec.dtype}")


def _sides(shape: tuple[int | None, ...]) -> tuple[int, ...]:
    return tuple(side for side in shape if side is not None)


def _bytes_of(values: npt.NDArray[Any], entry: Entry) -> memoryview:
    """Return the array's bytes as safetensors wants them: little-endian, row-major, of the entry's type."""
    import numpy as np

    if entry.dtype == "BF16" and values.dtype == np.float32:
        # The values were widened from bfloat16, so that the lower halves are zeros.
        values = (np.ascontiguousarray(values).view(np.uint32) >> np.uint32(16)).astype(np.uint16)
    if values.dtype.itemsize * values.size != entry.nbytes:
        raise FormatError(
            "the values are not what the file declares",
            expected=f"{entry.dtype} {list(entry.shape)}",
            found=f"{values.dtype} {list(values.shape)}",
        )
    if sys.byteorder == "big" or values.dtype.byteorder == ">":
        values = values.astype(values.dtype.newbyteorder("<"))
    return np.ascontiguousarray(values).reshape(-1).view(np.uint8).data
