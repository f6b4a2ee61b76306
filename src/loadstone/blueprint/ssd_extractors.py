"""The SSD feature extractors that are built here: type in the configuration → how its network is written.

The table at the end is the whole list; a type that is not in it is named as unsupported by its reader.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from loadstone.blueprint.backbones.efficientnet import EfficientNet
from loadstone.blueprint.backbones.functional import FunctionalScopes
from loadstone.blueprint.backbones.mobilenet_v1 import MobileNetV1
from loadstone.blueprint.backbones.mobilenet_v2 import MobileNetV2
from loadstone.blueprint.backbones.resnet_v1 import REPEATS, ResNetV1
from loadstone.blueprint.bifpn import BiFPN
from loadstone.blueprint.common_fields import Hyperparameters, read_hyperparameters
from loadstone.blueprint.fields import Fields
from loadstone.blueprint.fpn import FeaturePyramid
from loadstone.blueprint.network import Padding, Tensor, Writer
from loadstone.blueprint.parts import CHANNEL_MEANS, MINUS_ONE_TO_ONE, Normalisation
from loadstone.blueprint.slim.slim import Widths
from loadstone.blueprint.ssd_feature_maps import MultiResolutionFeatureMaps

KEY = "model/_feature_extractor"
BACKBONE = f"{KEY}/classification_backbone"

IMAGENET = ((0.485 * 255, 0.456 * 255, 0.406 * 255), (0.229 * 255, 0.224 * 255, 0.225 * 255))
"""EfficientNet's normalisation, on 0..255."""


@dataclass(frozen=True, slots=True)
class Extractor:
    """The `feature_extractor` message, as far as all types share it."""

    kind: str
    depth_multiplier: float
    min_depth: int
    hyperparameters: Hyperparameters
    backbone_hyperparameters: bool
    use_depthwise: bool
    explicit_padding: bool
    pad_to_multiple: int
    fields: Fields

    @property
    def padding(self) -> Padding:
        """Around windows of three pixels with stride 2; at stride 1 a pixel on each side is "same" padding."""
        return 1 if self.explicit_padding else "same"

    @property
    def widths(self) -> Widths:
        """How the multiplier narrows what is added to the backbone."""
        return Widths(self.depth_multiplier, self.min_depth)

    @property
    def epsilon(self) -> float:
        """The backbone's batch norm epsilon: the configuration's where it overrides, else Keras's own."""
        return self.hyperparameters.epsilon if self.backbone_hyperparameters else 0.001

    @property
    def backbone_activation(self) -> str:
        """The backbone's activation: the configuration's where it overrides, else relu6."""
        return self.hyperparameters.activation if self.backbone_hyperparameters else "relu6"


Maps = list[Tensor]
WriteMaps = Callable[[Writer, Tensor, Extractor], Maps]


def read_extractor(fields: Fields) -> Extractor:
    """Read what all SSD extractors have in common."""
    fields.training("replace_preprocessor_with_placeholder", "batch_norm_trainable")
    return Extractor(
        kind=fields.text("type"),
        depth_multiplier=fields.number("depth_multiplier", 1.0),
        min_depth=fields.integer("min_depth", 16),
        hyperparameters=read_hyperparameters(fields.message("conv_hyperparams")),
        backbone_hyperparameters=fields.flag("override_base_feature_extractor_hyperparams"),
        use_depthwise=fields.flag("use_depthwise"),
        explicit_padding=fields.flag("use_explicit_padding"),
        pad_to_multiple=fields.integer("pad_to_multiple", 1),
        fields=fields,
    )


def _pyramid(extractor: Extractor, scope: str, coarse: Callable[[int], str]) -> FeaturePyramid:
    fields = extractor.fields.message("fpn")
    low, high = fields.levels(3, 7)
    return FeaturePyramid(
        min_level=low,
        max_level=high,
        tap_level=5,
        depth=extractor.widths(fields.integer("additional_layer_depth", 256)),
        separable=extractor.use_depthwise,
        epsilon=extractor.hyperparameters.epsilon,
        activation=extractor.hyperparameters.activation,
        scope=scope,
        coarse_names={level: coarse(level) for level in range(6, high + 1)},
    )


