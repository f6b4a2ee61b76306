"""A TFLite model's constants as lazy tensors, straight from the file's bytes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from loadstone.errors import FormatError, TruncatedError, UnsupportedModelError
from loadstone.facts import LazyTensor, Role, Tensors, TensorSpec
from loadstone.formats.array_shape import check_array_shape
from loadstone.formats.tflite_schema import TfliteModel, TfliteTensor
from loadstone.wire.limits import shown
from loadstone.wire.protobuf import Buffer

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_WIDTHS = {
    **dict.fromkeys(("int8", "uint8", "bool"), 8),
    **dict.fromkeys(("int16", "uint16", "float16", "bfloat16"), 16),
    **dict.fromkeys(("int32", "uint32", "float32"), 32),
    **dict.fromkeys(("int64", "uint64", "float64", "complex64"), 64),
    "complex128": 128,
    "int4": 4,
    "uint4": 4,
    "int2": 2,
}
"""Bits per element."""

_FLOATS = ("float32", "float16", "bfloat16", "float64")


def constants(data: Buffer, model: TfliteModel) -> Tensors:
    """Return every tensor that has bytes in the file, under unique names."""
    return Tensors(_lazy(data, model, name, tensor) for name, tensor in named(model) if _has_bytes(model, tensor))


def _has_bytes(model: TfliteModel, tensor: TfliteTensor) -> bool:
    return tensor.buffer > 0 and model.span(tensor.buffer)[1] > 0


def named(model: TfliteModel) -> Iterator[tuple[str, TfliteTensor]]:
    """Yield every tensor with a unique name: TFLite allows empty and repeated ones."""
    seen: Counter[str] = Counter()
    for number, subgraph in enumerate(model.subgraphs):
        for index, tensor in enumerate(subgraph.tensors):
            name = tensor.name or f"tensor_{index}"
            if number:
                name = f"{subgraph.name or f'subgraph_{number}'}/{name}"
            seen[name] += 1
            yield (name if seen[name] == 1 else f"{name}#{seen[name]}", tensor)


def role_of(tensor: TfliteTensor) -> Role:
    """Return `weight` for floating-point and quantised values, `constant` for shapes, axes and strings."""
    return "weight" if tensor.dtype in _FLOATS or tensor.quantization is not None else "constant"


def _lazy(data: Buffer, model: TfliteModel, name: str, tensor: TfliteTensor) -> LazyTensor:
    span = model.span(tensor.buffer)
    spec = TensorSpec(name, tensor.dtype, tensor.shape, nbytes=span[1], role=role_of(tensor))
    return LazyTensor(spec, _reader(data, span, tensor))


def _reader(data: Buffer, span: tuple[int, int], tensor: TfliteTensor) -> Callable[[], npt.NDArray[Any]]:
    def read() -> npt.NDArray[Any]:
        return tensor_array(data, span, tensor)

    return read


def tensor_array(data: Buffer, span: tuple[int, int], tensor: TfliteTensor) -> npt.NDArray[Any]:
    """Return a constant as stored (not dequantised), of the tensor's shape; 2- and 4-bit integers are widened to 8."""
    import numpy as np

    if tensor.sparse:
        raise UnsupportedModelError(f"the tensor {tensor.name!r} is stored sparse, which is not read")
    check_array_shape(tensor.shape, tensor.name)
    start, length = span
    if tensor.dtype == "string":
        return _strings(bytes(data[start : start + length]), tensor)
    bits = _WIDTHS.get(tensor.dtype)
    if bits is None:
        raise UnsupportedModelError(f"the tensor {tensor.name!r} of type {tensor.dtype} has no array form")
    elements = math.prod(tensor.shape)
    needed = -(-elements * bits // 8)
    if length < needed:
        raise TruncatedError(
            f"the buffer of the tensor {tensor.name!r} is too short for its shape",
            where=f"byte {start:,}",
            expected=f"{shown(needed)} for {tensor.dtype}{list(tensor.shape)}",
            found=shown(length),
        )
    if bits < 8:
        return _unpacked(np.frombuffer(data, "u1", needed, start), bits, elements, tensor)
    if tensor.dtype == "bfloat16":
        wide = np.frombuffer(data, "<u2", elements, start).astype(np.uint32)
        floats: npt.NDArray[Any] = np.left_shift(wide, np.uint32(16)).view(np.float32).reshape(tensor.shape)
        return floats
    if tensor.dtype == "bool":
        return np.frombuffer(data, "u1", elements, start).astype(np.bool_).reshape(tensor.shape)
    return np.frombuffer(data, np.dtype(tensor.dtype).newbyteorder("<"), elements, start).reshape(tensor.shape)


def _unpacked(packed: npt.NDArray[np.uint8], bits: int, elements: int, tensor: TfliteTensor) -> npt.NDArray[Any]:
    """Widen 2- or 4-bit integers, the lower bits first, to one byte each."""
    import numpy as np

    shifts = np.arange(0, 8, bits, dtype=np.uint8)
    values = ((packed[:, None] >> shifts) & np.uint8((1 << bits) - 1)).reshape(-1)[:elements].astype(np.int8)
    if tensor.dtype.startswith("int"):
        values = np.where(values >= 1 << (bits - 1), values - (1 << bits), values).astype(np.int8)
    return values.reshape(tensor.shape)


def _strings(raw: bytes, tensor: TfliteTensor) -> npt.NDArray[Any]:
    """Read a string tensor: a count, count + 1 offsets, the bytes (all int32, little-endian)."""
    import numpy as np

    elements = math.prod(tensor.shape)
    count = int.from_bytes(raw[:4], "little")
    if count != elements or 4 * (count + 2) > len(raw):
        raise FormatError(
            f"the string tensor {tensor.name!r} does not hold its strings",
            expected=f"{elements:,} strings",
            found=f"{count:,} in {shown(len(raw))}",
        )
    offsets = np.frombuffer(raw, "<u4", count + 1, 4)
    strings = np.empty(count, dtype=object)
    for index in range(count):
        strings[index] = raw[int(offsets[index]) : int(offsets[index + 1])]
    return strings.reshape(tensor.shape)
