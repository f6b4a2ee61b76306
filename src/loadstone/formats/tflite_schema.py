"""A TFLite model's tables as plain values: tensors, operators, buffers, signatures.

What it is: one pass over the flatbuffer, every offset checked. What it is not: a reader of tensor data (`buffers` are
places in the file) or of the metadata (`tflite_metadata`).
Specification: tensorflow/lite/schema.fbs, file identifier `TFL3`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from loadstone.errors import FormatError, TruncatedError
from loadstone.facts.tensor import Shape
from loadstone.formats.tflite_ops import CUSTOM, PLACEHOLDER, builtin_name
from loadstone.wire.flatbuffer import Table, TableType, root
from loadstone.wire.limits import TENSOR_RANK, shown
from loadstone.wire.protobuf import Buffer

IDENTIFIER = b"TFL3"

MODEL = TableType(
    "Model", "version operator_codes subgraphs description buffers metadata_buffer metadata signature_defs"
)
OPERATOR_CODE = TableType("OperatorCode", "deprecated_builtin_code custom_code version builtin_code")
SUBGRAPH = TableType("SubGraph", "tensors inputs outputs operators name")
TENSOR = TableType(
    "Tensor",
    "shape type buffer name quantization is_variable sparsity shape_signature has_rank variant_tensors",
)
QUANTIZATION = TableType("QuantizationParameters", "min max scale zero_point details_type details quantized_dimension")
BUFFER = TableType("Buffer", "data offset size")
OPERATOR = TableType(
    "Operator",
    "opcode_index inputs outputs builtin_options_type builtin_options custom_options custom_options_format "
    "mutating_variable_inputs intermediates large_custom_options_offset large_custom_options_size",
)
METADATA = TableType("Metadata", "name buffer")
SIGNATURE = TableType("SignatureDef", "inputs outputs signature_key deprecated_tag subgraph_index")
TENSOR_MAP = TableType("TensorMap", "name tensor_index")

_DTYPES = (
    "float32 float16 int32 uint8 int64 string bool int16 complex64 int8 float64 complex128 uint64 resource variant "
    "uint32 uint16 int4 bfloat16 int2 uint4"
)
DTYPES = tuple(_DTYPES.split())
"""TensorType's numbers → names."""


@dataclass(frozen=True, slots=True)
class Quantization:
    """Real value = (stored - zero_point) * scale; more than one scale: one for each index along `axis`."""

    scale: tuple[float, ...]
    zero_point: tuple[int, ...]
    axis: int = 0


@dataclass(frozen=True, slots=True)
class TfliteTensor:
    """One tensor of a subgraph. `buffer` 0 holds nothing: the tensor is computed."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    open_shape: Shape
    buffer: int
    quantization: Quantization | None = None
    is_variable: bool = False
    sparse: bool = False


@dataclass(frozen=True, slots=True)
class Operator:
    """One operation: its built-in or custom name, and the indices of its tensors (-1: an input left out)."""

    name: str
    custom: bool
    version: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    custom_options: bytes = b""


@dataclass(frozen=True, slots=True)
class Subgraph:
    """One graph; the first is the main one, others are bodies of conditions and loops or further signatures."""

    name: str
    tensors: tuple[TfliteTensor, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    operators: tuple[Operator, ...]


@dataclass(frozen=True, slots=True)
class TfliteSignature:
    """A named entry point: argument name → tensor index in `subgraph`."""

    key: str
    inputs: Mapping[str, int]
    outputs: Mapping[str, int]
    subgraph: int


@dataclass(frozen=True, slots=True)
class TfliteModel:
    """The whole file. `buffers` are (start, length) in the file; `metadata` maps a name to its buffer."""

    version: int
    description: str
    subgraphs: tuple[Subgraph, ...]
    buffers: tuple[tuple[int, int], ...]
    metadata: Mapping[str, int]
    signatures: tuple[TfliteSignature, ...]

    def span(self, buffer: int) -> tuple[int, int]:
        """Return (start, length) of a buffer; (0, 0) where the number is out of range."""
        return self.buffers[buffer] if 0 <= buffer < len(self.buffers) else (0, 0)


def parse(data: Buffer) -> TfliteModel:
    """Read every table of the model."""
    model = root(data, MODEL, IDENTIFIER)
    codes = [_code(table) for table in model.tables("operator_codes", OPERATOR_CODE)]
    subgraphs = tuple(_subgraph(table, codes, data) for table in model.tables("subgraphs", SUBGRAPH))
    return TfliteModel(
        version=model.number("version", "I"),
        description=model.text("description"),
        subgraphs=subgraphs,
        buffers=tuple(_buffer(table, data) for table in model.tables("buffers", BUFFER)),
        metadata={table.text("name"): table.number("buffer", "I") for table in model.tables("metadata", METADATA)},
        signatures=tuple(_signature(table, subgraphs) for table in model.tables("signature_defs", SIGNATURE)),
    )


def _code(table: Table) -> tuple[str, bool, int]:
    """Return an operation's (name, whether it is custom, version)."""
    old = table.number("deprecated_builtin_code", "b")
    number = max(old, table.number("builtin_code", "i")) if old in (0, PLACEHOLDER) else old
    version = table.number("version", "i", 1)
    if number == CUSTOM:
        return table.text("custom_code") or "unnamed-custom-op", True, version
    return builtin_name(number), False, version


