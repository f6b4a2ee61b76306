"""A `Network` in ONNX's operations. Inside, maps are NCHW; they come and leave as NHWC, so no caller sees it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from loadstone.blueprint.network import Network, Node
from loadstone.blueprint.weights import value_of
from loadstone.errors import UnsupportedModelError
from loadstone.export.dialect import Values
from loadstone.export.onnx_graph import Attribute, OnnxWriter

Build = Callable[["_Site", Node, list[str]], str]
FIRST, LAST = [0, 3, 1, 2], [0, 2, 3, 1]


def write_network(to: OnnxWriter, network: Network, values: Values, x: str, batch: int) -> dict[str, str]:
    """Write the network behind a float32 tensor of `batch` rows; return its outputs by name."""
    site = _Site(to, values, x, batch)
    built: dict[int, str] = {}
    for position in sorted(network.reachable()):
        node = network.nodes[position]
        built[position] = BUILDERS[node.operation](site, node, [built[source] for source in node.inputs])
    return {name: site.last(built[at], network.nodes[at]) for name, at in network.outputs.items()}


class _Site:
    """What building a node needs."""

    def __init__(self, to: OnnxWriter, values: Values, x: str, batch: int) -> None:
        self.to = to
        self.values = values
        self.x = x
        self.batch = batch
        self._known: dict[tuple[str, str], str] = {}

    def value(self, node: Node, number: int) -> npt.NDArray[np.float32]:
        return np.asarray(value_of(node.variables[number], self.values), np.float32)

    def kernel(self, node: Node, number: int, order: tuple[int, ...] = (3, 2, 0, 1)) -> str:
        """Return a kernel's constant in ONNX's order, one for all nodes that share the variable."""
        key = (node.variables[number].key, str(order))
        if key not in self._known:
            array = self.value(node, number)
            array = array if array.ndim == 4 else array[None, None]
            self._known[key] = self.to.constant(np.ascontiguousarray(array.transpose(order)))
        return self._known[key]

    def vector(self, node: Node, number: int) -> str:
        """Return a vector's constant, one for all nodes that share the variable."""
        key = (node.variables[number].key, "vector")
        if key not in self._known:
            self._known[key] = self.to.constant(self.value(node, number))
        return self._known[key]

    def by_channels(self, node: Node, array: npt.ArrayLike) -> str:
        """Return one value, or one a channel, as a constant that broadcasts over NCHW maps or over rows."""
        shape = (1, -1) if len(node.shape) == 1 else (1, -1, 1, 1)
        return self.to.constant(np.asarray(array, np.float32).reshape(shape))

    def number(self, value: float) -> str:
        return self.to.constant(np.array(value, np.float32))

    def bias(self, node: Node, number: int) -> list[str]:
        """Return the node's variable of that number as a convolution's last input, if it has one."""
        return [self.vector(node, number)] if len(node.variables) > number else []

    def last(self, x: str, node: Node) -> str:
        """Return a map as NHWC; anything else as it is."""
        return self.to.add("Transpose", [x], perm=LAST) if len(node.shape) == 3 else x

    def reshape(self, x: str, shape: list[int]) -> str:
        return self.to.add("Reshape", [x, self.to.constant(np.array(shape, np.int64))])


def _input(site: _Site, node: Node, _: list[str]) -> str:
    return site.to.add("Transpose", [site.x], perm=FIRST) if len(node.shape) == 3 else site.x


def _window(node: Node) -> dict[str, Attribute]:
    """Return a sliding window's steps and padding."""
    stride, padding = node.attributes["stride"], node.attributes["padding"]
    steps: dict[str, Attribute] = {"strides": [stride, stride]}
    if isinstance(padding, int):
        return steps | {"pads": [padding] * 4}
    return steps | {"auto_pad": {"same": "SAME_UPPER", "valid": "VALID"}[padding]}


