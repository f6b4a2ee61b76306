"""The CenterNet feature extractors that are built here: type in the configuration → how its network is written.

The table at the end is the whole list. Each returns the maps that heads are put on (one a stack), a quarter of the
picture's side, and its own normalisation of RGB 0..255.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from loadstone.blueprint.backbones.functional import FunctionalScopes
from loadstone.blueprint.backbones.hourglass import Hourglass
from loadstone.blueprint.backbones.mobilenet_v2 import MobileNetV2
from loadstone.blueprint.backbones.resnet_v1 import REPEATS, ResNetV1
from loadstone.blueprint.backbones.resnet_v2 import EPSILON, ResNetV2
from loadstone.blueprint.layer_names import LayerNames
from loadstone.blueprint.network import Tensor, Writer
from loadstone.blueprint.parts import MINUS_ONE_TO_ONE, Normalisation

KEY = "model/_feature_extractor"
NECK_EPSILON = 1e-3
"""Keras's default for batch norm."""

CAFFE = Normalisation((103.939, 116.779, 123.68), (1.0, 1.0, 1.0), before_resizing=False, bgr=True)
SCALED = Normalisation(*MINUS_ONE_TO_ONE, before_resizing=False)
UNTOUCHED = Normalisation((0.0, 0.0, 0.0), (1.0, 1.0, 1.0), before_resizing=False)


@dataclass(frozen=True, slots=True)
class Neck:
    """Where a neck's layers go: the second functional model, whose first entry is the backbone itself."""

    to: Writer
    names: LayerNames
    scopes: FunctionalScopes

    @classmethod
    def begin(cls, to: Writer, names: LayerNames) -> Neck:
        """Return the place of a neck's first layer."""
        scopes = FunctionalScopes(f"{KEY}/_feature_extractor_model")
        scopes.next("the backbone")
        return cls(to, names, scopes)

    def conv(self, x: Tensor, filters: int, window: int) -> Tensor:
        """Convolution with bias."""
        return self.to.conv(x, self.scopes.next(self.names.next("conv2d")), filters, window, bias=True)

    def separable(self, x: Tensor, filters: int) -> Tensor:
        """3×3 separable convolution with bias."""
        return self.to.separable(x, self.scopes.next(self.names.next("separable_conv2d")), filters, bias=True)

    def transposed(self, x: Tensor, filters: int) -> Tensor:
        """3×3 transposed convolution with bias that doubles the sides."""
        at = self.scopes.next(self.names.next("conv2d_transpose"))
        return self.to.conv_transpose(x, at, filters, 3, stride=2)

    def active(self, x: Tensor) -> Tensor:
        """Batch norm and relu."""
        at = self.scopes.next(self.names.next("batch_normalization"))
        return self.to.activation(self.to.batch_norm(x, at, epsilon=NECK_EPSILON), "relu")

    def pyramid(self, taps: list[Tensor], filters: tuple[int, ...], after: tuple[int, ...], separable: bool) -> Tensor:
        """From the deepest tap up: double the sides, add the next tap's 1×1 convolution, smooth to `after` channels."""
        x = self.conv(taps[0], filters[0], 1)
        for tap, width, next_width in zip(taps[1:], filters, after, strict=True):
            lateral = self.conv(tap, width, 1)
            x = self.to.add(self.to.fitted(self.to.upsample(x), lateral), lateral)
            x = self.active(self.separable(x, next_width) if separable else self.conv(x, next_width, 3))
        return x


def _backbone_scopes() -> FunctionalScopes:
    return FunctionalScopes(f"{KEY}/_base_model")


def _depth(kind: str) -> int:
    return int(re.findall(r"resnet_v\d_(\d+)", kind)[0])


def resnet_v1_fpn(to: Writer, picture: Tensor, names: LayerNames, kind: str) -> list[Tensor]:
    """`resnet_v1_50_fpn`, `resnet_v1_101_fpn`."""
    depth = _depth(kind)
    taps = ResNetV1(depth, EPSILON, bias=True, pool_padding=1).write(to, picture, _backbone_scopes())
    stages = dict(zip(range(2, 6), REPEATS[depth], strict=True))
    levels = [taps[f"conv{stage}_block{stages[stage]}_out"] for stage in (5, 4, 3, 2)]
    return [Neck.begin(to, names).pyramid(levels, (256, 128, 64), (128, 64, 64), separable=False)]


def resnet_v2(to: Writer, picture: Tensor, names: LayerNames, kind: str) -> list[Tensor]:
    """`resnet_v2_50`, `resnet_v2_101`: three times a convolution and a transposed one."""
    taps = ResNetV2(_depth(kind)).write(to, picture, _backbone_scopes())
    neck = Neck.begin(to, names)
    x = taps["conv5_block3_out"]
    for filters in (256, 128, 64):
        x = neck.active(neck.conv(x, filters, 3))
        x = neck.active(neck.transposed(x, filters))
    return [x]


def mobilenet_v2_fpn(to: Writer, picture: Tensor, names: LayerNames, kind: str) -> list[Tensor]:
    """`mobilenet_v2_fpn` and `mobilenet_v2_fpn_sep_conv`.

    The skip at stride 16 is block 9's sum. The released checkpoint of the second type has separable kernels, though
    the last release of the API builds them only where `use_separable_conv` is set as well; the kernels are believed.
    """
    taps = MobileNetV2().write(to, picture, _backbone_scopes())
    levels = [taps[name] for name in ("out_relu", "block_9_add", "block_5_add", "block_2_add")]
    return [Neck.begin(to, names).pyramid(levels, (64, 32, 24), (32, 24, 24), separable=kind.endswith("_sep_conv"))]


def hourglass_104(to: Writer, picture: Tensor, names: LayerNames, kind: str) -> list[Tensor]:
    """`hourglass_104`: two stacks, each with its own heads; the last one's count."""
    scope = "center_net_hourglass_feature_extractor/hourglass_network"
    return Hourglass().write(to, picture, names, f"{KEY}/_network", scope)


WriteMaps = Callable[[Writer, Tensor, LayerNames, str], list[Tensor]]

CENTER_NET_EXTRACTORS: Mapping[str, tuple[WriteMaps, Normalisation]] = {
    "hourglass_104": (hourglass_104, UNTOUCHED),
    "mobilenet_v2_fpn": (mobilenet_v2_fpn, SCALED),
    "mobilenet_v2_fpn_sep_conv": (mobilenet_v2_fpn, SCALED),
    "resnet_v1_50_fpn": (resnet_v1_fpn, CAFFE),
    "resnet_v1_101_fpn": (resnet_v1_fpn, CAFFE),
    "resnet_v2_50": (resnet_v2, SCALED),
    "resnet_v2_101": (resnet_v2, SCALED),
}
