"""How each stock layer of Keras is written as nodes: a visible table from class to handler.

Sources: the layers' own documentation in Keras 3; layouts are channels last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from loadstone.blueprint.network import Around, Scope, Tensor
from loadstone.builder.site import BATCH, Array, NoFormError, Placed, Site, Value, array_of
from loadstone.builder.stock_arguments import channels_last, one, one_map, same, several, windowed
from loadstone.builder.stock_attention import attention
from loadstone.builder.stock_operations import OPERATIONS, Handler, joined, multiplied, pooled, summed, viewed

layers = keras.layers

MOST_MOMENTUM = 0.97
"""What a batch norm's moving statistics keep of themselves at a step, at most; the zoo's SSDs have it.

MobileNetV2's own 0.999 still holds two fifths of its initial statistics after a thousand steps: the training goes by
the batch's and comes far, and detection by the stored ones finds nothing.
"""


def handler_of(layer: Any) -> Handler | None:
    """Return how a layer, or an operation of `keras.ops` in the graph, is written; None where it is not.

    The class itself is asked for: a subclass may compute anything.
    """
    own = type(layer)
    if own in LAYERS:
        return LAYERS[own]
    if own.__module__.startswith("keras.src.applications."):
        return APPLICATIONS.get(own.__name__)
    if own.__module__.startswith("keras.src.layers.preprocessing.image_preprocessing."):
        return _augmentation if own.__name__ in AUGMENTATIONS else None
    return OPERATIONS.get(own.__name__) if own.__module__.startswith("keras.src.ops.") else None


KINDS: dict[Any, str] = {
    keras.activations.linear: "linear",
    keras.activations.relu: "relu",
    keras.activations.relu6: "relu6",
    keras.activations.silu: "swish",
    keras.activations.sigmoid: "sigmoid",
    keras.activations.softmax: "softmax",
    keras.activations.hard_silu: "hard_swish",
    keras.activations.hard_sigmoid: "hard_sigmoid",
    keras.activations.gelu: "gelu",
    keras.activations.tanh: "tanh",
    keras.activations.softplus: "softplus",
    keras.activations.mish: "mish",
}


def activated(site: Site, x: Tensor, function: Any) -> Tensor:
    """Put a layer's own activation behind it."""
    if function is None:
        return x
    if function is keras.activations.elu:
        return site.to.activation(x, "elu", 1.0)
    if function is keras.activations.leaky_relu:
        return site.to.activation(x, "leaky_relu", 0.2)
    if function not in KINDS:
        raise NoFormError(f"the activation {getattr(function, '__name__', function)}")
    return site.to.activation(x, KINDS[function])


def _bias(site: Site, layer: Any, at: Scope) -> bool:
    if layer.use_bias:
        site.holds(at, "bias", layer.bias)
    return bool(layer.use_bias)


def _conv(site: Site, layer: Any, at: Scope, arguments: Sequence[Any], _: Mapping[str, Any]) -> Value:
    x, padding = one_map(arguments).tensor, windowed(layer)
    stride, dilation = same(layer.strides, "strides"), same(layer.dilation_rate, "dilation")
    window = (int(layer.kernel_size[0]), int(layer.kernel_size[1]))
    bias = _bias(site, layer, at)
    if 1 < layer.groups == x.channels:
        multiplier = layer.filters // x.channels
        site.holds(at, "depthwise_kernel", layer.kernel, lambda kernel: _by_channel(kernel, x.channels))
        y = site.to.depthwise(
            x, at, window, stride=stride, padding=padding, bias=bias, multiplier=multiplier, dilation=dilation
        )
    else:
        site.holds(at, "kernel", layer.kernel)
        y = site.to.conv(
            x, at, layer.filters, window, stride=stride, bias=bias, padding=padding, dilation=dilation,
            groups=layer.groups,
        )  # fmt: skip
    return Placed(activated(site, y, layer.activation))


def _by_channel(kernel: Array, channels: int) -> Array:
    """A kernel (h, w, 1, channels · m) of one group a channel as a depthwise one (h, w, channels, m)."""
    return kernel.reshape(*kernel.shape[:2], channels, -1)


