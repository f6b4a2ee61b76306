"""A constant in a graph (`TensorProto`) as a lazy array.

What it is: dtype and shape at once, values when asked: from `tensor_content`, or from the typed list of the dtype,
whose last value stands for all that follow (a single one is a "splat"). What it is not: a decoder of resources.
Specification: tensorflow/core/framework/tensor.proto; filling as in tensor.cc (`FromProtoField`): no value means zeros,
too few are filled with the last, too many are cut.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loadstone.errors import FormatError, LimitError, UnsupportedModelError
from loadstone.facts import LazyTensor, Role, TensorSpec
from loadstone.formats.dtypes import Dtype, array_from, dtype_of, widened
from loadstone.formats.shapes import known_shape
from loadstone.wire.limits import ARRAY_RANK, CONSTANT_BYTES, CONSTANT_FILL_BYTES, shown
from loadstone.wire.protobuf import Message

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_FLOATS = {"float32": "float_val", "float64": "double_val", "complex64": "scomplex_val", "complex128": "dcomplex_val"}
_PATTERNS = ("float16", "bfloat16")
_INTEGERS = {"int64": "int64_val", "bool": "bool_val", "uint32": "uint32_val", "uint64": "uint64_val"}


@dataclass(frozen=True, slots=True)
class Constant:
    """One `TensorProto`: what it declares, and the message that its values are read from."""

    proto: Message
    dtype: Dtype
    shape: tuple[int, ...]

    @property
    def elements(self) -> int:
        """Number of elements that the shape declares."""
        return math.prod(self.shape)

    @property
    def stored_bytes(self) -> int:
        """Bytes that the values occupy in the file."""
        return sum(
            end - start
            for field in ("tensor_content", _values_field(self.dtype))
            for start, end in self.proto.spans_of(field)
        )

    def read(self) -> npt.NDArray[Any]:
        """Return the array; bfloat16 as float32, strings as an object array of bytes."""
        _check_size(self)
        span = self.proto.span("tensor_content")
        if span is not None and span[1] > span[0] and self.dtype.width:
            return _from_content(self, span)
        return _from_values(self)


def parse_constant(proto: Message) -> Constant:
    """Return the constant of a `TensorProto`. Raises `FormatError` for an unknown dtype or an impossible shape."""
    dtype = dtype_of(proto.uint("dtype"), f"{proto.where}.dtype")
    return Constant(proto, dtype, known_shape(proto.message("tensor_shape")))


def lazy_constant(name: str, constant: Constant, role: Role) -> LazyTensor:
    """Return the constant as a tensor of a model; no container protects constants with a checksum."""
    spec = TensorSpec(name, constant.dtype.name, constant.shape, constant.stored_bytes, role)
    return LazyTensor(spec, constant.read)


def _values_field(dtype: Dtype) -> str:
    if dtype.name in _FLOATS:
        return _FLOATS[dtype.name]
    if dtype.name in _PATTERNS:
        return "half_val"
    if dtype.name.startswith("float8"):
        return "float8_val"
    if dtype.name == "string":
        return "string_val"
    return _INTEGERS.get(dtype.name, "int_val")


def _check_size(constant: Constant) -> None:
    if len(constant.shape) > ARRAY_RANK:
        raise LimitError(
            "a constant has more dimensions than an array can have",
            where=constant.proto.where,
            expected=f"at most {ARRAY_RANK}",
            found=str(len(constant.shape)),
        )
    # NumPy bounds an empty array, too, by its other dimensions.
    declared = math.prod(side for side in constant.shape if side) * max(constant.dtype.width, 1)
    if declared > CONSTANT_BYTES:
        raise LimitError(
            "a constant declares more elements than any graph can hold",
            where=constant.proto.where,
            expected=f"at most {shown(CONSTANT_BYTES)}",
            found=shown(declared),
        )


def _from_content(constant: Constant, span: tuple[int, int]) -> npt.NDArray[Any]:
    declared = constant.elements * constant.dtype.width
    if span[1] - span[0] != declared:
        raise FormatError(
            "a constant's bytes do not fill its shape",
            where=f"{constant.proto.where}.tensor_content (byte {span[0]:,})",
            expected=f"{shown(declared)} for {constant.dtype.name} {constant.shape}",
            found=shown(span[1] - span[0]),
        )
    return array_from(constant.proto.data, span[0], constant.dtype, constant.shape)


def _from_values(constant: Constant) -> npt.NDArray[Any]:
    if constant.dtype.name == "string":
        return _filled(constant, _strings(constant))
    if not constant.dtype.width:
        raise UnsupportedModelError(
            f"elements of type {constant.dtype.name} have no array form", where=constant.proto.where
        )
    # Widened before they are repeated: a splat of a billion elements is one value with strides of zero.
    return _filled(constant, widened(_stored(constant), constant.dtype))


def _strings(constant: Constant) -> npt.NDArray[Any]:
    import numpy as np

    blobs = constant.proto.blobs("string_val")
    values = np.empty(len(blobs), dtype=object)
    values[:] = blobs
    return values


def _stored(constant: Constant) -> npt.NDArray[Any]:
    """Return the listed values in the dtype's stored form."""
    import numpy as np

    values: npt.NDArray[Any] = np.frombuffer(_stored_bytes(constant), dtype=constant.dtype.stored)
    return values


