"""ResNet v1 (He et al., 2015) with Keras's layer names: stride 2 sits in the first 1×1 convolution and the shortcut.

Two wrappings exist. The Object Detection API's SSDs and Faster R-CNNs take it without convolution biases, with zeros
around the first convolution and "same" pooling; its CenterNets take `keras.applications` as it is, with biases and
explicit zeros before both.
"""

from __future__ import annotations

from dataclasses import dataclass

from loadstone.blueprint.backbones.functional import FunctionalScopes
from loadstone.blueprint.network import Padding, Tensor, Writer
from loadstone.blueprint.slim.slim import UNCHANGED, Widths

REPEATS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
"""Blocks of the stages conv2..conv5 by depth; table 1 of the paper."""


@dataclass(frozen=True, slots=True)
class ResNetV1:
    """`depth` is 50, 101 or 152; `activation` and `epsilon` are what the configuration's hyperparameters say."""

    depth: int
    epsilon: float = 1e-5
    activation: str = "relu"
    bias: bool = False
    pool_padding: Padding = "same"
    widths: Widths = UNCHANGED

    def write(self, to: Writer, x: Tensor, scopes: FunctionalScopes, *, last_stage: int = 5) -> dict[str, Tensor]:
        """Write the stem and the stages conv2..`last_stage`; return every block's output by Keras's name."""
        x = to.conv(x, scopes.next("conv1_conv"), self.widths(64), 7, stride=2, padding=3, bias=self.bias)
        x = self._norm(to, x, scopes, "conv1_bn")
        x = to.max_pool(to.activation(x, self.activation), 3, stride=2, padding=self.pool_padding)
        taps: dict[str, Tensor] = {}
        for stage in range(2, last_stage + 1):
            x = self.write_stage(to, x, scopes, stage, taps)
        return taps

    def write_stage(
        self, to: Writer, x: Tensor, scopes: FunctionalScopes, stage: int, taps: dict[str, Tensor]
    ) -> Tensor:
        """Write one stage's blocks; the first halves the sides, except in conv2."""
        filters = 64 * 2 ** (stage - 2)
        for number in range(1, REPEATS[self.depth][stage - 2] + 1):
            stride = 2 if number == 1 and stage > 2 else 1
            name = f"conv{stage}_block{number}"
            x = self._block(to, x, scopes, name, filters=filters, stride=stride, project=number == 1)
            taps[f"{name}_out"] = x
        return x

    def _block(
        self, to: Writer, x: Tensor, scopes: FunctionalScopes, name: str, *, filters: int, stride: int, project: bool
    ) -> Tensor:
        """Bottleneck. Layers are made in the order in which Keras sorts them by depth, which numbers their keys."""
        entry = x
        inner, whole = self.widths(filters), self.widths(4 * filters)
        x = to.conv(entry, scopes.next(f"{name}_1_conv"), inner, stride=stride, bias=self.bias)
        x = to.activation(self._norm(to, x, scopes, f"{name}_1_bn"), self.activation)
        x = to.conv(x, scopes.next(f"{name}_2_conv"), inner, 3, bias=self.bias)
        x = to.activation(self._norm(to, x, scopes, f"{name}_2_bn"), self.activation)
        shortcut = entry
        if project:
            shortcut = to.conv(entry, scopes.next(f"{name}_0_conv"), whole, stride=stride, bias=self.bias)
        x = to.conv(x, scopes.next(f"{name}_3_conv"), whole, bias=self.bias)
        if project:
            shortcut = self._norm(to, shortcut, scopes, f"{name}_0_bn")
        x = self._norm(to, x, scopes, f"{name}_3_bn")
        return to.activation(to.add(shortcut, x), self.activation)

    def _norm(self, to: Writer, x: Tensor, scopes: FunctionalScopes, name: str) -> Tensor:
        return to.batch_norm(x, scopes.next(name), epsilon=self.epsilon)
