"""TensorFlow's element types: number → name, width, and how stored bytes become a NumPy array.

Specification: tensorflow/core/framework/types.proto. A reference type (`DT_FLOAT_REF`) is its type plus 100.
Types that NumPy lacks are widened without loss: bfloat16 and the 8-bit floats come as float32.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from loadstone.errors import FormatError, LimitError, UnsupportedModelError
from loadstone.wire.limits import ARRAY_ELEMENTS, ARRAY_RANK
from loadstone.wire.protobuf import Buffer

if TYPE_CHECKING:
    import numpy.typing as npt

REFERENCE = 100


class Dtype(NamedTuple):
    """One element type. `width` is bytes per stored element, 0 where elements have no fixed width.

    `stored` is NumPy's code of the stored element, empty where `width` is 0.
    """

    name: str
    width: int
    stored: str


STRING = Dtype("string", 0, "")
RESOURCE = Dtype("resource", 0, "")
VARIANT = Dtype("variant", 0, "")

DTYPES: dict[int, Dtype] = {
    1: Dtype("float32", 4, "<f4"),
    2: Dtype("float64", 8, "<f8"),
    3: Dtype("int32", 4, "<i4"),
    4: Dtype("uint8", 1, "u1"),
    5: Dtype("int16", 2, "<i2"),
    6: Dtype("int8", 1, "i1"),
    7: STRING,
    8: Dtype("complex64", 8, "<c8"),
    9: Dtype("int64", 8, "<i8"),
    10: Dtype("bool", 1, "u1"),
    11: Dtype("qint8", 1, "i1"),
    12: Dtype("quint8", 1, "u1"),
    13: Dtype("qint32", 4, "<i4"),
    14: Dtype("bfloat16", 2, "<u2"),
    15: Dtype("qint16", 2, "<i2"),
    16: Dtype("quint16", 2, "<u2"),
    17: Dtype("uint16", 2, "<u2"),
    18: Dtype("complex128", 16, "<c16"),
    19: Dtype("float16", 2, "<f2"),
    20: RESOURCE,
    21: VARIANT,
    22: Dtype("uint32", 4, "<u4"),
    23: Dtype("uint64", 8, "<u8"),
    24: Dtype("float8_e5m2", 1, "u1"),
    25: Dtype("float8_e4m3fn", 1, "u1"),
    26: Dtype("float8_e4m3fnuz", 1, "u1"),
    27: Dtype("float8_e4m3b11fnuz", 1, "u1"),
    28: Dtype("float8_e5m2fnuz", 1, "u1"),
    # TensorFlow keeps its narrow integers one to a byte in files.
    29: Dtype("int4", 1, "i1"),
    30: Dtype("uint4", 1, "u1"),
    31: Dtype("int2", 1, "i1"),
    32: Dtype("uint2", 1, "u1"),
}

NUMBERS: dict[str, int] = {dtype.name: number for number, dtype in DTYPES.items()}
"""Name → TensorFlow's number."""


def dtype_of(number: int, where: str) -> Dtype:
    """Return the element type of a number, plain or reference."""
    found = DTYPES.get(number - REFERENCE if number > REFERENCE else number)
    if found is None:
        raise FormatError(
            "an element type that TensorFlow does not define",
            where=where,
            expected=f"1 to {max(DTYPES)}",
            found=str(number),
        )
    return found


def dtype_name(number: int) -> str:
    """Return the name of a number for a listing; `dtype_<number>` where it is unknown, empty for 0 (not set)."""
    found = DTYPES.get(number - REFERENCE if number > REFERENCE else number)
    if found is not None:
        return found.name
    return f"dtype_{number}" if number else ""


def array_from(buffer: Buffer, offset: int, dtype: Dtype, shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """Return the array of `shape` whose elements lie at `offset`; the caller has checked that they are all there.

    A type that NumPy has is a view of `buffer`, read-only where the buffer is; the others are widened into a copy.
    """
    import math

    import numpy as np

    if dtype.width == 0:
        raise UnsupportedModelError(f"elements of type {dtype.name} have no array form")
    check_array(shape)
    raw = np.frombuffer(buffer, dtype=dtype.stored, count=math.prod(shape), offset=offset).reshape(shape)
    return widened(raw, dtype)


def check_array(shape: tuple[int, ...]) -> None:
    """Raise `LimitError` for a shape that NumPy can not hold; it bounds an empty array, too, by its other sides."""
    import math

    if len(shape) > ARRAY_RANK:
        raise LimitError(
            "a tensor has more dimensions than an array can have",
            expected=f"at most {ARRAY_RANK}",
            found=str(len(shape)),
        )
    elements = math.prod(side for side in shape if side)
    if elements > ARRAY_ELEMENTS:
        raise LimitError(
            "a tensor has larger dimensions than an array can have",
            expected=f"at most {ARRAY_ELEMENTS:,} elements",
            found=str(list(shape)),
        )


def widened(raw: npt.NDArray[Any], dtype: Dtype) -> npt.NDArray[Any]:
    """Return stored elements as values: itself, a bool view, or float32 of a narrower float."""
    import numpy as np

    if dtype.name == "bool":
        # Any byte but 0 and 1 would be an invalid NumPy bool.
        return raw.view(np.bool_) if raw.size == 0 or raw.max() <= 1 else raw != 0
    convert = _WIDEN.get(dtype.name)
    return raw if convert is None else convert(raw)


def _from_bfloat16(raw: npt.NDArray[Any]) -> npt.NDArray[Any]:
    import numpy as np

    return (raw.astype(np.uint32) << np.uint32(16)).view(np.float32)


def _from_e5m2(raw: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A float16 without its lower eight bits."""
    import numpy as np

    return (raw.astype(np.uint16) << np.uint16(8)).view(np.float16).astype(np.float32)


def _float8_table(mantissa: int, bias: int, specials: tuple[int, ...]) -> npt.NDArray[Any]:
    """Return the 256 values of an 8-bit float that has no infinities; `specials` are its NaNs."""
    import numpy as np

    code = np.arange(256)
    sign = np.where(code & 0x80, -1.0, 1.0)
    exponent = (code & 0x7F) >> mantissa
    fraction = (code & ((1 << mantissa) - 1)) / (1 << mantissa)
    normal = (1 + fraction) * np.exp2(exponent.astype(np.float64) - bias)
    values = sign * np.where(exponent == 0, fraction * np.exp2(1.0 - bias), normal)
    values[list(specials)] = np.nan
    return values.astype(np.float32)


Widen: TypeAlias = "Callable[[npt.NDArray[Any]], npt.NDArray[Any]]"


def _from_table(*, mantissa: int, bias: int, specials: tuple[int, ...]) -> Widen:
    def convert(raw: npt.NDArray[Any]) -> npt.NDArray[Any]:
        values: npt.NDArray[Any] = _float8_table(mantissa, bias, specials)[raw]
        return values

    return convert


_WIDEN: dict[str, Widen] = {
    "bfloat16": _from_bfloat16,
    "float8_e5m2": _from_e5m2,
    "float8_e4m3fn": _from_table(mantissa=3, bias=7, specials=(0x7F, 0xFF)),
    "float8_e4m3fnuz": _from_table(mantissa=3, bias=8, specials=(0x80,)),
    "float8_e4m3b11fnuz": _from_table(mantissa=3, bias=11, specials=(0x80,)),
    "float8_e5m2fnuz": _from_table(mantissa=2, bias=16, specials=(0x80,)),
}
