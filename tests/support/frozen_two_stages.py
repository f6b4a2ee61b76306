"""A TF1 Faster or Mask R-CNN's frozen graph for tests, with the names and settings of the original's exporter.

It runs, one picture at once: the loops over a batch are left out, and rows of nothing are not put behind the boxes.
Two generations: `clip_first`, as until 2018 (boxes are filtered and clipped, then suppressed), and the later one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from loadstone.blueprint.faster_rcnn_parts import FasterRcnnBlueprint
from loadstone.blueprint.network import Network
from loadstone.export.tensorflow_dialect import of, sides, sliding
from loadstone.export.tensorflow_graph import BOOL, FLOAT, INT32, INT64, UINT8, GraphWriter, Result
from loadstone.export.tensorflow_network import write_network
from loadstone.graphs.graph import Graph
from loadstone.graphs.write import make_node
from loadstone.wire.protobuf_writer import encode
from loadstone.wire.schemas.graph import TENSOR

RESIZING = "Preprocessor/map/while/ResizeToRange"
AFTER = "SecondStagePostprocessor"
FIRST, SECOND = "BatchMultiClassNonMaxSuppression", f"{AFTER}/BatchMultiClassNonMaxSuppression"
BEFORE_MASKS = "BatchMultiClassNonMaxSuppression_1"
"""Where boxes are suppressed that masks follow."""
LOOP = "map/while/MultiClassNonMaxSuppression"
LARGE = 4096
"""Elements of a constant that is written as one value, where all are the same."""


class Scoped(GraphWriter):
    """A writer that puts what has no name of its own into a scope.

    While something is written `again`, weights are those that are there, and operations stand in a scope `…_1`.
    """

    scope = ""
    again = False

    def __init__(self) -> None:
        super().__init__()
        self.weights: dict[str, Result] = {}

    def add(
        self, op: str, inputs: Sequence[Result], dtype: int, attributes: Mapping[str, Any], name: str = ""
    ) -> Result:
        scope, _, rest = name.partition("/")
        return super().add(op, inputs, dtype, attributes, f"{scope}_1/{rest}" if self.again and rest else name)

    def unique(self, wanted: str) -> str:
        return super().unique(wanted if "/" in wanted or not self.scope else f"{self.scope}/{wanted}")

    def constant(self, values: npt.NDArray[Any], name: str = "") -> Result:
        if self.again and name in self.weights:
            return self.weights[name]
        found = self.fresh(values, name)
        if name:
            self.weights[name] = found
        return found

    def fresh(self, values: npt.NDArray[Any], name: str) -> Result:
        if values.size < LARGE or not (values == values.flat[0]).all():
            return super().constant(values, name)
        dims = {"dim": [{"size": side} for side in values.shape]}
        tensor = encode(TENSOR, {"dtype": FLOAT, "tensor_shape": dims, "float_val": [float(values.flat[0])]})
        node = make_node(self.unique(name), "Const", attributes={"dtype": of(FLOAT), "value": {"tensor": tensor}})
        self.steps.append(node)
        return Result(node.name, 0, FLOAT)


class Stand:
    """The graph while it is written: operations by their names in TensorFlow, all under names that are given."""

    def __init__(self) -> None:
        self.to = Scoped()

    def const(self, name: str, value: npt.ArrayLike, dtype: type = np.float32) -> Result:
        return self.to.constant(np.asarray(value, dtype), name)

    def op(self, name: str, op: str, *inputs: Result, dtype: int = FLOAT, **attributes: Any) -> Result:
        return self.to.add(op, inputs, dtype, {"T": of(inputs[0].dtype), **attributes}, name)

    def cast(self, name: str, x: Result, dtype: int) -> Result:
        return self.to.add("Cast", [x], dtype, {"SrcT": of(x.dtype), "DstT": of(dtype)}, name)

    def pack(self, name: str, *inputs: Result, axis: int = 0) -> Result:
        return self.op(name, "Pack", *inputs, dtype=inputs[0].dtype, N={"i": len(inputs)}, axis={"i": axis})

    def unpack(self, name: str, x: Result, count: int, axis: int = 0) -> list[Result]:
        found = self.op(name, "Unpack", x, dtype=x.dtype, num={"i": count}, axis={"i": axis})
        return [Result(found.node, port, x.dtype) for port in range(count)]

    def reshape(self, name: str, x: Result, shape: Sequence[int]) -> Result:
        return self.op(
            name, "Reshape", x, self.const(f"{name}/shape", shape, np.int32), dtype=x.dtype, Tshape=of(INT32)
        )

    def tile(self, name: str, x: Result, times: Sequence[int]) -> Result:
        return self.op(
            name, "Tile", x, self.const(f"{name}/multiples", times, np.int32), dtype=x.dtype, Tmultiples=of(INT32)
        )

    def gather(self, name: str, x: Result, rows: Result) -> Result:
        axis = self.const(f"{name}/axis", 0, np.int32)
        attributes = {"Tparams": of(x.dtype), "Tindices": of(rows.dtype), "Taxis": of(INT32)}
        return self.to.add("GatherV2", [x, rows, axis], x.dtype, attributes, name)

    def sliced(self, name: str, x: Result, at: Sequence[int]) -> Result:
        """Return `x[at]` of its last dimension, all of the others."""
        ends = [begin + (1 if number == len(at) - 1 else 0) for number, begin in enumerate(at)]
        marks = [
            self.const(f"{name}/stack{end}", values, np.int32)
            for end, values in (("", at), ("_1", ends), ("_2", [1] * len(at)))
        ]
        whole = (1 << (len(at) - 1)) - 1
        attributes = {"begin_mask": {"i": whole}, "end_mask": {"i": whole}, "shrink_axis_mask": {"i": whole + 1}}
        return self.op(name, "StridedSlice", x, *marks, dtype=x.dtype, Index=of(INT32), **attributes)

    def where(self, name: str, truth: Result) -> Result:
        found = self.to.add("Where", [truth], INT64, {"T": of(BOOL)}, f"{name}/Where")
        return self.cast(f"{name}/Cast", self.reshape(f"{name}/Reshape", found, [-1]), INT32)


def frozen_two_stages(
    blueprint: FasterRcnnBlueprint, values: Mapping[str, npt.NDArray[Any]], *, clip_first: bool = False
) -> Graph:
    """Return the graph of a detector with a resizer that keeps the picture's shape."""
    s = Stand()
    picture, size = _prepared(s, blueprint)
    s.to.scope = "FirstStageFeatureExtractor"
    first = write_network(s.to, blueprint.first_stage, values, picture, 1)
    s.to.scope = ""
    padded = _sides(s, picture)
    boxes = _proposals(s, blueprint, first, (size, padded), clip_first=clip_first)
    crops = _crops(s, blueprint, first["features_0"], s.op("truediv", "RealDiv", boxes, padded))
    s.to.scope = "SecondStageFeatureExtractor"
    second = write_network(s.to, blueprint.second_stage, values, crops, -1)
    s.to.scope = ""
    final, classes = _detections(s, blueprint, second, boxes, size, clip_first=clip_first)
    if blueprint.third_stage is not None:
        _masks(s, blueprint, values, _crops(s, blueprint, first["features_0"], final, "_1"), classes)
    return s.to.graph()


