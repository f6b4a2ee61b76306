"""Whether a network that came from a file is one that could be written: every node is written again and compared.

What a file says of a node's shape is not believed: the node's operation, attributes and variables are put to the
`Writer`, and what that makes of them has to be what the file has. Limits keep a small file from asking for much.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from loadstone.blueprint.network import ACTIVATIONS, DROPPED, Network, Node, Scope, Shape, Tensor, Variable, Writer
from loadstone.errors import FormatError

MOST_NODES = 20_000
"""Nodes of one network; NASNetLarge has 1,039."""

MOST_ELEMENTS = 1 << 29
"""Elements of one map: 2 GiB in float32; a map of 64 channels at half of 4,096 pixels' sides has half as many."""

LARGEST_SIDE = 1 << 20
"""Channels, rows or columns of one map."""

AT = Scope("a", "a")
"""Where a node that is written again has its variables: only their shapes are compared."""


def _whole(low: int, high: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and low <= value <= high


def _real(low: float, high: float) -> Callable[[Any], bool]:
    return lambda value: type(value) in (int, float) and low <= value <= high


def _truth(value: Any) -> bool:
    return type(value) is bool


def _padding(value: Any) -> bool:
    return value in ("same", "valid") if isinstance(value, str) else _whole(0, 1024)(value)


def _ends(value: Any) -> bool:
    pairs = isinstance(value, tuple) and len(value) == 2
    return pairs and all(isinstance(one, tuple) and len(one) == 2 and all(map(_whole(0, 4096), one)) for one in value)


def _numbers(value: Any) -> bool:
    return isinstance(value, tuple) and bool(value) and all(map(_real(-1e30, 1e30), value))


ATTRIBUTES: Mapping[str, Callable[[Any], bool]] = {
    "stride": _whole(1, 1024),
    "window": _whole(1, 4096),
    "dilation": _whole(1, 1024),
    "groups": _whole(1, LARGEST_SIDE),
    "first": _whole(0, LARGEST_SIDE),
    "last": _whole(1, LARGEST_SIDE),
    "axes": lambda value: isinstance(value, tuple) and sorted(value) == [0, 1, 2],
    "columns": _whole(1, LARGEST_SIDE),
    "padding": _padding,
    "around": _ends,
    "epsilon": _real(1e-12, 1.0),
    "momentum": _real(0.0, 1.0),
    "rate": _real(0.0, 0.999),
    "alpha": _real(-1e6, 1e6),
    "scale": _truth,
    "center": _truth,
    "keep_sides": _truth,
    "many": _truth,
    "frozen": _truth,
    "kind": lambda value: value in ACTIVATIONS,
    "over": lambda value: value in DROPPED,
    "offset": _numbers,
}
"""Attribute → whether a value may be its. `factor` is a number of pixels, a real number or several, by operation."""

FACTORS: Mapping[str, Callable[[Any], bool]] = {
    "upsample": _whole(1, 64),
    "scale": _real(-1e30, 1e30),
    "affine": _numbers,
}

Again = Callable[[Writer, Node, Sequence[Tensor]], Tensor]
FREE = ("frozen", "momentum")
"""Attributes that change no shape and that any node may have."""


def _of(node: Node, *names: str) -> dict[str, Any]:
    return {name: node.attributes[name] for name in names if name in node.attributes}


def _kernel(node: Node, number: int = 0) -> tuple[int, ...]:
    return node.variables[number].shape


def _window(node: Node) -> tuple[int, int]:
    high, wide, *_ = _kernel(node)
    return high, wide


def _side(node: Node) -> int:
    high, wide = _window(node)
    if high != wide:
        raise ValueError("a window that is not square")
    return high


def _conv(to: Writer, node: Node, inputs: Sequence[Tensor]) -> Tensor:
    own = _of(node, "stride", "padding", "dilation", "groups")
    return to.conv(inputs[0], AT, _kernel(node)[3], _window(node), bias=len(node.variables) > 1, **own)


def _conv_transpose(to: Writer, node: Node, inputs: Sequence[Tensor]) -> Tensor:
    bias, stride = len(node.variables) > 1, node.attributes["stride"]
    return to.conv_transpose(inputs[0], AT, _kernel(node)[2], _side(node), stride=stride, bias=bias)


def _depthwise(to: Writer, node: Node, inputs: Sequence[Tensor]) -> Tensor:
    own, bias = _of(node, "stride", "padding", "dilation"), len(node.variables) > 1
    return to.depthwise(inputs[0], AT, _window(node), bias=bias, multiplier=_kernel(node)[3], **own)


def _separable(to: Writer, node: Node, inputs: Sequence[Tensor]) -> Tensor:
    own, bias = _of(node, "stride", "padding"), len(node.variables) > 2
    filters, multiplier = _kernel(node, 1)[3], _kernel(node)[3]
    return to.separable(inputs[0], AT, filters, _side(node), bias=bias, multiplier=multiplier, **own)


def _input(to: Writer, node: Node, _: Sequence[Tensor]) -> Tensor:
    return to.input(node.name, node.shape) if "many" in node.attributes else to.picture(node.shape[0], node.shape[1])


def _weighted_sum(to: Writer, node: Node, inputs: Sequence[Tensor]) -> Tensor:
    _alike(inputs)
    return to.weighted_sum(inputs, Variable("a", "a", (len(inputs), 1)))


def _alike(inputs: Sequence[Tensor]) -> None:
    if not inputs or any(tensor.shape != inputs[0].shape for tensor in inputs):
        raise ValueError("inputs of different shapes")


def _add(to: Writer, _: Node, inputs: Sequence[Tensor]) -> Tensor:
    _alike(inputs)
    return to.add(*inputs)


def _multiply(to: Writer, _: Node, inputs: Sequence[Tensor]) -> Tensor:
    x, by = inputs
    if any(one not in (1, side) for side, one in zip(x.shape, by.shape, strict=True)) or x.shape[-1] != by.shape[-1]:
        raise ValueError("inputs of different shapes")
    return to.multiply(x, by)


def _concat(to: Writer, _: Node, inputs: Sequence[Tensor]) -> Tensor:
    if not inputs or any(tensor.shape[:-1] != inputs[0].shape[:-1] for tensor in inputs):
        raise ValueError("inputs of different sides")
    return to.concat(*inputs)


def _affine(to: Writer, node: Node, inputs: Sequence[Tensor]) -> Tensor:
    if any(len(node.attributes[name]) not in (1, inputs[0].channels) for name in ("factor", "offset")):
        raise ValueError("a factor or offset that is neither one number nor one a channel")
    return to.affine(inputs[0], node.attributes["factor"], node.attributes["offset"])


def _slice(to: Writer, node: Node, inputs: Sequence[Tensor]) -> Tensor:
    first, last = node.attributes["first"], node.attributes["last"]
    if not first < last <= inputs[0].channels:
        raise ValueError(f"channels {first} to {last} of {inputs[0].channels}")
    return to.slice(inputs[0], first, last)


def _max_pool(to: Writer, node: Node, inputs: Sequence[Tensor]) -> Tensor:
    own = _of(node, "window", "stride", "padding", "around")
    ends = [end for pair in own.get("around", ()) for end in pair]
    # A window that lies on the border alone has no largest value.
    if ends and (own["padding"] != "valid" or max(ends) >= own["window"]):
        raise ValueError("a border as wide as the window, or two paddings")
    return to.max_pool(inputs[0], **own)


def _rows(to: Writer, node: Node, inputs: Sequence[Tensor]) -> Tensor:
    columns = node.attributes["columns"]
    if not inputs or any(len(tensor.shape) != 3 or tensor.channels % columns for tensor in inputs):
        raise ValueError("maps that do not divide into rows")
    return to.rows(inputs, columns)


def _reshape(to: Writer, node: Node, inputs: Sequence[Tensor]) -> Tensor:
    counts = [math.prod(side or 0 for side in shape) for shape in (inputs[0].shape, node.shape)]
    if 0 in counts or counts[0] != counts[1] or len(node.shape) != 3:
        raise ValueError(f"{inputs[0].shape} as {node.shape}")
    return to.reshape(inputs[0], node.shape)


def _matmul(to: Writer, _: Node, inputs: Sequence[Tensor]) -> Tensor:
    x, y = (tensor.shape for tensor in inputs)
    if len(x) != 3 or len(y) != 3 or None in (*x, *y) or y[0] != x[0] or x[2] != y[1]:
        raise ValueError(f"a product of {x} and {y}")
    return to.matmul(*inputs)


def _resize(to: Writer, node: Node, inputs: Sequence[Tensor]) -> Tensor:
    high, wide = node.shape[:2]
    return to.resize(inputs[0], high or 0, wide or 0)


AGAIN: Mapping[str, Again] = {
    "input": _input,
    "conv": _conv,
    "conv_transpose": _conv_transpose,
    "depthwise": _depthwise,
    "separable": _separable,
    "batch_norm": lambda to, node, x: to.batch_norm(x[0], AT, **_of(node, "epsilon", "scale")),
    "layer_norm": lambda to, node, x: to.layer_norm(x[0], AT, **_of(node, "epsilon", "center")),
    "channel_scale": lambda to, node, x: to.channel_scale(x[0], AT, shared=_kernel(node) == (1,)),
    "channel_offset": lambda to, node, x: to.channel_offset(x[0], AT, shared=_kernel(node) == (1,)),
    "slice": _slice,
    "dense": lambda to, node, x: to.dense(x[0], AT, _kernel(node)[1]),
    "weighted_sum": _weighted_sum,
    "activation": lambda to, node, x: to.activation(x[0], **_of(node, "kind", "alpha")),
    "add": _add,
    "multiply": _multiply,
    "scale": lambda to, node, x: to.scale(x[0], node.attributes["factor"]),
    "affine": _affine,
    "dropout": lambda to, node, x: to.dropout(x[0], **_of(node, "rate", "over")),
    "concat": _concat,
    "upsample": lambda to, node, x: to.upsample(x[0], **_of(node, "factor")),
    "max_pool": _max_pool,
    "average_pool": lambda to, node, x: to.average_pool(x[0], **_of(node, "window", "stride", "padding")),
    "mean": lambda to, node, x: to.mean(x[0], **_of(node, "keep_sides")),
    "flatten": lambda to, _, x: to.flatten(x[0]),
    "resize": _resize,
    "reshape": _reshape,
    "transpose": lambda to, node, x: to.transpose(x[0], node.attributes["axes"]),
    "matmul": _matmul,
    "pad": lambda to, node, x: to.pad(x[0], node.attributes["around"]),
    "crop": lambda to, node, x: to.crop(x[0], node.attributes["around"]),
    "rows": _rows,
}
"""Operation → how a node of it is written again from its attributes and the shapes of its variables."""

MAPS_ONLY = (
    *("conv", "conv_transpose", "depthwise", "separable"),
    *("upsample", "max_pool", "average_pool", "pad", "crop", "reshape", "transpose"),
)
"""Operations whose input has two sides and channels."""


def check_network(network: Network, where: str = "network") -> None:
    """Raise `FormatError`, with the node's place, where a network is not one that could be written here."""
    if len(network.nodes) > MOST_NODES:
        expected = f"at most {MOST_NODES:,}"
        raise FormatError(
            "the network has too many nodes", where=where, expected=expected, found=str(len(network.nodes))
        )
    keys: dict[str, Variable] = {}
    for position, node in enumerate(network.nodes):
        place = f"{where}.nodes[{position}]"
        try:
            _check_node(network, position, node)
            _check_variables(node, keys)
        except (ValueError, TypeError, KeyError, IndexError, ArithmeticError) as error:
            told = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
            raise FormatError(f"the {node.operation} is not one that can be built: {told}", where=place) from error
    for name, position in network.outputs.items():
        if not 0 <= position < len(network.nodes):
            raise FormatError(
                "an output is no node of the network", where=f"{where}.outputs.{name}", found=str(position)
            )


def _check_node(network: Network, position: int, node: Node) -> None:
    if node.operation not in AGAIN:
        raise ValueError("no such operation")
    if any(not 0 <= source < position for source in node.inputs):
        raise ValueError("an input that does not come before it")
    if bool(node.inputs) == (node.operation == "input"):
        raise ValueError("inputs where there are none, or none where there are some")
    for name, value in node.attributes.items():
        allowed = FACTORS.get(node.operation) if name == "factor" else ATTRIBUTES.get(name)
        if allowed is None or not allowed(value):
            raise ValueError(f"{name} = {value!r}"[:200])
    _check_shape(node.shape)
    inputs = [Tensor(source, network.nodes[source].shape) for source in node.inputs]
    if node.operation in MAPS_ONLY and len(inputs[0].shape) != 3:
        raise ValueError("an input that is no map")
    to = Writer()
    AGAIN[node.operation](to, node, inputs)
    (again,) = to.network().nodes
    if again.shape != node.shape or any(side is not None and side < 1 for side in again.shape):
        raise ValueError(f"its shape is {again.shape}, not {node.shape}")
    if [one.shape for one in again.variables] != [one.shape for one in node.variables]:
        raise ValueError("variables of other shapes")
    if {**again.attributes, **_of(node, *FREE)} != dict(node.attributes):
        raise ValueError("attributes that it has not")


def _check_shape(shape: Shape) -> None:
    sides = [side for side in shape if side is not None]
    if not 1 <= len(shape) <= 3 or any(not 1 <= side <= LARGEST_SIDE for side in sides) or shape[-1] is None:
        raise ValueError(f"a shape of {shape}")
    if math.prod(sides) > MOST_ELEMENTS:
        raise ValueError(f"a map of {math.prod(sides):,} elements, more than {MOST_ELEMENTS:,}")


def _check_variables(node: Node, keys: dict[str, Variable]) -> None:
    """A layer's variables live together, so that the Keras layer has one name; those of one key are one variable."""
    if len({variable.key.rpartition("/")[0] for variable in node.variables}) > 1:
        raise ValueError("variables of several layers")
    for variable in node.variables:
        if not variable.key or len(variable.key) > 1024 or keys.setdefault(variable.key, variable) != variable:
            raise ValueError(f"another variable with the key {variable.key!r}"[:200])
