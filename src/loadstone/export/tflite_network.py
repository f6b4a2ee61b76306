"""A `Network` in TensorFlow Lite's operations, float32, NHWC; batch norms are folded into the convolutions before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from loadstone.blueprint.network import Network, Node
from loadstone.blueprint.weights import value_of
from loadstone.errors import UnsupportedModelError
from loadstone.export.dialect import Values
from loadstone.export.tflite_graph import Lite, LiteWriter, Table
from loadstone.wire.flatbuffer_writer import Scalar

Floats = npt.NDArray[np.float32]
Build = Callable[["_Site", Node, list[Lite]], Lite]
SAME, VALID = 0, 1


def write_network(to: LiteWriter, network: Network, values: Values, x: Lite) -> dict[str, Lite]:
    """Write the network behind a float32 tensor (1, height, width, 3); return its outputs by name.

    Raises `UnsupportedModelError` for an operation that no detector exported here has.
    """
    norms = _folded(network)
    passed = set(norms.values())
    site = _Site(to, values, x)
    built: dict[int, Lite] = {}
    for position in sorted(network.reachable()):
        node = network.nodes[position]
        if node.operation not in BUILDERS:
            raise UnsupportedModelError(f"`{node.operation}` is not written for TensorFlow Lite")
        site.norm = network.nodes[norms[position]] if position in norms else None
        inputs = [built[source] for source in node.inputs]
        built[position] = inputs[0] if position in passed else BUILDERS[node.operation](site, node, inputs)
    return {name: built[position] for name, position in network.outputs.items()}


def _folded(network: Network) -> dict[int, int]:
    """Return the convolutions that only a batch norm reads: their position → the batch norm's."""
    needed = network.reachable()
    readers = Counter([*network.outputs.values(), *(source for at in needed for source in network.nodes[at].inputs)])
    norms = {network.nodes[at].inputs[0]: at for at in needed if network.nodes[at].operation == "batch_norm"}
    kinds = ("conv", "depthwise", "separable")
    return {
        source: at for source, at in norms.items() if readers[source] == 1 and network.nodes[source].operation in kinds
    }


class _Site:
    """What building a node needs; `norm` is the batch norm that is folded into the node at hand."""

    def __init__(self, to: LiteWriter, values: Values, x: Lite) -> None:
        self.to = to
        self.values = values
        self.x = x
        self.norm: Node | None = None

    def value(self, node: Node, number: int) -> Floats:
        return np.asarray(value_of(node.variables[number], self.values), np.float32)

    def scale_and_shift(self, node: Node) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return a batch norm as one factor and one summand a channel."""
        first = 1 if node.attributes["scale"] else 0
        gamma = self.value(node, 0).astype(np.float64) if first else np.float64(1)
        beta, mean, variance = (self.value(node, first + step).astype(np.float64) for step in range(3))
        scale = gamma / np.sqrt(variance + node.attributes["epsilon"])
        return scale, beta - mean * scale

    def folded(self, kernel: Floats, node: Node, number: int) -> tuple[Lite, Lite]:
        """Return kernel (output channels last) and bias, which is the variable `number` if there is one, as constants.

        The batch norm of the node at hand is within both.
        """
        has_bias = len(node.variables) > number
        bias = self.value(node, number) if has_bias else np.zeros(kernel.shape[-1], np.float32)
        if self.norm is not None:
            scale, shift = self.scale_and_shift(self.norm)
            kernel = (kernel * scale).astype(np.float32)
            bias = (bias * scale + shift).astype(np.float32)
        return self.ordered(kernel), self.to.constant(bias)

    def ordered(self, kernel: Floats) -> Lite:
        """Return a kernel (height, width, in, out) as a constant (out, height, width, in)."""
        return self.to.constant(np.ascontiguousarray(kernel.transpose(3, 0, 1, 2)))

    def number(self, value: float) -> Lite:
        return self.to.constant(np.array([value], np.float32))

    def integers(self, values: npt.ArrayLike) -> Lite:
        return self.to.constant(np.asarray(values, np.int32))

    def same(self, op: str, *inputs: Lite) -> Lite:
        """Add an elementwise operation; the result has the first input's shape."""
        return self.to.add(op, inputs, inputs[0].shape)


def _shape(node: Node) -> list[int]:
    return [1, *(side or 0 for side in node.shape)]