def _prepared(s: Stand, blueprint: FasterRcnnBlueprint) -> tuple[Result, Result]:
    """Return the picture, resized, padded and scaled, and its (height, width, height, width) without padding."""
    picture = s.cast("ToFloat", s.to.argument("image_tensor", UINT8, (1, -1, -1, 3)), FLOAT)
    shape = s.op(f"{RESIZING}/Shape", "Shape", picture, dtype=INT32, out_type=of(INT32))
    _, height, width, _ = s.unpack(f"{RESIZING}/unstack", shape, 4)
    high, wide = s.cast(f"{RESIZING}/ToFloat", height, FLOAT), s.cast(f"{RESIZING}/ToFloat_1", width, FLOAT)
    shares = []
    for number, (kind, side) in enumerate(zip(("Minimum", "Maximum"), blueprint.resizer.size, strict=True)):
        mark = "_1" if number else ""
        wanted = s.const(f"{RESIZING}/Const{mark}", float(side))
        shares.append(
            s.op(f"{RESIZING}/truediv{mark}", "RealDiv", wanted, s.op(f"{RESIZING}/{kind}", kind, high, wide))
        )
    share = s.op(f"{RESIZING}/Minimum_1", "Minimum", *shares)
    new = [_brought(s, mark, side, share) for mark, side in (("", high), ("_1", wide))]
    x = s.op(f"{RESIZING}/ResizeBilinear", "ResizeBilinear", picture, s.pack(f"{RESIZING}/stack", *new))
    if blueprint.resizer.pad:
        x = _padded(s, x, new, blueprint.resizer.size[1])
    real = [s.cast(f"{RESIZING}/ToFloat_{number + 2}", side, FLOAT) for number, side in enumerate(new)]
    return _scaled(s, x, blueprint), s.pack(f"{RESIZING}/stack_1", *real, *real)


