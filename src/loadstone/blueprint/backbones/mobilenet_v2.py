"""MobileNetV2 (Sandler et al., 2018) as the Object Detection API wraps `keras.applications`: "same" padding everywhere.

Layer names are Keras's: `Conv1`, `expanded_conv_depthwise`, `block_1_expand`, …, `Conv_1`.
"""

from __future__ import annotations

from dataclasses import dataclass

from loadstone.blueprint.backbones.functional import LayerScopes
from loadstone.blueprint.network import Padding, Tensor, Writer

BLOCKS = (
    # filters, expansion, stride of the first, repeats
    (16, 1, 1, 1),
    (24, 6, 2, 2),
    (32, 6, 2, 3),
    (64, 6, 2, 4),
    (96, 6, 1, 3),
    (160, 6, 2, 3),
    (320, 6, 1, 1),
)
"""Table 2 of the paper."""

HEAD_FILTERS = 1280


def slim_layer(layer: str) -> str:
    """Return TF1's name of a layer: `block_3_expand_BN` was `expanded_conv_3/expand/BatchNorm`."""
    stem = layer.removeprefix("bn_").removesuffix("_bn").removesuffix("_BN")
    part = stem.rpartition("_")
    names = {"Conv1": "Conv", "Conv_1": "Conv_1"}
    name = names.get(stem) or f"{part[0].replace('block', 'expanded_conv')}/{part[2]}"
    return name if stem == layer else f"{name}/BatchNorm"


@dataclass(frozen=True, slots=True)
class MobileNetV2:
    """Hyperparameters: width multiplier, smallest width that it may shrink to, batch norm's epsilon, activation.
    `padding` is that of windows with stride 2.

    `head_filters`: of the last layer, fewer where a light pyramid stands on it. A multiplier below 1 narrows it;
    `widen_head`: one above 1 widens it, as in TF1.
    """

    alpha: float = 1.0
    min_depth: int = 8
    epsilon: float = 0.001
    activation: str = "relu6"
    padding: Padding = "same"
    widen_head: bool = False
    head_filters: int = HEAD_FILTERS

    def write(self, to: Writer, x: Tensor, scopes: LayerScopes) -> dict[str, Tensor]:
        """Write the layers; return every tensor that is tapped anywhere, by Keras's layer name."""
        taps: dict[str, Tensor] = {}
        x = to.conv(x, scopes.next("Conv1"), self._width(32), 3, stride=2, padding=self.padding)
        x = self._norm(to, x, scopes, "bn_Conv1", activate=True)
        number = 0
        for filters, expansion, stride, repeats in BLOCKS:
            for repeat in range(repeats):
                block = _Block(number, self._width(filters), expansion, stride if repeat == 0 else 1)
                x = self._block(to, x, scopes, block, taps)
                number += 1
        scaled = self.alpha < 1 or self.widen_head
        last = divisible(self.head_filters * self.alpha, 8) if scaled else self.head_filters
        last = max(last, self.min_depth)
        x = to.conv(x, scopes.next("Conv_1"), last)
        taps["out_relu"] = self._norm(to, x, scopes, "Conv_1_bn", activate=True)
        return taps

    def _block(self, to: Writer, x: Tensor, scopes: LayerScopes, block: _Block, taps: dict[str, Tensor]) -> Tensor:
        """Inverted residual: 1×1 expansion, 3×3 depthwise, linear 1×1 projection, sum where the shapes agree."""
        entry = x
        name = block.prefix
        if block.number > 0:
            x = to.conv(x, scopes.next(f"{name}expand"), x.channels * block.expansion)
            x = self._norm(to, x, scopes, f"{name}expand_BN", activate=True)
            taps[f"{name}expand_relu"] = x
        x = to.depthwise(x, scopes.next(f"{name}depthwise"), stride=block.stride, padding=self._padding(block.stride))
        x = self._norm(to, x, scopes, f"{name}depthwise_BN", activate=True)
        x = to.conv(x, scopes.next(f"{name}project"), block.filters)
        x = taps[f"{name}project_BN"] = self._norm(to, x, scopes, f"{name}project_BN", activate=False)
        if block.stride == 1 and entry.channels == block.filters:
            x = taps[f"{name}add"] = to.add(entry, x)
        return x

    def _norm(self, to: Writer, x: Tensor, scopes: LayerScopes, layer: str, *, activate: bool) -> Tensor:
        x = to.batch_norm(x, scopes.next(layer), epsilon=self.epsilon)
        return to.activation(x, self.activation) if activate else x

    def _padding(self, stride: int) -> Padding:
        return self.padding if stride > 1 else "same"

    def _width(self, filters: int) -> int:
        return divisible(filters * self.alpha, self.min_depth)


@dataclass(frozen=True, slots=True)
class _Block:
    number: int
    filters: int
    expansion: int
    stride: int

    @property
    def prefix(self) -> str:
        return "expanded_conv_" if self.number == 0 else f"block_{self.number}_"


def divisible(width: float, least: int) -> int:
    """Round to a multiple of 8, never below 90% of the width nor below `least`."""
    rounded = max(least, int(width + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * width else rounded
