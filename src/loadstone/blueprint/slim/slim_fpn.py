"""TF1's SSDs on feature pyramids: extractors over MobileNets and ResNets, and the predictor that serves all levels.

It is not `fpn.py` under other names: TF1 went on downwards with the sum, not with what smoothing makes of it.
Sources of the names and widths: variables that the original's own graphs list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from loadstone.blueprint.backbones import mobilenet_v2
from loadstone.blueprint.backbones.functional import slim_scope
from loadstone.blueprint.backbones.slim_resnet_v1 import SlimResNetV1
from loadstone.blueprint.common_fields import Hyperparameters
from loadstone.blueprint.network import Tensor, Writer
from loadstone.blueprint.parts import CHANNEL_MEANS, MINUS_ONE_TO_ONE, Normalisation
from loadstone.blueprint.slim.slim import SlimLayers
from loadstone.blueprint.slim.slim_ssd import ROOT, V1_SCOPE, V2_SCOPE, mobilenet_v1_taps, mobilenet_v2_taps
from loadstone.blueprint.ssd_extractors import Extractor, Maps, WriteMaps

TOP = 5
"""The deepest level that a backbone offers."""

RESNET_EPSILON = 1e-5
"""slim hands it to each of a ResNet's batch norms by name, so no configuration overrides it; nor that they scale."""

HEAD = "WeightSharedConvolutionalBoxPredictor"


@dataclass(frozen=True, slots=True)
class SlimPyramid:
    """`min_level`..`max_level` at `depth` channels under `scope`; `coarse` names a level above the backbone's."""

    min_level: int
    max_level: int
    depth: int
    layers: SlimLayers
    separable: bool
    scope: str
    coarse: Callable[[int], str]

    def write(self, to: Writer, taps: Mapping[int, Tensor]) -> Maps:
        """Write the pyramid over the backbone's taps (level → tensor); return the levels, finest first."""
        top = min(TOP, self.max_level)
        down = self._lateral(to, taps[top], top)
        levels = {top: down}
        for level in range(top - 1, self.min_level - 1, -1):
            down = to.add(to.upsample(down), self._lateral(to, taps[level], level))
            levels[level] = self._window(to, down, f"smoothing_{level - self.min_level + 1}")
        for level in range(top + 1, self.max_level + 1):
            levels[level] = self._window(to, levels[level - 1], self.coarse(level), stride=2)
        return [levels[level] for level in sorted(levels)]

    def _lateral(self, to: Writer, x: Tensor, level: int) -> Tensor:
        return to.conv(x, slim_scope(f"{self.scope}/projection_{level - self.min_level + 1}"), self.depth, bias=True)

    def _window(self, to: Writer, x: Tensor, name: str, *, stride: int = 1) -> Tensor:
        path = f"{self.scope}/{name}"
        if self.separable:
            return self.layers.separable(to, x, path, self.depth, stride=stride)
        return self.layers.conv(to, x, path, self.depth, 3, stride=stride)