def _sides(s: Stand, picture: Result) -> Result:
    """Return the (height, width, height, width) of the picture as the first stage sees it."""
    shape = s.op("Shape_2", "Shape", picture, dtype=INT32, out_type=of(INT32))
    sides = [s.cast(f"ToFloat_{axis}", s.sliced(f"strided_slice_{axis}", shape, [axis]), FLOAT) for axis in (1, 2)]
    return s.pack("stack", *sides, *sides)


def _brought(s: Stand, mark: str, side: Result, share: Result) -> Result:
    """Return a side that is brought to a share of it, in whole pixels."""
    product = s.op(f"{RESIZING}/mul{mark}", "Mul", side, share)
    return s.cast(f"{RESIZING}/ToInt32{mark}", s.op(f"{RESIZING}/Round{mark}", "Round", product), INT32)


def _padded(s: Stand, x: Result, new: list[Result], side: int) -> Result:
    missing = []
    for number, each in enumerate(new):
        mark = f"_{number}" if number else ""
        whole = s.const(f"{RESIZING}/sub{mark}/x", side, np.int32)
        missing.append(s.op(f"{RESIZING}/sub{mark}", "Sub", whole, each, dtype=INT32))
    none = s.const(f"{RESIZING}/Pad/none", 0, np.int32)
    pairs = [(none, none), (none, missing[0]), (none, missing[1]), (none, none)]
    rows = [s.pack(f"{RESIZING}/Pad/paddings/{number}", *pair) for number, pair in enumerate(pairs)]
    return s.op(f"{RESIZING}/Pad", "Pad", x, s.pack(f"{RESIZING}/Pad/paddings", *rows), Tpaddings=of(INT32))


def _scaled(s: Stand, x: Result, blueprint: FasterRcnnBlueprint) -> Result:
    if blueprint.normalisation.deviation != (1.0, 1.0, 1.0):
        x = s.op("Preprocessor/mul", "Mul", s.const("Preprocessor/mul/x", 2 / 255), x)
        return s.op("Preprocessor/sub", "Sub", x, s.const("Preprocessor/sub/y", 1.0))
    return s.op("Preprocessor/sub", "Sub", x, s.const("Preprocessor/sub/y", blueprint.normalisation.mean))


def _anchors(s: Stand, blueprint: FasterRcnnBlueprint, features: Result, frame: Result) -> Result:
    """Return the anchors (N, 4), clipped to the padded picture."""
    plan, at = blueprint.anchors, "GridAnchorGenerator"
    scales, ratios = list(plan.scales), list(plan.aspect_ratios)  # type: ignore[union-attr]
    shape = s.op("Shape_1", "Shape", features, dtype=INT32, out_type=of(INT32))
    scale = s.reshape(f"{at}/Meshgrid/Reshape", s.const(f"{at}/Meshgrid/Const", scales), [1, len(scales)])
    scale = s.reshape(f"{at}/Reshape", s.tile(f"{at}/Meshgrid/Tile", scale, [len(ratios), 1]), [-1])
    ratio = s.reshape(f"{at}/Meshgrid/Reshape_1", s.const(f"{at}/Meshgrid/Const_1", ratios), [len(ratios), 1])
    ratio = s.reshape(f"{at}/Reshape_1", s.tile(f"{at}/Meshgrid/Tile_1", ratio, [1, len(scales)]), [-1])
    root = s.op(f"{at}/Sqrt", "Sqrt", ratio)
    given = [
        s.cast(name, s.const(f"{name}/Const", pair, np.int32), FLOAT)
        for name, pair in (("base", plan.base), ("stride", plan.stride), ("offset", plan.offset))  # type: ignore[union-attr]
    ]
    parts = [s.sliced(f"{at}/strided_slice{f'_{n}' if n else ''}", given[k], [i]) for n, (k, i) in enumerate(ORDER)]
    tall = s.op(f"{at}/mul", "Mul", s.op(f"{at}/truediv", "RealDiv", scale, root), parts[0])
    broad = s.op(f"{at}/mul_2", "Mul", s.op(f"{at}/mul_1", "Mul", scale, root), parts[1])
    centres = [_centres(s, shape, axis, parts[2 + 2 * axis], parts[3 + 2 * axis]) for axis in (0, 1)]
    half = [
        s.op(f"{at}/mul_{7 + n}", "Mul", s.const(f"{at}/mul_{7 + n}/x", 0.5), x) for n, x in enumerate((tall, broad))
    ]
    ends = [s.op(f"{at}/{op}_{axis}", op, centres[axis], half[axis]) for op in ("Sub", "AddV2") for axis in (0, 1)]
    # Rows and columns come to the same shape by adding nothing of each other.
    nothing = [s.op(f"{at}/no_{n}", "Mul", x, s.const(f"{at}/no_{n}/y", 0.0)) for n, x in enumerate(ends[:2])]
    ends = [s.op(f"{at}/whole_{n}", "AddV2", x, nothing[1 - n % 2]) for n, x in enumerate(ends)]
    boxes = s.reshape(f"{at}/Reshape_2", s.pack(f"{at}/stack", *ends, axis=-1), [-1, 4])
    return _clipped(s, "ClipToWindow", boxes, frame)


