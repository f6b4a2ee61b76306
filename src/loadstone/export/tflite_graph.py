"""A TensorFlow Lite file while it is written: tensors, operators, buffers, and the bytes at the end.

Specification: tensorflow/lite/schema.fbs (slots and numbers), file identifier `TFL3`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from loadstone.graphs.write import limited
from loadstone.wire.flatbuffer_writer import Numbers, Scalar, Value, flatbuffer

CODES = {
    "ADD": 0,
    "AVERAGE_POOL_2D": 1,
    "CONCATENATION": 2,
    "CONV_2D": 3,
    "DEPTHWISE_CONV_2D": 4,
    "LOGISTIC": 14,
    "MAX_POOL_2D": 17,
    "MUL": 18,
    "RELU": 19,
    "RELU6": 21,
    "RESHAPE": 22,
    "SOFTMAX": 25,
    "TANH": 28,
    "PAD": 34,
    "TRANSPOSE": 39,
    "MEAN": 40,
    "SUB": 41,
    "MINIMUM": 57,
    "PADV2": 60,
    "SLICE": 65,
    "TRANSPOSE_CONV": 67,
    "LOG": 73,
    "RSQRT": 76,
    "LEAKY_RELU": 98,
    "ELU": 111,
    "BATCH_MATMUL": 126,
    "GELU": 150,
    "RESIZE_NEAREST_NEIGHBOR": 97,
    "HARD_SWISH": 117,
}
CUSTOM = 32
OPTIONS = {
    "ADD": 11,
    "AVERAGE_POOL_2D": 5,
    "CONCATENATION": 10,
    "CONV_2D": 1,
    "DEPTHWISE_CONV_2D": 2,
    "MAX_POOL_2D": 5,
    "MUL": 21,
    "RESHAPE": 17,
    "SOFTMAX": 9,
    "PAD": 22,
    "MEAN": 27,
    "SUB": 28,
    "TRANSPOSE_CONV": 49,
    "LEAKY_RELU": 75,
    "GELU": 121,
    "RESIZE_NEAREST_NEIGHBOR": 74,
    "HARD_SWISH": 91,
}
"""Operation → the number of its table of options in the union `BuiltinOptions`; none where it is not here."""

PLACEHOLDER = 127
"""What the old, eight-bit field of an operator code says where the new one counts further."""

FLOAT32, INT32 = 0, 2

Table = Mapping[int, Value]


@dataclass(frozen=True, slots=True)
class Lite:
    """A tensor by its number, and its shape with the batch."""

    number: int
    shape: tuple[int, ...]


class LiteWriter:
    """Collects tensors and operators."""

    def __init__(self) -> None:
        self._tensors: list[Table] = []
        self._buffers: list[Table] = [{}]
        self._operators: list[Table] = []
        self._codes: dict[str, int] = {}
        self._known: dict[tuple[str, tuple[int, ...], bytes], Lite] = {}

    def tensor(self, shape: Sequence[int], name: str = "", *, kind: int = FLOAT32, buffer: int = 0) -> Lite:
        """Add a tensor; buffer 0 means that it is computed."""
        title = name or f"tensor_{len(self._tensors)}"
        table: Table = {0: Numbers("i", shape), 1: Scalar("b", kind), 2: Scalar("I", buffer), 3: title}
        self._tensors.append(table)
        return Lite(len(self._tensors) - 1, tuple(shape))

    def constant(self, values: npt.NDArray[np.float32] | npt.NDArray[np.int32], name: str = "") -> Lite:
        """Add a constant; equal ones are one."""
        raw = np.ascontiguousarray(values).astype(values.dtype.newbyteorder("<")).tobytes()
        key = (values.dtype.name, values.shape, raw)
        if key not in self._known:
            self._buffers.append({0: raw})
            kind = INT32 if values.dtype == np.int32 else FLOAT32
            self._known[key] = self.tensor(values.shape, name, kind=kind, buffer=len(self._buffers) - 1)
        return self._known[key]

    def add(self, op: str, inputs: Sequence[Lite], shape: Sequence[int], options: Table | None = None) -> Lite:
        """Add a built-in operation with one result."""
        found = self.tensor(shape)
        table: dict[int, Value] = {
            0: Scalar("I", self._code(op)),
            1: Numbers("i", [x.number for x in inputs]),
            2: Numbers("i", [found.number]),
        }
        if op in OPTIONS:
            table |= {3: Scalar("B", OPTIONS[op]), 4: options or {}}
        self._operators.append(table)
        return found

    def add_custom(self, op: str, inputs: Sequence[Lite], results: Sequence[Lite], options: bytes) -> None:
        """Add a custom operation."""
        reads, writes = ([x.number for x in side] for side in (inputs, results))
        code = Scalar("I", self._code(op))
        self._operators.append({0: code, 1: Numbers("i", reads), 2: Numbers("i", writes), 5: options})

    def _code(self, op: str) -> int:
        return self._codes.setdefault(op, len(self._codes))

    def model(self, inputs: Sequence[Lite], outputs: Sequence[Lite], metadata: bytes) -> bytes:
        """Return the file's bytes; `LimitError` beyond two gibibytes."""
        subgraph: Table = {
            0: self._tensors,
            1: Numbers("i", [x.number for x in inputs]),
            2: Numbers("i", [x.number for x in outputs]),
            3: self._operators,
            4: "main",
        }
        buffers = [*self._buffers, {0: metadata}]
        model: Table = {
            0: Scalar("I", 3),
            1: [_operator_code(op) for op in self._codes],
            2: [subgraph],
            3: "written by loadstone",
            4: buffers,
            6: [{0: "TFLITE_METADATA", 1: Scalar("I", len(buffers) - 1)}],
        }
        return limited(flatbuffer(model, b"TFL3"))


def _operator_code(op: str) -> Table:
    if op not in CODES:
        return {0: Scalar("b", CUSTOM), 1: op, 2: Scalar("i", 1), 3: Scalar("i", CUSTOM)}
    code = CODES[op]
    return {0: Scalar("b", min(code, PLACEHOLDER)), 2: Scalar("i", 1), 3: Scalar("i", code)}
