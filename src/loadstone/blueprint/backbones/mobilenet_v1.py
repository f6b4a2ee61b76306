"""MobileNet v1 (Howard et al., 2017) with Keras's layer names, "same" padding everywhere; `slim_layer` gives TF1's."""

from __future__ import annotations

from dataclasses import dataclass

from loadstone.blueprint.backbones.functional import LayerScopes
from loadstone.blueprint.network import Padding, Tensor, Writer

BLOCKS = (
    (64, 1),
    (128, 2),
    (128, 1),
    (256, 2),
    (256, 1),
    (512, 2),
    (512, 1),
    (512, 1),
    (512, 1),
    (512, 1),
    (512, 1),
    (1024, 2),
    (1024, 1),
)
"""Filters and stride of the thirteen depthwise-separable blocks; table 1 of the paper."""


def slim_layer(layer: str) -> str:
    """Return TF1's name of a layer: `conv_dw_3_bn` was `Conv2d_3_depthwise/BatchNorm`."""
    stem, norm, _ = layer.partition("_bn")
    kind, _, number = stem.rpartition("_")
    kinds = {"conv_dw": "depthwise", "conv_pw": "pointwise"}
    name = f"Conv2d_{number}_{kinds[kind]}" if kind in kinds else "Conv2d_0"
    return f"{name}/BatchNorm" if norm else name


@dataclass(frozen=True, slots=True)
class MobileNetV1:
    """Hyperparameters: width multiplier, smallest width, batch norm's epsilon, activation.
    `padding` is that of windows with stride 2.

    `last_filters`: of the last two blocks, fewer where a light pyramid stands on them.
    `narrowed_twice`: the API's Keras form multiplies what `keras.applications` has multiplied already, but not
    `last_filters`, which it puts in their place.
    """

    alpha: float = 1.0
    min_depth: int = 8
    epsilon: float = 0.001
    activation: str = "relu6"
    padding: Padding = "same"
    last_filters: tuple[int, int] | None = None
    narrowed_twice: bool = False

    def write(self, to: Writer, x: Tensor, scopes: LayerScopes) -> dict[str, Tensor]:
        """Write the layers; return `conv_pw_N_relu` for every block."""
        x = to.conv(x, scopes.next("conv1"), self._width(32), 3, stride=2, padding=self.padding)
        x = self._norm(to, x, scopes, "conv1_bn")
        taps: dict[str, Tensor] = {}
        widths = [self._width(filters) for filters, _ in BLOCKS]
        if self.last_filters:
            widths[-2:] = (max(int(filters * self.alpha), self.min_depth) for filters in self.last_filters)
        for number, (width, (_, stride)) in enumerate(zip(widths, BLOCKS, strict=True), 1):
            x = to.depthwise(x, scopes.next(f"conv_dw_{number}"), stride=stride, padding=self._padding(stride))
            x = self._norm(to, x, scopes, f"conv_dw_{number}_bn")
            x = to.conv(x, scopes.next(f"conv_pw_{number}"), width)
            x = taps[f"conv_pw_{number}_relu"] = self._norm(to, x, scopes, f"conv_pw_{number}_bn")
        return taps

    def _norm(self, to: Writer, x: Tensor, scopes: LayerScopes, name: str) -> Tensor:
        return to.activation(to.batch_norm(x, scopes.next(name), epsilon=self.epsilon), self.activation)

    def _padding(self, stride: int) -> Padding:
        return self.padding if stride > 1 else "same"

    def _width(self, filters: int) -> int:
        narrowed = int(filters * self.alpha)
        return max(int(narrowed * self.alpha) if self.narrowed_twice else narrowed, self.min_depth)
