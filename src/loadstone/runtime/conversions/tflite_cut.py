"""TensorFlow Lite files, changed in place so that OpenVINO can read them.

Two changes, both on a copy of the bytes, both only of numbers that are already there, so that nothing moves:
the operator `TFLite_Detection_PostProcess` is taken off the list of operators, and its two network inputs become the
model's outputs; and a per-channel quantised bias whose channel axis is written as the weights' (3) gets its own (0).
What it is not: a reader of TFLite (`formats.tflite_schema`), which has checked every offset before this runs.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loadstone.errors import FormatError, UnsupportedModelError
from loadstone.formats.tflite_schema import (
    IDENTIFIER,
    MODEL,
    OPERATOR,
    QUANTIZATION,
    SUBGRAPH,
    TENSOR,
    Operator,
    Subgraph,
    TfliteModel,
    TfliteTensor,
    parse,
)
from loadstone.formats.tflite_tensors import tensor_array
from loadstone.wire.flatbuffer import Table, root

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

POST_PROCESS = "TFLite_Detection_PostProcess"


@dataclass(frozen=True, slots=True)
class PostProcess:
    """The operator that was cut off: its two network inputs, its anchors as stored, and its options' bytes."""

    encodings: TfliteTensor
    scores: TfliteTensor
    anchors: npt.NDArray[np.float32]
    options: bytes


@dataclass(frozen=True, slots=True)
class Cut:
    """The changed bytes, what was cut off (None where there was nothing), and the input and outputs that remain."""

    data: bytes
    post_process: PostProcess | None
    inputs: tuple[TfliteTensor, ...]
    outputs: tuple[TfliteTensor, ...]


def cut(content: bytes) -> Cut:
    """Return the bytes that OpenVINO can read, and what was taken off them."""
    model = parse(content)
    if not model.subgraphs:
        raise FormatError("the TFLite file holds no subgraph")
    graph = model.subgraphs[0]
    data = bytearray(content)
    table = next(iter(root(content, MODEL, IDENTIFIER).tables("subgraphs", SUBGRAPH)))
    _mend_axes(data, table)
    outputs = graph.outputs
    operator = _the_operator(graph)
    if operator is None:
        return Cut(bytes(data), None, _tensors(graph, graph.inputs), _tensors(graph, outputs))
    _take_off(data, table, graph.operators.index(operator))
    _end_in(data, table, operator.inputs[:2])
    found = _post_process(content, model, operator)
    return Cut(bytes(data), found, _tensors(graph, graph.inputs), (found.encodings, found.scores))


def _tensors(graph: Subgraph, indices: tuple[int, ...]) -> tuple[TfliteTensor, ...]:
    return tuple(graph.tensors[index] for index in indices if index >= 0)


def _the_operator(graph: Subgraph) -> Operator | None:
    """Return the detection operator, None where there is none; it has to be the ending, once."""
    found = [operator for operator in graph.operators if operator.custom and operator.name == POST_PROCESS]
    if not found:
        return None
    operator = found[0]
    if len(found) > 1 or len(operator.inputs) != 3 or min(operator.inputs) < 0 or len(graph.outputs) < 2:
        raise UnsupportedModelError(
            f"the model uses `{POST_PROCESS}` in an unusual way",
            expected="once, with three inputs, as the model's ending",
            found=f"{len(found)} times, {len(operator.inputs)} inputs, {len(graph.outputs)} outputs",
        )
    return operator


def _post_process(content: bytes, model: TfliteModel, operator: Operator) -> PostProcess:
    encodings, scores, anchors = _tensors(model.subgraphs[0], operator.inputs)
    values = dequantised_constant(tensor_array(content, model.span(anchors.buffer), anchors), anchors)
    rows = encodings.shape[-2] if len(encodings.shape) >= 2 else 0
    if not rows or values.size != rows * 4:
        raise FormatError(
            "the anchors do not fit the boxes",
            where=anchors.name,
            expected=f"{rows:,} × 4",
            found=f"{values.size:,} numbers",
        )
    return PostProcess(encodings, scores, values.reshape(-1, 4), operator.custom_options)


def quantum(tensor: TfliteTensor) -> tuple[float, int] | None:
    """Return (scale, zero point) of a tensor that is quantised as a whole; None for one that is not quantised."""
    found = tensor.quantization
    if found is None or tensor.dtype.startswith("float"):
        return None
    if len(found.scale) != 1:
        raise UnsupportedModelError("a tensor is quantised by channel where one scale is needed", where=tensor.name)
    return found.scale[0], found.zero_point[0] if found.zero_point else 0


def dequantised_constant(values: npt.NDArray[Any], tensor: TfliteTensor) -> npt.NDArray[np.float32]:
    """Return a stored tensor's real values."""
    import numpy as np

    step = quantum(tensor)
    if step is None:
        return values.astype(np.float32)
    return (values.astype(np.float32) - np.float32(step[1])) * np.float32(step[0])


def _take_off(data: bytearray, graph: Table, place: int) -> None:
    """Shorten the vector of operators by one. Its entries are distances from themselves, so each is written anew."""
    start, _ = graph.span("operators", 4)
    targets = [operator.at for operator in graph.tables("operators", OPERATOR)]
    del targets[place]
    struct.pack_into("<I", data, start - 4, len(targets))
    for index, target in enumerate(targets):
        at = start + 4 * index
        struct.pack_into("<I", data, at, target - at)


def _end_in(data: bytearray, graph: Table, tensors: tuple[int, ...]) -> None:
    """Shorten the vector of outputs to these tensors."""
    start, _ = graph.span("outputs", 4)
    struct.pack_into(f"<I{len(tensors)}i", data, start - 4, len(tensors), *tensors)


def _mend_axes(data: bytearray, graph: Table) -> None:
    """Set the channel axis of a quantised vector to its only axis: some writers copy the weights' axis there."""
    for tensor in graph.tables("tensors", TENSOR):
        quantisation = tensor.table("quantization", QUANTIZATION)
        if quantisation is None or tensor.span("shape", 4)[1] != 1:
            continue
        if quantisation.number("quantized_dimension", "i") > 0:
            struct.pack_into("<i", data, _place(quantisation, "quantized_dimension"), 0)


def _place(table: Table, field: str) -> int:
    """Return where a field's value lies. The table has just read the field, so its offsets hold."""
    slot = table.kind.slots[field]
    vtable = table.at - int(struct.unpack_from("<i", table.data, table.at)[0])
    return table.at + int(struct.unpack_from("<H", table.data, vtable + 4 + 2 * slot)[0])
