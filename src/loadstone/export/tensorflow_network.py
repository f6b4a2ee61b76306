"""A `Network` in TensorFlow's operations, NHWC. Constants bear the variables' own names, so that they can be found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from loadstone.blueprint.network import Network, Node
from loadstone.blueprint.weights import value_of
from loadstone.export.dialect import Values
from loadstone.export.tensorflow_dialect import of, sides, sliding
from loadstone.export.tensorflow_graph import FLOAT, INT32, GraphWriter, Result, floats

Build = Callable[["_Site", Node, list[Result]], Result]


def write_network(to: GraphWriter, network: Network, values: Values, x: Result, batch: int) -> dict[str, Result]:
    """Write the network behind a float32 tensor of `batch` rows; return its outputs by name."""
    site = _Site(to, values, x, batch)
    built: dict[int, Result] = {}
    for position in sorted(network.reachable()):
        node = network.nodes[position]
        built[position] = BUILDERS[node.operation](site, node, [built[source] for source in node.inputs])
    return {name: built[position] for name, position in network.outputs.items()}


class _Site:
    """What building a node needs."""

    def __init__(self, to: GraphWriter, values: Values, x: Result, batch: int) -> None:
        self.to = to
        self.values = values
        self.x = x
        self.batch = batch
        self._known: dict[tuple[str, str], Result] = {}

    def weight(self, node: Node, number: int, change: str = "") -> Result:
        """Return a variable's constant, one for all nodes that share it; `change` names another form of it."""
        variable = node.variables[number]
        if (variable.key, change) not in self._known:
            array = floats(value_of(variable, self.values))
            shaped = array.reshape(1, 1, *array.shape) if change == "window" else array
            self._known[variable.key, change] = self.to.constant(shaped, variable.name)
        return self._known[variable.key, change]

    def numbers(self, array: npt.ArrayLike) -> Result:
        return self.to.constant(np.asarray(array, np.int32))

    def add(self, op: str, inputs: list[Result], **attributes: Any) -> Result:
        """Add an operation of one type."""
        return self.to.add(op, inputs, FLOAT, {"T": of(FLOAT), **attributes})

    def bias(self, x: Result, node: Node, number: int) -> Result:
        """Add the node's variable of that number, if it has one, along the channels."""
        if len(node.variables) <= number:
            return x
        return self.add("BiasAdd", [x, self.weight(node, number)], data_format={"s": b"NHWC"})


def _window(site: _Site, node: Node, x: Result) -> tuple[Result, dict[str, Any]]:
    """Return the tensor, with zeros around it where the padding is a number, and the attributes of the window."""
    padding = node.attributes["padding"]
    if isinstance(padding, int):
        if padding:
            around = [[0, 0], [padding, padding], [padding, padding], [0, 0]]
            x = site.add("Pad", [x, site.numbers(around)], Tpaddings=of(INT32))
        padding = "valid"
    return x, sliding(FLOAT, node.attributes["stride"], padding.upper().encode())


def _conv(site: _Site, node: Node, inputs: list[Result]) -> Result:
    x, attributes = _window(site, node, inputs[0])
    attributes["dilations"] = sides(node.attributes.get("dilation", 1))
    if (groups := node.attributes.get("groups", 1)) > 1:
        return site.bias(_grouped(site, node, x, attributes, groups), node, 1)
    return site.bias(
        site.to.add("Conv2D", [x, site.weight(node, 0)], FLOAT, attributes, f"{node.name}/Conv2D"), node, 1
    )


def _grouped(site: _Site, node: Node, x: Result, attributes: dict[str, Any], groups: int) -> Result:
    """Write a convolution a group: TensorFlow's own has no groups on every device, nor in every reader."""
    kernel = floats(value_of(node.variables[0], site.values))
    inner, outer = kernel.shape[2], kernel.shape[3] // groups
    parts = []
    for group in range(groups):
        own = site.to.constant(np.ascontiguousarray(kernel[..., group * outer : (group + 1) * outer]))
        begin, size = site.numbers([0, 0, 0, group * inner]), site.numbers([-1, -1, -1, inner])
        part = site.add("Slice", [x, begin, size], Index=of(INT32))
        parts.append(site.to.add("Conv2D", [part, own], FLOAT, attributes, f"{node.name}/Conv2D_{group}"))
    return _concat(site, parts, 3)


