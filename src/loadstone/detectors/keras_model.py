"""A `Network` as a Keras 3 model, on whatever backend Keras runs: to train further, to save, to export.

Every node becomes a layer of Keras's own; nodes that share variables share one layer. A layer is named for its
variables, so that Keras's own files can be read by name. `fill` puts a file's arrays in by object-graph key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from loadstone.blueprint.network import Network, Node, keras_name
from loadstone.blueprint.weights import value_of
from loadstone.detectors.keras_layers import ChannelOffset, ChannelScale, CornerResize, FastAttention
from loadstone.detectors.unfilled import unfilled

Values = Mapping[str, npt.NDArray[Any]]


def build(network: Network, layers: Mapping[str, Callable[[Node, str], Any]] | None = None) -> keras.Model:
    """Return the network as a functional model: picture float32 (batch, height, width, 3) in, a dict of outputs out.

    Batch norms are in inference mode unless the model is called with `training=True`. Weights are zeros, or ones in
    layers of our own, until `fill` gives them values. `layers` stands for `WITH_WEIGHTS` where it is given: training
    has batch norms and dropouts of its own.
    """
    builder = _Builder(network, WITH_WEIGHTS if layers is None else layers)
    outputs = {name: builder.tensor(position) for name, position in network.outputs.items()}
    inputs = builder.inputs
    return keras.Model(inputs[0] if len(inputs) == 1 else inputs, outputs)


def fill(model: keras.Model, network: Network, values: Values) -> None:
    """Assign the variables' values, by object-graph key; those that no output needs are not in the model.

    Raises `FormatError` where a value is absent or has another shape; nothing is assigned then.
    """
    layers = {layer.name: layer for layer in model.layers}
    plan: list[tuple[Any, list[npt.NDArray[Any]]]] = []
    for position in sorted(network.reachable()):
        node = network.nodes[position]
        if node.variables:
            plan.append((layers[layer_name(node)], [value_of(variable, values) for variable in node.variables]))
    for layer, arrays in plan:
        layer.set_weights(arrays)


def layer_name(node: Node) -> str:
    """Return a Keras layer's name: its variables' scope, as Keras takes it."""
    return keras_name(node.variables[0].key.rpartition("/")[0])


class _Builder:
    """Builds tensors on demand, so that what no output needs is not built; shares layers by their variables."""

    def __init__(self, network: Network, makers: Mapping[str, Callable[[Node, str], Any]]) -> None:
        self._makers = makers
        self._tensors: dict[int, Any] = {}
        self._layers: dict[str, Any] = {}
        self.inputs: list[Any] = []
        for position in sorted(network.reachable()):
            self._tensors[position] = self._build(network.nodes[position], position)

    def tensor(self, position: int) -> Any:
        return self._tensors[position]

    def _build(self, node: Node, position: int) -> Any:
        inputs = [self._tensors[one] for one in node.inputs]
        if node.operation == "input":
            tensor = keras.Input(node.shape, name=node.name)
            self.inputs.append(tensor)
            return tensor
        if not node.variables and node.operation in self._makers:
            return self._makers[node.operation](node, f"{node.operation}_{position}")(inputs[0])
        if node.operation in PLAIN:
            return PLAIN[node.operation](node, inputs)
        layer = self._layer(node)
        with unfilled(layer):
            return layer(inputs if node.operation == "weighted_sum" else _padded(node, inputs[0]))

    def _layer(self, node: Node) -> Any:
        name = layer_name(node)
        if name not in self._layers:
            self._layers[name] = self._makers[node.operation](node, name)
            # A frozen batch norm is in inference mode for Keras, whatever the model is called with.
            self._layers[name].trainable = not node.attributes.get("frozen", False)
        return self._layers[name]


def _padded(node: Node, tensor: Any) -> Any:
    """Put explicit zeros around, where the padding is a number."""
    border = node.attributes.get("padding")
    return keras.layers.ZeroPadding2D(border)(tensor) if isinstance(border, int) and border else tensor


def _mode(node: Node) -> str:
    padding = node.attributes["padding"]
    return padding if isinstance(padding, str) else "valid"


def _conv(node: Node, name: str) -> Any:
    high, wide, _, filters = node.variables[0].shape
    return keras.layers.Conv2D(
        filters,
        (high, wide),
        strides=node.attributes["stride"],
        padding=_mode(node),
        dilation_rate=node.attributes.get("dilation", 1),
        groups=node.attributes.get("groups", 1),
        use_bias=len(node.variables) > 1,
        name=name,
    )


def _conv_transpose(node: Node, name: str) -> Any:
    window, _, filters, _ = node.variables[0].shape
    return keras.layers.Conv2DTranspose(
        filters, window, strides=node.attributes["stride"], padding="same", use_bias=len(node.variables) > 1, name=name
    )


def _depthwise(node: Node, name: str) -> Any:
    high, wide, _, multiplier = node.variables[0].shape
    return keras.layers.DepthwiseConv2D(
        (high, wide),
        strides=node.attributes["stride"],
        padding=_mode(node),
        depth_multiplier=multiplier,
        dilation_rate=node.attributes.get("dilation", 1),
        use_bias=len(node.variables) > 1,
        name=name,
    )


def _separable(node: Node, name: str) -> Any:
    return keras.layers.SeparableConv2D(
        node.variables[1].shape[-1],
        node.variables[0].shape[0],
        strides=node.attributes["stride"],
        padding=_mode(node),
        depth_multiplier=node.variables[0].shape[-1],
        use_bias=len(node.variables) > 2,
        name=name,
    )


def _batch_norm(node: Node, name: str) -> Any:
    return keras.layers.BatchNormalization(
        epsilon=node.attributes["epsilon"],
        scale=node.attributes["scale"],
        momentum=node.attributes.get("momentum", 0.99),
        name=name,
    )


def _layer_norm(node: Node, name: str) -> Any:
    own = node.attributes
    return keras.layers.LayerNormalization(epsilon=own["epsilon"], center=own["center"], name=name)


def _dense(node: Node, name: str) -> Any:
    return keras.layers.Dense(node.variables[0].shape[-1], name=name)


WITH_WEIGHTS: dict[str, Callable[[Node, str], Any]] = {
    "conv": _conv,
    "conv_transpose": _conv_transpose,
    "depthwise": _depthwise,
    "separable": _separable,
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "channel_scale": lambda node, name: ChannelScale(node.variables[0].shape == (1,), name=name),
    "channel_offset": lambda node, name: ChannelOffset(node.variables[0].shape == (1,), name=name),
    "dense": _dense,
    "weighted_sum": lambda node, name: FastAttention(node.attributes["epsilon"], name=name),
}
"""Operation → the layer that holds its variables, in the order in which the node lists them."""

ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "relu": keras.ops.relu,
    "relu6": keras.ops.relu6,
    "swish": keras.ops.silu,
    "sigmoid": keras.ops.sigmoid,
    "softmax": keras.ops.softmax,
    "hard_swish": keras.ops.hard_silu,
    "hard_sigmoid": keras.ops.hard_sigmoid,
    "gelu": lambda x: keras.ops.gelu(x, approximate=False),
    "gelu_tanh": lambda x: keras.ops.gelu(x, approximate=True),
    "tanh": keras.ops.tanh,
    "softplus": keras.ops.softplus,
    "mish": lambda x: x * keras.ops.tanh(keras.ops.softplus(x)),
}


def _activation(node: Node, inputs: list[Any]) -> Any:
    kind, alpha = node.attributes["kind"], node.attributes.get("alpha")
    if kind == "leaky_relu":
        return keras.ops.leaky_relu(inputs[0], negative_slope=alpha)
    return keras.ops.elu(inputs[0], alpha=alpha) if kind == "elu" else ACTIVATIONS[kind](inputs[0])


def _affine(node: Node, inputs: list[Any]) -> Any:
    factor, offset = (np.asarray(node.attributes[name], np.float32) for name in ("factor", "offset"))
    return keras.ops.add(keras.ops.multiply(inputs[0], factor), offset)


def _dropout(node: Node, inputs: list[Any]) -> Any:
    """Leave out what a frozen part would draw at random: it is in inference mode."""
    if node.attributes.get("frozen"):
        return inputs[0]
    ones = (1,) * (len(node.shape) - 1)
    shape = {"pictures": (None, *ones, 1), "channels": (None, *ones, None)}.get(node.attributes["over"])
    return keras.layers.Dropout(node.attributes["rate"], noise_shape=shape)(inputs[0])


def _pool(node: Node, inputs: list[Any]) -> Any:
    kind = keras.layers.MaxPooling2D if node.operation == "max_pool" else keras.layers.AveragePooling2D
    if around := node.attributes.get("around"):
        ends = ((0, 0), *around, (0, 0))
        inputs = [keras.ops.pad(inputs[0], ends, constant_values=float("-inf"))]
    return kind(node.attributes["window"], node.attributes["stride"], _mode(node))(_padded(node, inputs[0]))


def _mean(node: Node, inputs: list[Any]) -> Any:
    return keras.layers.GlobalAveragePooling2D(keepdims=node.attributes["keep_sides"])(inputs[0])


def _rows(node: Node, inputs: list[Any]) -> Any:
    rows = [keras.layers.Reshape((-1, node.attributes["columns"]))(tensor) for tensor in inputs]
    return keras.layers.Concatenate(axis=1)(rows) if len(rows) > 1 else rows[0]


PLAIN: dict[str, Callable[[Node, list[Any]], Any]] = {
    "activation": _activation,
    "affine": _affine,
    "dropout": _dropout,
    "pad": lambda node, inputs: keras.layers.ZeroPadding2D(node.attributes["around"])(inputs[0]),
    "crop": lambda node, inputs: keras.layers.Cropping2D(node.attributes["around"])(inputs[0]),
    "add": lambda _, inputs: keras.layers.Add()(inputs),
    "multiply": lambda _, inputs: keras.ops.multiply(*inputs),
    "scale": lambda node, inputs: keras.ops.multiply(inputs[0], np.float32(node.attributes["factor"])),
    "concat": lambda _, inputs: keras.layers.Concatenate()(inputs),
    "slice": lambda node, inputs: inputs[0][..., node.attributes["first"] : node.attributes["last"]],
    "upsample": lambda node, inputs: keras.layers.UpSampling2D(node.attributes["factor"])(inputs[0]),
    "max_pool": _pool,
    "average_pool": _pool,
    "mean": _mean,
    "resize": lambda node, inputs: CornerResize(node.shape[0] or 0, node.shape[1] or 0)(inputs[0]),
    "flatten": lambda _, inputs: keras.layers.Flatten()(inputs[0]),
    "reshape": lambda node, inputs: keras.layers.Reshape(node.shape)(inputs[0]),
    "transpose": lambda node, inputs: keras.layers.Permute([axis + 1 for axis in node.attributes["axes"]])(inputs[0]),
    "matmul": lambda _, inputs: keras.ops.matmul(*inputs),
    "rows": _rows,
}
"""Operation without variables → its result."""
