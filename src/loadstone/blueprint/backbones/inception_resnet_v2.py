"""Inception-ResNet v2 (Szegedy et al., 2016) with Keras's layers, every padding "same", batch norms without gamma.

The Object Detection API cuts it in two: up to block17_20 for the proposals, the rest for the crops. Most layers have
no names of their own; `LayerNames` counts them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from loadstone.blueprint.backbones.functional import FunctionalScopes
from loadstone.blueprint.layer_names import LayerNames
from loadstone.blueprint.network import Tensor, Writer

EPSILON = 0.001


@dataclass(frozen=True, slots=True)
class Conv:
    """A convolution without bias, batch norm and relu."""

    filters: int
    window: int | tuple[int, int] = 1
    stride: int = 1


Branch = Sequence[Conv]

BLOCK35: tuple[Branch, ...] = ([Conv(32)], [Conv(32), Conv(32, 3)], [Conv(32), Conv(48, 3), Conv(64, 3)])
BLOCK17: tuple[Branch, ...] = ([Conv(192)], [Conv(128), Conv(160, (1, 7)), Conv(192, (7, 1))])
BLOCK8: tuple[Branch, ...] = ([Conv(192)], [Conv(192), Conv(224, (1, 3)), Conv(256, (3, 1))])
MIXED_5B: tuple[Branch, ...] = ([Conv(96)], [Conv(48), Conv(64, 5)], [Conv(64), Conv(96, 3), Conv(96, 3)], [Conv(64)])
MIXED_6A: tuple[Branch, ...] = ([Conv(384, 3, 2)], [Conv(256), Conv(256, 3), Conv(384, 3, 2)])
MIXED_7A: tuple[Branch, ...] = (
    [Conv(256), Conv(384, 3, 2)],
    [Conv(256), Conv(288, 3, 2)],
    [Conv(256), Conv(288, 3), Conv(320, 3, 2)],
)


@dataclass(frozen=True, slots=True)
class InceptionResNetV2:
    """Where the layers go: the network being written, the scopes of one functional model, the names of the process."""

    to: Writer
    scopes: FunctionalScopes
    names: LayerNames

    def write_first(self, x: Tensor) -> Tensor:
        """Write the stem, ten blocks of 35 and twenty of 17 (at pictures of 299; here the stride is 16)."""
        for conv in (Conv(32, 3, 2), Conv(32, 3), Conv(64, 3)):
            x = self._branches([(x, [conv])])[0]
        x = self.to.max_pool(x, 3, stride=2)
        for conv in (Conv(80), Conv(192, 3)):
            x = self._branches([(x, [conv])])[0]
        x = self.to.max_pool(x, 3, stride=2)
        pooled = self.to.average_pool(x, 3, stride=1)
        x = self.to.concat(*self._branches([(x, branch) for branch in MIXED_5B[:3]] + [(pooled, MIXED_5B[3])]))
        for number in range(1, 11):
            x = self._residual(x, BLOCK35, f"block35_{number}", 0.17)
        x = self._reduction(x, MIXED_6A)
        for number in range(1, 21):
            x = self._residual(x, BLOCK17, f"block17_{number}", 0.1)
        return x

    def write_second(self, x: Tensor) -> Tensor:
        """Write the reduction, ten blocks of 8 (the last neither scaled nor activated) and the closing convolution."""
        x = self._reduction(x, MIXED_7A)
        for number in range(1, 10):
            x = self._residual(x, BLOCK8, f"block8_{number}", 0.2)
        x = self._residual(x, BLOCK8, "block8_10", 1.0, activate=False)
        x = self.to.conv(x, self.scopes.next("conv_7b"), 1536)
        return self._active(x, "conv_7b_bn")

    def _reduction(self, x: Tensor, branches: Sequence[Branch]) -> Tensor:
        parts = self._branches([(x, branch) for branch in branches])
        return self.to.concat(*parts, self.to.max_pool(x, 3, stride=2))

    def _residual(
        self, x: Tensor, branches: Sequence[Branch], name: str, factor: float, *, activate: bool = True
    ) -> Tensor:
        parts = self._branches([(x, branch) for branch in branches])
        up = self.to.conv(self.to.concat(*parts), self.scopes.next(f"{name}_conv"), x.channels, bias=True)
        x = self.to.add(x, self.to.scale(up, factor) if factor != 1.0 else up)
        return self.to.activation(x, "relu") if activate else x

    def _branches(self, branches: Sequence[tuple[Tensor, Branch]]) -> list[Tensor]:
        """Write branches that end together.

        Layers get their names branch by branch, but the object graph counts them by their distance from the end:
        first what lies farthest, and of layers equally far the convolutions of all branches, then the batch norms.
        """
        names = [[self._names() for _ in branch] for _, branch in branches]
        results = [x for x, _ in branches]
        for distance in range(max(len(branch) for _, branch in branches), 0, -1):
            level = [number for number, (_, branch) in enumerate(branches) if len(branch) >= distance]
            for number in level:
                conv, (name, _) = branches[number][1][-distance], names[number][-distance]
                at = self.scopes.next(name)
                results[number] = self.to.conv(results[number], at, conv.filters, conv.window, stride=conv.stride)
            for number in level:
                results[number] = self._active(results[number], names[number][-distance][1])
        return results

    def _names(self) -> tuple[str, str]:
        return self.names.next("conv2d"), self.names.next("freezable_batch_norm")

    def _active(self, x: Tensor, name: str) -> Tensor:
        x = self.to.batch_norm(x, self.scopes.next(name), epsilon=EPSILON, scale=False)
        return self.to.activation(x, "relu")