def _depthwise(site: Site, layer: Any, at: Scope, arguments: Sequence[Any], _: Mapping[str, Any]) -> Value:
    site.holds(at, "depthwise_kernel", layer.kernel)
    y = site.to.depthwise(
        one_map(arguments).tensor,
        at,
        (int(layer.kernel_size[0]), int(layer.kernel_size[1])),
        stride=same(layer.strides, "strides"),
        padding=windowed(layer),
        bias=_bias(site, layer, at),
        multiplier=layer.depth_multiplier,
        dilation=same(layer.dilation_rate, "dilation"),
    )
    return Placed(activated(site, y, layer.activation))


def _separable(site: Site, layer: Any, at: Scope, arguments: Sequence[Any], _: Mapping[str, Any]) -> Value:
    if same(layer.dilation_rate, "dilation") != 1:
        raise NoFormError("dilation")
    site.holds(at, "depthwise_kernel", layer.depthwise_kernel)
    site.holds(at, "pointwise_kernel", layer.pointwise_kernel)
    y = site.to.separable(
        one_map(arguments).tensor,
        at,
        layer.filters,
        same(layer.kernel_size, "a window"),
        stride=same(layer.strides, "strides"),
        padding=windowed(layer),
        bias=_bias(site, layer, at),
        multiplier=layer.depth_multiplier,
    )
    return Placed(activated(site, y, layer.activation))


def _conv_transpose(site: Site, layer: Any, at: Scope, arguments: Sequence[Any], _: Mapping[str, Any]) -> Value:
    windowed(layer, ("same",))
    stride, window = same(layer.strides, "strides"), same(layer.kernel_size, "a window")
    if layer.output_padding is not None or same(layer.dilation_rate, "dilation") != 1 or window < stride:
        raise NoFormError("output_padding, dilation, or a window smaller than the stride")
    site.holds(at, "kernel", layer.kernel)
    x, bias = one_map(arguments).tensor, _bias(site, layer, at)
    y = site.to.conv_transpose(x, at, layer.filters, window, stride=stride, bias=bias)
    return Placed(activated(site, y, layer.activation))


def _dense(site: Site, layer: Any, at: Scope, arguments: Sequence[Any], _: Mapping[str, Any]) -> Value:
    """A dense layer looks at each place by itself, as a convolution of one place does."""
    x = one(arguments)
    site.holds(at, "kernel", layer.kernel, lambda kernel: kernel[None, None])
    y = site.to.conv(x.tensor, at, layer.units, bias=_bias(site, layer, at))
    return x.like(activated(site, y, layer.activation))


def on_channels(layer: Any, x: Placed) -> None:
    """Refuse a layer that works along another axis than the channels."""
    axis = layer.axis
    numbers = [axis] if isinstance(axis, int) else list(axis)
    if numbers not in ([-1], [len(x.shape)]):
        raise NoFormError(f"axis {axis}, where the channels are the last")


def _batch_norm(site: Site, layer: Any, at: Scope, arguments: Sequence[Any], _: Mapping[str, Any]) -> Value:
    x = one(arguments)
    on_channels(layer, x)
    if layer.scale:
        site.holds(at, "gamma", layer.gamma)
    if layer.center:
        site.holds(at, "beta", layer.beta)
    else:
        site.holds(at, "beta", np.zeros(x.tensor.channels, np.float32))
    site.holds(at, "moving_mean", layer.moving_mean)
    site.holds(at, "moving_variance", layer.moving_variance)
    momentum = min(layer.momentum, MOST_MOMENTUM)
    return x.like(site.to.batch_norm(x.tensor, at, epsilon=layer.epsilon, scale=layer.scale, momentum=momentum))


def _layer_norm(site: Site, layer: Any, at: Scope, arguments: Sequence[Any], _: Mapping[str, Any]) -> Value:
    x = one(arguments)
    on_channels(layer, x)
    if getattr(layer, "rms_scaling", False):
        raise NoFormError("rms_scaling")
    # Without a scale of its own, one of 1 stands there.
    site.holds(at, "gamma", layer.gamma if layer.scale else np.ones(x.tensor.channels, np.float32))
    if layer.center:
        site.holds(at, "beta", layer.beta)
    return x.like(site.to.layer_norm(x.tensor, at, epsilon=layer.epsilon, center=layer.center))


def _activation(site: Site, layer: Any, _: Scope, arguments: Sequence[Any], __: Mapping[str, Any]) -> Value:
    x = one(arguments)
    return x.like(activated(site, x.tensor, layer.activation))