ORDER = ((0, 0), (0, 1), (1, 0), (2, 0), (1, 1), (2, 1))
"""(which of base, stride and offset, which of height and width)."""


def _centres(s: Stand, shape: Result, axis: int, stride: Result, offset: Result) -> Result:
    at, mark = "GridAnchorGenerator", f"_{axis + 3}"
    limits = [s.const(f"{at}/range{mark}/{name}", value, np.int32) for name, value in (("start", 0), ("delta", 1))]
    count = s.sliced(f"count{mark}", shape, [axis + 1])
    steps = s.to.add("Range", [limits[0], count, limits[1]], INT32, {"Tidx": of(INT32)}, f"{at}/range{mark}")
    x = s.op(f"{at}/mul{mark}", "Mul", s.cast(f"{at}/ToFloat{mark}", steps, FLOAT), stride)
    x = s.op(f"{at}/add{mark}", "AddV2", x, offset)
    return s.reshape(f"{at}/Reshape{mark}", x, [-1, 1, 1] if axis == 0 else [1, -1, 1])


def _clipped(s: Stand, at: str, boxes: Result, frame: Result) -> Result:
    low = s.op(f"{at}/Maximum", "Maximum", boxes, s.const(f"{at}/Maximum/y", 0.0))
    return s.op(f"{at}/Minimum", "Minimum", low, frame)


MARKS, SCALES = ("", "_1", "_2", "_3"), (10, 10, 5, 5)
"""Of the encodings' y, x, height and width."""


def _decoded(s: Stand, at: str, encodings: Result, anchors: Result) -> Result:
    """Return corners (N, 4)."""
    top, left, bottom, right = s.unpack(f"{at}/corners", anchors, 4, axis=1)
    tall, broad = s.op(f"{at}/tall", "Sub", bottom, top), s.op(f"{at}/broad", "Sub", right, left)
    scaled = []
    for mark, x, scale in zip(MARKS, s.unpack(f"{at}/unstack", encodings, 4, axis=1), SCALES, strict=True):
        by = s.const(f"{at}/truediv{mark}/y", scale)
        scaled.append(s.op(f"{at}/truediv{mark}", "RealDiv", x, by))
    ends: list[list[Result]] = [[], []]
    for number, (low, side) in enumerate(((top, tall), (left, broad))):
        half = s.const(f"{at}/half_{number}", 0.5)
        centre = s.op(f"{at}/centre_{number}", "AddV2", low, s.op(f"{at}/middle_{number}", "Mul", side, half))
        centre = s.op(f"{at}/moved_{number}", "AddV2", centre, s.op(f"{at}/by_{number}", "Mul", scaled[number], side))
        grown = s.op(f"{at}/grown_{number}", "Mul", s.op(f"{at}/Exp_{number}", "Exp", scaled[2 + number]), side)
        reach = s.op(f"{at}/reach_{number}", "Mul", grown, half)
        ends[0].append(s.op(f"{at}/low_{number}", "Sub", centre, reach))
        ends[1].append(s.op(f"{at}/high_{number}", "AddV2", centre, reach))
    return s.pack(f"{at}/stack", *ends[0], *ends[1], axis=1)


