"""A graph's constants as tensors, and which of them are its weights.

What it is: every `Const` of the graph, and those inside functions under `function/node`. A frozen graph keeps its
trained values as constants among shapes, axes and anchors; a constant counts as a weight when the graph uses it as one.
What it is not: proof: a graph that was rewritten by hand can hide a weight behind operations that are not listed here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from loadstone.errors import FormatError
from loadstone.facts import LazyTensor, Role, Tensors
from loadstone.formats.graph.graph_nodes import Graph, text
from loadstone.formats.graph.tensor_proto import lazy_constant, parse_constant
from loadstone.wire.graph_index import NodeSpan

WEIGHT_INPUTS: dict[bytes, tuple[int, ...]] = {
    **dict.fromkeys((b"Conv2D", b"DepthwiseConv2dNative", b"Conv3D", b"Conv2DBackpropInput", b"_FusedConv2D"), (1, 2)),
    **dict.fromkeys((b"QuantizedConv2D", b"FusedResizeAndPadConv2D", b"FusedPadConv2D", b"Dilation2D"), (1, 2, 3)),
    **dict.fromkeys((b"MatMul", b"BatchMatMul", b"BatchMatMulV2", b"BatchMatMulV3", b"_FusedMatMul"), (0, 1, 2)),
    **dict.fromkeys((b"BiasAdd", b"BiasAddV1", b"QuantizedBiasAdd"), (1,)),
    **dict.fromkeys((b"FusedBatchNorm", b"FusedBatchNormV2", b"FusedBatchNormV3"), (1, 2, 3, 4)),
    b"BatchNormWithGlobalNormalization": (1, 2, 3, 4),
    **dict.fromkeys((b"Gather", b"GatherV2", b"ResourceGather", b"Unpack"), (0,)),
    **dict.fromkeys((b"LSTMBlockCell", b"BlockLSTM", b"BlockLSTMV2", b"GRUBlockCell", b"CudnnRNNV2"), tuple(range(9))),
}
"""Operations that compute with trained values, and at which of their inputs those stand."""

_ELEMENTWISE = frozenset((b"Mul", b"Add", b"AddV2", b"Sub", b"Prelu", b"RealDiv", b"Maximum", b"Rsqrt"))
"""Operations that scale or shift by a trained vector (a batch norm that was taken apart) or by a plain number."""

_CARRIERS = frozenset(
    (b"Identity", b"Dequantize", b"Enter", b"Switch", b"Cast", b"Reshape", b"Transpose", b"ReadVariableOp")
)
"""Operations that hand a constant on: what reads them reads the constant."""

_TRAINED = frozenset(
    ("float32", "float16", "bfloat16", "float64", "quint8", "qint8", "qint32", "quint16", "qint16", "uint8", "int8")
)
"""Types that trained values have; an integer constant is a shape, an axis or an index."""

_CARRIED_HOPS = 4


def graph_tensors(graph: Graph, *, functions: bool = False) -> tuple[Tensors, tuple[str, ...]]:
    """Return the constants and a note for each that has no readable type or shape; `functions`: those inside, too."""
    notes: list[str] = []
    roles = _Roles(graph)
    found = list(_lazy(graph, "", graph.nodes, roles, notes))
    if functions:
        for name, spans in graph.functions.items():
            found += _lazy(graph, f"{name}/", spans, _Roles(graph, spans), notes)
    return Tensors(found), tuple(notes)


def _lazy(
    graph: Graph, prefix: str, spans: Iterable[NodeSpan], roles: _Roles, notes: list[str]
) -> Iterator[LazyTensor]:
    for span in spans:
        if span[1] != b"Const":
            continue
        try:
            constant = parse_constant(graph.attribute(span, b"value").message("tensor"))
            yield lazy_constant(prefix + text(span[0]), constant, roles.role(span, constant.dtype.name, constant.shape))
        except FormatError as error:
            notes.append(f"the constant {prefix}{text(span[0])} cannot be read: {error}")


class _Roles:
    """What the constants of one list of nodes are used for."""

    def __init__(self, graph: Graph, spans: list[NodeSpan] | None = None) -> None:
        self._graph = graph
        self._spans = graph.nodes if spans is None else spans
        self._weights: set[bytes] | None = None
        self._scales: set[bytes] = set()

    def role(self, span: NodeSpan, dtype: str, shape: tuple[int, ...]) -> Role:
        """Return `weight` for a trained value, `constant` for anything else."""
        if dtype not in _TRAINED or not shape:
            return "constant"
        if self._weights is None:
            self._weights = self._find()
        if span[0] in self._weights:
            return "weight"
        # A vector that scales or shifts is a trained one if the graph computes with weights at all.
        return "weight" if self._weights and span[0] in self._scales and max(shape) > 1 else "constant"

    def _find(self) -> set[bytes]:
        """Return the names of nodes that are read as weights; fills `_scales` with those read elementwise."""
        sources: dict[bytes, bytes] = {}
        direct: set[bytes] = set()
        for span in self._spans:
            if span[1] in _CARRIERS:
                names = self._inputs(span)
                if names:
                    sources[span[0]] = names[0]
            elif span[1] in WEIGHT_INPUTS:
                names = self._inputs(span)
                direct.update(names[place] for place in WEIGHT_INPUTS[span[1]] if place < len(names))
            elif span[1] in _ELEMENTWISE:
                self._scales.update(self._inputs(span))
        self._scales = _behind(self._scales, sources)
        return _behind(direct, sources)

    def _inputs(self, span: NodeSpan) -> list[bytes]:
        return [_plain(name) for name in self._graph.inputs(span) if name[:1] != b"^"]


def _plain(name: bytes) -> bytes:
    """Return the node's name without the number of its output (`node:1`, `node:output:0` inside functions)."""
    return name.partition(b":")[0]


def _behind(names: set[bytes], sources: dict[bytes, bytes]) -> set[bytes]:
    """Return the names with everything that is handed on to them."""
    found = set(names)
    layer = names
    for _ in range(_CARRIED_HOPS):
        layer = {sources[name] for name in layer if name in sources}
        found |= layer
    return found
