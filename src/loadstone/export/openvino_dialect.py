"""The vocabulary in OpenVINO's operations (opset 13)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from loadstone.blueprint.faster_rcnn_parts import Crops
from loadstone.blueprint.network import Network
from loadstone.export.dialect import Binary, Limits, Tensor, Unary, Values
from loadstone.export.regions import regions_of
from loadstone.runtime.engine import openvino
from loadstone.runtime.openvino.openvino_crops import crop_and_pool
from loadstone.runtime.openvino.openvino_network import attach


class OpenVinoDialect:
    """An OpenVINO model while it is written."""

    def __init__(self) -> None:
        openvino()
        ops = openvino().opset13

        self.ops = ops
        self.inputs: list[Any] = []
        self.outputs: dict[str, Any] = {}

    def model(self, name: str) -> Any:
        """Return what was written."""
        results = []
        for title, tensor in self.outputs.items():
            result = self.ops.result(tensor, name=title)
            result.output(0).set_names({title})
            results.append(result)
        return openvino().Model(results, self.inputs, name)

    def picture(self) -> Tensor:
        shape = openvino().PartialShape([1, -1, -1, 3])
        picture = self.ops.parameter(shape, np.uint8, name="input_tensor")
        picture.output(0).set_names({"input_tensor"})
        self.inputs.append(picture)
        return picture

    def constant(self, array: npt.ArrayLike) -> Tensor:
        values = np.asarray(array)
        kind = {"f": np.float32, "i": np.int64, "b": np.bool_}[values.dtype.kind]
        return self.ops.constant(np.ascontiguousarray(values, kind).reshape(values.shape))

    def network(self, network: Network, values: Values, x: Tensor, batch: int = 1) -> dict[str, Tensor]:
        return attach(network, values, x)

    def real(self, x: Tensor) -> Tensor:
        return self.ops.convert(x, "f32")

    def whole(self, x: Tensor) -> Tensor:
        return self.ops.convert(x, "i64")

    def unary(self, kind: Unary, x: Tensor) -> Tensor:
        if kind == "round":
            return self.ops.round(x, "half_to_even")
        return getattr(self.ops, kind)(x)

    def binary(self, kind: Binary, x: Tensor, y: Tensor) -> Tensor:
        return _BINARY[kind](self.ops)(x, y)

    def where(self, condition: Tensor, x: Tensor, y: Tensor) -> Tensor:
        return self.ops.select(condition, x, y)

    def softmax(self, x: Tensor) -> Tensor:
        return self.ops.softmax(x, -1)

    def reduce(self, kind: str, x: Tensor, axis: int, *, keep: bool = False) -> Tensor:
        return getattr(self.ops, f"reduce_{kind}")(x, self.constant(np.array([axis])), keep)

    def sides(self, x: Tensor) -> Tensor:
        return self.gather(self.ops.shape_of(x), self.constant(np.array([1, 2])))

    def gather(self, x: Tensor, indices: Tensor, axis: int = 0) -> Tensor:
        return self.ops.gather(x, indices, self.constant(np.array(axis)))

    def reshape(self, x: Tensor, sizes: Sequence[int]) -> Tensor:
        return self.ops.reshape(x, self.constant(np.array(sizes, np.int64)), False)

    def transpose(self, x: Tensor, order: Sequence[int]) -> Tensor:
        return self.ops.transpose(x, self.constant(np.array(order)))

    def concat(self, tensors: Sequence[Tensor], axis: int = 0) -> Tensor:
        return self.ops.concat(list(tensors), axis)

    def top(self, x: Tensor, count: int) -> tuple[Tensor, Tensor]:
        found = self.ops.topk(x, self.constant(np.array(count)), 0, "max", "value", "i64", stable=True)
        return found.output(0), found.output(1)

    def best(self, x: Tensor) -> Tensor:
        found = self.ops.topk(x, self.constant(np.array(1)), -1, "max", "value", "i64", stable=True)
        return self.reshape(found.output(1), [-1])

    def nonzero(self, mask: Tensor) -> Tensor:
        return self.reshape(self.ops.non_zero(mask, "i64"), [-1])

    def numbers(self, count: Tensor) -> Tensor:
        first, step = (self.constant(np.array(at)) for at in (0, 1))
        return self.ops.range(first, self.ops.reshape(count, self.constant(np.array([], np.int64)), False), step, "i64")

    def resize(self, x: Tensor, size: Tensor) -> Tensor:
        sides = self.constant(np.array([1, 2]))
        return self.ops.interpolate(x, size, "linear", "sizes", [0, 0], [0, 0], "asymmetric", axes=sides)

    def pad(self, x: Tensor, missing: Tensor) -> Tensor:
        zero = self.constant(np.array([0]))
        end = self.concat([zero, missing, zero])
        return self.ops.pad(x, self.constant(np.zeros(4, np.int64)), end, "constant", self.constant(np.float32(0)))

    def peaks(self, x: Tensor, window: int) -> Tensor:
        return self._pooled(x, window, 1, "same_upper")

    def pool(self, x: Tensor, window: int, stride: int) -> Tensor:
        return self._pooled(x, window, stride, "valid")

    def _pooled(self, x: Tensor, window: int, stride: int, padding: str) -> Tensor:
        sides, steps = [window, window], [stride, stride]
        x = self.transpose(x, [0, 3, 1, 2])
        x = self.ops.max_pool(x, steps, [1, 1], [0, 0], [0, 0], sides, "floor", padding, "i64").output(0)
        return self.transpose(x, [0, 2, 3, 1])

    def suppress(
        self, boxes: Tensor, scores: Tensor, *, rule: Limits, shape: tuple[int, int], own_boxes: bool
    ) -> tuple[Tensor, Tensor]:
        count, classes = shape
        own = own_boxes
        # Where each class has its own boxes, the classes are taken for pictures of one batch.
        boxes = self.transpose(boxes, [1, 0, 2]) if own else self.reshape(boxes, [1, count, 4])
        scores = self.transpose(scores, [1, 0])
        found = self.ops.non_max_suppression(
            boxes,
            self.reshape(scores, [classes, 1, count] if own else [1, classes, count]),
            max_output_boxes_per_class=self.constant(np.array(rule.most)),
            iou_threshold=self.constant(np.float32(rule.iou)),
            score_threshold=self.constant(np.float32(rule.score)),
            box_encoding="corner",
            sort_result_descending=False,
            output_type="i64",
        ).output(0)
        rows, kinds = (self.gather(found, self.constant(np.array(at)), 1) for at in (2, 0 if own else 1))
        return rows, kinds

    def crops(self, features: Tensor, boxes: Tensor, size: int) -> Tensor:
        return crop_and_pool(features, regions_of(self, features, boxes, size), Crops(size, 1, 1))

    def output(self, name: str, x: Tensor, shape: Sequence[int]) -> None:
        self.outputs[name] = self.reshape(x, shape)


_BINARY: dict[str, Callable[[Any], Any]] = {
    "add": lambda ops: ops.add,
    "subtract": lambda ops: ops.subtract,
    "multiply": lambda ops: ops.multiply,
    "divide": lambda ops: ops.divide,
    "maximum": lambda ops: ops.maximum,
    "minimum": lambda ops: ops.minimum,
    "less": lambda ops: ops.less,
    "equal": lambda ops: ops.equal,
    "and": lambda ops: ops.logical_and,
    "quotient": lambda ops: ops.divide,
}
