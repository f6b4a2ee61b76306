"""Inception-ResNet v2 (Szegedy et al., 2016) as TF1's slim wrote it, cut in two as TF1's Faster R-CNNs cut it.

Batch norms have no gamma. The first half pads "same" everywhere (the API aligns its maps); the second half's reduction
does not pad. At a stride of 8 the twenty blocks behind Mixed_6a are dilated instead of a last narrowing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from loadstone.blueprint.backbones.functional import slim_scope
from loadstone.blueprint.common_fields import Hyperparameters
from loadstone.blueprint.network import Padding, Tensor, Writer
from loadstone.blueprint.slim.slim import SlimLayers

LAYERS = SlimLayers(Hyperparameters("relu", epsilon=0.001, force_bias=False, batch_norm=True, scale=False))


@dataclass(frozen=True, slots=True)
class Conv:
    """One convolution of a branch: its name, filters, window, stride."""

    name: str
    filters: int
    window: int | tuple[int, int] = 1
    stride: int = 1


Branch = Sequence[Conv]

STEM_BEFORE_POOL: Branch = (Conv("Conv2d_1a_3x3", 32, 3, 2), Conv("Conv2d_2a_3x3", 32, 3), Conv("Conv2d_2b_3x3", 64, 3))
STEM_AFTER_POOL: Branch = (Conv("Conv2d_3b_1x1", 80), Conv("Conv2d_4a_3x3", 192, 3))
MIXED_5B: Sequence[Branch] = (
    (Conv("Conv2d_1x1", 96),),
    (Conv("Conv2d_0a_1x1", 48), Conv("Conv2d_0b_5x5", 64, 5)),
    (Conv("Conv2d_0a_1x1", 64), Conv("Conv2d_0b_3x3", 96, 3), Conv("Conv2d_0c_3x3", 96, 3)),
)
BLOCK35: Sequence[Branch] = (
    (Conv("Conv2d_1x1", 32),),
    (Conv("Conv2d_0a_1x1", 32), Conv("Conv2d_0b_3x3", 32, 3)),
    (Conv("Conv2d_0a_1x1", 32), Conv("Conv2d_0b_3x3", 48, 3), Conv("Conv2d_0c_3x3", 64, 3)),
)
BLOCK17: Sequence[Branch] = (
    (Conv("Conv2d_1x1", 192),),
    (Conv("Conv2d_0a_1x1", 128), Conv("Conv2d_0b_1x7", 160, (1, 7)), Conv("Conv2d_0c_7x1", 192, (7, 1))),
)
BLOCK8: Sequence[Branch] = (
    (Conv("Conv2d_1x1", 192),),
    (Conv("Conv2d_0a_1x1", 192), Conv("Conv2d_0b_1x3", 224, (1, 3)), Conv("Conv2d_0c_3x1", 256, (3, 1))),
)
MIXED_6A: Sequence[Branch] = (
    (Conv("Conv2d_1a_3x3", 384, 3, 2),),
    (Conv("Conv2d_0a_1x1", 256), Conv("Conv2d_0b_3x3", 256, 3), Conv("Conv2d_1a_3x3", 384, 3, 2)),
)
MIXED_7A: Sequence[Branch] = (
    (Conv("Conv2d_0a_1x1", 256), Conv("Conv2d_1a_3x3", 384, 3, 2)),
    (Conv("Conv2d_0a_1x1", 256), Conv("Conv2d_1a_3x3", 288, 3, 2)),
    (Conv("Conv2d_0a_1x1", 256), Conv("Conv2d_0b_3x3", 288, 3), Conv("Conv2d_1a_3x3", 320, 3, 2)),
)


@dataclass(frozen=True, slots=True)
class SlimInceptionResNetV2:
    """`scope` is the network's own (`FirstStageFeatureExtractor/InceptionResnetV2`)."""

    to: Writer
    scope: str

    def write_first(self, x: Tensor, *, stride: int = 16) -> Tensor:
        """Write the stem, ten blocks of 35 and twenty of 17; `stride` is the last map's: 16, or 8 with dilation."""
        x = self._branch(x, "", STEM_BEFORE_POOL)
        x = self.to.max_pool(x, 3, stride=2)
        x = self._branch(x, "", STEM_AFTER_POOL)
        x = self.to.max_pool(x, 3, stride=2)
        pooled = self._branch(self.to.average_pool(x, 3, stride=1), "Mixed_5b/Branch_3/", (Conv("Conv2d_0b_1x1", 64),))
        x = self.to.concat(*self._branches(x, "Mixed_5b", MIXED_5B), pooled)
        for number in range(1, 11):
            x = self._residual(x, f"Repeat/block35_{number}", BLOCK35, 0.17)
        wide = stride == 8
        x = self._reduction(x, "Mixed_6a", MIXED_6A, stride=1 if wide else 2)
        for number in range(1, 21):
            x = self._residual(x, f"Repeat_1/block17_{number}", BLOCK17, 0.1, dilation=2 if wide else 1)
        return x

    def write_second(self, x: Tensor) -> Tensor:
        """Write the reduction, ten blocks of 8 (the last neither scaled nor activated) and the closing convolution."""
        x = self._reduction(x, "Mixed_7a", MIXED_7A, padding="valid")
        for number in range(1, 10):
            x = self._residual(x, f"Repeat/block8_{number}", BLOCK8, 0.2)
        x = self._residual(x, "Block8", BLOCK8, 1.0, activation="linear")
        return self._branch(x, "", (Conv("Conv2d_7b_1x1", 1536),))

    def _reduction(
        self, x: Tensor, name: str, branches: Sequence[Branch], *, stride: int = 2, padding: Padding = "same"
    ) -> Tensor:
        parts = [
            self._branch(x, f"{name}/Branch_{number}/", branch, stride=stride, padding=padding)
            for number, branch in enumerate(branches)
        ]
        return self.to.concat(*parts, self.to.max_pool(x, 3, stride=stride, padding=padding))

    def _residual(
        self,
        x: Tensor,
        name: str,
        branches: Sequence[Branch],
        factor: float,
        *,
        dilation: int = 1,
        activation: str = "relu",
    ) -> Tensor:
        mixed = self.to.concat(*self._branches(x, name, branches, dilation=dilation))
        up = self.to.conv(mixed, slim_scope(f"{self.scope}/{name}/Conv2d_1x1"), x.channels, bias=True)
        x = self.to.add(x, self.to.scale(up, factor) if factor != 1.0 else up)
        return self.to.activation(x, activation)

    def _branches(self, x: Tensor, name: str, branches: Sequence[Branch], *, dilation: int = 1) -> list[Tensor]:
        return [
            self._branch(x, f"{name}/Branch_{number}/", branch, dilation=dilation)
            for number, branch in enumerate(branches)
        ]

    def _branch(
        self,
        x: Tensor,
        prefix: str,
        convs: Branch,
        *,
        stride: int = 2,
        padding: Padding = "same",
        dilation: int = 1,
    ) -> Tensor:
        """Write convolutions one behind the other; `stride` and `padding` are those of the narrowing one."""
        for conv in convs:
            narrows = conv.stride > 1
            x = LAYERS.conv(
                self.to,
                x,
                f"{self.scope}/{prefix}{conv.name}",
                conv.filters,
                conv.window,
                stride=stride if narrows else 1,
                padding=padding if narrows else "same",
                dilation=dilation,
            )
        return x
