"""From a uint8 picture of any size to a detector's input, as OpenVINO operations with the original's exact rules.

TF1's bilinear sampling is OpenVINO's `asymmetric` mode. The original normalises before or after resizing; both are
linear, so only what padding holds depends on the order: normalised zeros, or the pad value normalised.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from loadstone.blueprint.parts import Normalisation, Resizer
from loadstone.errors import UnsupportedModelError
from loadstone.runtime.engine import openvino


def picture_front(resizer: Resizer, normalisation: Normalisation, *, open_size: bool = False) -> tuple[Any, Any]:
    """Return (the uint8 parameter (1, H, W, 3), the float32 tensor (1, height, width, 3) behind it).

    `open_size`: the network behind it takes whatever size a resizer that keeps the aspect ratio gives.
    Raises `UnsupportedModelError` for a resizer whose output size depends on the picture, or that is not bilinear.
    """
    ops = openvino().opset13

    size = resizer.output
    follows = open_size and resizer.kind == "keep-aspect"
    if (size is None and not follows) or resizer.method != "BILINEAR":
        raise UnsupportedModelError(
            "the image resizer is not built into the network", found=f"{resizer.kind}, {resizer.method}"
        )
    picture = ops.parameter(openvino().PartialShape([1, -1, -1, 3]), np.uint8, name="picture")
    picture.output(0).set_names({"picture"})
    x = ops.convert(picture, "f32")
    if normalisation.bgr:
        x = ops.gather(x, ops.constant(np.array([2, 1, 0], np.int32)), ops.constant(np.int32(3)))
    target = true_size(resizer, picture)
    x = ops.interpolate(x, target, "linear", "sizes", [0, 0], [0, 0], "asymmetric", axes=_sides(ops))
    if normalisation.before_resizing:
        x = _padded(ops, _normalised(ops, x, normalisation), target, resizer, (0.0, 0.0, 0.0))
    else:
        x = _normalised(ops, _padded(ops, x, target, resizer, resizer.pad_value), normalisation)
    return picture, ops.reshape(x, [1, *(size or (0, 0)), 3], size is None)


def true_size(resizer: Resizer, picture: Any) -> Any:
    """Return (height, width) that the picture takes up in the network's input, before padding, as an int64 tensor."""
    ops = openvino().opset13

    return _fitted(ops, picture, resizer.size) if resizer.kind == "keep-aspect" else _fixed(ops, resizer.size)


def _sides(ops: Any) -> Any:
    return ops.constant(np.array([1, 2], np.int32))


def _fixed(ops: Any, size: tuple[int, int]) -> Any:
    return ops.constant(np.array(size, np.int64))


def _fitted(ops: Any, picture: Any, box: tuple[int, int]) -> Any:
    """Return the (height, width) with the picture's aspect ratio that fits the box, lying as the picture lies.

    A side that rounds to nothing, which the original refuses, is one pixel.
    """
    sides = ops.convert(ops.gather(ops.shape_of(picture), _sides(ops), ops.constant(np.int32(0))), "f32")
    lying, standing = (ops.constant(np.array(pair, np.float32)) for pair in (box, box[::-1]))
    height, width = (ops.gather(sides, ops.constant(np.int32(at)), ops.constant(np.int32(0))) for at in (0, 1))
    limits = ops.select(ops.less(height, width), lying, standing)
    scale = ops.reduce_min(ops.divide(limits, sides), ops.constant(np.array([0], np.int32)), True)
    whole = ops.round(ops.multiply(sides, scale), "half_to_even")
    return ops.convert(ops.maximum(whole, ops.constant(np.float32(1))), "i64")


def _normalised(ops: Any, x: Any, normalisation: Normalisation) -> Any:
    mean = ops.constant(np.array(normalisation.mean, np.float32))
    deviation = ops.constant(np.array(normalisation.deviation, np.float32))
    return ops.divide(ops.subtract(x, mean), deviation)


def _padded(ops: Any, x: Any, target: Any, resizer: Resizer, value: tuple[float, float, float]) -> Any:
    """Fill right and below up to the resizer's size; a value per channel is subtracted before and added after."""
    size = resizer.output
    if resizer.kind != "keep-aspect" or size is None:
        return x
    missing = ops.subtract(ops.constant(np.array(size, np.int64)), target)
    zero = ops.constant(np.array([0], np.int64))
    end = ops.concat([zero, missing, zero], 0)
    begin = ops.constant(np.zeros(4, np.int64))
    colour = ops.constant(np.array(value, np.float32))
    coloured = any(value)
    x = ops.subtract(x, colour) if coloured else x
    x = ops.pad(x, begin, end, "constant", ops.constant(np.zeros((), np.float32)))
    return ops.add(x, colour) if coloured else x