@dataclass(frozen=True, slots=True)
class SlimWeightSharedHead:
    """`weight_shared_convolutional_box_predictor` under TF1's names. Its towers' relu6 is fixed in the original."""

    layers: int
    depth: int
    anchors: int
    slots: int
    separable: bool
    share_tower: bool
    hyperparameters: Hyperparameters
    window: int = 3

    def write(self, to: Writer, levels: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Write both heads over all levels; return (box encodings (N, 4), class logits (N, slots))."""
        boxes, classes = [], []
        for number, level in enumerate(levels):
            box_tower = self._tower(to, level, number, "PredictionTower" if self.share_tower else "BoxPredictionTower")
            class_tower = box_tower if self.share_tower else self._tower(to, level, number, "ClassPredictionTower")
            boxes.append(self._conv(to, box_tower, "BoxPredictor", self.anchors * 4, bias=True))
            classes.append(self._conv(to, class_tower, "ClassPredictor", self.anchors * self.slots, bias=True))
        return to.rows(boxes, 4), to.rows(classes, self.slots)

    def _tower(self, to: Writer, x: Tensor, level: int, tower: str) -> Tensor:
        own = self.hyperparameters
        for layer in range(self.layers):
            name = f"{tower}/conv2d_{layer}"
            x = self._conv(to, x, name, self.depth, bias=not own.batch_norm)
            if own.batch_norm:
                at = slim_scope(f"{HEAD}/{name}/BatchNorm/feature_{level}")
                x = to.batch_norm(x, at, epsilon=own.epsilon, scale=own.scale)
            x = to.activation(x, "relu6")
        return x

    def _conv(self, to: Writer, x: Tensor, name: str, filters: int, *, bias: bool) -> Tensor:
        at = slim_scope(f"{HEAD}/{name}")
        if self.separable:
            return to.separable(x, at, filters, self.window, bias=bias)
        return to.conv(x, at, filters, self.window, bias=bias)


def _pyramid(extractor: Extractor, scope: str, coarse: Callable[[int], str]) -> SlimPyramid:
    fields = extractor.fields.message("fpn")
    low, high = fields.levels(3, 7)
    return SlimPyramid(
        min_level=low,
        max_level=high,
        depth=extractor.widths(fields.integer("additional_layer_depth", 256)),
        layers=SlimLayers(extractor.hyperparameters),
        separable=extractor.use_depthwise,
        scope=f"{scope}/fpn",
        coarse=coarse,
    )


def mobilenet_v1_fpn(to: Writer, picture: Tensor, extractor: Extractor) -> Maps:
    """`ssd_mobilenet_v1_fpn`."""
    taps = mobilenet_v1_taps(to, picture, extractor, (512, 256) if extractor.use_depthwise else None)
    levels = {level: taps[f"conv_pw_{number}_relu"] for level, number in ((2, 3), (3, 5), (4, 11), (5, 13))}
    return _pyramid(extractor, V1_SCOPE, lambda level: f"bottom_up_Conv2d_{level - TOP + 13}").write(to, levels)


def mobilenet_v2_fpn(to: Writer, picture: Tensor, extractor: Extractor) -> Maps:
    """`ssd_mobilenet_v2_fpn`, FPNLite where `use_depthwise` is set."""
    taps = mobilenet_v2_taps(to, picture, extractor, 256 if extractor.use_depthwise else mobilenet_v2.HEAD_FILTERS)
    levels = {2: taps["block_2_add"], 3: taps["block_5_add"], 4: taps["block_12_add"], 5: taps["out_relu"]}
    return _pyramid(extractor, V2_SCOPE, lambda level: f"bottom_up_Conv2d_{level - TOP + 19}").write(to, levels)


def resnet_v1_fpn(to: Writer, picture: Tensor, extractor: Extractor) -> Maps:
    """`ssd_resnetN_v1_fpn` (RetinaNet): blocks are tapped before the strides of their last units."""
    depth = int(re.findall(r"resnet(\d+)", extractor.kind)[0])
    own = Hyperparameters("relu", epsilon=RESNET_EPSILON, force_bias=False, batch_norm=True)
    if extractor.backbone_hyperparameters:
        own = replace(extractor.hyperparameters, epsilon=RESNET_EPSILON, scale=True)
    scope = f"{ROOT}/resnet_v1_{depth}"
    backbone = SlimResNetV1(
        depth,
        SlimLayers(own),
        scope,
        widths=extractor.widths,
        taps_before_stride=True,
    )
    taps = backbone.write(to, picture)
    levels = {level: taps[f"block{level - 1}"] for level in range(2, TOP + 1)}
    return _pyramid(extractor, scope, lambda level: f"bottom_up_block{level - 1}").write(to, levels)


SCALED = Normalisation(*MINUS_ONE_TO_ONE, before_resizing=True)
MEANS = Normalisation(*CHANNEL_MEANS, before_resizing=True)

SLIM_FPN_EXTRACTORS: dict[str, tuple[WriteMaps, Normalisation]] = {
    "ssd_mobilenet_v1_fpn": (mobilenet_v1_fpn, SCALED),
    "ssd_mobilenet_v2_fpn": (mobilenet_v2_fpn, SCALED),
    **{f"ssd_resnet{depth}_v1_fpn": (resnet_v1_fpn, MEANS) for depth in (50, 101, 152)},
}
"""Type → (the writer of its feature maps, its normalisation)."""
