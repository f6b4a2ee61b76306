"""Backbones told from the shapes of their kernels alone.

What it is: one rule a network, each resting on shapes that no neck or head around it has. What it is not: a reading of
names (SavedModels number their variables, so there are none).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from loadstone.facts.tensor import Shape

RESNET_STAGE4 = {6: "50", 23: "101", 36: "152"}
"""Blocks of the fourth stage → depth; each has one 1×1 kernel from 256 to 1,024 channels."""

EFFICIENTNET_5X5 = {9: "b0", 12: "b1", 14: "b3", 18: "b4", 21: "b5", 25: "b6", 30: "b7"}
"""Number of 5×5 depthwise kernels → scale (stages 3, 5 and 6 with repeats 2, 3, 4 times the depth factor, rounded up).

B1 and B2 have the same depth; B2 is a tenth wider."""

_B2_LAST = 352
_INCEPTION_RESNET_BLOCKS = 20


def backbone_of(shapes: Iterable[Shape]) -> str | None:
    """Return `mobilenet_v1`, `resnet50`, `efficientnet-b0`, ... for an extractor's variables; None if none fits."""
    kernels: Counter[Shape] = Counter(shape for shape in shapes if len(shape) == 4)
    if kernels[(7, 7, 3, 64)] and (depth := RESNET_STAGE4.get(kernels[(1, 1, 256, 1024)])):
        return f"resnet{depth}"
    if kernels[(1, 1, 1088, 192)] >= _INCEPTION_RESNET_BLOCKS:
        return "inception_resnet_v2"
    return _efficientnet(kernels) or _mobilenet(kernels)


def _efficientnet(kernels: Counter[Shape]) -> str | None:
    wide = sum(count for shape, count in kernels.items() if shape[:2] == (5, 5) and shape[3] == 1)
    scale = EFFICIENTNET_5X5.get(wide)
    if scale is None or _expansions(kernels) < wide:
        return None
    if scale == "b1" and any(shape[3] == _B2_LAST for shape in kernels):
        scale = "b2"
    return f"efficientnet-{scale}"


def _expansions(kernels: Counter[Shape]) -> int:
    """Kernels that widen six times, as each inverted residual block but the first begins."""
    return sum(count for (h, w, i, o), count in kernels.items() if (h, w) == (1, 1) and i and o == 6 * i)


def _mobilenet(kernels: Counter[Shape]) -> str | None:
    depthwise = sum(count for shape, count in kernels.items() if shape[:2] == (3, 3) and shape[3] == 1)
    expansions = _expansions(kernels)
    if depthwise >= 17 and expansions >= 16:
        return "mobilenet_v2"
    # Where a light pyramid stands on it, its last block halves the channels, and the one before has a width of its own.
    doublings = sum(
        count for (h, w, i, o), count in kernels.items() if (h, w) == (1, 1) and i and o in (i, 2 * i, i // 2)
    )
    return "mobilenet_v1" if depthwise >= 13 and doublings >= 12 and not expansions else None
