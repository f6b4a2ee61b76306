"""A `Network` as an OpenVINO model, made straight from its nodes: no Keras and no graph file in between.

Inside, tensors are NCHW, which OpenVINO's convolutions want; the picture comes as NHWC and row outputs leave as
(batch, rows, columns), so no caller sees the difference. OpenVINO folds batch norms into convolutions when it compiles.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from loadstone.blueprint.network import Network, Node
from loadstone.blueprint.weights import value_of
from loadstone.runtime.engine import openvino
from loadstone.runtime.openvino.openvino_resized import coarse_source, conv_of_resized

FIRST, LAST = [0, 3, 1, 2], [0, 2, 3, 1]
"""From NHWC to NCHW, and back."""

Values = Mapping[str, npt.NDArray[np.float32]]
Build = Callable[["_Site", Node, list[Any]], Any]


def to_openvino(network: Network, values: Values) -> Any:
    """Return an `openvino.Model` of the network with the variables' values (by object-graph key) as constants.

    Input `picture`: float32 (1, height, width, 3); a second stage's takes any number of crops.
    Outputs are named as the network names them.
    Raises `FormatError` when a value is absent or has another shape than the network's variable.
    """
    ov = openvino()
    ops = ov.opset13

    node = next(node for node in network.nodes if node.operation == "input")
    batch = -1 if node.attributes.get("many") else 1
    shape = ov.PartialShape([batch, *(-1 if side is None else side for side in node.shape)])
    picture = ops.parameter(shape, np.float32, name=node.name)
    picture.output(0).set_names({node.name})
    results = []
    for name, tensor in attach(network, values, picture).items():
        result = ops.result(tensor)
        result.output(0).set_names({name})
        results.append(result)
    return ov.Model(results, [picture], "network")


def attach(network: Network, values: Values, picture: Any) -> dict[str, Any]:
    """Build the network behind a float32 NHWC tensor; return the outputs by name, maps as NHWC."""
    ops = openvino().opset13

    site = _Site(ops, values, picture)
    built: dict[int, Any] = {}
    for position in sorted(network.reachable()):
        node = network.nodes[position]
        if (coarse := coarse_source(network, node)) is not None:
            sides = network.nodes[coarse].shape, node.shape
            built[position] = site.bias(conv_of_resized(built[coarse], site.value(node, 0), *sides), node, 1)
        else:
            built[position] = BUILDERS[node.operation](site, node, [built[source] for source in node.inputs])
    return {
        name: site.channels_last(built[position], network.nodes[position]) for name, position in network.outputs.items()
    }


class _Site:
    """What building a node needs: the operations, and the variables' values."""

    def __init__(self, ops: Any, values: Values, picture: Any) -> None:
        self.ops = ops
        self.values = values
        self.picture = picture

    def value(self, node: Node, number: int) -> npt.NDArray[np.float32]:
        return np.asarray(value_of(node.variables[number], self.values), np.float32)

    def constant(self, array: npt.NDArray[Any]) -> Any:
        return self.ops.constant(np.ascontiguousarray(array))

    def channels_last(self, tensor: Any, node: Node) -> Any:
        """Return a map as (batch, height, width, channels); anything else as it is."""
        return self.ops.transpose(tensor, [0, 2, 3, 1]) if len(node.shape) == 3 else tensor

    def bias(self, tensor: Any, node: Node, number: int) -> Any:
        """Add the node's variable of that number, if it has one, along the channels."""
        if len(node.variables) <= number:
            return tensor
        return self.ops.add(tensor, self.constant(self.value(node, number).reshape(1, -1, 1, 1)))


def _input(site: _Site, _: Node, __: list[Any]) -> Any:
    return site.ops.transpose(site.picture, [0, 3, 1, 2])


def _window(node: Node) -> tuple[list[int], list[int], list[int], str]:
    """Return strides, pads at the beginning, pads at the end, and OpenVINO's name for the padding."""
    stride, padding = node.attributes["stride"], node.attributes["padding"]
    border = padding if isinstance(padding, int) else 0
    auto = {"same": "same_upper", "valid": "valid"}.get(str(padding), "explicit")
    return [stride, stride], [border, border], [border, border], auto


