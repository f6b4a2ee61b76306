"""safetensors: named arrays in one file, without a network.

What it is: a header of JSON and the arrays behind it, each read where it lies. What it is not: a model by itself;
a detector is rebuilt from one whose names are a checkpoint's or a rebuilt model's.
Specification: the safetensors format: 8 bytes of header length, JSON, then the tensors at the offsets it gives.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from loadstone.errors import FormatError, LimitError
from loadstone.facts import FileFact, LazyTensor, ModelFile, Tensors, TensorSpec
from loadstone.formats.array_shape import check_array_shape
from loadstone.formats.checkpoint.variable_roles import VariableNames, role_of
from loadstone.formats.detection import from_names
from loadstone.formats.registry import Candidate
from loadstone.wire.json import parse_json
from loadstone.wire.limits import SAFETENSORS_HEADER, TENSOR_DIMENSION, shown
from loadstone.wire.safetensors_writer import METADATA, WIDTHS

if TYPE_CHECKING:
    import numpy.typing as npt

DTYPES = {
    "BOOL": "bool", "U8": "uint8", "I8": "int8", "U16": "uint16", "I16": "int16", "F16": "float16",
    "BF16": "bfloat16", "U32": "uint32", "I32": "int32", "F32": "float32", "U64": "uint64", "I64": "int64",
    "F64": "float64", "F8_E4M3": "float8_e4m3fn", "F8_E5M2": "float8_e5m2",
}  # fmt: skip
"""The format's name of a type → NumPy's, or the field's where NumPy has none."""

NOTE = "a safetensors file: tensors without a network"
_LENGTH = 8


def sniff(candidate: Candidate) -> bool:
    """Return whether the file begins with a length and an object of JSON that fits in it."""
    head = candidate.head
    length = int.from_bytes(head[:_LENGTH], "little")
    begins = head[_LENGTH : _LENGTH + 2] in (b"{}", b'{"', b"{ ", b"{\n")
    return not candidate.is_folder and begins and 2 <= length <= candidate.size - _LENGTH


def read(candidate: Candidate) -> ModelFile:
    """Read the header; a tensor that does not lie whole in the file makes the model incomplete."""
    length = int.from_bytes(candidate.head[:_LENGTH], "little")
    if length > SAFETENSORS_HEADER:
        raise LimitError(
            "the header is longer than readers of safetensors accept",
            expected=f"at most {shown(SAFETENSORS_HEADER)}",
            found=shown(length),
        )
    view = memoryview(candidate.tree.view(candidate.name))
    header = parse_json(bytes(view[_LENGTH : _LENGTH + length]), "the header")
    if not isinstance(header, dict):
        raise FormatError("the header is no object", where="the header", found=type(header).__name__)
    data = view[_LENGTH + length :]
    entries = [(name, _entry(name, fields)) for name, fields in header.items() if name != METADATA]
    names = VariableNames(frozenset(name for name, _ in entries))
    tensors = [_tensor(name, entry, data, names) for name, entry in entries]
    whole = _LENGTH + length + max((end for _, (_, _, _, end) in entries), default=0)
    short = whole > candidate.size
    fact = FileFact(
        candidate.name.rpartition("/")[2], "weights", candidate.size, whole, "truncated" if short else "present"
    )
    return ModelFile(
        source=candidate.source,
        format="safetensors",
        complete=not short,
        files=(fact,),
        tensors=Tensors(tensors),
        detector=from_names({tensor.spec.name: tensor.spec.shape for tensor in tensors}),
        notes=(NOTE,),
        details=_metadata(header.get(METADATA)),
    )


Entry = tuple[str, tuple[int, ...], int, int]
"""A tensor's type as the format names it, its shape, and where its bytes begin and end behind the header."""


def _entry(name: str, fields: Any) -> Entry:
    where = f"the header: {name!r}"
    if not isinstance(fields, dict):
        raise FormatError("a tensor's entry is no object", where=where, found=type(fields).__name__)
    dtype, shape, offsets = fields.get("dtype"), fields.get("shape"), fields.get("data_offsets")
    if not isinstance(dtype, str) or dtype not in WIDTHS:
        raise FormatError("a tensor has an unknown type", where=where, expected=", ".join(WIDTHS), found=str(dtype))
    sides, ends = _numbers(shape), _numbers(offsets)
    if sides is None or ends is None or len(ends) != 2:
        raise FormatError("a tensor has no shape or no offsets", where=where, found=str(fields)[:100])
    check_array_shape(sides, where)
    if ends[1] - ends[0] != math.prod(sides) * WIDTHS[dtype]:
        raise FormatError(
            "a tensor's offsets are not those of its shape and type",
            where=where,
            expected=shown(math.prod(sides) * WIDTHS[dtype]),
            found=f"{ends[0]} to {ends[1]}",
        )
    return dtype, sides, ends[0], ends[1]


def _numbers(value: Any) -> tuple[int, ...] | None:
    """Return a list of whole numbers as a tuple; None for anything else."""
    if not isinstance(value, list):
        return None
    good = all(isinstance(one, int) and not isinstance(one, bool) and 0 <= one <= TENSOR_DIMENSION for one in value)
    return tuple(value) if good else None


def _tensor(name: str, entry: Entry, data: memoryview, names: VariableNames) -> LazyTensor:
    dtype, shape, begin, end = entry
    plain = DTYPES[dtype]
    spec = TensorSpec(name, plain, shape, end - begin, role_of(name, plain, names))
    return LazyTensor(spec, _reader(name, entry, data))


def _reader(name: str, entry: Entry, data: memoryview) -> Callable[[], npt.NDArray[Any]]:
    dtype, shape, begin, end = entry

    def read_values() -> npt.NDArray[Any]:
        import numpy as np

        if end > len(data):
            raise FormatError(
                "the file ends before the tensor does", where=name, found=f"{shown(end - len(data))} short"
            )
        raw = data[begin:end]
        if dtype == "BF16":
            return (np.frombuffer(raw, "<u2").astype(np.uint32) << np.uint32(16)).view(np.float32).reshape(shape)
        if dtype.startswith("F8"):
            raise FormatError("8-bit floating numbers are not read", where=name, found=dtype)
        kind = np.dtype(DTYPES[dtype]).newbyteorder("<")
        return np.frombuffer(raw, kind).reshape(shape)

    return read_values


def _metadata(value: Any) -> dict[str, Any]:
    return {"metadata": {str(key): str(text) for key, text in value.items()}} if isinstance(value, dict) else {}