def _dilated(node: Node) -> dict[str, Any]:
    """Return a convolution's window. ONNX Runtime has no dilation with automatic padding; strides are 1 then."""
    dilation = node.attributes.get("dilation", 1)
    found: dict[str, Any] = _window(node) | {"dilations": [dilation] * 2}
    if dilation > 1 and found.pop("auto_pad", "") == "SAME_UPPER":
        around = [(side - 1) * dilation for side in node.variables[0].shape[:2]]
        begin = [side // 2 for side in around]
        found["pads"] = [*begin, *(side - first for side, first in zip(around, begin, strict=True))]
    return found


def _conv(site: _Site, node: Node, inputs: list[str]) -> str:
    attributes = _dilated(node) | {"group": node.attributes.get("groups", 1)}
    return site.to.add("Conv", [inputs[0], site.kernel(node, 0), *site.bias(node, 1)], **attributes)


def _conv_transpose(site: _Site, node: Node, inputs: list[str]) -> str:
    """The gradient of a "same" convolution from the larger map: its padding is cut off, the smaller half first."""
    # Kernels are (height, width, out, in) here and (in, out, height, width) there.
    kernel, stride = site.kernel(node, 0), node.attributes["stride"]
    padding = max(node.variables[0].shape[0] - stride, 0)
    begin, end = padding // 2, padding - padding // 2
    pads, steps = [begin, begin, end, end], [stride, stride]
    return site.to.add("ConvTranspose", [inputs[0], kernel, *site.bias(node, 1)], strides=steps, pads=pads)


def _by_channel(site: _Site, node: Node, x: str, bias: list[str]) -> str:
    """A depthwise convolution is one with a group a channel."""
    high, wide, channels, multiplier = node.variables[0].shape
    key = (node.variables[0].key, "group")
    if key not in site._known:
        kernel = site.value(node, 0).reshape(high, wide, 1, channels * multiplier)
        site._known[key] = site.to.constant(np.ascontiguousarray(kernel.transpose(3, 2, 0, 1)))
    attributes = _dilated(node) | {"group": channels}
    return site.to.add("Conv", [x, site._known[key], *bias], **attributes)


def _separable(site: _Site, node: Node, inputs: list[str]) -> str:
    x = _by_channel(site, node, inputs[0], [])
    return site.to.add("Conv", [x, site.kernel(node, 1), *site.bias(node, 2)])


def _batch_norm(site: _Site, node: Node, inputs: list[str]) -> str:
    first = 1 if node.attributes["scale"] else 0
    ones = np.ones(node.shape[-1] or 0, np.float32)
    gamma = site.vector(node, 0) if first else site.to.constant(ones)
    others = [site.vector(node, first + step) for step in range(3)]
    return site.to.add("BatchNormalization", [inputs[0], gamma, *others], epsilon=float(node.attributes["epsilon"]))


def _activation(site: _Site, node: Node, inputs: list[str]) -> str:
    kind, x = node.attributes["kind"], inputs[0]
    if kind == "relu6":
        return site.to.add("Clip", [x, site.number(0), site.number(6)])
    if kind == "softmax":
        return site.to.add("Softmax", [x], axis=1 if len(node.shape) == 3 else -1)
    if kind == "swish":
        return site.to.add("Mul", [x, site.to.add("Sigmoid", [x])])
    if kind in CURVES:
        return CURVES[kind](site, node, x)
    return site.to.add(ACTIVATIONS[kind], [x])


ACTIVATIONS = {
    "relu": "Relu",
    "sigmoid": "Sigmoid",
    "hard_swish": "HardSwish",
    "tanh": "Tanh",
    "softplus": "Softplus",
}


def _gelu(site: _Site, _: Node, x: str) -> str:
    share = site.to.add("Erf", [site.to.add("Mul", [x, site.number(np.sqrt(0.5))])])
    half = site.to.add("Mul", [x, site.number(0.5)])
    return site.to.add("Mul", [half, site.to.add("Add", [share, site.number(1)])])


def _gelu_tanh(site: _Site, _: Node, x: str) -> str:
    cube = site.to.add("Mul", [site.to.add("Mul", [x, x]), site.to.add("Mul", [x, site.number(0.044715)])])
    inner = site.to.add("Mul", [site.to.add("Add", [x, cube]), site.number(np.sqrt(2 / np.pi))])
    half = site.to.add("Mul", [x, site.number(0.5)])
    return site.to.add("Mul", [half, site.to.add("Add", [site.to.add("Tanh", [inner]), site.number(1)])])


CURVES: dict[str, Callable[[_Site, Node, str], str]] = {
    "hard_sigmoid": lambda site, _, x: site.to.add("HardSigmoid", [x], alpha=1 / 6, beta=0.5),
    "gelu": _gelu,
    "gelu_tanh": _gelu_tanh,
    "elu": lambda site, node, x: site.to.add("Elu", [x], alpha=float(node.attributes["alpha"])),
    "leaky_relu": lambda site, node, x: site.to.add("LeakyRelu", [x], alpha=float(node.attributes["alpha"])),
    "mish": lambda site, _, x: site.to.add("Mul", [x, site.to.add("Tanh", [site.to.add("Softplus", [x])])]),
}
"""Activations that are several operations, or one with attributes."""


def _layer_norm(site: _Site, node: Node, inputs: list[str]) -> str:
    """ONNX's own normalises the last axes, and the channels are the first here."""
    own, x = node.attributes, inputs[0]
    mean = site.to.add("ReduceMean", [x], axes=[1], keepdims=1)
    centred = site.to.add("Sub", [x, mean])
    spread = site.to.add("ReduceMean", [site.to.add("Mul", [centred, centred])], axes=[1], keepdims=1)
    deviation = site.to.add("Sqrt", [site.to.add("Add", [spread, site.number(own["epsilon"])])])
    x = site.to.add("Mul", [site.to.add("Div", [centred, deviation]), site.by_channels(node, site.value(node, 0))])
    return site.to.add("Add", [x, site.by_channels(node, site.value(node, 1))]) if own["center"] else x


def _affine(site: _Site, node: Node, inputs: list[str]) -> str:
    factor, offset = (site.by_channels(node, node.attributes[name]) for name in ("factor", "offset"))
    return site.to.add("Add", [site.to.add("Mul", [inputs[0], factor]), offset])


def _pad(site: _Site, node: Node, inputs: list[str]) -> str:
    (above, below), (left, right) = node.attributes["around"]
    pads = site.to.constant(np.array([0, 0, above, left, 0, 0, below, right], np.int64))
    return site.to.add("Pad", [inputs[0], pads], mode="constant")


def _crop(site: _Site, node: Node, inputs: list[str]) -> str:
    (above, _), (left, _) = node.attributes["around"]
    high, wide, _ = node.shape
    places = ([above, left], [above + (high or 0), left + (wide or 0)], [2, 3])
    return site.to.add("Slice", [inputs[0], *(site.to.constant(np.array(place, np.int64)) for place in places)])


def _slice(site: _Site, node: Node, inputs: list[str]) -> str:
    places = ([node.attributes["first"]], [node.attributes["last"]], [1])
    return site.to.add("Slice", [inputs[0], *(site.to.constant(np.array(place, np.int64)) for place in places)])


def _add(site: _Site, _: Node, inputs: list[str]) -> str:
    total = inputs[0]
    for x in inputs[1:]:
        total = site.to.add("Add", [total, x])
    return total


def _weighted_sum(site: _Site, node: Node, inputs: list[str]) -> str:
    weights = np.maximum(site.value(node, 0).astype(np.float64).reshape(-1), 0)
    weights = weights / (weights.sum() + node.attributes["epsilon"])
    parts = [site.to.add("Mul", [x, site.number(weight)]) for x, weight in zip(inputs, weights, strict=True)]
    return _add(site, node, parts)


def _upsample(site: _Site, node: Node, inputs: list[str]) -> str:
    factor = node.attributes["factor"]
    scales = site.to.constant(np.array([1, 1, factor, factor], np.float32))
    rule = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    return site.to.add("Resize", [inputs[0], "", scales], mode="nearest", **rule)


def _resize(site: _Site, node: Node, inputs: list[str]) -> str:
    height, width, channels = node.shape
    sizes = site.to.constant(np.array([site.batch, channels, height, width], np.int64))
    rule = {"coordinate_transformation_mode": "align_corners"}
    return site.to.add("Resize", [inputs[0], "", "", sizes], mode="linear", **rule)


def _pool(site: _Site, node: Node, inputs: list[str]) -> str:
    x, attributes = inputs[0], _window(node)
    padding = node.attributes["padding"]
    if isinstance(padding, int):
        del attributes["pads"]
        if padding and node.operation == "average_pool":
            raise UnsupportedModelError("an average pool with explicit padding has no form in ONNX here")
        if padding:
            pads = site.to.constant(np.array([0, 0, padding, padding] * 2, np.int64))
            x = site.to.add("Pad", [x, pads], mode="constant")
    if around := node.attributes.get("around"):
        # Pads of a maximum never win in ONNX.
        attributes = {"strides": attributes["strides"], "pads": [ends[at] for at in (0, 1) for ends in around]}
    op = "MaxPool" if node.operation == "max_pool" else "AveragePool"
    window: dict[str, Any] = attributes | {"kernel_shape": [node.attributes["window"]] * 2}
    return site.to.add(op, [x], **window)


def _mean(site: _Site, node: Node, inputs: list[str]) -> str:
    return site.to.add("ReduceMean", [inputs[0]], axes=[2, 3], keepdims=int(node.attributes["keep_sides"]))


def _dense(site: _Site, node: Node, inputs: list[str]) -> str:
    if len(node.shape) == 3:
        return site.to.add("Conv", [inputs[0], site.kernel(node, 0), *site.bias(node, 1)])
    product = site.to.add("MatMul", [inputs[0], site.vector(node, 0)])
    return site.to.add("Add", [product, site.vector(node, 1)])


def _flatten(site: _Site, node: Node, inputs: list[str]) -> str:
    return site.reshape(site.to.add("Transpose", inputs, perm=LAST), [site.batch, node.shape[0] or 0])


def _reshape(site: _Site, node: Node, inputs: list[str]) -> str:
    x = site.to.add("Transpose", inputs, perm=LAST)
    return site.to.add("Transpose", [site.reshape(x, [site.batch, *(side or 0 for side in node.shape)])], perm=FIRST)


def _transpose(site: _Site, node: Node, inputs: list[str]) -> str:
    order = np.array(LAST)[[0, *(axis + 1 for axis in node.attributes["axes"])]][FIRST]
    return site.to.add("Transpose", inputs, perm=order.tolist())


def _matmul(site: _Site, _: Node, inputs: list[str]) -> str:
    x = site.to.add("MatMul", [site.to.add("Transpose", [one], perm=LAST) for one in inputs])
    return site.to.add("Transpose", [x], perm=FIRST)


def _rows(site: _Site, node: Node, inputs: list[str]) -> str:
    shape = [site.batch, -1, node.attributes["columns"]]
    rows = [site.reshape(site.to.add("Transpose", [x], perm=LAST), shape) for x in inputs]
    return site.to.add("Concat", rows, axis=1) if len(rows) > 1 else rows[0]


BUILDERS: dict[str, Build] = {
    "input": _input,
    "conv": _conv,
    "conv_transpose": _conv_transpose,
    "depthwise": lambda site, node, inputs: _by_channel(site, node, inputs[0], site.bias(node, 1)),
    "separable": _separable,
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "channel_scale": lambda site, node, inputs: site.to.add(
        "Mul", [inputs[0], site.by_channels(node, site.value(node, 0))]
    ),
    "channel_offset": lambda site, node, inputs: site.to.add(
        "Add", [inputs[0], site.by_channels(node, site.value(node, 0))]
    ),
    "slice": _slice,
    "affine": _affine,
    "dropout": lambda _, __, inputs: inputs[0],
    "pad": _pad,
    "crop": _crop,
    "activation": _activation,
    "add": _add,
    "multiply": lambda site, _, inputs: site.to.add("Mul", inputs),
    "scale": lambda site, node, inputs: site.to.add("Mul", [inputs[0], site.number(node.attributes["factor"])]),
    "concat": lambda site, _, inputs: site.to.add("Concat", inputs, axis=1),
    "upsample": _upsample,
    "max_pool": _pool,
    "average_pool": _pool,
    "mean": _mean,
    "weighted_sum": _weighted_sum,
    "dense": _dense,
    "flatten": _flatten,
    "resize": _resize,
    "reshape": _reshape,
    "transpose": _transpose,
    "matmul": _matmul,
    "rows": _rows,
}
"""Operation → how it is written; the operations are those of blueprint/network.py."""
