"""The vocabulary in TensorFlow's operations, all of TensorFlow 1.14 or older but `SelectV2` and `AddV2` (2019).

Whole numbers are int32. Suppression is one `NonMaxSuppressionV3` a class, which OpenVINO's reader knows as well;
`CombinedNonMaxSuppression` would be one operation, but it counts boxes outside the picture among those it keeps.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from loadstone.blueprint.network import Network
from loadstone.export.dialect import Binary, Limits, Unary, Values
from loadstone.export.tensorflow_graph import BOOL, FLOAT, INT32, INT64, UINT8, GraphWriter, Result

BINARY = {
    "add": "AddV2",
    "subtract": "Sub",
    "multiply": "Mul",
    "divide": "RealDiv",
    "quotient": "FloorDiv",
    "maximum": "Maximum",
    "minimum": "Minimum",
    "less": "Less",
    "equal": "Equal",
    "and": "LogicalAnd",
}


def of(dtype: int) -> dict[str, Any]:
    """Return the attribute that names a type."""
    return {"type": dtype}


class TensorFlowDialect:
    """A TensorFlow graph while it is written."""

    def __init__(self) -> None:
        self.to = GraphWriter()
        self.outputs: dict[str, Result] = {}
        self.shapes: dict[str, tuple[int, ...]] = {}

    def picture(self) -> Result:
        found = self.to.argument("input_tensor", UINT8, (1, -1, -1, 3))
        # Frozen graphs of TensorFlow 1 are fed at `image_tensor`; a session may feed any tensor, so both names serve.
        return self.to.add("Identity", [found], UINT8, {"T": of(UINT8)}, "image_tensor")

    def constant(self, array: npt.ArrayLike) -> Result:
        values = np.asarray(array)
        kind = {"f": np.float32, "i": np.int32, "b": np.bool_}[values.dtype.kind]
        return self.to.constant(np.ascontiguousarray(values, kind).reshape(values.shape))

    def network(self, network: Network, values: Values, x: Result, batch: int = 1) -> dict[str, Result]:
        from loadstone.export.tensorflow_network import write_network

        return write_network(self.to, network, values, x, batch)

    def real(self, x: Result) -> Result:
        return self._cast(x, FLOAT)

    def whole(self, x: Result) -> Result:
        return self._cast(x, INT32)

    def _cast(self, x: Result, dtype: int) -> Result:
        return self.to.add("Cast", [x], dtype, {"SrcT": of(x.dtype), "DstT": of(dtype)})

    def unary(self, kind: Unary, x: Result) -> Result:
        return self.to.add(kind.capitalize(), [x], x.dtype, {"T": of(x.dtype)})

    def binary(self, kind: Binary, x: Result, y: Result) -> Result:
        attributes = {} if kind == "and" else {"T": of(x.dtype)}
        return self.to.add(BINARY[kind], [x, y], BOOL if kind in ("less", "equal", "and") else x.dtype, attributes)

    def where(self, condition: Result, x: Result, y: Result) -> Result:
        return self.to.add("SelectV2", [condition, x, y], x.dtype, {"T": of(x.dtype)})

    def softmax(self, x: Result) -> Result:
        return self.to.add("Softmax", [x], x.dtype, {"T": of(x.dtype)})

    def reduce(self, kind: str, x: Result, axis: int, *, keep: bool = False) -> Result:
        attributes = {"T": of(x.dtype), "Tidx": of(INT32), "keep_dims": {"b": keep}}
        return self.to.add(kind.capitalize(), [x, self.constant(np.array([axis]))], x.dtype, attributes)

    def sides(self, x: Result) -> Result:
        shape = self.to.add("Shape", [x], INT32, {"T": of(x.dtype), "out_type": of(INT32)})
        return self.gather(shape, self.constant(np.array([1, 2])))

    def gather(self, x: Result, indices: Result, axis: int = 0) -> Result:
        attributes = {"Tparams": of(x.dtype), "Tindices": of(INT32), "Taxis": of(INT32), "batch_dims": {"i": 0}}
        return self.to.add("GatherV2", [x, indices, self.constant(np.array(axis))], x.dtype, attributes)

    def reshape(self, x: Result, sizes: Sequence[int]) -> Result:
        attributes = {"T": of(x.dtype), "Tshape": of(INT32)}
        return self.to.add("Reshape", [x, self.constant(np.array(sizes, np.int32))], x.dtype, attributes)

    def transpose(self, x: Result, order: Sequence[int]) -> Result:
        attributes = {"T": of(x.dtype), "Tperm": of(INT32)}
        return self.to.add("Transpose", [x, self.constant(np.array(order))], x.dtype, attributes)

    def concat(self, tensors: Sequence[Result], axis: int = 0) -> Result:
        if len(tensors) == 1:
            return tensors[0]
        first = tensors[0]
        attributes = {"T": of(first.dtype), "N": {"i": len(tensors)}, "Tidx": of(INT32)}
        return self.to.add("ConcatV2", [*tensors, self.constant(np.array(axis))], first.dtype, attributes)

    def top(self, x: Result, count: int) -> tuple[Result, Result]:
        attributes = {"T": of(x.dtype), "sorted": {"b": True}}
        values = self.to.add("TopKV2", [x, self.constant(np.array(count))], x.dtype, attributes)
        return values, Result(values.node, 1, INT32)

    def best(self, x: Result) -> Result:
        attributes = {"T": of(x.dtype), "Tidx": of(INT32), "output_type": of(INT64)}
        return self.whole(self.to.add("ArgMax", [x, self.constant(np.array(1))], INT64, attributes))

    def nonzero(self, mask: Result) -> Result:
        found = self.to.add("Where", [mask], INT64, {"T": of(BOOL)})
        return self.reshape(self.whole(found), [-1])

    def numbers(self, count: Result) -> Result:
        first, step = (self.constant(np.array(at)) for at in (0, 1))
        return self.to.add("Range", [first, self.reshape(count, []), step], INT32, {"Tidx": of(INT32)})

    def resize(self, x: Result, size: Result) -> Result:
        attributes = {"T": of(x.dtype), "align_corners": {"b": False}, "half_pixel_centers": {"b": False}}
        return self.to.add("ResizeBilinear", [x, size], FLOAT, attributes)

    def pad(self, x: Result, missing: Result) -> Result:
        below, right = (self.gather(missing, self.constant(np.array([at]))) for at in (0, 1))
        none = self.constant(np.zeros(3, np.int32))
        one = self.constant(np.zeros(1, np.int32))
        paddings = self.reshape(self.concat([none, below, one, right, self.constant(np.zeros(2, np.int32))]), [4, 2])
        return self.to.add("Pad", [x, paddings], x.dtype, {"T": of(x.dtype), "Tpaddings": of(INT32)})

    def peaks(self, x: Result, window: int) -> Result:
        return self._pooled(x, window, 1, b"SAME")

    def pool(self, x: Result, window: int, stride: int) -> Result:
        return self._pooled(x, window, stride, b"VALID")

    def _pooled(self, x: Result, window: int, stride: int, padding: bytes) -> Result:
        return self.to.add("MaxPool", [x], x.dtype, sliding(x.dtype, stride, padding) | {"ksize": sides(window)})

    def suppress(
        self, boxes: Result, scores: Result, *, rule: Limits, shape: tuple[int, int], own_boxes: bool
    ) -> tuple[Result, Result]:
        rows, kinds = [], []
        for number in range(shape[1]):
            column = self.constant(np.array([number]))
            mine = self.reshape(self.gather(boxes, column, 1), [-1, 4]) if own_boxes else boxes
            found = self._suppressed(mine, self.reshape(self.gather(scores, column, 1), [-1]), rule)
            rows.append(found)
            zeros = self.binary("multiply", found, self.constant(np.array(0)))
            kinds.append(self.binary("add", zeros, self.constant(np.array(number))))
        return self.concat(rows), self.concat(kinds)

    def _suppressed(self, boxes: Result, scores: Result, rule: Limits) -> Result:
        inputs = [
            boxes,
            scores,
            self.constant(np.array(rule.most)),
            self.constant(np.float32(rule.iou)),
            self.constant(np.float32(rule.score)),
        ]
        attributes = {"T": of(FLOAT), "T_threshold": of(FLOAT)}
        return self.to.add("NonMaxSuppressionV3", inputs, INT32, attributes)

    def crops(self, features: Result, boxes: Result, size: int) -> Result:
        zeros = self.reduce("sum", self.binary("multiply", boxes, self.constant(np.float32(0))), 1)
        inputs = [features, boxes, self.whole(zeros), self.constant(np.array([size, size]))]
        attributes = {"T": of(FLOAT), "method": {"s": b"bilinear"}, "extrapolation_value": {"f": 0.0}}
        return self.to.add("CropAndResize", inputs, FLOAT, attributes)

    def output(self, name: str, x: Result, shape: Sequence[int]) -> None:
        shaped = self.reshape(x, shape)
        self.outputs[name] = self.to.add("Identity", [shaped], x.dtype, {"T": of(x.dtype)}, name)
        self.shapes[name] = tuple(shape)


def sides(height: int, width: int | None = None) -> dict[str, Any]:
    """Return the attribute of a window or step over a map."""
    return {"list": {"i": [1, height, height if width is None else width, 1]}}


def sliding(dtype: int, stride: int, padding: bytes) -> dict[str, Any]:
    """Return the attributes that all sliding windows have."""
    return {"T": of(dtype), "strides": sides(stride), "padding": {"s": padding}, "data_format": {"s": b"NHWC"}}