def _mobilenet_v2(to: Writer, picture: Tensor, extractor: Extractor) -> dict[str, Tensor]:
    backbone = MobileNetV2(
        alpha=extractor.depth_multiplier,
        min_depth=extractor.min_depth,
        epsilon=extractor.epsilon,
        activation=extractor.backbone_activation,
        padding=extractor.padding,
    )
    return backbone.write(to, picture, FunctionalScopes(BACKBONE))


def mobilenet_v2_fpn(to: Writer, picture: Tensor, extractor: Extractor) -> Maps:
    """`ssd_mobilenet_v2_fpn_keras`: levels from the last block of each stride."""
    taps = _mobilenet_v2(to, picture, extractor)
    pyramid = _pyramid(
        extractor, "ssd_mobile_net_v2_fpn_keras_feature_extractor", lambda level: f"bottom_up_Conv2d_{level + 14}"
    )
    levels = {2: taps["block_2_add"], 3: taps["block_5_add"], 4: taps["block_12_add"], 5: taps["out_relu"]}
    return list(pyramid.write(to, levels, KEY).values())


def mobilenet_v2(to: Writer, picture: Tensor, extractor: Extractor) -> Maps:
    """`ssd_mobilenet_v2_keras`: two taps and four added maps."""
    taps = _mobilenet_v2(to, picture, extractor)
    added = _added(extractor, "layer_19", "ssd_mobile_net_v2_keras_feature_extractor")
    return added.write(to, [taps["block_13_expand_relu"], taps["out_relu"]], KEY)


def _added(extractor: Extractor, base: str, scope: str, mark: str = "") -> MultiResolutionFeatureMaps:
    return MultiResolutionFeatureMaps(
        base=base,
        depths=(512, 256, 256, 128),
        epsilon=extractor.hyperparameters.epsilon,
        activation=extractor.hyperparameters.activation,
        scope=scope,
        widths=extractor.widths,
        depthwise=extractor.use_depthwise,
        mark=mark,
        padding=extractor.padding,
    )


def _mobilenet_v1(
    to: Writer, picture: Tensor, extractor: Extractor, last: tuple[int, int] | None = None
) -> dict[str, Tensor]:
    backbone = MobileNetV1(
        alpha=extractor.depth_multiplier,
        min_depth=extractor.min_depth,
        epsilon=extractor.epsilon,
        activation=extractor.backbone_activation,
        padding=extractor.padding,
        last_filters=last,
        narrowed_twice=True,
    )
    return backbone.write(to, picture, FunctionalScopes(BACKBONE))


def mobilenet_v1(to: Writer, picture: Tensor, extractor: Extractor) -> Maps:
    """`ssd_mobilenet_v1_keras`: two taps and four added maps."""
    taps = _mobilenet_v1(to, picture, extractor)
    added = _added(extractor, "Conv2d_13_pointwise", "ssd_mobile_net_v1_keras_feature_extractor", "_")
    return added.write(to, [taps["conv_pw_11_relu"], taps["conv_pw_13_relu"]], KEY)


def mobilenet_v1_fpn(to: Writer, picture: Tensor, extractor: Extractor) -> Maps:
    """`ssd_mobilenet_v1_fpn_keras`: a light pyramid stands on fewer channels."""
    taps = _mobilenet_v1(to, picture, extractor, (512, 256) if extractor.use_depthwise else None)
    pyramid = _pyramid(
        extractor, "ssd_mobile_net_v1_fpn_keras_feature_extractor", lambda level: f"bottom_up_Conv2d_{level + 8}"
    )
    numbers = {2: 3, 3: 5, 4: 11, 5: 13}
    levels = {level: taps[f"conv_pw_{number}_relu"] for level, number in numbers.items()}
    return list(pyramid.write(to, levels, KEY).values())


