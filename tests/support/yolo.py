"""A tiny YOLO on three convolutions, for tests."""

from __future__ import annotations

from zlib import crc32

import numpy as np
import numpy.typing as npt

from loadstone.blueprint.network import Scope, Writer
from loadstone.blueprint.parts import Normalisation, Resizer
from loadstone.blueprint.yolo_head import path_aggregation, yolo_head
from loadstone.blueprint.yolo_parts import YoloBlueprint

SCALED = Normalisation((127.5,) * 3, (127.5,) * 3, before_resizing=False)


def tiny_yolo(
    *, size: tuple[int, int] = (64, 64), classes: int = 3, levels: int = 2, neck: bool = True, pad: bool = False
) -> YoloBlueprint:
    """Return a YOLO whose maps have strides 8, 16, …"""
    resizer = Resizer("keep-aspect", size, pad=True) if pad else Resizer("fixed", size)
    to = Writer()
    x = to.picture(*size)
    taps = []
    for step in range(2 + levels):
        x = to.conv(x, Scope(f"model/_backbone/conv_{step}", f"backbone/conv_{step}"), 8, 3, stride=2, bias=True)
        x = to.activation(x, "relu")
        taps.append(x)
    maps = path_aggregation(to, taps[2:], depth=8) if neck else taps[2:]
    yolo_head(to, maps, num_classes=classes, depth=8, layers=1)
    strides = tuple(8 * 2**level for level in range(levels))
    return YoloBlueprint("yolo", "tiny", classes, resizer, SCALED, to.network(), strides)


def values_of(blueprint: YoloBlueprint, *, spread: float = 0.3) -> dict[str, npt.NDArray[np.float32]]:
    """Return a value for every variable, from its key alone: kernels by their fan-in, variances near 1."""
    found = {}
    for key, variable in blueprint.variables.items():
        drawn = np.random.default_rng(crc32(key.encode())).standard_normal(variable.shape)
        attribute = key.rpartition("/")[2]
        if attribute in ("gamma", "moving_variance"):
            drawn = 1 + 0.1 * np.abs(drawn)
        elif attribute.endswith("kernel"):
            drawn = drawn * np.sqrt(2 / np.prod(variable.shape[:-1]))
        else:
            drawn = spread * drawn
        found[key] = drawn.astype(np.float32)
    return found