def _with_area(s: Stand, at: str, boxes: Result) -> Result:
    """Return the rows of the boxes that have an area."""
    top, left, bottom, right = s.unpack(f"{at}/split", boxes, 4, axis=1)
    tall, broad = s.op(f"{at}/sub", "Sub", bottom, top), s.op(f"{at}/sub_1", "Sub", right, left)
    area = s.op(f"{at}/mul", "Mul", tall, broad)
    return s.where(at, s.op(f"{at}/Greater", "Greater", area, s.const(f"{at}/Greater/y", 0.0), dtype=BOOL))


Rule = tuple[float, float, int, int]
"""Score and IoU that are passed, boxes of a class, boxes in all."""


def _suppressed(
    s: Stand, scope: str, boxes: list[Result], scores: list[Result], rule: Rule, frame: Result, *, clip_first: bool
) -> tuple[Result, Result, Result]:
    """Return boxes, scores and classes from 0 of what stays, best first; `boxes` and `scores` are each class's."""
    at, kept = f"{scope}/{LOOP}", []
    for number, (mine, values) in enumerate(zip(boxes, scores, strict=True)):
        mark = f"_{number}" if number else ""
        mine = s.op(f"{at}/unstack{mark}", "Identity", mine)
        if clip_first:
            mine, values = _filtered(s, at, mark, mine, values, rule[0], frame)
        many = s.op(f"{at}/Size{mark}", "Size", values, dtype=INT32, out_type=of(INT32))
        limit = s.op(
            f"{at}/Minimum{mark}", "Minimum", s.const(f"{at}/Minimum{mark}/x", rule[2], np.int32), many, dtype=INT32
        )
        way = f"{at}/non_max_suppression{mark}"
        given = [mine, values, limit, s.const(f"{way}/iou_threshold", rule[1])]
        if not clip_first:
            given.append(s.const(f"{way}/score_threshold", rule[0]))
        op = "NonMaxSuppressionV2" if clip_first else "NonMaxSuppressionV3"
        rows = s.to.add(op, given, INT32, {"T": of(FLOAT), "T_threshold": of(FLOAT)}, f"{way}/{op}")
        chosen = s.gather(f"{at}/Gather{mark}/scores", values, rows)
        none = s.op(f"{at}/none{mark}", "Mul", chosen, s.const(f"{at}/none{mark}/y", 0.0))
        kind = s.op(f"{at}/add{mark}", "AddV2", none, s.const(f"{at}/add{mark}/y", float(number)))
        kept.append((s.gather(f"{at}/Gather{mark}/boxes", mine, rows), chosen, kind))
    columns = [
        _joined(s, f"{at}/Concatenate/concat_{n}", list(column)) for n, column in enumerate(zip(*kept, strict=True))
    ]
    if not clip_first:
        inside = _clipped(s, f"{at}/ClipToWindow", columns[0], frame)
        rows = _with_area(s, f"{at}/ClipToWindow/Area", inside)
        columns = [s.gather(f"{at}/ClipToWindow/Gather_{n}", x, rows) for n, x in enumerate((inside, *columns[1:]))]
    many = s.op(f"{at}/Size_all", "Size", columns[1], dtype=INT32, out_type=of(INT32))
    mark = f"_{len(boxes)}"
    total = s.op(
        f"{at}/Minimum{mark}", "Minimum", s.const(f"{at}/Minimum{mark}/x", rule[3], np.int32), many, dtype=INT32
    )
    best = s.op(f"{at}/SortByField/TopKV2", "TopKV2", columns[1], total, sorted={"b": True})
    order = Result(best.node, 1, INT32)
    top, values, kinds = (s.gather(f"{at}/SortByField/Gather_{n}", x, order) for n, x in enumerate(columns))
    return top, values, kinds