def _buffer(table: Table, data: Buffer) -> tuple[int, int]:
    """Return where a buffer's bytes lie: in the flatbuffer, or behind it where the model is large."""
    offset, size = table.number("offset", "Q"), table.number("size", "Q")
    if offset <= 1:
        return table.span("data")
    if offset + size > len(data):
        raise TruncatedError(
            "a TFLite buffer lies past the end of the file",
            where=f"{table.where} (byte {offset:,})",
            expected=shown(size),
            found=f"{shown(max(0, len(data) - offset))} left",
        )
    return offset, size


def _subgraph(table: Table, codes: list[tuple[str, bool, int]], data: Buffer) -> Subgraph:
    tensors = tuple(_tensor(tensor) for tensor in table.tables("tensors", TENSOR))
    return Subgraph(
        name=table.text("name"),
        tensors=tensors,
        inputs=_indices(table, "inputs", len(tensors)),
        outputs=_indices(table, "outputs", len(tensors)),
        operators=tuple(
            _operator(operator, codes, count=len(tensors), data=data)
            for operator in table.tables("operators", OPERATOR)
        ),
    )


def _indices(table: Table, field: str, count: int) -> tuple[int, ...]:
    """Return tensor indices; -1 stands for an input that is left out."""
    indices: tuple[int, ...] = table.numbers(field, "i")
    for index in indices:
        if not -1 <= index < count:
            raise FormatError(
                "a TFLite operation names a tensor that is not there",
                where=f"{table.where}.{field}",
                expected=f"0 to {count - 1:,}",
                found=f"{index:,}",
            )
    return indices


def _tensor(table: Table) -> TfliteTensor:
    shape: tuple[int, ...] = table.numbers("shape", "i", TENSOR_RANK)
    signature: tuple[int, ...] = table.numbers("shape_signature", "i", TENSOR_RANK)
    if any(side < 0 for side in shape):
        raise FormatError("a TFLite tensor has a negative side", where=f"{table.where}.shape", found=str(shape))
    number = table.number("type", "b")
    return TfliteTensor(
        name=table.text("name"),
        dtype=DTYPES[number] if 0 <= number < len(DTYPES) else f"type_{number}",
        shape=shape,
        open_shape=tuple(side if side >= 0 else None for side in signature or shape),
        buffer=table.number("buffer", "I"),
        quantization=_quantization(table),
        is_variable=bool(table.number("is_variable", "B")),
        sparse="sparsity" in table,
    )


def _quantization(table: Table) -> Quantization | None:
    parameters = table.table("quantization", QUANTIZATION)
    if parameters is None:
        return None
    scale = parameters.numbers("scale", "f")
    if not scale:
        return None
    return Quantization(scale, parameters.numbers("zero_point", "q"), parameters.number("quantized_dimension", "i"))


def _operator(table: Table, codes: list[tuple[str, bool, int]], *, count: int, data: Buffer) -> Operator:
    index = table.number("opcode_index", "I")
    if index >= len(codes):
        raise FormatError(
            "a TFLite operator has a code that is not there",
            where=f"{table.where}.opcode_index",
            expected=f"less than {len(codes)}",
            found=f"{index:,}",
        )
    name, custom, version = codes[index]
    return Operator(
        name=name,
        custom=custom,
        version=version,
        inputs=_indices(table, "inputs", count),
        outputs=_indices(table, "outputs", count),
        custom_options=_custom_options(table, data),
    )


def _custom_options(table: Table, data: Buffer) -> bytes:
    """Return a custom operation's options; large models keep them behind the flatbuffer."""
    offset, size = table.number("large_custom_options_offset", "Q"), table.number("large_custom_options_size", "Q")
    if offset <= 1:
        return table.blob("custom_options")
    if offset + size > len(data):
        raise TruncatedError("a custom operation's options lie past the end of the file", where=table.where)
    table.budget.spend(size // 16, offset)
    return bytes(data[offset : offset + size])


def _signature(table: Table, subgraphs: tuple[Subgraph, ...]) -> TfliteSignature:
    subgraph = table.number("subgraph_index", "I")
    if subgraph >= len(subgraphs):
        raise FormatError(
            "a TFLite signature names a subgraph that is not there",
            where=f"{table.where}.subgraph_index",
            expected=f"less than {len(subgraphs)}",
            found=f"{subgraph:,}",
        )
    count = len(subgraphs[subgraph].tensors)
    return TfliteSignature(
        key=table.text("signature_key"),
        inputs=_arguments(table, "inputs", count),
        outputs=_arguments(table, "outputs", count),
        subgraph=subgraph,
    )


def _arguments(table: Table, field: str, count: int) -> dict[str, int]:
    found = {entry.text("name"): entry.number("tensor_index", "I") for entry in table.tables(field, TENSOR_MAP)}
    for name, index in found.items():
        if index >= count:
            raise FormatError(
                "a TFLite signature names a tensor that is not there",
                where=f"{table.where}.{field}[{name!r}]",
                expected=f"less than {count:,}",
                found=f"{index:,}",
            )
    return found
