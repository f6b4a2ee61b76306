"""Datatype messages: what one value is.

What it is: every class of the format is recognised and named; numbers, strings, booleans and sequences of them can be
decoded. What it is not: a decoder of compound values, references and bit fields, which no Keras file needs: they are
named, and their values refused.
Specification: HDF5 File Format Specification 3.0, section IV.A.2.d (versions 1 to 4).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from loadstone.errors import FormatError, LimitError
from loadstone.wire.hdf5.source import Cursor
from loadstone.wire.limits import HDF5_RANK, HDF5_TYPE_DEPTH

Kind = Literal[
    "integer", "float", "time", "string", "bitfield", "opaque", "compound", "reference", "enum", "sequence", "array",
    "complex",
]  # fmt: skip
_KINDS: tuple[Kind, ...] = (
    "integer", "float", "time", "string", "bitfield", "opaque", "compound", "reference", "enum", "sequence", "array",
    "complex",
)  # fmt: skip

# (bits, exponent location, exponent size, mantissa location, mantissa size) → NumPy's name.
_FLOATS = {
    (16, 10, 5, 0, 10): "float16",
    (32, 23, 8, 0, 23): "float32",
    (64, 52, 11, 0, 52): "float64",
    (16, 7, 8, 0, 7): "bfloat16",
}


@dataclass(frozen=True, slots=True)
class Datatype:
    """One value's class, size and name.

    `name` is NumPy's name where NumPy has one (`float32`, `bool`), `bfloat16`, `string`, or the class with its size
    (`opaque2`, `compound8`). `variable` marks strings and sequences whose bytes lie in the global heap.
    `base` is the type of an array's or a sequence's items; `shape` is an array type's own extent.
    """

    kind: Kind
    size: int
    name: str
    big_endian: bool = False
    variable: bool = False
    padded_with_spaces: bool = False
    base: Datatype | None = None
    shape: tuple[int, ...] = ()
    members: tuple[str, ...] = field(default=())

    @property
    def is_number(self) -> bool:
        """Whether the bytes are numbers that NumPy or we can read as they are."""
        return self.name in _STRUCT_CODES or self.name == "bfloat16"

    @property
    def struct_code(self) -> str:
        """The number's code for the module `struct`; empty where there is none."""
        return _STRUCT_CODES.get(self.name, "")


_STRUCT_CODES = {
    "bool": "?",
    "int8": "b", "int16": "h", "int32": "i", "int64": "q",
    "uint8": "B", "uint16": "H", "uint32": "I", "uint64": "Q",
    "float16": "e", "float32": "f", "float64": "d",
}  # fmt: skip


def parse_datatype(cursor: Cursor, depth: int = 0) -> Datatype:
    """Parse a datatype message, and the types it is made of."""
    if depth > HDF5_TYPE_DEPTH:
        raise LimitError(
            "datatypes nest deeper than is read", where=cursor.where, expected=f"at most {HDF5_TYPE_DEPTH} levels"
        )
    at = cursor.where
    head = cursor.uint(1)
    number, version = head & 15, head >> 4
    bits, size = cursor.uint(3), cursor.uint(4)
    if number >= len(_KINDS) or not 1 <= version <= 5:
        raise FormatError(
            "a datatype of a class or version that is not known",
            where=at,
            expected="class 0 to 11, version 1 to 5",
            found=f"class {number}, version {version}",
        )
    if size == 0:
        raise FormatError("a datatype of no size", where=at, expected="at least 1 byte")
    kind = _KINDS[number]
    if kind == "integer":
        return _integer(cursor, bits, size)
    if kind == "float":
        return _float(cursor, bits, size)
    if kind == "string":
        return Datatype(kind, size, "string", padded_with_spaces=bits & 15 == 2)
    if kind == "opaque":
        cursor.take(bits & 0xFF)
    if kind in ("enum", "sequence", "array", "complex"):
        return _made_of(cursor, kind=kind, version=version, bits=bits, size=size, depth=depth)
    if kind == "compound":
        return _compound(cursor, version=version, count=bits & 0xFFFF, size=size, depth=depth)
    if kind in ("time", "bitfield"):
        cursor.take(2 if kind == "time" else 4)
    return Datatype(kind, size, f"{kind}{size}")