def _stored_bytes(constant: Constant) -> bytes:
    import numpy as np

    field, width = _values_field(constant.dtype), constant.dtype.width
    if field == "float8_val":
        return constant.proto.blob(field)
    if field in _FLOATS.values():
        # Complex numbers are pairs in the list; a broken pair at the end stands for nothing.
        plain = constant.proto.fixed_bytes(field)
        return plain[: len(plain) // width * width]
    wide = _varints(constant.proto, field)
    if constant.dtype.name == "bool":
        wide = (wide != 0).astype(np.uint64)
    # A negative number is stored as 64-bit two's complement, so dropping the upper bytes keeps it.
    narrow = wide.astype(f"<u{width}")
    return bytes(narrow.tobytes())


def _varints(proto: Message, field: str) -> npt.NDArray[np.uint64]:
    """Return a repeated integer field; a packed list is decoded as a whole, since it may hold millions."""
    import numpy as np

    parts = [np.zeros(0, dtype=np.uint64)]
    singles: list[int] = []
    for entry in proto.entries.get(proto.kind.fields[field][0], ()):
        if isinstance(entry, int):
            singles.append(entry)
            continue
        parts += [np.array(singles, dtype=np.uint64), _packed(proto, field, entry)]
        singles = []
    return np.concatenate([*parts, np.array(singles, dtype=np.uint64)])


def _packed(proto: Message, field: str, span: tuple[int, int]) -> npt.NDArray[np.uint64]:
    import numpy as np

    raw = np.frombuffer(proto.data, dtype=np.uint8, count=span[1] - span[0], offset=span[0])
    last = raw < 0x80
    if last.all():
        return raw.astype(np.uint64)
    ends = np.flatnonzero(last)
    starts = np.concatenate([[0], ends[:-1] + 1])
    if not last[-1] or (ends - starts).max() >= 10:
        raise FormatError(
            "a list of numbers holds a varint that does not end",
            where=f"{proto.where}.{field} (from byte {span[0]:,})",
            expected="at most ten bytes a number",
        )
    shift = np.arange(len(raw)) - np.repeat(starts, ends - starts + 1)
    pieces = (raw & 0x7F).astype(np.uint64) << (7 * shift).astype(np.uint64)
    return np.add.reduceat(pieces, starts)


def _filled(constant: Constant, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return `values` in the constant's shape, the last one repeated as far as needed."""
    import numpy as np

    count = constant.elements
    if len(values) >= count:
        return values[:count].reshape(constant.shape)
    if len(values) == 0:
        values = np.array([b""], dtype=object) if values.dtype == object else np.zeros(1, dtype=values.dtype)
    if len(values) == 1:
        return np.broadcast_to(values[0:1].reshape(()), constant.shape)
    if count * values.dtype.itemsize > CONSTANT_FILL_BYTES:
        raise LimitError(
            "a constant's list of values is filled up to more than is made from so few",
            where=constant.proto.where,
            expected=f"at most {shown(CONSTANT_FILL_BYTES)}",
            found=f"{len(values):,} values for {count:,} elements",
        )
    filled = np.empty(count, dtype=values.dtype)
    filled[: len(values)] = values
    filled[len(values) :] = values[-1]
    return filled.reshape(constant.shape)