def resnet_v1_fpn(to: Writer, picture: Tensor, extractor: Extractor) -> Maps:
    """`ssd_resnetN_v1_fpn_keras` (RetinaNet)."""
    depth = int(re.findall(r"resnet(\d+)", extractor.kind)[0])
    own = extractor.backbone_hyperparameters
    backbone = ResNetV1(
        depth,
        epsilon=extractor.hyperparameters.epsilon if own else 1e-5,
        activation=extractor.hyperparameters.activation if own else "relu",
        widths=extractor.widths,
    )
    taps = backbone.write(to, picture, FunctionalScopes(BACKBONE))
    pyramid = _pyramid(extractor, f"ResNet{depth}V1_FPN", lambda level: f"bottom_up_block{level - 1}")
    levels = {
        stage: taps[f"conv{stage}_block{repeats}_out"]
        for stage, repeats in zip(range(2, 6), REPEATS[depth], strict=True)
    }
    return list(pyramid.write(to, levels, KEY).values())


def efficientnet_bifpn(to: Writer, picture: Tensor, extractor: Extractor) -> Maps:
    """`ssd_efficientnet-bN_bifpn_keras` (EfficientDet): taps are the same three layers whatever the variant."""
    variant = re.findall(r"efficientnet-(b\d)", extractor.kind)[0]
    hyperparameters = extractor.hyperparameters
    backbone = EfficientNet(variant)
    taps = backbone.write(to, picture, FunctionalScopes(f"{KEY}/_efficientnet"), FunctionalScopes(BACKBONE))
    fields = extractor.fields.message("bifpn")
    low, high = fields.levels(3, 7, lowest=3, above=6)
    combine = fields.text("combine_method", "fast_attention")
    pyramid = BiFPN(
        iterations=fields.integer("num_iterations", 3),
        filters=fields.integer("num_filters", 64),
        fast_attention=combine == "fast_attention",
        epsilon=hyperparameters.epsilon,
        activation=hyperparameters.activation,
        scope=EFFICIENTDET_SCOPES[variant],
        min_level=low,
        max_level=high,
    )
    levels = {
        3: taps["stack_2/block_1/add"],
        4: taps["stack_4/block_2/add"],
        5: taps["stack_6/block_0/project_bn"],
    }
    return list(pyramid.write(to, levels, KEY).values())


EFFICIENTDET_SCOPES = {
    **{f"b{number}": f"EfficientDet-D{number}" for number in range(6)},
    "b6": "EfficientDet-D6-D7",
    "b7": "EfficientDet-D7x",
}
"""The extractor's variable scope by backbone; D6 and D7 share B6."""

SSD_EXTRACTORS: dict[str, tuple[WriteMaps, Normalisation]] = {
    "ssd_mobilenet_v1_keras": (mobilenet_v1, Normalisation(*MINUS_ONE_TO_ONE, before_resizing=True)),
    "ssd_mobilenet_v2_keras": (mobilenet_v2, Normalisation(*MINUS_ONE_TO_ONE, before_resizing=True)),
    "ssd_mobilenet_v2_fpn_keras": (mobilenet_v2_fpn, Normalisation(*MINUS_ONE_TO_ONE, before_resizing=True)),
    "ssd_mobilenet_v1_fpn_keras": (mobilenet_v1_fpn, Normalisation(*MINUS_ONE_TO_ONE, before_resizing=True)),
    **{
        f"ssd_resnet{depth}_v1_fpn_keras": (resnet_v1_fpn, Normalisation(*CHANNEL_MEANS, before_resizing=True))
        for depth in REPEATS
    },
    **{
        f"ssd_efficientnet-b{number}_bifpn_keras": (efficientnet_bifpn, Normalisation(*IMAGENET, before_resizing=True))
        for number in range(8)
    },
}
"""Type → (the writer of its feature maps, its normalisation)."""