def _conv_transpose(site: _Site, node: Node, inputs: list[Result]) -> Result:
    size = site.numbers([site.batch, *(side or 0 for side in node.shape)])
    attributes = sliding(FLOAT, node.attributes["stride"], b"SAME") | {"dilations": sides(1)}
    read = [size, site.weight(node, 0), inputs[0]]
    return site.bias(site.to.add("Conv2DBackpropInput", read, FLOAT, attributes, f"{node.name}/deconv"), node, 1)


def _by_channel(site: _Site, node: Node, inputs: list[Result]) -> Result:
    x, attributes = _window(site, node, inputs[0])
    attributes["dilations"] = sides(1)
    dilation = node.attributes.get("dilation", 1)
    kernel = site.weight(node, 0) if dilation == 1 else site.to.constant(_spread(site, node, dilation))
    return site.to.add("DepthwiseConv2dNative", [x, kernel], FLOAT, attributes, f"{node.name}/depthwise")


def _spread(site: _Site, node: Node, dilation: int) -> npt.NDArray[np.float32]:
    """Return a kernel with zeros between its places: TensorFlow's depthwise kernels on processors do not dilate."""
    kernel = floats(value_of(node.variables[0], site.values))
    high, wide = ((side - 1) * dilation + 1 for side in kernel.shape[:2])
    spread = np.zeros((high, wide, *kernel.shape[2:]), np.float32)
    spread[::dilation, ::dilation] = kernel
    return spread


def _separable(site: _Site, node: Node, inputs: list[Result]) -> Result:
    x = _by_channel(site, node, inputs)
    attributes = sliding(FLOAT, 1, b"VALID") | {"dilations": sides(1)}
    x = site.to.add("Conv2D", [x, site.weight(node, 1)], FLOAT, attributes, f"{node.name}/pointwise")
    return site.bias(x, node, 2)


def _batch_norm(site: _Site, node: Node, inputs: list[Result]) -> Result:
    first = 1 if node.attributes["scale"] else 0
    beta, mean, variance = (site.weight(node, first + step) for step in range(3))
    if first:
        gamma = site.weight(node, 0)
    else:
        gamma = site.to.constant(np.ones(node.shape[-1] or 0, np.float32), f"{node.name}/ones")
    x = inputs[0]
    if len(node.shape) == 1:
        x = _reshaped(site, x, [site.batch, 1, 1, node.shape[0] or 0])
    attributes = {
        "T": of(FLOAT),
        "U": of(FLOAT),
        "epsilon": {"f": node.attributes["epsilon"]},
        "is_training": {"b": False},
        "data_format": {"s": b"NHWC"},
    }
    x = site.to.add("FusedBatchNormV3", [x, gamma, beta, mean, variance], FLOAT, attributes, f"{node.name}/norm")
    return _reshaped(site, x, [site.batch, node.shape[0] or 0]) if len(node.shape) == 1 else x


def _activation(site: _Site, node: Node, inputs: list[Result]) -> Result:
    kind, x = node.attributes["kind"], inputs[0]
    if kind == "swish":
        return site.add("Mul", [x, site.add("Sigmoid", [x])])
    if kind == "hard_swish":
        gate = site.add("Relu6", [site.add("AddV2", [x, site.to.constant(np.array(3, np.float32))])])
        gate = site.add("Mul", [gate, site.to.constant(np.array(1 / 6, np.float32))])
        return site.add("Mul", [x, gate])
    if kind in CURVES:
        return CURVES[kind](site, node, x)
    return site.add(ACTIVATIONS[kind], [x])


ACTIVATIONS = {
    "relu": "Relu",
    "relu6": "Relu6",
    "sigmoid": "Sigmoid",
    "softmax": "Softmax",
    "tanh": "Tanh",
    "softplus": "Softplus",
}


def _number(site: _Site, value: float) -> Result:
    return site.to.constant(np.array(value, np.float32))


def _hard_sigmoid(site: _Site, _: Node, x: Result) -> Result:
    gate = site.add("Relu6", [site.add("AddV2", [x, _number(site, 3)])])
    return site.add("Mul", [gate, _number(site, 1 / 6)])


def _gelu(site: _Site, _: Node, x: Result) -> Result:
    share = site.add("Erf", [site.add("Mul", [x, _number(site, np.sqrt(0.5))])])
    half = site.add("Mul", [x, _number(site, 0.5)])
    return site.add("Mul", [half, site.add("AddV2", [share, _number(site, 1)])])


