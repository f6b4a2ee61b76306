"""The convolution of a resized map, in OpenVINO's operations, by way of the map before it was resized.

Resizing mixes places, a tap of a kernel mixes channels, and both are linear: the taps may come first, on the few
places. Each tap's map is then resized, shifted by the tap's offset and summed, along one axis after the other.
The first convolution of Mask R-CNN's masks, 3 × 3 over 9 × 9 places made 33 × 33, has a thirteenth of the products
left, and the whole stage takes a third of the time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.detectors.interpolate import corner_weights
from loadstone.runtime.engine import openvino

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from loadstone.blueprint.network import Network, Node

COARSE = 4
"""How many places resizing has to make of one before the taps come first."""


def coarse_source(network: Network, node: Node) -> int | None:
    """Return the position of the map that is resized for this convolution, where its taps are better taken there."""
    if not _is_plain(node):
        return None
    before = network.nodes[node.inputs[0]]
    if before.operation != "resize":
        return None
    source = before.inputs[0]
    few, many = (shape[0] * shape[1] if all(shape) else 0 for shape in (network.nodes[source].shape, before.shape))  # type: ignore[operator]
    return source if many >= COARSE * few > 0 else None


def _is_plain(node: Node) -> bool:
    """Whether the node is a convolution whose every output is a sum over an odd, square window around its place."""
    attributes = node.attributes
    if node.operation != "conv" or attributes.get("groups", 1) != 1 or attributes.get("dilation", 1) != 1:
        return False
    height, width = node.variables[0].shape[:2]
    return attributes["stride"] == 1 and attributes["padding"] == "same" and height == width and height % 2 == 1


def conv_of_resized(
    coarse: Any, kernel: npt.NDArray[np.float32], before: Sequence[int | None], after: Sequence[int | None]
) -> Any:
    """Return the map (batch, filters, height, width) that the kernel makes of the coarse one after its resizing.

    `coarse` (batch, channels, height, width), `kernel` (taps, taps, channels, filters), `before` and `after` begin with
    heights and widths. The resizing is linear between aligned corners; beyond the resized map there are zeros.
    """
    ops = openvino().opset13

    taps, filters = kernel.shape[0], kernel.shape[3]
    height, width = (side or 0 for side in before[:2])
    # A filter's taps lie side by side: (row, column, channels, filters) → (filters · row · column, channels).
    each = np.ascontiguousarray(kernel.transpose(3, 0, 1, 2).reshape(filters * taps * taps, -1, 1, 1))
    x = ops.convolution(coarse, ops.constant(each), [1, 1], [0, 0], [0, 0], [1, 1])
    x = ops.reshape(x, [-1, filters, taps, taps, height, width], False)
    x = ops.reshape(ops.transpose(x, [0, 1, 2, 4, 3, 5]), [-1, filters, taps * height, taps * width], False)
    x = ops.matmul(x, ops.constant(_resized_taps(width, after[1] or 0, taps)), False, True)
    x = ops.matmul(
        ops.transpose(x, [0, 1, 3, 2]), ops.constant(_resized_taps(height, after[0] or 0, taps)), False, True
    )
    return ops.transpose(x, [0, 1, 3, 2])


def _resized_taps(before: int, after: int, taps: int) -> npt.NDArray[np.float32]:
    """Return what resizes each tap's row of `before` places, shifts it and sums all: (after, taps · before)."""
    padded = np.pad(corner_weights(before, after), ((taps // 2, taps // 2), (0, 0)))
    return np.concatenate([padded[tap : tap + after] for tap in range(taps)], axis=1)
