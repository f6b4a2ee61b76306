"""Where a bare graph is fed and read: its placeholders, and the nodes that nobody reads.

What it is: a graph without signatures tells its inputs by the operation and its outputs by the absence of readers.
What it is not: shape inference: an output's shape is stated only where a node records it.
"""

from __future__ import annotations

from itertools import islice

from loadstone.facts import TensorSpec
from loadstone.formats.dtypes import dtype_name
from loadstone.formats.graph.graph_nodes import Graph, text
from loadstone.formats.shapes import shape_of
from loadstone.wire.graph_index import NodeSpan
from loadstone.wire.protobuf import Message

MOST_PORTS = 256
"""Inputs or outputs that are listed; a training graph with all its summaries and losses has fewer."""

PLACEHOLDERS = frozenset((b"Placeholder", b"PlaceholderV2", b"PlaceholderWithDefault"))
ITERATORS = frozenset((b"IteratorGetNext", b"IteratorGetNextSync", b"OneShotIterator"))

DETECTION_OUTPUTS = (
    *("detection_boxes", "detection_scores", "detection_classes", "num_detections", "detection_masks"),
    *("detection_keypoints", "detection_multiclass_scores", "detection_anchor_indices", "detection_features"),
    *("raw_detection_boxes", "raw_detection_scores", "raw_keypoint_locations", "raw_keypoint_scores"),
)
"""The names that the Object Detection API gives its outputs (exporter.py, standard_fields.py)."""

_CORE_OUTPUTS = frozenset((b"detection_boxes", b"detection_scores"))

_NO_RESULT = frozenset(
    (
        *(b"NoOp", b"Assert", b"Const", b"Print", b"PrintV2", b"ControlTrigger", b"Abort"),
        *(b"Assign", b"AssignAdd", b"AssignSub", b"AssignVariableOp", b"AssignAddVariableOp", b"ScatterUpdate"),
        *(b"SaveV2", b"Save", b"SaveSlices", b"MergeV2Checkpoints", b"RestoreV2", b"Restore"),
        *(b"VariableV2", b"Variable", b"VarHandleOp", b"HashTableV2", b"QueueCloseV2", b"QueueEnqueueV2"),
        *(b"QueueEnqueueManyV2", b"QueueEnqueue", b"QueueEnqueueMany", b"QueueClose", b"QueueSizeV2"),
        *(b"MergeSummary", b"ScalarSummary", b"HistogramSummary", b"ImageSummary", b"FakeQueue", b"VarIsInitializedOp"),
        b"WriteFile",
    )
)
"""Operations that give nothing to read, or nothing that a person would take for a model's answer."""

_SCALAR_IS_UNKNOWN = 21
"""Up to this producer version an empty shape of a placeholder stood for an unknown one (array_ops.cc)."""

_TYPE_ATTRIBUTES = (b"T", b"dtype", b"DstT", b"Tparams", b"out_type")
"""Attributes that hold the type of a node's first output, by how many operations use them."""

_OWN_TYPES: dict[bytes, tuple[bytes, str]] = {
    **dict.fromkeys((b"ArgMax", b"ArgMin"), (b"output_type", "int64")),
    **dict.fromkeys((b"Shape", b"Size", b"ShapeN"), (b"out_type", "int32")),
    **dict.fromkeys((b"Greater", b"GreaterEqual", b"Less", b"LessEqual", b"Equal", b"NotEqual"), (b"", "bool")),
    **dict.fromkeys((b"LogicalAnd", b"LogicalOr", b"LogicalNot", b"IsFinite", b"IsNan"), (b"", "bool")),
    **dict.fromkeys((b"NonMaxSuppression", b"NonMaxSuppressionV2", b"NonMaxSuppressionV3", b"Rank"), (b"", "int32")),
    **dict.fromkeys((b"AsString", b"ReadFile", b"EncodePng", b"EncodeJpeg"), (b"", "string")),
    b"Cast": (b"DstT", ""),
    b"DecodeRaw": (b"out_type", ""),
    b"Where": (b"", "int64"),
}
"""Operations whose result has another type than their `T`: the attribute that holds it, and what is meant without."""


def graph_inputs(graph: Graph) -> tuple[TensorSpec, ...]:
    """Return the placeholders; where there are none, what the input iterator yields."""
    fed = (span for span in graph.nodes if span[1] in PLACEHOLDERS)
    found = [_placeholder(graph, span) for span in islice(fed, MOST_PORTS)]
    if not found:
        found = [spec for span in graph.nodes if span[1] in ITERATORS for spec in _iterator(graph, span)]
    return tuple(found)


def _placeholder(graph: Graph, span: NodeSpan) -> TensorSpec:
    name = text(span[0])
    dtype = dtype_name(graph.attribute(span, b"dtype").uint("type"))
    attribute = graph.attribute(span, b"shape")
    shape = shape_of(attribute.message("shape")) if "shape" in attribute else None
    if shape == () and graph.producer <= _SCALAR_IS_UNKNOWN and span[1] == b"Placeholder":
        shape = None
    return TensorSpec(name, dtype, shape, tensor_name=f"{name}:0")


def _iterator(graph: Graph, span: NodeSpan) -> list[TensorSpec]:
    name = text(span[0])
    types = graph.attribute(span, b"output_types").message("list").uints("type")
    shapes = [shape_of(shape) for shape in graph.attribute(span, b"output_shapes").message("list").messages("shape")]
    if len(shapes) != len(types):
        shapes = [None] * len(types)
    return [
        TensorSpec(f"{name}:{number}", dtype_name(dtype), shape, tensor_name=f"{name}:{number}")
        for number, (dtype, shape) in enumerate(zip(types, shapes, strict=True))
    ]


def graph_outputs(graph: Graph) -> tuple[TensorSpec, ...]:
    """Return the detection outputs by their known names; else the nodes that no node reads."""
    by_name = {span[0]: span for span in graph.nodes}
    if by_name.keys() >= _CORE_OUTPUTS:
        known = [by_name[key] for name in DETECTION_OUTPUTS if (key := name.encode()) in by_name]
        return tuple(_output(graph, span) for span in known)
    read = consumed(graph)
    ends = (span for span in graph.nodes if span[0] not in read)
    results = (span for span in ends if span[1] not in _NO_RESULT and span[1] not in PLACEHOLDERS)
    return tuple(_output(graph, span) for span in islice(results, MOST_PORTS))


def consumed(graph: Graph) -> set[bytes]:
    """Return the names of all nodes that another node reads or waits for."""
    read: set[bytes] = set()
    for span in graph.nodes:
        for name in graph.inputs(span):
            name = name.removeprefix(b"^")
            head, colon, port = name.rpartition(b":")
            read.add(head if colon and port.isdigit() else name)
    return read


def _output(graph: Graph, span: NodeSpan) -> TensorSpec:
    name = text(span[0])
    shapes = graph.attribute(span, b"_output_shapes").message("list")
    first: Message | None = next(iter(shapes.messages("shape")), None)
    shape = shape_of(first) if first is not None else None
    return TensorSpec(name, _output_type(graph, span), shape, tensor_name=f"{name}:0")


def _output_type(graph: Graph, span: NodeSpan) -> str:
    key, otherwise = _OWN_TYPES.get(span[1], (b"", ""))
    keys = (key,) if span[1] in _OWN_TYPES else _TYPE_ATTRIBUTES
    for key in keys:
        attribute = graph.attribute(span, key)
        if "type" in attribute:
            return dtype_name(attribute.uint("type"))
    return otherwise