def _conv(site: _Site, node: Node, inputs: list[Any]) -> Any:
    kernel = site.value(node, 0).transpose(3, 2, 0, 1)
    strides, begin, end, auto = _window(node)
    dilation, groups = node.attributes.get("dilation", 1), node.attributes.get("groups", 1)
    window = strides, begin, end, [dilation, dilation], auto
    if groups == 1:
        return site.bias(site.ops.convolution(inputs[0], site.constant(kernel), *window), node, 1)
    # (filters, in / groups, height, width) becomes (groups, filters / groups, in / groups, height, width).
    grouped = site.constant(kernel.reshape(groups, -1, *kernel.shape[1:]))
    return site.bias(site.ops.group_convolution(inputs[0], grouped, *window), node, 1)


def _conv_transpose(site: _Site, node: Node, inputs: list[Any]) -> Any:
    """The gradient of a "same" convolution from the larger map: its padding is cut off, the smaller half first."""
    kernel = site.value(node, 0)
    stride = node.attributes["stride"]
    padding = max(kernel.shape[0] - stride, 0)
    begin, end = padding // 2, padding - padding // 2
    tensor = site.ops.convolution_backprop_data(
        inputs[0],
        site.constant(kernel.transpose(3, 2, 0, 1)),
        [stride, stride],
        pads_begin=[begin, begin],
        pads_end=[end, end],
        dilations=[1, 1],
    )
    return site.bias(tensor, node, 1)


def _depthwise(site: _Site, node: Node, inputs: list[Any]) -> Any:
    return site.bias(_by_channel(site, node, inputs), node, 1)


def _by_channel(site: _Site, node: Node, inputs: list[Any]) -> Any:
    # (height, width, channels, multiplier) becomes one group per channel: (channels, multiplier, 1, height, width).
    kernel = site.value(node, 0).transpose(2, 3, 0, 1)[:, :, None]
    strides, begin, end, auto = _window(node)
    dilation = node.attributes.get("dilation", 1)
    dilations = [dilation, dilation]
    return site.ops.group_convolution(inputs[0], site.constant(kernel), strides, begin, end, dilations, auto)


def _separable(site: _Site, node: Node, inputs: list[Any]) -> Any:
    tensor = _by_channel(site, node, inputs)
    kernel = site.constant(site.value(node, 1).transpose(3, 2, 0, 1))
    tensor = site.ops.convolution(tensor, kernel, [1, 1], [0, 0], [0, 0], [1, 1])
    return site.bias(tensor, node, 2)


def _batch_norm(site: _Site, node: Node, inputs: list[Any]) -> Any:
    """Fold the four vectors into one scale and one shift, in double precision."""
    first = 1 if node.attributes["scale"] else 0
    gamma = site.value(node, 0).astype(np.float64) if first else np.float64(1)
    beta, mean, variance = (site.value(node, first + step).astype(np.float64) for step in range(3))
    scale = gamma / np.sqrt(variance + node.attributes["epsilon"])
    shift = beta - mean * scale
    shape = (1, -1) if len(node.shape) == 1 else (1, -1, 1, 1)
    product = site.ops.multiply(inputs[0], site.constant(scale.reshape(shape).astype(np.float32)))
    return site.ops.add(product, site.constant(shift.reshape(shape).astype(np.float32)))


def _layer_norm(site: _Site, node: Node, inputs: list[Any]) -> Any:
    """Normalise each place over its channels, which are axis 1 of maps and of rows alike."""
    own = node.attributes
    x = site.ops.mvn(inputs[0], site.constant(np.array([1], np.int64)), True, own["epsilon"], "inside_sqrt")
    x = site.ops.multiply(x, site.constant(_by_channels(node, site.value(node, 0))))
    return site.ops.add(x, site.constant(_by_channels(node, site.value(node, 1)))) if own["center"] else x


