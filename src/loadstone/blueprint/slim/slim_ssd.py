"""TF1's SSD extractors and convolutional predictor: the networks of the Keras ones, under slim's names.

Sources of the names: `.index` files of the Object Detection API's TF1 checkpoints.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from loadstone.blueprint.backbones import mobilenet_v1, mobilenet_v2
from loadstone.blueprint.backbones.functional import SlimScopes, slim_scope
from loadstone.blueprint.backbones.inception_v2 import InceptionV2
from loadstone.blueprint.backbones.mobilenet_v3 import MobileNetV3
from loadstone.blueprint.common_fields import Hyperparameters
from loadstone.blueprint.network import Padding, Tensor, Writer
from loadstone.blueprint.parts import MINUS_ONE_TO_ONE, Normalisation
from loadstone.blueprint.slim.slim import SlimLayers, Widths
from loadstone.blueprint.ssd_extractors import Extractor, Maps, WriteMaps

ROOT = "FeatureExtractor"
V1_SCOPE = f"{ROOT}/MobilenetV1"
V2_SCOPE = f"{ROOT}/MobilenetV2"
DEPTHS = (512, 256, 256, 128)
"""Of the maps added behind the backbone's two."""

EMBEDDED = "embedded_ssd_mobilenet_v1"
EMBEDDED_WINDOWS = (3, 3, 2)
"""For pictures of 256 × 256: the last of its five maps is 1 × 1, made from 2 × 2."""


