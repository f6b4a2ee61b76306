"""MobileNet v3 (Howard et al., 2019) under TF1's names, as the Object Detection API's SSDs take it.

For detection the last stage has half of its width: from the block that reaches stride 32 on (section 6.3 of the paper).
"""

from __future__ import annotations

from dataclasses import dataclass

from loadstone.blueprint.backbones.functional import slim_scope
from loadstone.blueprint.backbones.mobilenet_v2 import divisible
from loadstone.blueprint.network import Tensor, Writer
from loadstone.blueprint.slim.slim import SlimLayers


@dataclass(frozen=True, slots=True)
class Block:
    """One row of table 1 or 2: width of the expansion over the block's input, width, window, stride, activation.

    `squeeze`: whether a squeeze-and-excite stands behind the depthwise convolution.
    """

    expansion: float
    width: int
    window: int
    stride: int = 1
    activation: str = "relu"
    squeeze: bool = False


def _swish(expansion: float, width: int, window: int, stride: int = 1, *, squeeze: bool = True) -> Block:
    return Block(expansion, width, window, stride, "hard_swish", squeeze)


LARGE = (
    Block(1, 16, 3),
    Block(4, 24, 3, 2),
    Block(3, 24, 3),
    Block(3, 40, 5, 2, squeeze=True),
    Block(3, 40, 5, squeeze=True),
    Block(3, 40, 5, squeeze=True),
    _swish(6, 80, 3, 2, squeeze=False),
    _swish(2.5, 80, 3, squeeze=False),
    _swish(184 / 80, 80, 3, squeeze=False),
    _swish(184 / 80, 80, 3, squeeze=False),
    _swish(6, 112, 3),
    _swish(6, 112, 3),
    _swish(6, 80, 5, 2),
    _swish(6, 80, 5),
    _swish(6, 80, 5),
)
"""Table 1, its last three rows halved."""

SMALL = (
    Block(1, 16, 3, 2, squeeze=True),
    Block(72 / 16, 24, 3, 2),
    Block(88 / 24, 24, 3),
    _swish(4, 40, 5, 2),
    _swish(6, 40, 5),
    _swish(6, 40, 5),
    _swish(3, 48, 5),
    _swish(3, 48, 5),
    _swish(6, 48, 5, 2),
    _swish(6, 48, 5),
    _swish(6, 48, 5),
)
"""Table 2, its last three rows halved."""

LAST_WIDTHS = {"large": 480, "small": 288}
"""Of the closing 1×1 convolution, halved."""

BLOCKS = {"large": LARGE, "small": SMALL}

GATE = 0.16667 * 6
"""TF1 multiplied by 0.16667 where a hard sigmoid divides by 6."""

SQUEEZE = 4
"""What a squeeze divides the channels by."""


@dataclass(frozen=True, slots=True)
class MobileNetV3:
    """`kind` is `large` or `small`; `least` the smallest width that a multiplier leaves; `scope` the network's own."""

    kind: str
    layers: SlimLayers
    scope: str
    multiplier: float = 1.0
    least: int = 8

    def write(self, to: Writer, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the two maps that SSDs tap: stride 16 (the expansion that the last narrowing sees), and stride 32."""
        x = self.layers.conv(to, x, f"{self.scope}/Conv", self._width(16), 3, stride=2, activation="hard_swish")
        blocks = BLOCKS[self.kind]
        narrowing = max(number for number, block in enumerate(blocks) if block.stride > 1)
        tap = x
        for number, block in enumerate(blocks):
            x, expanded = self._block(to, x, f"expanded_conv_{number}" if number else "expanded_conv", block)
            tap = expanded if number == narrowing else tap
        last = self._width(LAST_WIDTHS[self.kind])
        return tap, self.layers.conv(to, x, f"{self.scope}/Conv_1", last, activation="hard_swish")

    def _width(self, width: int) -> int:
        return divisible(width * self.multiplier, self.least)

    def _block(self, to: Writer, x: Tensor, name: str, block: Block) -> tuple[Tensor, Tensor]:
        """Return (the block's result, its expansion). An expansion to no more than the input is left out."""
        path, entry, width = f"{self.scope}/{name}", x, self._width(block.width)
        inner = divisible(x.channels * block.expansion, 8)
        if inner > x.channels:
            x = self.layers.conv(to, x, f"{path}/expand", inner, activation=block.activation)
        expanded = x
        x = self.layers.depthwise(
            to, x, f"{path}/depthwise", block.window, stride=block.stride, activation=block.activation
        )
        x = _excited(to, x, f"{path}/squeeze_excite") if block.squeeze else x
        x = self.layers.conv(to, x, f"{path}/project", width, activation="linear")
        return (to.add(entry, x) if block.stride == 1 and entry.channels == width else x), expanded


def _excited(to: Writer, x: Tensor, path: str) -> Tensor:
    """Squeeze and excite: the mean, a relu layer of a quarter of the channels, a hard sigmoid for each channel."""
    y = to.mean(x, keep_sides=True)
    y = to.activation(to.conv(y, slim_scope(f"{path}/Conv"), divisible(x.channels / SQUEEZE, 8), bias=True), "relu")
    y = to.conv(y, slim_scope(f"{path}/Conv_1"), x.channels, bias=True)
    return to.multiply(x, to.scale(to.activation(y, "hard_sigmoid"), GATE))
