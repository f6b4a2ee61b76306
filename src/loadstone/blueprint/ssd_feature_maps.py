"""Feature maps of the SSD paper (Liu et al., 2016): two taps of the backbone, then pairs of convolutions that halve.

Each added map of depth d is a 1×1 convolution to d/2 and a 3×3 one with stride 2 to d, each with its batch norm;
SSDLite's 3×3 is a depthwise one and a 1×1 behind it.
Source of the names: `KerasMultiResolutionFeatureMaps` of the Object Detection API, read off its checkpoints.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from loadstone.blueprint.network import Padding, Scope, Tensor, Writer
from loadstone.blueprint.slim.slim import Widths


@dataclass(frozen=True, slots=True)
class MultiResolutionFeatureMaps:
    """`base` is the name of the last tapped layer (`layer_19`); `depths` are those of the added maps.

    `mark` begins the generator's name in the object graph, where it is private.
    """

    base: str
    depths: Sequence[int]
    epsilon: float
    activation: str
    scope: str
    widths: Widths
    depthwise: bool = False
    mark: str = ""
    padding: Padding = "same"

    def write(self, to: Writer, taps: Sequence[Tensor], key: str) -> list[Tensor]:
        """Return the taps and the added maps, finest first."""
        maps = list(taps)
        for number, depth in enumerate(self.depths, len(taps)):
            place = f"{key}/{self.mark}feature_map_generator/convolutions/{number}"
            name = f"{self.scope}/FeatureMaps/{self.base}"
            half, whole = self.widths(depth // 2), self.widths(depth)
            small, large = f"{name}_1_Conv2d_{number}_1x1_{half}", f"{name}_2_Conv2d_{number}_3x3_s2_{whole}"
            x = to.conv(maps[-1], Scope(f"{place}/0", f"{small}_conv"), half)
            x = self._norm(to, x, Scope(f"{place}/1", f"{small}_batchnorm"))
            if self.depthwise:
                x = to.depthwise(x, Scope(f"{place}/3", f"{large}_depthwise_conv"), stride=2, padding=self.padding)
                x = self._norm(to, x, Scope(f"{place}/4", f"{large}_depthwise_batchnorm"))
                x = to.conv(x, Scope(f"{place}/6", f"{large}_conv"), whole)
                maps.append(self._norm(to, x, Scope(f"{place}/7", f"{large}_batchnorm")))
            else:
                x = to.conv(x, Scope(f"{place}/3", f"{large}_conv"), whole, 3, stride=2, padding=self.padding)
                maps.append(self._norm(to, x, Scope(f"{place}/4", f"{large}_batchnorm")))
        return maps

    def _norm(self, to: Writer, x: Tensor, at: Scope) -> Tensor:
        return to.activation(to.batch_norm(x, at, epsilon=self.epsilon), self.activation)
