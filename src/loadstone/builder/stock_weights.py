"""What a layer of one's own does with variables of its own: scaling, shifting, convolving.

A variable that trains stays one, in a node that holds it; one that does not is a constant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from loadstone.blueprint.network import Scope
from loadstone.builder.site import NoFormError, Placed, Site, Value, Weight, array_of
from loadstone.builder.stock_arguments import same


def _channels(weight: Weight, channels: int) -> int:
    """Return how many numbers a variable has, one or one a channel, that counts for all places."""
    *lead, last = weight.shape or (1,)
    if set(lead) - {1} or last not in (1, channels):
        raise NoFormError(f"a weight {weight.shape} that is not one number, or one a channel")
    return last


def scaled(site: Site, x: Placed, weight: Weight) -> Placed:
    """Return the product with a variable of one number, or one a channel."""
    count = _channels(weight, x.tensor.channels)
    if not weight.variable.trainable:
        return x.like(site.to.affine(x.tensor, np.ravel(array_of(weight.variable)).tolist(), [0.0]))
    site.holds(weight.at, "gamma", weight.variable, np.ravel)
    return x.like(site.to.channel_scale(x.tensor, weight.at, shared=count == 1))


def offset(site: Site, x: Placed, weight: Weight) -> Placed:
    """Return the sum with a variable of one number, or one a channel."""
    count = _channels(weight, x.tensor.channels)
    if not weight.variable.trainable:
        return x.like(site.to.affine(x.tensor, [1.0], np.ravel(array_of(weight.variable)).tolist()))
    site.holds(weight.at, "beta", weight.variable, np.ravel)
    return x.like(site.to.channel_offset(x.tensor, weight.at, shared=count == 1))


def unweighted(value: Any) -> Any:
    """Return a constant, or what a variable that does not train holds; `NoFormError` for one that trains."""
    if not isinstance(value, Weight):
        return value
    if value.variable.trainable:
        raise NoFormError("a weight is subtracted or divided by, where sums and products of weights have a form")
    return array_of(value.variable)


def _window(operation: Any, arguments: Sequence[Any], named: Mapping[str, Any]) -> tuple[Placed, Weight]:
    x, kernel = [*arguments, *named.values()][:2]
    if not isinstance(x, Placed) or x.lead is not None or not isinstance(kernel, Weight) or len(kernel.shape) != 4:
        raise NoFormError("it is not called with a map and a weight")
    if kernel.shape != tuple(kernel.variable.shape) or operation.data_format == "channels_first":
        raise NoFormError("a kernel of another shape than its weight, or channels_first")
    return x, kernel


def convolved(site: Site, operation: Any, _: Scope, arguments: Sequence[Any], named: Mapping[str, Any]) -> Value:
    """`ops.conv` with a kernel (height, width, in / groups, filters) of the layer's own."""
    x, kernel = _window(operation, arguments, named)
    high, wide, inside, filters = kernel.shape
    site.holds(kernel.at, "kernel", kernel.variable)
    y = site.to.conv(
        x.tensor,
        kernel.at,
        filters,
        (high, wide),
        stride=same(operation.strides, "strides"),
        padding=operation.padding,
        dilation=same(operation.dilation_rate, "dilation"),
        groups=x.tensor.channels // inside,
    )
    return Placed(y)


def depthwise(site: Site, operation: Any, _: Scope, arguments: Sequence[Any], named: Mapping[str, Any]) -> Value:
    """`ops.depthwise_conv` with a kernel (height, width, in, multiplier) of the layer's own."""
    x, kernel = _window(operation, arguments, named)
    high, wide, _inside, multiplier = kernel.shape
    site.holds(kernel.at, "depthwise_kernel", kernel.variable)
    y = site.to.depthwise(
        x.tensor,
        kernel.at,
        (high, wide),
        stride=same(operation.strides, "strides"),
        padding=operation.padding,
        multiplier=multiplier,
        dilation=same(operation.dilation_rate, "dilation"),
    )
    return Placed(y)


def product(site: Site, _: Any, __: Scope, arguments: Sequence[Any], named: Mapping[str, Any]) -> Value:
    """`ops.matmul` with a kernel (in, out) of the layer's own: a convolution of one place."""
    x, kernel = [*arguments, *named.values()][:2]
    if not isinstance(x, Placed) or not isinstance(kernel, Weight) or len(kernel.shape) != 2:
        raise NoFormError("it is not called with a map and a weight (in, out)")
    if kernel.shape != tuple(kernel.variable.shape):
        raise NoFormError("a kernel of another shape than its weight")
    site.holds(kernel.at, "kernel", kernel.variable, lambda array: array[None, None])
    return x.like(site.to.conv(x.tensor, kernel.at, int(kernel.shape[-1])))


def normalised(site: Site, operation: Any, _: Scope, arguments: Sequence[Any], named: Mapping[str, Any]) -> Value:
    """`ops.batch_normalization` with statistics, offset and scale of the layer's own."""
    names = ("x", "mean", "variance", "offset", "scale")
    x, mean, variance, shift, share = ({**dict(zip(names, arguments, strict=False)), **named}.get(one) for one in names)
    if not isinstance(x, Placed) or operation.axis not in (-1, len(x.shape)) or not isinstance(mean, Weight):
        raise NoFormError("it is not called with a map and weights, along its channels")
    zeros = np.zeros(x.tensor.channels, np.float32)
    held = {"beta": shift, "moving_mean": mean, "moving_variance": variance}
    if share is not None:
        held["gamma"] = share
    for attribute, one in held.items():
        site.holds(mean.at, attribute, one.variable if isinstance(one, Weight) else zeros if one is None else one)
    return x.like(site.to.batch_norm(x.tensor, mean.at, epsilon=operation.epsilon, scale=share is not None))