def _padded(site: _Site, node: Node, x: Lite) -> tuple[Lite, int]:
    """Return the tensor, with zeros around it where the padding is a number, and TensorFlow Lite's kind of padding."""
    padding = node.attributes["padding"]
    if not isinstance(padding, int):
        return x, SAME if padding == "same" else VALID
    if padding:
        around = site.integers([[0, 0], [padding, padding], [padding, padding], [0, 0]])
        high, wide = (side + 2 * padding for side in x.shape[1:3])
        x = site.to.add("PAD", [x, around], [x.shape[0], high, wide, x.shape[3]])
    return x, VALID


def _steps(node: Node, padding: int) -> dict[int, Scalar]:
    stride = node.attributes["stride"]
    return {0: Scalar("b", padding), 1: Scalar("i", stride), 2: Scalar("i", stride)}


def _conv(site: _Site, node: Node, inputs: list[Lite]) -> Lite:
    x, padding = _padded(site, node, inputs[0])
    kernel, bias = site.folded(site.value(node, 0), node, 1)
    dilation = Scalar("i", node.attributes.get("dilation", 1))
    return site.to.add("CONV_2D", [x, kernel, bias], _shape(node), _steps(node, padding) | {4: dilation, 5: dilation})


def _conv_transpose(site: _Site, node: Node, inputs: list[Lite]) -> Lite:
    """Write a transposed convolution; kernel (height, width, out, in) becomes (out, height, width, in)."""
    kernel = site.to.constant(np.ascontiguousarray(site.value(node, 0).transpose(2, 0, 1, 3)))
    shape = _shape(node)
    x = site.to.add("TRANSPOSE_CONV", [site.integers(shape), kernel, inputs[0]], shape, _steps(node, SAME))
    return site.to.add("ADD", [x, site.to.constant(site.value(node, 1))], shape) if len(node.variables) > 1 else x


