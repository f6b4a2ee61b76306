"""A converted network in fewer bits: weights as halves, or convolutions in whole numbers of 8 bits.

What it is: for each convolution, its weights on a grid of 255 steps a channel, its input on one of 256 steps over the
range that a few pictures showed; OpenVINO then computes it in 8 bits where the processor can. What it is not: training.
The last convolution of each output stays as it is, since nothing behind it could make up for its steps.
Source of the grids: Jacob et al., 2018, section 3; `FakeQuantize` of OpenVINO's operation set.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.errors import SourceError
from loadstone.runtime.engine import SETTINGS, openvino

if TYPE_CHECKING:
    import numpy.typing as npt

PRECISIONS = ("float32", "float16", "int8")

NOTES = {
    "float16": "weights are rounded to half precision",
    "int8": "convolutions run in 8 bits where the processor can, their ranges taken from two made-up pictures; "
    "a later stage stays in float32",
}
"""What is said of a network that was made less precise."""

CONVOLUTIONS = ("Convolution", "GroupConvolution", "MatMul")
WEIGHTS = 1
"""The input of a convolution that holds its weights."""

SHORTEST = 8
"""Values of the shortest array that is rounded: scales of a resizing and values of a padding must stay as they are."""

SMALLEST = 1e-6
"""A range narrower than this has nothing to tell apart."""


@dataclass(frozen=True, slots=True)
class Range:
    """The least and the greatest value that an input took."""

    low: float
    high: float

    def grid(self) -> tuple[float, float]:
        """Return the ends of the 256 steps: from zero on, or as far below zero as above, zero being a step."""
        if self.low >= 0:
            return 0.0, max(self.high, SMALLEST)
        reach = max(-self.low, self.high, SMALLEST)
        return -reach, reach * 127 / 128


def check_precision(precision: str) -> None:
    """Raise `SourceError` for a word that names no precision."""
    if precision not in PRECISIONS:
        raise SourceError("there is no such precision", expected=" or ".join(PRECISIONS), found=repr(precision)[:80])


def in_precision(model: Any, precision: str, pictures: Iterable[npt.NDArray[np.uint8]]) -> Any:
    """Return the network in `float32` (as it is), `float16` or `int8`; `pictures` are uint8 (1, height, width, 3)."""
    if precision == "float16":
        return _halved(model)
    return _in_bytes(model, pictures) if precision == "int8" else model


def _halved(model: Any) -> Any:
    """Round every float array to half precision, where its values fit; what is shorter is no weights of anything."""
    ops = openvino().opset13
    for node in [node for node in model.get_ops() if _is_float_constant(node)]:
        values = node.get_data()
        if values.size >= SHORTEST and np.abs(values, dtype=np.float64).max(initial=0) < np.finfo(np.float16).max:
            half = ops.constant(np.ascontiguousarray(values.astype(np.float16)))
            _replace(node.output(0), ops.convert(half, "f32").output(0))
    return model


def _is_float_constant(node: Any) -> bool:
    return bool(node.get_type_name() == "Constant" and node.get_element_type().get_type_name() == "f32")


def _replace(old: Any, new: Any) -> None:
    for target in old.get_target_inputs():
        target.replace_source_output(new)


def _in_bytes(model: Any, pictures: Iterable[npt.NDArray[np.uint8]]) -> Any:
    ops = openvino().opset13
    chosen = list(_convolutions(model))
    ranges = _ranges(model, chosen, pictures)
    done: dict[tuple[str, int], Any] = {}
    for node, found in zip(chosen, ranges, strict=True):
        if not np.isfinite([found.low, found.high]).all():
            continue
        source = node.input_value(0)
        key = (source.get_node().get_friendly_name(), source.get_index())
        if key not in done:
            low, high = (ops.constant(np.array([end], np.float32)) for end in found.grid())
            done[key] = ops.fake_quantize(source, low, high, low, high, 256)
        node.input(0).replace_source_output(done[key].output(0))
        node.input(WEIGHTS).replace_source_output(_stepped_weights(ops, node).output(0))
    model.validate_nodes_and_infer_types()
    return model


def _stepped_weights(ops: Any, node: Any) -> Any:
    constant = node.input_value(WEIGHTS).get_node()
    values = constant.get_data()
    kept = _channel_axes(node, values)
    rest = tuple(axis for axis in range(values.ndim) if axis not in kept)
    reach = np.maximum(np.abs(values).max(axis=rest, keepdims=True), SMALLEST).astype(np.float32)
    low, high = ops.constant(-reach), ops.constant(reach)
    return ops.fake_quantize(constant.output(0), low, high, low, high, 255)


def _channel_axes(node: Any, values: npt.NDArray[Any]) -> tuple[int, ...]:
    """Return the axes of the weights that count output channels."""
    if node.get_type_name() == "GroupConvolution":
        return (0, 1)
    return (values.ndim - 1,) if node.get_type_name() == "MatMul" else (0,)


def _convolutions(model: Any) -> Iterator[Any]:
    """Yield the convolutions with constant weights that have another one behind them, on every way to an output."""
    last = _last(model)
    for node in model.get_ordered_ops():
        inner = node.get_type_name() in CONVOLUTIONS and node.get_friendly_name() not in last
        if inner and _is_float_constant(node.input_value(WEIGHTS).get_node()):
            yield node


def _last(model: Any) -> set[str]:
    """Return the names of the convolutions that an output reaches first, going backwards."""
    found: set[str] = set()
    seen: set[str] = set()
    waiting = list(model.get_results())
    while waiting:
        node = waiting.pop()
        for value in node.input_values():
            before = value.get_node()
            name = before.get_friendly_name()
            if before.get_type_name() in CONVOLUTIONS:
                found.add(name)
            elif name not in seen:
                seen.add(name)
                waiting.append(before)
    return found


def _ranges(model: Any, nodes: list[Any], pictures: Iterable[npt.NDArray[np.uint8]]) -> list[Range]:
    """Run the network on pictures, and return what each convolution's input ranged over."""
    ov = openvino()
    ops = ov.opset13
    results = []
    for node in nodes:
        source = node.input_value(0)
        axes = ops.constant(np.arange(len(source.get_partial_shape()), dtype=np.int64))
        results += [ops.result(ops.reduce_min(source, axes)), ops.result(ops.reduce_max(source, axes))]
    compiled = ov.Core().compile_model(ov.Model(results, model.get_parameters()), "CPU", SETTINGS)
    seen = np.array([[float(value) for value in compiled(picture).values()] for picture in pictures])
    lows, highs = seen[:, 0::2].min(axis=0), seen[:, 1::2].max(axis=0)
    return [Range(float(low), float(high)) for low, high in zip(lows, highs, strict=True)]
