"""TensorFlow's operations while a graph is written: once as nodes of a graph, once as the body of a function.

The two name a node's results differently: `node:1` in a graph, `node:values:0` in a function, by the names that the
operation's definition gives its results (tensorflow/core/ops). Both forms come from the same list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from loadstone.formats.dtypes import NUMBERS
from loadstone.graphs.graph import Graph, Input, Node
from loadstone.graphs.write import const_node, make_node
from loadstone.wire.protobuf_writer import encode, field_bytes
from loadstone.wire.schemas.graph import NODE, VERSIONS

FLOAT, INT32, UINT8, INT64, BOOL = (NUMBERS[name] for name in ("float32", "int32", "uint8", "int64", "bool"))

PRODUCER = 1987
"""A graph version of September 2024 (tensorflow/core/public/version.h); every operation used here is older."""

RESULTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("Sigmoid", "Exp", "Log", "Sqrt", "Floor", "Round", "Abs", "Cast", "Transpose"), ("y",)),
    **dict.fromkeys(("AddV2", "Sub", "Mul", "RealDiv", "FloorDiv", "Maximum", "Minimum"), ("z",)),
    **dict.fromkeys(("Less", "Equal", "LogicalAnd"), ("z",)),
    **dict.fromkeys(("Erf", "Tanh", "Square", "Rsqrt"), ("y",)),
    **dict.fromkeys(("Relu", "Relu6", "LeakyRelu", "Elu", "Softplus"), ("activations",)),
    **dict.fromkeys(("ResizeBilinear", "ResizeNearestNeighbor"), ("resized_images",)),
    "FusedBatchNormV3": ("y",),
    "Softmax": ("softmax",),
    "TopKV2": ("values", "indices"),
    "Where": ("index",),
    "NonMaxSuppressionV3": ("selected_indices",),
    "CropAndResize": ("crops",),
    "MatMul": ("product",),
}
"""Operation → the names of its results; `output` where it is not here."""


@dataclass(frozen=True, slots=True)
class Result:
    """One result of a node, and its TensorFlow type."""

    node: str
    port: int
    dtype: int


@dataclass(frozen=True, slots=True)
class Step:
    """One node as plain values."""

    name: str
    op: str
    inputs: tuple[Result, ...]
    attributes: Mapping[str, Any]


class GraphWriter:
    """Collects steps; names are made unique."""

    def __init__(self) -> None:
        self.steps: list[Step | Node] = []
        self.arguments: list[Result] = []
        self._ops: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self._constants: dict[tuple[Any, ...], Result] = {}

    def unique(self, wanted: str) -> str:
        """Return the name, with a number where it is taken."""
        count = self._counts.get(wanted, 0)
        self._counts[wanted] = count + 1
        return self.unique(f"{wanted}_{count}") if count else wanted

    def add(
        self, op: str, inputs: Sequence[Result], dtype: int, attributes: Mapping[str, Any], name: str = ""
    ) -> Result:
        """Add a node and return its first result."""
        title = self.unique(name or op)
        self.steps.append(Step(title, op, tuple(inputs), attributes))
        self._ops[title] = op
        return Result(title, 0, dtype)

    def argument(self, name: str, dtype: int, shape: Sequence[int]) -> Result:
        """Add a placeholder, which is a function's argument in its other form."""
        dims = {"dim": [{"size": side} for side in shape]}
        found = self.add("Placeholder", (), dtype, {"dtype": {"type": dtype}, "shape": {"shape": dims}}, name)
        self.arguments.append(found)
        return found

    def constant(self, values: npt.NDArray[Any], name: str = "") -> Result:
        """Add a constant; small ones of equal content are one node."""
        dtype = NUMBERS[values.dtype.name]
        key = (dtype, values.shape, values.tobytes()) if values.size <= SMALL and not name else None
        if key is not None and key in self._constants:
            return self._constants[key]
        node = const_node(self.unique(name or "Const"), values)
        self.steps.append(node)
        self._ops[node.name] = "Const"
        found = Result(node.name, 0, dtype)
        if key is not None:
            self._constants[key] = found
        return found

    def graph(self) -> Graph:
        """Return the steps as a graph."""
        nodes = [step if isinstance(step, Node) else self._node(step) for step in self.steps]
        versions = encode(VERSIONS, {"producer": PRODUCER, "min_consumer": 12})
        return Graph({node.name: node for node in nodes}, None, versions)

    def _node(self, step: Step) -> Node:
        reads = [Input(read.node, read.port) for read in step.inputs]
        return make_node(step.name, step.op, reads, attributes=step.attributes)

    def body(self) -> bytes:
        """Return the steps as the fields `node_def` of a FunctionDef; arguments are none of them."""
        names = {argument.node for argument in self.arguments}
        parts = []
        for step in self.steps:
            if isinstance(step, Node):
                parts.append(field_bytes(3, step.raw))
            elif step.name not in names:
                values = {
                    "name": step.name,
                    "op": step.op,
                    "input": [self.in_function(read) for read in step.inputs],
                    "attr": step.attributes,
                }
                parts.append(field_bytes(3, encode(NODE, values)))
        return b"".join(parts)

    def in_function(self, read: Result) -> str:
        """Return what a result is called within a function."""
        op = self._ops[read.node]
        if op == "Placeholder":
            return read.node
        return f"{read.node}:{RESULTS.get(op, ('output',))[read.port]}:0"


SMALL = 64
"""Elements of a constant that is looked up before it is written again."""


def floats(values: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """Return an array as TensorFlow stores it."""
    return np.ascontiguousarray(np.asarray(values, np.float32)).reshape(np.shape(values))