def _gelu_tanh(site: _Site, _: Node, x: Result) -> Result:
    cube = site.add("Mul", [site.add("Mul", [x, x]), site.add("Mul", [x, _number(site, 0.044715)])])
    inner = site.add("Mul", [site.add("AddV2", [x, cube]), _number(site, np.sqrt(2 / np.pi))])
    half = site.add("Mul", [x, _number(site, 0.5)])
    return site.add("Mul", [half, site.add("AddV2", [site.add("Tanh", [inner]), _number(site, 1)])])


def _elu(site: _Site, node: Node, x: Result) -> Result:
    """TensorFlow's own has no scale: alpha · elu(min(x, 0)) + relu(x)."""
    below = site.add("Elu", [site.add("Minimum", [x, _number(site, 0)])])
    scaled = site.add("Mul", [below, _number(site, node.attributes["alpha"])])
    return site.add("AddV2", [scaled, site.add("Relu", [x])])


CURVES: dict[str, Callable[[_Site, Node, Result], Result]] = {
    "hard_sigmoid": _hard_sigmoid,
    "gelu": _gelu,
    "gelu_tanh": _gelu_tanh,
    "elu": _elu,
    "leaky_relu": lambda site, node, x: site.add("LeakyRelu", [x], alpha={"f": node.attributes["alpha"]}),
    "mish": lambda site, _, x: site.add("Mul", [x, site.add("Tanh", [site.add("Softplus", [x])])]),
}
"""Activations that are several operations, or one with attributes."""


def _layer_norm(site: _Site, node: Node, inputs: list[Result]) -> Result:
    own, keep = node.attributes, {"Tidx": of(INT32), "keep_dims": {"b": True}}
    x, last = inputs[0], site.numbers([len(node.shape)])
    centred = site.add("Sub", [x, site.add("Mean", [x, last], **keep)])
    spread = site.add("Mean", [site.add("Square", [centred]), last], **keep)
    x = site.add("Mul", [centred, site.add("Rsqrt", [site.add("AddV2", [spread, _number(site, own["epsilon"])])])])
    x = site.add("Mul", [x, site.weight(node, 0)])
    return site.add("AddV2", [x, site.weight(node, 1)]) if own["center"] else x


def _affine(site: _Site, node: Node, inputs: list[Result]) -> Result:
    factor, offset = (site.to.constant(floats(np.array(node.attributes[name]))) for name in ("factor", "offset"))
    return site.add("AddV2", [site.add("Mul", [inputs[0], factor]), offset])


def _pad(site: _Site, node: Node, inputs: list[Result]) -> Result:
    around = site.numbers([[0, 0], *node.attributes["around"], [0, 0]])
    return site.add("Pad", [inputs[0], around], Tpaddings=of(INT32))


def _crop(site: _Site, node: Node, inputs: list[Result]) -> Result:
    (above, _), (left, _) = node.attributes["around"]
    begin = site.numbers([0, above, left, 0])
    size = site.numbers([-1, *(side or 0 for side in node.shape)])
    return site.add("Slice", [inputs[0], begin, size], Index=of(INT32))


def _add(site: _Site, _: Node, inputs: list[Result]) -> Result:
    total = inputs[0]
    for x in inputs[1:]:
        total = site.add("AddV2", [total, x])
    return total


def _weighted_sum(site: _Site, node: Node, inputs: list[Result]) -> Result:
    weights = np.maximum(np.asarray(value_of(node.variables[0], site.values), np.float64).reshape(-1), 0)
    weights = weights / (weights.sum() + node.attributes["epsilon"])
    parts = [
        site.add("Mul", [x, site.to.constant(np.asarray(weight, np.float32))])
        for x, weight in zip(inputs, weights, strict=True)
    ]
    return _add(site, node, parts)


def _upsample(site: _Site, node: Node, inputs: list[Result]) -> Result:
    size = site.numbers([side or 0 for side in node.shape[:2]])
    attributes = {"align_corners": {"b": False}, "half_pixel_centers": {"b": False}}
    return site.add("ResizeNearestNeighbor", [inputs[0], size], **attributes)


def _resize(site: _Site, node: Node, inputs: list[Result]) -> Result:
    size = site.numbers([side or 0 for side in node.shape[:2]])
    attributes = {"align_corners": {"b": True}, "half_pixel_centers": {"b": False}}
    return site.add("ResizeBilinear", [inputs[0], size], **attributes)


def _slice(site: _Site, node: Node, inputs: list[Result]) -> Result:
    first, rank = node.attributes["first"], len(node.shape)
    begin, size = site.numbers([0] * rank + [first]), site.numbers([-1] * rank + [node.shape[-1] or 0])
    return site.add("Slice", [inputs[0], begin, size], Index=of(INT32))


