"""Inception v2 (Ioffe and Szegedy, 2015) as TF1's slim wrote it: a separable first layer, "same" padding everywhere.

Widths are those of the paper's table, read off the original's variables; names are slim's.
"""

from __future__ import annotations

from dataclasses import dataclass

from loadstone.blueprint.network import Tensor, Writer
from loadstone.blueprint.slim.slim import SlimLayers, Widths

BLOCKS: dict[str, tuple[int, tuple[int, int], tuple[int, int, int], int]] = {
    "Mixed_3b": (64, (64, 64), (64, 96, 96), 32),
    "Mixed_3c": (64, (64, 96), (64, 96, 96), 64),
    "Mixed_4a": (0, (128, 160), (64, 96, 96), 0),
    "Mixed_4b": (224, (64, 96), (96, 128, 128), 128),
    "Mixed_4c": (192, (96, 128), (96, 128, 128), 128),
    "Mixed_4d": (160, (128, 160), (128, 160, 160), 96),
    "Mixed_4e": (96, (128, 192), (160, 192, 192), 96),
    "Mixed_5a": (0, (128, 192), (192, 256, 256), 0),
    "Mixed_5b": (352, (192, 320), (160, 224, 224), 128),
    "Mixed_5c": (352, (192, 320), (192, 224, 224), 128),
}
"""Widths of the four branches: 1×1; 1×1, 3×3; 1×1, 3×3, 3×3; pool, 1×1. A block without the first halves the map."""

LARGEST_POOLED = ("Mixed_5c",)
"""Blocks whose fourth branch pools the largest value, not the mean."""

STEM_MULTIPLIER = 8
"""Most depthwise filters that the first layer gives each colour."""


@dataclass(frozen=True, slots=True)
class InceptionV2:
    """`scope` is the network's own (`FeatureExtractor/InceptionV2`)."""

    layers: SlimLayers
    widths: Widths
    scope: str

    def write(self, to: Writer, x: Tensor) -> dict[str, Tensor]:
        """Write the whole network; return every block's result by its name."""
        x = self.stem(to, x)
        return self.blocks(to, x, tuple(BLOCKS))

    def stem(self, to: Writer, x: Tensor) -> Tensor:
        """Write the layers before the first block: stride 8."""
        filters = self.widths(64)
        x = self.layers.separable(
            to,
            x,
            f"{self.scope}/Conv2d_1a_7x7",
            filters,
            window=7,
            stride=2,
            multiplier=min(filters // 3, STEM_MULTIPLIER),
        )
        x = to.max_pool(x, 3, stride=2)
        x = self.layers.conv(to, x, f"{self.scope}/Conv2d_2b_1x1", filters)
        x = self.layers.conv(to, x, f"{self.scope}/Conv2d_2c_3x3", self.widths(192), 3)
        return to.max_pool(x, 3, stride=2)

    def blocks(self, to: Writer, x: Tensor, names: tuple[str, ...]) -> dict[str, Tensor]:
        """Write blocks one behind the other; return their results by name."""
        results: dict[str, Tensor] = {}
        for name in names:
            x = results[name] = self._narrowing(to, x, name) if BLOCKS[name][0] == 0 else self._block(to, x, name)
        return results

    def _block(self, to: Writer, x: Tensor, name: str) -> Tensor:
        first, second, third, fourth = BLOCKS[name]
        branches = [
            self._convs(to, x, f"{name}/Branch_0", (("0a", first, 1),)),
            self._convs(to, x, f"{name}/Branch_1", (("0a", second[0], 1), ("0b", second[1], 3))),
            self._convs(to, x, f"{name}/Branch_2", (("0a", third[0], 1), ("0b", third[1], 3), ("0c", third[2], 3))),
        ]
        pool = to.max_pool if name in LARGEST_POOLED else to.average_pool
        branches.append(self._convs(to, pool(x, 3, stride=1), f"{name}/Branch_3", (("0b", fourth, 1),)))
        return to.concat(*branches)

    def _narrowing(self, to: Writer, x: Tensor, name: str) -> Tensor:
        _, first, second, _ = BLOCKS[name]
        branches = [
            self._convs(to, x, f"{name}/Branch_0", (("0a", first[0], 1), ("1a", first[1], 3))),
            self._convs(to, x, f"{name}/Branch_1", (("0a", second[0], 1), ("0b", second[1], 3), ("1a", second[2], 3))),
            to.max_pool(x, 3, stride=2),
        ]
        return to.concat(*branches)

    def _convs(self, to: Writer, x: Tensor, branch: str, plan: tuple[tuple[str, int, int], ...]) -> Tensor:
        """Write a branch's convolutions (label, width, window); those labelled `1a` have stride 2."""
        for label, width, window in plan:
            path = f"{self.scope}/{branch}/Conv2d_{label}_{window}x{window}"
            x = self.layers.conv(to, x, path, self.widths(width), window, stride=2 if label == "1a" else 1)
        return x