def _by_channels(node: Node, array: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """Return one value, or one a channel, in a shape that broadcasts over NCHW maps or over rows."""
    return np.asarray(array, np.float32).reshape((1, -1) if len(node.shape) == 1 else (1, -1, 1, 1))


def _affine(site: _Site, node: Node, inputs: list[Any]) -> Any:
    factor, offset = (site.constant(_by_channels(node, node.attributes[name])) for name in ("factor", "offset"))
    return site.ops.add(site.ops.multiply(inputs[0], factor), offset)


def _channel_scale(site: _Site, node: Node, inputs: list[Any]) -> Any:
    return site.ops.multiply(inputs[0], site.constant(_by_channels(node, site.value(node, 0))))


def _channel_offset(site: _Site, node: Node, inputs: list[Any]) -> Any:
    return site.ops.add(inputs[0], site.constant(_by_channels(node, site.value(node, 0))))


def _slice(site: _Site, node: Node, inputs: list[Any]) -> Any:
    own = node.attributes
    places = ([own["first"]], [own["last"]], [1], [1])
    return site.ops.slice(inputs[0], *(site.constant(np.array(place, np.int64)) for place in places))


def _pad(site: _Site, node: Node, inputs: list[Any]) -> Any:
    (above, below), (left, right) = node.attributes["around"]
    begin, end = (site.constant(np.array([0, 0, *ends], np.int64)) for ends in ((above, left), (below, right)))
    return site.ops.pad(inputs[0], begin, end, "constant", site.ops.constant(0.0, np.float32))


def _crop(site: _Site, node: Node, inputs: list[Any]) -> Any:
    (above, _), (left, _) = node.attributes["around"]
    high, wide, _ = node.shape
    begin, end = [above, left], [above + (high or 0), left + (wide or 0)]
    places = (np.array(values, np.int64) for values in (begin, end, [1, 1], [2, 3]))
    return site.ops.slice(inputs[0], *(site.constant(place) for place in places))


def _scalar(site: _Site, value: float) -> Any:
    return site.constant(np.asarray(value, np.float32))


def _activation(site: _Site, node: Node, inputs: list[Any]) -> Any:
    kind, tensor = node.attributes["kind"], inputs[0]
    if kind == "relu6":
        return site.ops.clamp(tensor, 0.0, 6.0)
    if kind == "softmax":
        return site.ops.softmax(tensor, 1 if len(node.shape) == 3 else -1)
    if kind == "hard_sigmoid":
        return site.ops.multiply(
            site.ops.clamp(site.ops.add(tensor, _scalar(site, 3.0)), 0.0, 6.0), _scalar(site, 1 / 6)
        )
    if kind == "leaky_relu":
        return site.ops.prelu(tensor, site.constant(np.array([node.attributes["alpha"]], np.float32)))
    if kind == "elu":
        return site.ops.elu(tensor, node.attributes["alpha"])
    if kind in ("gelu", "gelu_tanh"):
        return site.ops.gelu(tensor, "erf" if kind == "gelu" else "tanh")
    simple = {
        "relu": site.ops.relu,
        "swish": site.ops.swish,
        "sigmoid": site.ops.sigmoid,
        "hard_swish": site.ops.hswish,
        "tanh": site.ops.tanh,
        "softplus": site.ops.softplus,
        "mish": site.ops.mish,
    }
    return simple[kind](tensor)


def _add(site: _Site, _: Node, inputs: list[Any]) -> Any:
    total = inputs[0]
    for tensor in inputs[1:]:
        total = site.ops.add(total, tensor)
    return total


def _weighted_sum(site: _Site, node: Node, inputs: list[Any]) -> Any:
    weights = np.maximum(site.value(node, 0).astype(np.float64).reshape(-1), 0)
    weights = weights / (weights.sum() + node.attributes["epsilon"])
    parts = [
        site.ops.multiply(tensor, site.constant(np.asarray(weight, np.float32)))
        for tensor, weight in zip(inputs, weights, strict=True)
    ]
    return _add(site, node, parts)


def _upsample(site: _Site, node: Node, inputs: list[Any]) -> Any:
    """Repeat pixels: nearest in the `asymmetric` mode, whose place i / factor, rounded down, is the pixel repeated."""
    factor = float(node.attributes["factor"])
    return site.ops.interpolate(
        inputs[0],
        site.constant(np.array([factor, factor], np.float32)),
        "nearest",
        "scales",
        coordinate_transformation_mode="asymmetric",
        nearest_mode="floor",
        axes=site.constant(np.array([2, 3], np.int64)),
    )


def _max_pool(site: _Site, node: Node, inputs: list[Any]) -> Any:
    tensor = inputs[0]
    strides, begin, end, auto = _window(node)
    if auto == "explicit":
        # Explicit zeros take part in the maximum, as Keras's ZeroPadding2D before a valid pool.
        pads = [0, 0, *begin], [0, 0, *end]
        tensor = site.ops.pad(tensor, *pads, "constant", site.ops.constant(0.0, np.float32))
        begin = end = [0, 0]
    if around := node.attributes.get("around"):
        begin, end, auto = [ends[0] for ends in around], [ends[1] for ends in around], "explicit"
    window = [node.attributes["window"]] * 2
    return site.ops.max_pool(tensor, strides, [1, 1], begin, end, window, "floor", auto, "i64").output(0)


def _average_pool(site: _Site, node: Node, inputs: list[Any]) -> Any:
    strides, begin, end, auto = _window(node)
    window = [node.attributes["window"]] * 2
    return site.ops.avg_pool(inputs[0], strides, begin, end, window, True, "floor", auto)


def _dense(site: _Site, node: Node, inputs: list[Any]) -> Any:
    product = site.ops.matmul(inputs[0], site.constant(site.value(node, 0)), False, False)
    return site.ops.add(product, site.constant(site.value(node, 1)))


def _flatten(site: _Site, node: Node, inputs: list[Any]) -> Any:
    return site.ops.reshape(site.ops.transpose(inputs[0], [0, 2, 3, 1]), [-1, node.shape[0]], False)


def _reshape(site: _Site, node: Node, inputs: list[Any]) -> Any:
    x = site.ops.reshape(site.ops.transpose(inputs[0], LAST), [-1, *(side or 0 for side in node.shape)], False)
    return site.ops.transpose(x, FIRST)


def _transpose(site: _Site, node: Node, inputs: list[Any]) -> Any:
    order = np.array(LAST)[[0, *(axis + 1 for axis in node.attributes["axes"])]][FIRST]
    return site.ops.transpose(inputs[0], order.tolist())


def _matmul(site: _Site, _: Node, inputs: list[Any]) -> Any:
    x, y = (site.ops.transpose(tensor, LAST) for tensor in inputs)
    return site.ops.transpose(site.ops.matmul(x, y, False, False), FIRST)


def _resize(site: _Site, node: Node, inputs: list[Any]) -> Any:
    height, width = node.shape[:2]
    sides = np.array([height, width], np.int64)
    return site.ops.interpolate(
        inputs[0],
        site.constant(sides),
        "linear",
        "sizes",
        coordinate_transformation_mode="align_corners",
        axes=site.constant(np.array([2, 3], np.int64)),
    )


def _rows(site: _Site, node: Node, inputs: list[Any]) -> Any:
    columns = node.attributes["columns"]
    rows = [site.ops.reshape(site.ops.transpose(tensor, [0, 2, 3, 1]), [1, -1, columns], False) for tensor in inputs]
    return site.ops.concat(rows, 1) if len(rows) > 1 else rows[0]


BUILDERS: dict[str, Build] = {
    "input": _input,
    "conv": _conv,
    "conv_transpose": _conv_transpose,
    "depthwise": _depthwise,
    "separable": _separable,
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "channel_scale": _channel_scale,
    "channel_offset": _channel_offset,
    "slice": _slice,
    "affine": _affine,
    "dropout": lambda _, __, inputs: inputs[0],
    "pad": _pad,
    "crop": _crop,
    "activation": _activation,
    "add": _add,
    "multiply": lambda site, _, inputs: site.ops.multiply(*inputs),
    "scale": lambda site, node, inputs: site.ops.multiply(
        inputs[0], site.constant(np.asarray(node.attributes["factor"], np.float32))
    ),
    "concat": lambda site, _, inputs: site.ops.concat(inputs, 1),
    "upsample": _upsample,
    "max_pool": _max_pool,
    "average_pool": _average_pool,
    "mean": lambda site, node, inputs: site.ops.reduce_mean(inputs[0], [2, 3], node.attributes["keep_sides"]),
    "weighted_sum": _weighted_sum,
    "dense": _dense,
    "flatten": _flatten,
    "resize": _resize,
    "reshape": _reshape,
    "transpose": _transpose,
    "matmul": _matmul,
    "rows": _rows,
}
"""Operation → how it is built; the operations are those of blueprint/network.py."""
