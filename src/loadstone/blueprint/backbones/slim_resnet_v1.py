"""ResNet v1 (He et al., 2015) as TF1's slim wrote it: stride 2 sits in the 3×3 convolution of a block's last unit.

A network that may not narrow its maps beyond some stride dilates instead ("atrous"). Explicit zeros stand around
convolutions with stride 2; a unit always ends in a plain relu, whatever the layers' settings say.
Source of the names: the variables that the original's own graphs list (tests/blueprint/slim_variables).
"""

from __future__ import annotations

from dataclasses import dataclass

from loadstone.blueprint.backbones.resnet_v1 import REPEATS
from loadstone.blueprint.network import Tensor, Writer
from loadstone.blueprint.slim.slim import UNCHANGED, SlimLayers, Widths

LAST_STRIDES = (2, 2, 2, 1)
"""What the last unit of each block divides the sides by."""

STEM_STRIDE = 4


@dataclass(frozen=True, slots=True)
class Unit:
    """One bottleneck: its place, the width inside, its stride and dilation."""

    path: str
    width: int
    stride: int = 1
    dilation: int = 1


@dataclass(frozen=True, slots=True)
class SlimResNetV1:
    """`scope` is the network's own (`FeatureExtractor/resnet_v1_50`).

    `output_stride` bounds how far the maps are narrowed; `taps_before_stride` hands out a block's map before its last
    unit's stride, which then is a subsampling of its own.
    """

    depth: int
    layers: SlimLayers
    scope: str
    widths: Widths = UNCHANGED
    output_stride: int | None = None
    taps_before_stride: bool = False

    def write(self, to: Writer, x: Tensor) -> dict[str, Tensor]:
        """Write the stem and four blocks; return each block's map by its name (`block1`…`block4`)."""
        x = self.layers.conv(to, x, f"{self.scope}/conv1", 64, 7, stride=2, padding=3)
        x = to.max_pool(x, 3, stride=2)
        reached, dilation = STEM_STRIDE, 1
        taps: dict[str, Tensor] = {}
        for number, (repeats, last) in enumerate(zip(REPEATS[self.depth], LAST_STRIDES, strict=True), 1):
            name = f"block{number}"
            wide = reached == self.output_stride
            stride = 1 if wide or self.taps_before_stride else last
            x = self.write_block(to, x, number, repeats=repeats, stride=stride, dilation=dilation)
            taps[name] = x
            if wide:
                dilation *= last
            else:
                reached *= last
            if self.taps_before_stride and last > 1:
                x = to.max_pool(x, 1, stride=last, padding="valid")
        return taps

    def write_block(
        self, to: Writer, x: Tensor, number: int, *, repeats: int, stride: int = 1, dilation: int = 1
    ) -> Tensor:
        """Write one block of bottlenecks, the last of which has the stride."""
        width = self.widths(64 * 2 ** (number - 1))
        for unit in range(1, repeats + 1):
            path = f"{self.scope}/block{number}/unit_{unit}/bottleneck_v1"
            x = self._unit(to, x, Unit(path, width, stride if unit == repeats else 1, dilation))
        return x

    def _unit(self, to: Writer, x: Tensor, unit: Unit) -> Tensor:
        whole, path = 4 * unit.width, unit.path
        if x.channels != whole:
            shortcut = self.layers.conv(to, x, f"{path}/shortcut", whole, stride=unit.stride, activation="linear")
        else:
            shortcut = to.max_pool(x, 1, stride=unit.stride, padding="valid") if unit.stride > 1 else x
        y = self.layers.conv(to, x, f"{path}/conv1", unit.width)
        # Zeros on both sides for a stride, as many as half the dilated window; "same" padding is that already for 1.
        padding = unit.dilation if unit.stride > 1 else "same"
        y = self.layers.conv(
            to, y, f"{path}/conv2", unit.width, 3, stride=unit.stride, dilation=unit.dilation, padding=padding
        )
        y = self.layers.conv(to, y, f"{path}/conv3", whole, activation="linear")
        return to.activation(to.add(shortcut, y), "relu")
