"""Convolutions in training, where a backend's own are slow or wrong.

With JAX on a processor, 1 × 1 is a product of matrices and depthwise a sum of products: XLA hands convolutions to
kernels that do neither well there, and their gradients worse. A MobileNet's step spent most of its time in them
(`benchmarks/training_step.py` has Keras's own layers beside these).

With PyTorch in bfloat16, maps of a single column are padded before they are convolved: oneDNN, told to pad them itself,
leaves the gradient of kernel places that only ever meet zeros as it found the memory. That was seen with strides of 2
(PyTorch 2.13): norms of 1e30, or wrong ones that nobody notices.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from loadstone.blueprint.network import Node
from loadstone.detectors.keras_model import WITH_WEIGHTS


def by_matrix(x: Any, kernel: Any) -> Any:
    """Return the convolution of maps (B, H, W, C) with a kernel (1, 1, C, D)."""
    rows = ops.matmul(ops.reshape(x, (-1, kernel.shape[2])), kernel[0, 0])
    return ops.reshape(rows, (-1, *x.shape[1:3], kernel.shape[3]))


def by_places(x: Any, kernel: Any, *, stride: int, dilation: int, same: bool) -> Any:
    """Return the depthwise convolution of maps (B, H, W, C) with a kernel (h, w, C, 1).

    `same` pads with zeros as TensorFlow does: an odd one lies below and to the right.
    """
    high, wide = kernel.shape[:2]
    (rows, down), (columns, across) = (
        _padding(side, (places - 1) * dilation + 1, stride, same=same)
        for side, places in ((x.shape[1], high), (x.shape[2], wide))
    )
    x = ops.pad(x, ((0, 0), rows, columns, (0, 0)))
    reach = (down - 1) * stride + 1, (across - 1) * stride + 1
    total = 0
    for row in range(high):
        for column in range(wide):
            top, left = row * dilation, column * dilation
            part = x[:, top : top + reach[0] : stride, left : left + reach[1] : stride]
            total += part * kernel[row, column, :, 0]
    return total


def _padding(side: int, window: int, stride: int, *, same: bool) -> tuple[tuple[int, int], int]:
    """Return the zeros before and behind, and how many places come out."""
    if not same:
        return (0, 0), (side - window) // stride + 1
    count = -(-side // stride)
    missing = max((count - 1) * stride + window - side, 0)
    return (missing // 2, missing - missing // 2), count


def _padded(layer: Any, x: Any) -> Any | None:
    """Return maps of a column with the zeros that "same" asks for, None where the layer may pad them itself."""
    if keras.backend.backend() != "torch" or layer.padding != "same" or x.shape[2] != 1:
        return None
    if keras.backend.standardize_dtype(x.dtype) != "bfloat16":
        return None
    sides = zip(x.shape[1:3], layer.kernel_size, layer.dilation_rate, layer.strides, strict=True)
    zeros = [_padding(side, (places - 1) * apart + 1, stride, same=True)[0] for side, places, apart, stride in sides]
    return ops.pad(x, ((0, 0), *zeros, (0, 0)))


def _convolved(layer: Any, x: Any, convolve: Any, *kernels: Any) -> Any:
    """Return what the layer makes of maps that are padded already."""
    how = {"strides": layer.strides, "padding": "valid", "dilation_rate": layer.dilation_rate}
    return _finished(layer, convolve(x, *kernels, data_format=layer.data_format, **how))


def _on_processor(x: Any) -> bool:
    """Whether JAX computes, on a processor, maps whose sides are known."""
    if keras.backend.backend() != "jax" or None in x.shape[1:]:
        return False
    import jax

    return bool(jax.default_backend() == "cpu")


def _depthwise(layer: Any, x: Any, kernel: Any) -> Any:
    stride, dilation = layer.strides[0], layer.dilation_rate[0]
    return by_places(x, kernel, stride=stride, dilation=dilation, same=layer.padding == "same")


def _finished(layer: Any, x: Any) -> Any:
    """Return what Keras's layer makes of the sums: the bias added, then its activation."""
    x = ops.add(x, layer.bias) if layer.use_bias else x
    return x if layer.activation is None else layer.activation(x)


@keras.saving.register_keras_serializable("loadstone")
class TrainedConv(keras.layers.Conv2D):
    """Keras's layer; a kernel of 1 × 1 without stride or groups by `by_matrix` where that is quicker."""

    def call(self, inputs: Any) -> Any:
        """Return the convolution, with bias and activation."""
        if (padded := _padded(self, inputs)) is not None:
            return _convolved(self, padded, ops.conv, self.kernel)
        plain = self.kernel_size == (1, 1) and self.strides == (1, 1) and self.groups == 1
        if not plain or not _on_processor(inputs):
            return super().call(inputs)
        found = by_matrix(inputs, self.kernel)
        return _finished(self, found)


@keras.saving.register_keras_serializable("loadstone")
class TrainedDepthwise(keras.layers.DepthwiseConv2D):
    """Keras's layer, computed by `by_places` where that is quicker."""

    def call(self, inputs: Any) -> Any:
        """Return the convolution, with bias and activation."""
        if (padded := _padded(self, inputs)) is not None:
            return _convolved(self, padded, ops.depthwise_conv, self.kernel)
        if self.depth_multiplier != 1 or not _on_processor(inputs):
            return super().call(inputs)
        found = _depthwise(self, inputs, self.kernel)
        return _finished(self, found)


@keras.saving.register_keras_serializable("loadstone")
class TrainedSeparable(keras.layers.SeparableConv2D):
    """Keras's layer, its halves computed by `by_places` and `by_matrix` where that is quicker."""

    def call(self, inputs: Any) -> Any:
        """Return both convolutions, with bias and activation."""
        if (padded := _padded(self, inputs)) is not None:
            return _convolved(self, padded, ops.separable_conv, self.depthwise_kernel, self.pointwise_kernel)
        if self.depth_multiplier != 1 or not _on_processor(inputs):
            return super().call(inputs)
        found = by_matrix(_depthwise(self, inputs, self.depthwise_kernel), self.pointwise_kernel)
        return _finished(self, found)


KINDS: dict[str, Any] = {"conv": TrainedConv, "depthwise": TrainedDepthwise, "separable": TrainedSeparable}
"""Operation → the layer that trains in the place of Keras's own."""


def convolution(node: Node, name: str) -> Any:
    """Return the layer of a node that convolves."""
    return KINDS[node.operation].from_config(WITH_WEIGHTS[node.operation](node, name).get_config())