def _by_channel(site: _Site, node: Node, x: Lite, kernel: Floats, bias: Lite) -> Lite:
    """Write a depthwise convolution; kernel (height, width, in, multiplier)."""
    high, wide, channels, multiplier = kernel.shape
    x, padding = _padded(site, node, x)
    stride, dilation = node.attributes["stride"], node.attributes.get("dilation", 1)
    sides = [-(-x.shape[at] // stride) for at in (1, 2)]
    if padding == VALID:
        sides = [(x.shape[at] - ((high, wide)[at - 1] - 1) * dilation - 1) // stride + 1 for at in (1, 2)]
    flat = site.to.constant(np.ascontiguousarray(kernel.reshape(1, high, wide, channels * multiplier)))
    step = Scalar("i", dilation)
    options: Table = _steps(node, padding) | {3: Scalar("i", multiplier), 5: step, 6: step}
    return site.to.add("DEPTHWISE_CONV_2D", [x, flat, bias], [1, *sides, channels * multiplier], options)


def _depthwise(site: _Site, node: Node, inputs: list[Lite]) -> Lite:
    kernel = site.value(node, 0)
    bias = site.value(node, 1) if len(node.variables) > 1 else np.zeros(node.shape[-1] or 0, np.float32)
    if site.norm is not None:
        scale, shift = site.scale_and_shift(site.norm)
        kernel = (kernel * np.reshape(scale, (1, 1, *kernel.shape[2:]))).astype(np.float32)
        bias = (bias * scale + shift).astype(np.float32)
    return _by_channel(site, node, inputs[0], kernel, site.to.constant(bias))


def _separable(site: _Site, node: Node, inputs: list[Lite]) -> Lite:
    kernel = site.value(node, 0)
    none = site.to.constant(np.zeros(kernel.shape[2] * kernel.shape[3], np.float32))
    x = _by_channel(site, node, inputs[0], kernel, none)
    one = Scalar("i", 1)
    options: Table = {0: Scalar("b", VALID), 1: one, 2: one, 4: one, 5: one}
    return site.to.add("CONV_2D", [x, *site.folded(site.value(node, 1), node, 2)], _shape(node), options)


def _batch_norm(site: _Site, node: Node, inputs: list[Lite]) -> Lite:
    scale, shift = (site.to.constant(array.astype(np.float32)) for array in site.scale_and_shift(node))
    return site.same("ADD", site.same("MUL", inputs[0], scale), shift)


def _activation(site: _Site, node: Node, inputs: list[Lite]) -> Lite:
    kind, x = node.attributes["kind"], inputs[0]
    if kind == "swish":
        return site.same("MUL", x, site.same("LOGISTIC", x))
    if kind == "softmax":
        return site.to.add("SOFTMAX", [x], x.shape, {0: Scalar("f", 1.0)})
    if kind in CURVES:
        return CURVES[kind](site, node, x)
    return site.same(ACTIVATIONS[kind], x)


ACTIVATIONS = {"relu": "RELU", "relu6": "RELU6", "sigmoid": "LOGISTIC", "hard_swish": "HARD_SWISH", "tanh": "TANH"}


def _hard_sigmoid(site: _Site, _: Node, x: Lite) -> Lite:
    return site.same("MUL", site.same("RELU6", site.same("ADD", x, site.number(3))), site.number(1 / 6))


def _elu(site: _Site, node: Node, x: Lite) -> Lite:
    """TensorFlow Lite's own has no scale: alpha · elu(min(x, 0)) + relu(x)."""
    below = site.same("ELU", site.same("MINIMUM", x, site.number(0)))
    return site.same("ADD", site.same("MUL", below, site.number(node.attributes["alpha"])), site.same("RELU", x))


def _gelu_tanh(site: _Site, _: Node, x: Lite) -> Lite:
    """½x·(1 + tanh y) = x·σ(2y); TensorFlow Lite's own is 2e-5 away."""
    cube = site.same("MUL", site.same("MUL", x, x), site.same("MUL", x, site.number(0.044715)))
    twice = site.same("MUL", site.same("ADD", x, cube), site.number(2 * np.sqrt(2 / np.pi)))
    return site.same("MUL", x, site.same("LOGISTIC", twice))


def _softplus(site: _Site, _: Node, x: Lite) -> Lite:
    """log(1 + eˣ) = relu(x) − log σ(|x|), which no large x overflows; |x| = relu(x) + relu(−x)."""
    above = site.same("RELU", x)
    size = site.same("ADD", above, site.same("RELU", site.same("MUL", x, site.number(-1))))
    return site.same("SUB", above, site.same("LOG", site.same("LOGISTIC", size)))


CURVES: dict[str, Callable[[_Site, Node, Lite], Lite]] = {
    "hard_sigmoid": _hard_sigmoid,
    "elu": _elu,
    "softplus": _softplus,
    "mish": lambda site, node, x: site.same("MUL", x, site.same("TANH", _softplus(site, node, x))),
    "gelu": lambda site, _, x: site.to.add("GELU", [x], x.shape, {0: Scalar("?", False)}),
    "gelu_tanh": _gelu_tanh,
    "leaky_relu": lambda site, node, x: site.to.add(
        "LEAKY_RELU", [x], x.shape, {0: Scalar("f", node.attributes["alpha"])}
    ),
}
"""Activations that are several operations, or one with options."""


def _layer_norm(site: _Site, node: Node, inputs: list[Lite]) -> Lite:
    own, x = node.attributes, inputs[0]
    last, flat = site.integers([len(node.shape)]), [*x.shape[:-1], 1]
    keep: Table = {0: Scalar("?", True)}
    centred = site.same("SUB", x, site.to.add("MEAN", [x, last], flat, keep))
    spread = site.to.add("MEAN", [site.same("MUL", centred, centred), last], flat, keep)
    x = site.same("MUL", centred, site.same("RSQRT", site.same("ADD", spread, site.number(own["epsilon"]))))
    x = site.same("MUL", x, site.to.constant(site.value(node, 0)))
    return site.same("ADD", x, site.to.constant(site.value(node, 1))) if own["center"] else x


def _affine(site: _Site, node: Node, inputs: list[Lite]) -> Lite:
    factor, offset = (site.to.constant(np.array(node.attributes[name], np.float32)) for name in ("factor", "offset"))
    return site.same("ADD", site.same("MUL", inputs[0], factor), offset)


def _pad(site: _Site, node: Node, inputs: list[Lite]) -> Lite:
    around = site.integers([[0, 0], *node.attributes["around"], [0, 0]])
    return site.to.add("PAD", [inputs[0], around], _shape(node))


def _crop(site: _Site, node: Node, inputs: list[Lite]) -> Lite:
    (above, _), (left, _) = node.attributes["around"]
    begin, size = site.integers([0, above, left, 0]), site.integers(_shape(node))
    return site.to.add("SLICE", [inputs[0], begin, size], _shape(node))


def _add(site: _Site, _: Node, inputs: list[Lite]) -> Lite:
    total = inputs[0]
    for x in inputs[1:]:
        total = site.same("ADD", total, x)
    return total


def _weighted_sum(site: _Site, node: Node, inputs: list[Lite]) -> Lite:
    weights = np.maximum(site.value(node, 0).astype(np.float64).reshape(-1), 0)
    weights = weights / (weights.sum() + node.attributes["epsilon"])
    parts = [site.same("MUL", x, site.number(weight)) for x, weight in zip(inputs, weights, strict=True)]
    return _add(site, node, parts)


def _upsample(site: _Site, node: Node, inputs: list[Lite]) -> Lite:
    size = site.integers([side or 0 for side in node.shape[:2]])
    return site.to.add("RESIZE_NEAREST_NEIGHBOR", [inputs[0], size], _shape(node))


def _slice(site: _Site, node: Node, inputs: list[Lite]) -> Lite:
    begin, size = site.integers([0] * len(node.shape) + [node.attributes["first"]]), site.integers(_shape(node))
    return site.to.add("SLICE", [inputs[0], begin, size], _shape(node))


def _bordered(site: _Site, node: Node, x: Lite) -> Lite:
    """Put around what never wins a maximum."""
    if "around" not in node.attributes:
        return x
    rows, columns = node.attributes["around"]
    shape = [x.shape[0], x.shape[1] + sum(rows), x.shape[2] + sum(columns), x.shape[3]]
    around, lowest = site.integers([[0, 0], rows, columns, [0, 0]]), site.number(float(np.finfo(np.float32).min))
    return site.to.add("PADV2", [x, around, lowest], shape)


def _pool(site: _Site, node: Node, inputs: list[Lite]) -> Lite:
    x, padding = _padded(site, node, _bordered(site, node, inputs[0]))
    window = Scalar("i", node.attributes["window"])
    op = "MAX_POOL_2D" if node.operation == "max_pool" else "AVERAGE_POOL_2D"
    return site.to.add(op, [x], _shape(node), _steps(node, padding) | {3: window, 4: window})


def _reshape(site: _Site, node: Node, inputs: list[Lite]) -> Lite:
    return site.to.add("RESHAPE", [inputs[0], site.integers(_shape(node))], _shape(node))


def _transpose(site: _Site, node: Node, inputs: list[Lite]) -> Lite:
    order = site.integers([0, *(axis + 1 for axis in node.attributes["axes"])])
    return site.to.add("TRANSPOSE", [inputs[0], order], _shape(node))


def _mean(site: _Site, node: Node, inputs: list[Lite]) -> Lite:
    keep = Scalar("?", node.attributes["keep_sides"])
    return site.to.add("MEAN", [inputs[0], site.integers([1, 2])], _shape(node), {0: keep})


def concatenated(to: LiteWriter, inputs: list[Lite], axis: int, shape: list[int]) -> Lite:
    """Put tensors one after the other."""
    return to.add("CONCATENATION", inputs, shape, {0: Scalar("i", axis)}) if len(inputs) > 1 else inputs[0]


def _rows(site: _Site, node: Node, inputs: list[Lite]) -> Lite:
    columns = node.attributes["columns"]
    parts = []
    for x in inputs:
        shape = [1, int(np.prod(x.shape)) // columns, columns]
        parts.append(site.to.add("RESHAPE", [x, site.integers(shape)], shape))
    return concatenated(site.to, parts, 1, _shape(node))


BUILDERS: dict[str, Build] = {
    "input": lambda site, _, __: site.x,
    "conv": _conv,
    "conv_transpose": _conv_transpose,
    "depthwise": _depthwise,
    "separable": _separable,
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "channel_scale": lambda site, node, inputs: site.same("MUL", inputs[0], site.to.constant(site.value(node, 0))),
    "channel_offset": lambda site, node, inputs: site.same("ADD", inputs[0], site.to.constant(site.value(node, 0))),
    "slice": _slice,
    "affine": _affine,
    "dropout": lambda _, __, inputs: inputs[0],
    "pad": _pad,
    "crop": _crop,
    "activation": _activation,
    "add": _add,
    "multiply": lambda site, _, inputs: site.same("MUL", *inputs),
    "scale": lambda site, node, inputs: site.same("MUL", inputs[0], site.number(node.attributes["factor"])),
    "concat": lambda site, node, inputs: concatenated(site.to, inputs, len(node.shape), _shape(node)),
    "upsample": _upsample,
    "max_pool": _pool,
    "average_pool": _pool,
    "mean": _mean,
    "reshape": _reshape,
    "transpose": _transpose,
    "matmul": lambda site, node, inputs: site.to.add("BATCH_MATMUL", inputs, _shape(node)),
    "weighted_sum": _weighted_sum,
    "rows": _rows,
}
"""Operation → how it is written: those of detectors on anchors."""