def _relu(site: Site, layer: Any, _: Scope, arguments: Sequence[Any], __: Mapping[str, Any]) -> Value:
    x = one(arguments)
    if layer.threshold or (layer.negative_slope and layer.max_value is not None):
        raise NoFormError("a threshold, or a slope and a largest value")
    if layer.negative_slope:
        return x.like(site.to.activation(x.tensor, "leaky_relu", float(layer.negative_slope)))
    kind = {None: "relu", 6.0: "relu6"}.get(layer.max_value)
    if kind is None:
        raise NoFormError(f"max_value {layer.max_value}")
    return x.like(site.to.activation(x.tensor, kind))


def _leaky_relu(site: Site, layer: Any, _: Scope, arguments: Sequence[Any], __: Mapping[str, Any]) -> Value:
    x = one(arguments)
    return x.like(site.to.activation(x.tensor, "leaky_relu", float(layer.negative_slope)))


def _elu(site: Site, layer: Any, _: Scope, arguments: Sequence[Any], __: Mapping[str, Any]) -> Value:
    x = one(arguments)
    return x.like(site.to.activation(x.tensor, "elu", float(layer.alpha)))


def _softmax(site: Site, layer: Any, _: Scope, arguments: Sequence[Any], __: Mapping[str, Any]) -> Value:
    x = one(arguments)
    on_channels(layer, x)
    return x.like(site.to.activation(x.tensor, "softmax"))


def _mean(site: Site, layer: Any, _: Scope, arguments: Sequence[Any], __: Mapping[str, Any]) -> Value:
    channels_last(layer)
    return Placed(site.to.mean(one_map(arguments).tensor, keep_sides=True), None if layer.keepdims else ())


def _add(site: Site, _: Any, __: Scope, arguments: Sequence[Any], ___: Mapping[str, Any]) -> Value:
    return summed(site, several(arguments))


def _subtract(site: Site, _: Any, __: Scope, arguments: Sequence[Any], ___: Mapping[str, Any]) -> Value:
    x, y = several(arguments)
    return summed(site, [x, y.like(site.to.scale(y.tensor, -1.0))])


def _average(site: Site, _: Any, __: Scope, arguments: Sequence[Any], ___: Mapping[str, Any]) -> Value:
    given = several(arguments)
    total = summed(site, given)
    return total.like(site.to.scale(total.tensor, 1 / len(given)))


def _multiply(site: Site, _: Any, __: Scope, arguments: Sequence[Any], ___: Mapping[str, Any]) -> Value:
    first, *others = several(arguments)
    for other in others:
        first = multiplied(site, first, other)
    return first


def _concatenate(site: Site, layer: Any, _: Scope, arguments: Sequence[Any], __: Mapping[str, Any]) -> Value:
    given = several(arguments)
    on_channels(layer, given[0])
    return joined(site, given)


def _upsample(site: Site, layer: Any, _: Scope, arguments: Sequence[Any], __: Mapping[str, Any]) -> Value:
    channels_last(layer)
    if layer.interpolation != "nearest":
        raise NoFormError(f"interpolation {layer.interpolation!r}")
    return Placed(site.to.upsample(one_map(arguments).tensor, same(layer.size, "a size")))


def _around(pairs: Any) -> Around:
    (above, below), (left, right) = pairs
    return (int(above), int(below)), (int(left), int(right))


def _pad(site: Site, layer: Any, _: Scope, arguments: Sequence[Any], __: Mapping[str, Any]) -> Value:
    channels_last(layer)
    return Placed(site.to.pad(one_map(arguments).tensor, _around(layer.padding)))


def _crop(site: Site, layer: Any, _: Scope, arguments: Sequence[Any], __: Mapping[str, Any]) -> Value:
    channels_last(layer)
    return Placed(site.to.crop(one_map(arguments).tensor, _around(layer.cropping)))


def _reshape(site: Site, layer: Any, _: Scope, arguments: Sequence[Any], __: Mapping[str, Any]) -> Value:
    x = one(arguments)
    return viewed(site, x, layer.compute_output_shape((BATCH, *x.shape)))


def _dropout(site: Site, layer: Any, _: Scope, arguments: Sequence[Any], __: Mapping[str, Any]) -> Value:
    x, noise = one(arguments), getattr(layer, "noise_shape", None)
    if isinstance(layer, layers.SpatialDropout2D):
        channels_last(layer)
        return x.like(site.to.dropout(x.tensor, layer.rate, "channels"))
    if noise is not None and set(tuple(noise)[1:]) == {1}:
        return x.like(site.to.dropout(x.tensor, layer.rate, "pictures"))
    if noise is not None:
        raise NoFormError(f"noise_shape {tuple(noise)}")
    return x.like(site.to.dropout(x.tensor, layer.rate))


