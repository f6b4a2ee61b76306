"""Feature maps of the SSD paper (Liu et al., 2016): two taps of the backbone, then pairs of convolutions that halve.

Each added map of depth d is a 1×1 convolution to d/2 and a 3×3 one with stride 2 to d, each with its batch norm.
Source of the names: `KerasMultiResolutionFeatureMaps` of the Object Detection API, read off its checkpoints.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from loadstone.blueprint.network import Scope, Tensor, Writer
from loadstone.blueprint.slim import Widths


@dataclass(frozen=True, slots=True)
class MultiResolutionFeatureMaps:
    """`base` is the name of the last tapped layer (`layer_19`); `depths` are those of the added maps."""

    base: str
    depths: Sequence[int]
    epsilon: float
    activation: str
    scope: str
    widths: Widths

    def write(self, to: Writer, taps: Sequence[Tensor], key: str) -> list[Tensor]:
        """Return the taps and the added maps, finest first."""
        maps = list(taps)
        for number, depth in enumerate(self.depths, len(taps)):
            place = f"{key}/feature_map_generator/convolutions/{number}"
            name = f"{self.scope}/FeatureMaps/{self.base}"
            half, whole = self.widths(depth // 2), self.widths(depth)
            x = to.conv(maps[-1], Scope(f"{place}/0", f"{name}_1_Conv2d_{number}_1x1_{half}_conv"), half)
            x = self._norm(to, x, f"{place}/1", f"{name}_1_Conv2d_{number}_1x1_{half}_batchnorm")
            x = to.conv(x, Scope(f"{place}/3", f"{name}_2_Conv2d_{number}_3x3_s2_{whole}_conv"), whole, 3, stride=2)
            maps.append(self._norm(to, x, f"{place}/4", f"{name}_2_Conv2d_{number}_3x3_s2_{whole}_batchnorm"))
        return maps

    def _norm(self, to: Writer, x: Tensor, key: str, name: str) -> Tensor:
        return to.activation(to.batch_norm(x, Scope(key, name), epsilon=self.epsilon), self.activation)