def _filtered(
    s: Stand, at: str, mark: str, boxes: Result, scores: Result, least: float, frame: Result
) -> tuple[Result, Result]:
    """Return the boxes of a sufficient score, clipped to the picture, that have an area then; and their scores."""
    way = f"{at}/FilterGreaterThan{mark}"
    enough = s.op(f"{way}/Greater", "Greater", scores, s.const(f"{way}/Greater/y", least), dtype=BOOL)
    rows = s.where(way, enough)
    boxes, scores = s.gather(f"{way}/Gather", boxes, rows), s.gather(f"{way}/Gather_1", scores, rows)
    inside = _clipped(s, f"{at}/ClipToWindow{mark}", boxes, frame)
    rows = _with_area(s, f"{at}/ClipToWindow{mark}/Area", inside)
    return s.gather(f"{at}/ClipToWindow{mark}/Gather", inside, rows), s.gather(
        f"{at}/ClipToWindow{mark}/Gather_1", scores, rows
    )


def _joined(s: Stand, name: str, parts: list[Result]) -> Result:
    if len(parts) == 1:
        return parts[0]
    axis = s.const(f"{name}/axis", 0, np.int32)
    return s.op(name, "ConcatV2", *parts, axis, N={"i": len(parts)}, Tidx=of(INT32))


def _proposals(
    s: Stand,
    blueprint: FasterRcnnBlueprint,
    first: Mapping[str, Result],
    sizes: tuple[Result, Result],
    *,
    clip_first: bool,
) -> Result:
    """Return the proposals (M, 4) in pixels; `sizes` are those of the picture, without its padding and with it."""
    anchors = _anchors(s, blueprint, first["features_0"], sizes[1])
    encodings = s.reshape("Squeeze", s.op("concat/concat", "Identity", first["box_encodings"]), [-1, 4])
    boxes = _decoded(s, "Decode", encodings, anchors)
    score = s.op("Softmax", "Softmax", s.op("concat_1/concat", "Identity", first["objectness"]))
    score = s.reshape("Reshape_9", s.sliced("strided_slice_10", score, [0, 0, 1]), [-1])
    own = blueprint.proposals
    rule = (own.score_threshold, own.iou_threshold, own.count, own.count)
    frame = sizes[1] if own.within_padding else sizes[0]
    return _suppressed(s, FIRST, [boxes], [score], rule, frame, clip_first=clip_first)[0]


def _crops(s: Stand, blueprint: FasterRcnnBlueprint, features: Result, relative: Result, mark: str = "") -> Result:
    at, own = f"CropAndResize{mark}", blueprint.crops
    top = s.unpack(f"{at}/unstack", relative, 4, axis=1)[0]
    zeros = s.op(f"{at}/mul", "Mul", top, s.const(f"{at}/mul/y", 0.0))
    given = [features, relative, s.cast(f"{at}/ToInt32", zeros, INT32)]
    given.append(s.const(f"{at}/crop_size", [own.size] * 2, np.int32))
    attributes = {"T": of(FLOAT), "method": {"s": b"bilinear"}, "extrapolation_value": {"f": 0.0}}
    x = s.to.add("CropAndResize", given, FLOAT, attributes, f"{at}/CropAndResize")
    pooling = sliding(FLOAT, own.pool_stride, b"VALID") | {"ksize": sides(own.pool_window)}
    return s.to.add("MaxPool", [x], FLOAT, pooling, f"MaxPool2D{mark}/MaxPool")