def _integer(cursor: Cursor, bits: int, size: int) -> Datatype:
    shift, precision = cursor.uint(2), cursor.uint(2)
    whole = shift == 0 and precision == 8 * size and size in (1, 2, 4, 8)
    signed = "int" if bits & 8 else "uint"
    name = f"{signed}{8 * size}" if whole else f"{signed}{precision}of{8 * size}"
    return Datatype("integer", size, name, big_endian=bool(bits & 1))


def _float(cursor: Cursor, bits: int, size: int) -> Datatype:
    shift, precision = cursor.uint(2), cursor.uint(2)
    layout = (precision, cursor.uint(1), cursor.uint(1), cursor.uint(1), cursor.uint(1))
    cursor.take(4)
    order = bits & 1 | (bits >> 5) & 2
    plain = shift == 0 and precision == 8 * size and order < 2
    name = _FLOATS.get(layout, "") if plain else ""
    return Datatype("float", size, name or f"float{precision}of{8 * size}", big_endian=bool(bits & 1))


def _made_of(cursor: Cursor, *, kind: Kind, version: int, bits: int, size: int, depth: int) -> Datatype:
    """Parse a type that has one base type."""
    if kind == "array":
        return _array(cursor, version, size, depth)
    base = parse_datatype(cursor, depth + 1)
    if kind == "complex":
        name = {"float32": "complex64", "float64": "complex128"}.get(base.name, f"complex{size}")
        return Datatype(kind, size, name, base=base)
    if kind == "enum":
        return _enum(cursor, base, version=version, count=bits & 0xFFFF, size=size)
    if bits & 15 == 1:
        return Datatype("string", size, "string", variable=True, padded_with_spaces=bits >> 4 & 15 == 2)
    return Datatype("sequence", size, f"sequence of {base.name}", variable=True, base=base)


def _array(cursor: Cursor, version: int, size: int, depth: int) -> Datatype:
    rank = cursor.uint(1)
    if rank > HDF5_RANK:
        raise LimitError("an array type has more axes than HDF5 knows", where=cursor.where, found=str(rank))
    if version < 3:
        cursor.take(3)
    shape = tuple(cursor.uint(4) for _ in range(rank))
    if version < 3:
        cursor.take(4 * rank)
    base = parse_datatype(cursor, depth + 1)
    return Datatype("array", size, f"array of {base.name}", base=base, shape=shape)


def _enum(cursor: Cursor, base: Datatype, *, version: int, count: int, size: int) -> Datatype:
    """Parse an enumeration; h5py writes a boolean as the one of FALSE = 0 and TRUE = 1."""
    members = []
    for _ in range(count):
        start = cursor.at
        members.append(cursor.line())
        if version < 3:
            cursor.align(start)
    values = [cursor.uint(base.size) for _ in range(count)]
    pairs = dict(zip(members, values, strict=True))
    name = "bool" if pairs == {"FALSE": 0, "TRUE": 1} and base.size == 1 else base.name
    return Datatype("enum", size, name, big_endian=base.big_endian, base=base, members=tuple(members))


def _compound(cursor: Cursor, *, version: int, count: int, size: int, depth: int) -> Datatype:
    members = []
    for _ in range(count):
        start = cursor.at
        members.append(cursor.line())
        if version < 3:
            cursor.align(start)
        cursor.take(4 if version < 3 else _bytes_for(size))
        if version == 1:
            # Dimensionality, permutation and four sizes, which arrays have replaced.
            cursor.take(28)
        parse_datatype(cursor, depth + 1)
    return Datatype("compound", size, f"compound{size}", members=tuple(members))


def _bytes_for(number: int) -> int:
    """Return how many bytes the format uses for values up to `number`."""
    return (max(1, number).bit_length() + 7) // 8
