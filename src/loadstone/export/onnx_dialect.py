"""The vocabulary in ONNX's operations (opset 17). Whole numbers are int64."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from loadstone.blueprint.network import Network
from loadstone.export.dialect import Binary, Limits, Unary, Values
from loadstone.export.onnx_graph import FLOAT, INT64, UINT8, OnnxWriter, value_info
from loadstone.export.regions import regions_of

BINARY = {
    "add": "Add",
    "subtract": "Sub",
    "multiply": "Mul",
    "divide": "Div",
    "quotient": "Div",
    "maximum": "Max",
    "minimum": "Min",
    "less": "Less",
    "equal": "Equal",
    "and": "And",
}
FIRST, LAST = [0, 3, 1, 2], [0, 2, 3, 1]
"""Orders of axes that put the channels first, and last."""


class OnnxDialect:
    """An ONNX graph while it is written; a tensor is its name."""

    def __init__(self) -> None:
        self.to = OnnxWriter()
        self.inputs = [value_info("input_tensor", UINT8, (1, "height", "width", 3))]
        self.outputs: dict[str, tuple[int, ...]] = {}

    def picture(self) -> str:
        return "input_tensor"

    def constant(self, array: npt.ArrayLike) -> str:
        values = np.asarray(array)
        kind = {"f": np.float32, "i": np.int64, "b": np.bool_}[values.dtype.kind]
        return self.to.constant(np.ascontiguousarray(values, kind).reshape(values.shape))

    def network(self, network: Network, values: Values, x: str, batch: int = 1) -> dict[str, str]:
        from loadstone.export.onnx_network import write_network

        return write_network(self.to, network, values, x, batch)

    def real(self, x: str) -> str:
        return self.to.add("Cast", [x], to=FLOAT)

    def whole(self, x: str) -> str:
        return self.to.add("Cast", [x], to=INT64)

    def unary(self, kind: Unary, x: str) -> str:
        return self.to.add(kind.capitalize(), [x])

    def binary(self, kind: Binary, x: str, y: str) -> str:
        return self.to.add(BINARY[kind], [x, y])

    def where(self, condition: str, x: str, y: str) -> str:
        return self.to.add("Where", [condition, x, y])

    def softmax(self, x: str) -> str:
        return self.to.add("Softmax", [x], axis=-1)

    def reduce(self, kind: str, x: str, axis: int, *, keep: bool = False) -> str:
        if kind == "sum":
            return self.to.add("ReduceSum", [x, self.constant(np.array([axis]))], keepdims=int(keep))
        return self.to.add(f"Reduce{kind.capitalize()}", [x], axes=[axis], keepdims=int(keep))

    def sides(self, x: str) -> str:
        return self.to.add("Shape", [x], start=1, end=3)

    def gather(self, x: str, indices: str, axis: int = 0) -> str:
        return self.to.add("Gather", [x, indices], axis=axis)

    def reshape(self, x: str, sizes: Sequence[int]) -> str:
        return self.to.add("Reshape", [x, self.constant(np.array(sizes, np.int64))])

    def transpose(self, x: str, order: Sequence[int]) -> str:
        return self.to.add("Transpose", [x], perm=order)

    def concat(self, tensors: Sequence[str], axis: int = 0) -> str:
        return self.to.add("Concat", list(tensors), axis=axis)

    def top(self, x: str, count: int) -> tuple[str, str]:
        names = [self.to.fresh("values"), self.to.fresh("places")]
        self.to.add("TopK", [x, self.constant(np.array([count]))], names, axis=0, largest=1, sorted=1)
        return names[0], names[1]

    def best(self, x: str) -> str:
        return self.to.add("ArgMax", [x], axis=1, keepdims=0, select_last_index=0)

    def nonzero(self, mask: str) -> str:
        return self.reshape(self.to.add("NonZero", [mask]), [-1])

    def numbers(self, count: str) -> str:
        first, step = (self.constant(np.array(at)) for at in (0, 1))
        return self.to.add("Range", [first, self.to.add("Squeeze", [count]), step])

    def resize(self, x: str, size: str) -> str:
        x = self.transpose(x, FIRST)
        kept = self.to.add("Shape", [x], start=0, end=2)
        sizes = self.concat([kept, size])
        x = self.to.add("Resize", [x, "", "", sizes], mode="linear", coordinate_transformation_mode="asymmetric")
        return self.transpose(x, LAST)

    def pad(self, x: str, missing: str) -> str:
        pads = self.concat([self.constant(np.zeros(5, np.int64)), missing, self.constant(np.zeros(1, np.int64))])
        return self.to.add("Pad", [x, pads], mode="constant")

    def peaks(self, x: str, window: int) -> str:
        x = self.to.add("MaxPool", [self.transpose(x, FIRST)], kernel_shape=[window] * 2, auto_pad="SAME_UPPER")
        return self.transpose(x, LAST)

    def pool(self, x: str, window: int, stride: int) -> str:
        sides, steps = [window] * 2, [stride] * 2
        x = self.to.add("MaxPool", [self.transpose(x, FIRST)], kernel_shape=sides, strides=steps)
        return self.transpose(x, LAST)

    def suppress(
        self, boxes: str, scores: str, *, rule: Limits, shape: tuple[int, int], own_boxes: bool
    ) -> tuple[str, str]:
        count, classes = shape
        # Where each class has its own boxes, the classes are taken for pictures of one batch.
        boxes = self.transpose(boxes, [1, 0, 2]) if own_boxes else self.reshape(boxes, [1, count, 4])
        scores = self.transpose(scores, [1, 0])
        inputs = [
            boxes,
            self.reshape(scores, [classes, 1, count] if own_boxes else [1, classes, count]),
            self.constant(np.array([rule.most])),
            self.constant(np.array([rule.iou], np.float32)),
            self.constant(np.array([rule.score], np.float32)),
        ]
        found = self.to.add("NonMaxSuppression", inputs)
        rows, kinds = (self.gather(found, self.constant(np.array(at)), 1) for at in (2, 0 if own_boxes else 1))
        return rows, kinds

    def crops(self, features: str, boxes: str, size: int) -> str:
        # ONNX's half_pixel takes half a place off; its other mode makes regions one place wide at least.
        regions = self.binary("add", regions_of(self, features, boxes, size), self.constant(np.float32(0.5)))
        zeros = self.reduce("sum", self.binary("multiply", boxes, self.constant(np.float32(0))), 1)
        x = self.to.add(
            "RoiAlign",
            [self.transpose(features, FIRST), regions, self.whole(zeros)],
            coordinate_transformation_mode="half_pixel",
            output_height=size,
            output_width=size,
            sampling_ratio=1,
            spatial_scale=1.0,
            mode="avg",
        )
        return self.transpose(x, LAST)

    def output(self, name: str, x: str, shape: Sequence[int]) -> None:
        self.to.add("Reshape", [x, self.constant(np.array(shape, np.int64))], [name])
        self.outputs[name] = tuple(shape)