def _detections(
    s: Stand,
    blueprint: FasterRcnnBlueprint,
    second: Mapping[str, Result],
    boxes: Result,
    size: Result,
    *,
    clip_first: bool,
) -> tuple[Result, Result]:
    """Name the four outputs; return boxes relative to the picture, and their classes from 0."""
    classes, rule, masked = blueprint.num_classes, blueprint.suppression, blueprint.third_stage is not None
    at, suppression, coder = ("", BEFORE_MASKS, "Decode_1") if masked else (f"{AFTER}/", SECOND, f"{AFTER}/Decode")
    each = s.reshape(f"{at}Reshape", second["box_encodings"], [-1, 1 if blueprint.shared_boxes else classes, 4])
    repeated = s.reshape(
        f"{at}Reshape_2",
        s.tile(f"{at}Tile", s.reshape(f"{at}ExpandDims", boxes, [-1, 1, 4]), [1, classes, 1]),
        [-1, 4],
    )
    each = s.tile(f"{at}Tile_1", each, [1, classes if blueprint.shared_boxes else 1, 1])
    decoded = _decoded(s, coder, s.reshape(f"{at}Reshape_3", each, [-1, 4]), repeated)
    mine = s.unpack(f"{at}unstack", s.reshape(f"{at}Reshape_4", decoded, [-1, classes, 4]), classes, axis=1)
    logits = s.reshape(f"{at}Reshape_1", second["class_predictions_with_background"], [1, -1, classes + 1])
    logits = s.op(f"{at}scale_logits", "Mul", logits, s.const(f"{at}scale_logits/y", 1 / rule.logit_scale))
    converted = s.op(f"{at}convert_scores", {"SOFTMAX": "Softmax", "SIGMOID": "Sigmoid"}[rule.converter], logits)
    ends = [s.const(f"{at}Slice/{name}", value, np.int32) for name, value in (("begin", [0, 0, 1]), ("size", [-1] * 3))]
    scores = s.op(f"{at}Slice", "Slice", converted, *ends, Index=of(INT32))
    values = s.unpack(f"{at}unstack_1", s.reshape(f"{at}Reshape_5", scores, [-1, classes]), classes, axis=1)
    limits = (rule.score_threshold, rule.iou_threshold, rule.max_per_class, rule.max_total)
    found = _suppressed(s, suppression, mine, values, limits, size, clip_first=clip_first)
    framed = s.op(f"{suppression}/{LOOP}/ChangeCoordinateFrame/truediv", "RealDiv", found[0], size)
    s.op("detection_boxes", "Identity", s.reshape("boxes", framed, [1, -1, 4]))
    s.op("detection_scores", "Identity", s.reshape("scores", found[1], [1, -1]))
    counted = s.op("add", "AddV2", s.reshape("classes", found[2], [1, -1]), s.const("add/y", 1.0))
    s.op("detection_classes", "Identity", counted)
    number = s.op("number", "Size", found[1], dtype=INT32, out_type=of(INT32))
    s.op("num_detections", "Identity", s.reshape("numbers", s.cast("ToFloat_9", number, FLOAT), [1]))
    return framed, found[2]


def _masks(
    s: Stand,
    blueprint: FasterRcnnBlueprint,
    values: Mapping[str, npt.NDArray[Any]],
    crops: Result,
    classes: Result,
) -> None:
    """Look at the final boxes' crops with the second stage's weights, and name the masks of the boxes' classes."""
    if blueprint.third_stage is None or blueprint.masks is None:
        return
    second, (height, width) = blueprint.second_stage, blueprint.masks.size
    s.to.again, s.to.scope = True, "SecondStageFeatureExtractor_1"
    half = Network(second.nodes, {"features": second.outputs["features"]})
    features = write_network(s.to, half, values, crops, -1)["features"]
    s.to.scope = "SecondStageBoxPredictor_1"
    logits = write_network(s.to, blueprint.third_stage, values, features, -1)["masks"]
    s.to.again, s.to.scope = False, ""
    order = s.const("SecondStageBoxPredictor_1/transpose/perm", [0, 3, 1, 2], np.int32)
    turned = s.op("SecondStageBoxPredictor_1/transpose", "Transpose", logits, order, Tperm=of(INT32))
    if not blueprint.masks.agnostic and blueprint.num_classes > 1:
        index = _places(s, blueprint.num_classes, classes)
        turned = s.gather("GatherV2", s.reshape("Reshape_12", turned, [-1, height, width]), index)
    s.op("detection_masks", "Identity", s.reshape("masks", s.op("Sigmoid", "Sigmoid", turned), [1, -1, height, width]))


def _places(s: Stand, count: int, classes: Result) -> Result:
    """Return where the masks of these classes stand, each box having so many."""
    many = s.op("boxes_of_masks", "Size", classes, dtype=INT32, out_type=of(INT32))
    limits = [s.const(f"range_1/{name}", value, np.int32) for name, value in (("start", 0), ("delta", 1))]
    rows = s.to.add("Range", [limits[0], many, limits[1]], INT32, {"Tidx": of(INT32)}, "range_1")
    before = s.op("mul_2", "Mul", rows, s.const("mul_2/y", count, np.int32), dtype=INT32)
    return s.op("add_1", "AddV2", before, s.cast("Cast_9", s.reshape("Reshape_13", classes, [-1]), INT32), dtype=INT32)
