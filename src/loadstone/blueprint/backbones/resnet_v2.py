"""ResNet v2 (He et al., 2016) with Keras's layer names: batch norm and relu come before each convolution.

It is `keras.applications` as it is: explicit zeros around the first convolution and the first pooling, biases in the
first convolution, the shortcuts and the last convolution of each block, stride 2 in the last block of a stage.
"""

from __future__ import annotations

from dataclasses import dataclass

from loadstone.blueprint.backbones.functional import FunctionalScopes
from loadstone.blueprint.backbones.resnet_v1 import REPEATS
from loadstone.blueprint.network import Tensor, Writer

EPSILON = 1.001e-5
"""keras.applications' own, in every ResNet of it."""


@dataclass(frozen=True, slots=True)
class ResNetV2:
    """`depth` is 50, 101 or 152."""

    depth: int

    def write(self, to: Writer, x: Tensor, scopes: FunctionalScopes) -> dict[str, Tensor]:
        """Write all stages and the closing batch norm; return every block's output by Keras's name."""
        x = to.conv(x, scopes.next("conv1_conv"), 64, 7, stride=2, padding=3, bias=True)
        x = to.max_pool(x, 3, stride=2, padding=1)
        taps: dict[str, Tensor] = {}
        for stage, repeats in zip(range(2, 6), REPEATS[self.depth], strict=True):
            for number in range(1, repeats + 1):
                name = f"conv{stage}_block{number}"
                stride = 2 if number == repeats and stage < 5 else 1
                x = self._block(to, x, scopes, name, filters=64 * 2 ** (stage - 2), stride=stride, project=number == 1)
                taps[f"{name}_out"] = x
        taps["post_bn"] = to.batch_norm(x, scopes.next("post_bn"), epsilon=EPSILON)
        return taps

    def _block(
        self, to: Writer, x: Tensor, scopes: FunctionalScopes, name: str, *, filters: int, stride: int, project: bool
    ) -> Tensor:
        """Bottleneck. A shortcut with stride is the plain input, every second pixel of it."""
        entry = self._active(to, x, scopes, f"{name}_preact_bn")
        y = to.conv(entry, scopes.next(f"{name}_1_conv"), filters)
        y = self._active(to, y, scopes, f"{name}_1_bn")
        y = to.conv(y, scopes.next(f"{name}_2_conv"), filters, 3, stride=stride, padding=1)
        y = self._active(to, y, scopes, f"{name}_2_bn")
        if project:
            shortcut = to.conv(entry, scopes.next(f"{name}_0_conv"), 4 * filters, stride=stride, bias=True)
        else:
            shortcut = to.max_pool(x, 1, stride=stride, padding="valid") if stride > 1 else x
        y = to.conv(y, scopes.next(f"{name}_3_conv"), 4 * filters, bias=True)
        return to.add(shortcut, y)

    def _active(self, to: Writer, x: Tensor, scopes: FunctionalScopes, name: str) -> Tensor:
        return to.activation(to.batch_norm(x, scopes.next(name), epsilon=EPSILON), "relu")