@dataclass(frozen=True, slots=True)
class SlimFeatureMaps:
    """Added maps: 1×1 to half the depth, then 3×3 with stride 2, or depthwise 3×3 and 1×1.

    `windows` are the sides of the second convolutions, 3 but for a variant whose coarsest map is 1 × 1.
    `base` is the path of the last tapped layer (`FeatureExtractor/MobilenetV1/Conv2d_13_pointwise`).
    """

    base: str
    layers: SlimLayers
    widths: Widths
    depthwise: bool = False
    windows: Sequence[int] = (3,) * len(DEPTHS)
    explicit_padding: bool = False

    def write(self, to: Writer, taps: Sequence[Tensor], count: int) -> Maps:
        """Return the taps and the added maps, finest first, `count` in all."""
        maps = list(taps)[:count]
        added = zip(DEPTHS, self.windows, strict=False)
        for number, (depth, window) in list(enumerate(added, len(taps)))[: max(count - len(taps), 0)]:
            half, whole = self.widths(depth // 2), self.widths(depth)
            x = self.layers.conv(to, maps[-1], f"{self.base}_1_Conv2d_{number}_1x1_{half}", half)
            path = f"{self.base}_2_Conv2d_{number}_{window}x{window}_s2_{whole}"
            padding: Padding = (window - 1) // 2 if self.explicit_padding else "same"
            if self.depthwise:
                x = self.layers.depthwise(to, x, f"{path}_depthwise", window, stride=2, padding=padding)
                maps.append(self.layers.conv(to, x, path, whole))
            else:
                maps.append(self.layers.conv(to, x, path, whole, window, stride=2, padding=padding))
        return maps


@dataclass(frozen=True, slots=True)
class SlimConvolutionalHead:
    """`convolutional_box_predictor`: every map has its own layers; `window` is the depthwise one's if `depthwise`."""

    anchors: Sequence[int]
    slots: int
    layers: SlimLayers
    window: int = 1
    depthwise: bool = False

    def write(self, to: Writer, maps: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Return (box encodings (N, 4), class logits (N, slots))."""
        boxes, classes = [], []
        for number, (x, anchors) in enumerate(zip(maps, self.anchors, strict=True)):
            boxes.append(self._layer(to, x, f"BoxPredictor_{number}/BoxEncodingPredictor", anchors * 4))
            classes.append(self._layer(to, x, f"BoxPredictor_{number}/ClassPredictor", anchors * self.slots))
        return to.rows(boxes, 4), to.rows(classes, self.slots)

    def _layer(self, to: Writer, x: Tensor, path: str, filters: int) -> Tensor:
        if self.depthwise:
            x = self.layers.depthwise(to, x, f"{path}_depthwise", self.window)
        return to.conv(x, slim_scope(path), filters, 1 if self.depthwise else self.window, bias=True)


def _maps(to: Writer, taps: Sequence[Tensor], base: str, extractor: Extractor) -> Maps:
    """Write the added maps as the configuration asks."""
    windows = EMBEDDED_WINDOWS if extractor.kind == EMBEDDED else (3,) * len(DEPTHS)
    layers, explicit = SlimLayers(extractor.hyperparameters), extractor.explicit_padding
    added = SlimFeatureMaps(base, layers, extractor.widths, extractor.use_depthwise, windows, explicit)
    return added.write(to, taps, extractor.fields.integer("num_layers", len(taps) + len(DEPTHS)))


def mobilenet_v1_taps(
    to: Writer, picture: Tensor, extractor: Extractor, last: tuple[int, int] | None = None
) -> dict[str, Tensor]:
    """Write MobileNet v1 as the configuration asks; `last` as `MobileNetV1.last_filters`."""
    backbone = mobilenet_v1.MobileNetV1(
        alpha=extractor.depth_multiplier,
        min_depth=extractor.min_depth,
        epsilon=extractor.epsilon,
        activation=extractor.backbone_activation,
        padding=extractor.padding,
        last_filters=last,
    )
    return backbone.write(to, picture, SlimScopes(V1_SCOPE, mobilenet_v1.slim_layer))


def mobilenet_v2_taps(
    to: Writer, picture: Tensor, extractor: Extractor, last: int = mobilenet_v2.HEAD_FILTERS
) -> dict[str, Tensor]:
    """Write MobileNet v2 as the configuration asks; `last` as `MobileNetV2.head_filters`."""
    backbone = mobilenet_v2.MobileNetV2(
        alpha=extractor.depth_multiplier,
        min_depth=extractor.min_depth,
        epsilon=extractor.epsilon,
        activation=extractor.backbone_activation,
        padding=extractor.padding,
        widen_head=True,
        head_filters=last,
    )
    return backbone.write(to, picture, SlimScopes(V2_SCOPE, mobilenet_v2.slim_layer))


def ssd_mobilenet_v1(to: Writer, picture: Tensor, extractor: Extractor) -> Maps:
    """`ssd_mobilenet_v1` and its embedded variant."""
    taps = mobilenet_v1_taps(to, picture, extractor)
    two = [taps["conv_pw_11_relu"], taps["conv_pw_13_relu"]]
    return _maps(to, two, f"{V1_SCOPE}/Conv2d_13_pointwise", extractor)


def ssd_mobilenet_v2(to: Writer, picture: Tensor, extractor: Extractor) -> Maps:
    """`ssd_mobilenet_v2`, and SSDLite where `use_depthwise` is set."""
    taps = mobilenet_v2_taps(to, picture, extractor)
    return _maps(to, [taps["block_13_expand_relu"], taps["out_relu"]], f"{V2_SCOPE}/layer_19", extractor)


def ssd_inception_v2(to: Writer, picture: Tensor, extractor: Extractor) -> Maps:
    """`ssd_inception_v2`: the backbone always has the configuration's hyperparameters, asked for or not."""
    scope = f"{ROOT}/InceptionV2"
    taps = InceptionV2(SlimLayers(extractor.hyperparameters), extractor.widths, scope).write(to, picture)
    return _maps(to, [taps["Mixed_4c"], taps["Mixed_5c"]], f"{scope}/Mixed_5c", extractor)


def ssd_mobilenet_v3(to: Writer, picture: Tensor, extractor: Extractor) -> Maps:
    """`ssd_mobilenet_v3_large` and `_small`: the backbone's activations are its own, whatever is asked for."""
    kind = extractor.kind.rpartition("_")[2]
    scope = f"{ROOT}/MobilenetV3"
    layers = SlimLayers(Hyperparameters("relu", epsilon=extractor.epsilon, force_bias=False, batch_norm=True))
    backbone = MobileNetV3(kind, layers, scope, extractor.depth_multiplier, extractor.min_depth)
    return _maps(to, backbone.write(to, picture), f"{scope}/layer_{LAST_LAYERS[kind]}", extractor)


LAST_LAYERS = {"large": 17, "small": 13}
"""How TF1 numbers the closing convolution, counted from 1."""

SLIM_EXTRACTORS: dict[str, tuple[WriteMaps, Normalisation]] = {
    "ssd_mobilenet_v1": (ssd_mobilenet_v1, Normalisation(*MINUS_ONE_TO_ONE, before_resizing=True)),
    EMBEDDED: (ssd_mobilenet_v1, Normalisation(*MINUS_ONE_TO_ONE, before_resizing=True)),
    "ssd_mobilenet_v2": (ssd_mobilenet_v2, Normalisation(*MINUS_ONE_TO_ONE, before_resizing=True)),
    "ssd_mobilenet_v3_large": (ssd_mobilenet_v3, Normalisation(*MINUS_ONE_TO_ONE, before_resizing=True)),
    "ssd_mobilenet_v3_small": (ssd_mobilenet_v3, Normalisation(*MINUS_ONE_TO_ONE, before_resizing=True)),
    "ssd_inception_v2": (ssd_inception_v2, Normalisation(*MINUS_ONE_TO_ONE, before_resizing=True)),
}
"""Type → (the writer of its feature maps, its normalisation)."""