def _bordered(site: _Site, node: Node, x: Result) -> Result:
    """Put around what never wins a maximum."""
    if "around" not in node.attributes:
        return x
    around, lowest = site.numbers([[0, 0], *node.attributes["around"], [0, 0]]), _number(site, float("-inf"))
    return site.add("PadV2", [x, around, lowest], Tpaddings=of(INT32))


def _pool(site: _Site, node: Node, inputs: list[Result]) -> Result:
    x, attributes = _window(site, node, _bordered(site, node, inputs[0]))
    attributes["ksize"] = sides(node.attributes["window"])
    return site.to.add("MaxPool" if node.operation == "max_pool" else "AvgPool", [x], FLOAT, attributes)


def _mean(site: _Site, node: Node, inputs: list[Result]) -> Result:
    keep = {"b": node.attributes["keep_sides"]}
    return site.add("Mean", [inputs[0], site.numbers([1, 2])], Tidx=of(INT32), keep_dims=keep)


def _dense(site: _Site, node: Node, inputs: list[Result]) -> Result:
    if len(node.shape) == 1:
        attributes = {"transpose_a": {"b": False}, "transpose_b": {"b": False}}
        return site.bias(site.add("MatMul", [inputs[0], site.weight(node, 0)], **attributes), node, 1)
    attributes = sliding(FLOAT, 1, b"VALID") | {"dilations": sides(1)}
    x = site.to.add("Conv2D", [inputs[0], site.weight(node, 0, "window")], FLOAT, attributes, f"{node.name}/Conv2D")
    return site.bias(x, node, 1)


def _transpose(site: _Site, node: Node, inputs: list[Result]) -> Result:
    order = site.numbers([0, *(axis + 1 for axis in node.attributes["axes"])])
    return site.add("Transpose", [inputs[0], order], Tperm=of(INT32))


def _reshaped(site: _Site, x: Result, shape: list[int]) -> Result:
    return site.add("Reshape", [x, site.numbers(shape)], Tshape=of(INT32))


def _concat(site: _Site, inputs: list[Result], axis: int) -> Result:
    if len(inputs) == 1:
        return inputs[0]
    return site.add("ConcatV2", [*inputs, site.numbers(axis)], N={"i": len(inputs)}, Tidx=of(INT32))


def _rows(site: _Site, node: Node, inputs: list[Result]) -> Result:
    return _concat(site, [_reshaped(site, x, [site.batch, -1, node.attributes["columns"]]) for x in inputs], 1)


BUILDERS: dict[str, Build] = {
    "input": lambda site, _, __: site.x,
    "conv": _conv,
    "conv_transpose": _conv_transpose,
    "depthwise": lambda site, node, inputs: site.bias(_by_channel(site, node, inputs), node, 1),
    "separable": _separable,
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "channel_scale": lambda site, node, inputs: site.add("Mul", [inputs[0], site.weight(node, 0)]),
    "channel_offset": lambda site, node, inputs: site.add("AddV2", [inputs[0], site.weight(node, 0)]),
    "slice": _slice,
    "affine": _affine,
    "dropout": lambda _, __, inputs: inputs[0],
    "pad": _pad,
    "crop": _crop,
    "activation": _activation,
    "add": _add,
    "multiply": lambda site, _, inputs: site.add("Mul", inputs),
    "scale": lambda site, node, inputs: site.add(
        "Mul", [inputs[0], site.to.constant(np.array(node.attributes["factor"], np.float32))]
    ),
    "concat": lambda site, node, inputs: _concat(site, inputs, len(node.shape)),
    "upsample": _upsample,
    "max_pool": _pool,
    "average_pool": _pool,
    "mean": _mean,
    "weighted_sum": _weighted_sum,
    "dense": _dense,
    "reshape": lambda site, node, inputs: _reshaped(site, inputs[0], [site.batch, *(side or 0 for side in node.shape)]),
    "transpose": _transpose,
    "matmul": lambda site, _, inputs: site.add("BatchMatMulV2", inputs, adj_x={"b": False}, adj_y={"b": False}),
    "flatten": lambda site, node, inputs: _reshaped(site, inputs[0], [site.batch, node.shape[0] or 0]),
    "resize": _resize,
    "rows": _rows,
}
"""Operation → how it is written; the operations are those of blueprint/network.py."""
