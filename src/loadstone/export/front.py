"""From a uint8 picture of any size to a detector's input, with the original's exact rules; as runtime's picture_front.

The original normalises before or after resizing; both are linear, so only what padding holds depends on the order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loadstone.blueprint.parts import Normalisation, Resizer
from loadstone.errors import UnsupportedModelError
from loadstone.export.dialect import Dialect, Tensor


@dataclass(frozen=True, slots=True)
class Front:
    """The network's input, and the (height, width) that the picture takes up in it, before padding, as reals (2,)."""

    tensor: Tensor
    size: Tensor


def front(ops: Dialect, resizer: Resizer, normalisation: Normalisation, *, open_size: bool = False) -> Front:
    """Write the way from the picture; `open_size`: what follows takes whatever size keeps the picture's aspect ratio.

    Raises `UnsupportedModelError` for a resizer that is not bilinear, or whose output depends on the picture otherwise.
    """
    is_open = open_size and resizer.kind == "keep-aspect" and resizer.method == "BILINEAR"
    size = resizer.output if is_open else fixed_size(resizer)
    picture = ops.picture()
    x = ops.real(picture)
    if normalisation.bgr:
        x = ops.gather(x, ops.constant(np.array([2, 1, 0])), 3)
    target = _fitted(ops, picture, resizer.size) if resizer.kind == "keep-aspect" else None
    x = ops.resize(x, ops.constant(np.array(resizer.size)) if target is None else ops.whole(target))
    if normalisation.before_resizing:
        x = _padded(ops, _normalised(ops, x, normalisation), target, size, (0.0, 0.0, 0.0))
    else:
        x = _normalised(ops, _padded(ops, x, target, size, resizer.pad_value), normalisation)
    taken = ops.constant(np.array(size, np.float32)) if target is None else target
    return Front(x if size is None else ops.reshape(x, [1, *size, 3]), taken)


def fixed_size(resizer: Resizer) -> tuple[int, int]:
    """Return the (height, width) of the network's input; `UnsupportedModelError` where the picture decides it."""
    size = resizer.output
    if size is None or resizer.method != "BILINEAR":
        raise UnsupportedModelError(
            "a detector whose input has no fixed size cannot be exported",
            expected="a fixed_shape_resizer, or a keep_aspect_ratio_resizer that pads, with BILINEAR",
            found=f"{resizer.kind}, {resizer.method}",
            help="open it with a configuration that says so, where it may: pad_to_max_dimension: true",
        )
    return size


def _fitted(ops: Dialect, picture: Tensor, box: tuple[int, int]) -> Tensor:
    """Return the (height, width), whole but real, with the picture's aspect ratio that fits the box."""
    sides = ops.real(ops.sides(picture))
    lying, standing = (ops.constant(np.array(pair, np.float32)) for pair in (box, box[::-1]))
    height, width = (ops.gather(sides, ops.constant(np.array([at]))) for at in (0, 1))
    limits = ops.where(ops.binary("less", height, width), lying, standing)
    scale = ops.reduce("min", ops.binary("divide", limits, sides), 0, keep=True)
    whole = ops.unary("round", ops.binary("multiply", sides, scale))
    return ops.binary("maximum", whole, ops.constant(np.array([1], np.float32)))


def _normalised(ops: Dialect, x: Tensor, normalisation: Normalisation) -> Tensor:
    x = ops.binary("subtract", x, ops.constant(np.array(normalisation.mean, np.float32)))
    return ops.binary("divide", x, ops.constant(np.array(normalisation.deviation, np.float32)))


def _padded(
    ops: Dialect, x: Tensor, target: Tensor | None, size: tuple[int, int] | None, value: tuple[float, float, float]
) -> Tensor:
    """Fill right and below; a value per channel is subtracted before and added after."""
    if target is None or size is None:
        return x
    missing = ops.whole(ops.binary("subtract", ops.constant(np.array(size, np.float32)), target))
    if not any(value):
        return ops.pad(x, missing)
    colour = ops.constant(np.array(value, np.float32))
    return ops.binary("add", ops.pad(ops.binary("subtract", x, colour), missing), colour)
