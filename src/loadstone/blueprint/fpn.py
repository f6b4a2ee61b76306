"""Feature pyramid of the Object Detection API's SSDs (Lin et al., 2017), with its coarse levels above.

Every smoothed level is also the input of the next one down, and P6 is made from P5 as it leaves the top layer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from loadstone.blueprint.network import Scope, Tensor, Writer


@dataclass(frozen=True, slots=True)
class FeaturePyramid:
    """`min_level`..`max_level` at `depth` channels; `tap_level` is the deepest level that the backbone offers.

    `scope` is the extractor's own variable scope; `coarse_names` says how it names levels above the backbone.
    `mark` begins its attributes' names in the object graph: the SSDs' are private, the Faster R-CNNs' are not.
    """

    min_level: int
    max_level: int
    tap_level: int
    depth: int
    separable: bool
    epsilon: float
    activation: str
    scope: str
    coarse_names: Mapping[int, str]
    mark: str = "_"

    def write(self, to: Writer, taps: Mapping[int, Tensor], key: str) -> dict[int, Tensor]:
        """Write the pyramid over the backbone's taps (level → tensor); return level → tensor, finest first."""
        top = min(self.tap_level, self.max_level)
        generator = f"{key}/{self.mark}fpn_features_generator"
        names = f"{self.scope}/FeatureMaps/top_down"
        count = top - self.min_level + 1
        at = Scope(f"{generator}/top_layers/0", f"{names}/projection_{count}")
        levels = {top: to.conv(taps[top], at, self.depth, bias=True)}
        for step, level in enumerate(range(top - 1, self.min_level - 1, -1)):
            number = count - 1 - step
            at = Scope(f"{generator}/residual_blocks/{step}/0", f"{names}/projection_{number}")
            lateral = to.conv(taps[level], at, self.depth, bias=True)
            merged = to.add(to.fitted(to.upsample(levels[level + 1]), lateral), lateral)
            levels[level] = self._smooth(to, merged, f"{generator}/conv_layers/{step}", f"{names}/smoothing_{number}")
        for step, level in enumerate(range(top + 1, self.max_level + 1)):
            place = f"{key}/{self.mark}coarse_feature_layers/{step}"
            name = f"{self.scope}/{self.coarse_names[level]}"
            levels[level] = self._smooth(to, levels[level - 1], place, name, stride=2)
        return dict(sorted(levels.items()))

    def _smooth(self, to: Writer, x: Tensor, key: str, name: str, *, stride: int = 1) -> Tensor:
        if self.separable:
            x = to.separable(x, Scope(f"{key}/0", f"{name}_depthwise_conv"), self.depth, stride=stride)
        else:
            x = to.conv(x, Scope(f"{key}/0", f"{name}_conv"), self.depth, 3, stride=stride)
        x = to.batch_norm(x, Scope(f"{key}/1", f"{name}_batchnorm"), epsilon=self.epsilon)
        return to.activation(x, self.activation)