def _nothing(site: Site, layer: Any, _: Scope, arguments: Sequence[Any], __: Mapping[str, Any]) -> Value:
    return one(arguments)


def _only_training(site: Site, layer: Any, _: Scope, arguments: Sequence[Any], __: Mapping[str, Any]) -> Value:
    site.notes[f"the layer {layer.name!r} ({type(layer).__name__}) is left out: only training has it"] = None
    return one(arguments)


def _augmentation(site: Site, layer: Any, _: Scope, arguments: Sequence[Any], __: Mapping[str, Any]) -> Value:
    site.notes[f"the layer {layer.name!r} ({type(layer).__name__}) is left out: boxes do not follow it"] = None
    return one(arguments)


def _rescaling(site: Site, layer: Any, _: Scope, arguments: Sequence[Any], __: Mapping[str, Any]) -> Value:
    x = one(arguments)
    factor, offset = (np.ravel(np.asarray(value, np.float64)) for value in (layer.scale, layer.offset))
    return x.like(site.to.affine(x.tensor, factor.tolist(), offset.tolist()))


def _normalization(site: Site, layer: Any, _: Scope, arguments: Sequence[Any], __: Mapping[str, Any]) -> Value:
    """(x − mean) / max(√variance, epsilon), or back where the layer is inverted."""
    x = one(arguments)
    on_channels(layer, x)
    mean, variance = (np.ravel(array_of(value)).astype(np.float64) for value in (layer.mean, layer.variance))
    deviation = np.maximum(np.sqrt(variance), keras.config.epsilon())
    factor, offset = (deviation, mean) if layer.invert else (1 / deviation, -mean / deviation)
    return x.like(site.to.affine(x.tensor, factor.tolist(), offset.tolist()))


def _layer_scale(site: Site, layer: Any, at: Scope, arguments: Sequence[Any], _: Mapping[str, Any]) -> Value:
    x = one(arguments)
    site.holds(at, "gamma", layer.gamma)
    return x.like(site.to.channel_scale(x.tensor, at))


def _scaled_sum(site: Site, layer: Any, _: Scope, arguments: Sequence[Any], __: Mapping[str, Any]) -> Value:
    """InceptionResNetV2's: x + scale · y."""
    x, y = several(arguments)
    return summed(site, [x, y.like(site.to.scale(y.tensor, float(layer.scale)))])


APPLICATIONS: dict[str, Handler] = {"LayerScale": _layer_scale, "CustomScaleLayer": _scaled_sum}
"""The layers that `keras.applications` brings itself."""

AUGMENTATIONS = tuple(name for name in dir(layers) if name.startswith("Random"))

LAYERS: dict[Any, Handler] = {
    layers.Conv2D: _conv,
    layers.DepthwiseConv2D: _depthwise,
    layers.SeparableConv2D: _separable,
    layers.Conv2DTranspose: _conv_transpose,
    layers.Dense: _dense,
    layers.BatchNormalization: _batch_norm,
    layers.LayerNormalization: _layer_norm,
    layers.MultiHeadAttention: attention,
    layers.Activation: _activation,
    layers.ReLU: _relu,
    layers.LeakyReLU: _leaky_relu,
    layers.ELU: _elu,
    layers.Softmax: _softmax,
    layers.MaxPooling2D: pooled,
    layers.AveragePooling2D: pooled,
    layers.GlobalAveragePooling2D: _mean,
    layers.Add: _add,
    layers.Subtract: _subtract,
    layers.Average: _average,
    layers.Multiply: _multiply,
    layers.Concatenate: _concatenate,
    layers.UpSampling2D: _upsample,
    layers.ZeroPadding2D: _pad,
    layers.Cropping2D: _crop,
    layers.Reshape: _reshape,
    layers.Flatten: _reshape,
    layers.Dropout: _dropout,
    layers.SpatialDropout2D: _dropout,
    layers.GaussianNoise: _only_training,
    layers.GaussianDropout: _only_training,
    layers.ActivityRegularization: _only_training,
    layers.Identity: _nothing,
    layers.Rescaling: _rescaling,
    layers.Normalization: _normalization,
}
"""Class → handler; a class that is not here, or among the operations, has no form."""
