"""The Faster R-CNN feature extractors that are built here: type in the configuration → how its two halves are written.

The first half makes the maps that proposals come from, the second one looks at each crop.
The table at the end is the whole list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from loadstone.blueprint.backbones.functional import FunctionalScopes
from loadstone.blueprint.backbones.inception_resnet_v2 import InceptionResNetV2
from loadstone.blueprint.backbones.resnet_v1 import REPEATS, ResNetV1
from loadstone.blueprint.common_fields import Hyperparameters, read_hyperparameters
from loadstone.blueprint.fields import Fields
from loadstone.blueprint.fpn import FeaturePyramid
from loadstone.blueprint.layer_names import LayerNames
from loadstone.blueprint.network import Tensor, Writer
from loadstone.blueprint.parts import CHANNEL_MEANS, MINUS_ONE_TO_ONE, Normalisation

FIRST = "model/_feature_extractor_for_proposal_features"
SECOND = "model/_feature_extractor_for_box_classifier_features"

MEANS = Normalisation(*CHANNEL_MEANS, before_resizing=False)
SCALED = Normalisation(*MINUS_ONE_TO_ONE, before_resizing=False)
DENSE_UNITS = 1024


@dataclass(frozen=True, slots=True)
class Extractor:
    """The `feature_extractor` message, with the names that both halves count on."""

    kind: str
    fields: Fields
    hyperparameters: Hyperparameters | None
    names: LayerNames
    stride: int = 16
    """Of the map that proposals come from; only TF1's networks follow it."""

    @property
    def depth(self) -> int:
        """A ResNet's number of layers."""
        return int(re.findall(r"resnet(\d+)", self.kind)[0])


def read_extractor(fields: Fields) -> Extractor:
    """Read what all Faster R-CNN extractors have in common."""
    fields.training("batch_norm_trainable")
    stride = fields.integer("first_stage_features_stride", 16)
    own = fields.flag("override_base_feature_extractor_hyperparams")
    given = read_hyperparameters(fields.message("conv_hyperparams")) if "conv_hyperparams" in fields else None
    return Extractor(fields.text("type"), fields, given if own else None, LayerNames(), stride)


def resnet_first(to: Writer, picture: Tensor, extractor: Extractor) -> list[Tensor]:
    """Stages up to conv4: one map of stride 16."""
    backbone = ResNetV1(extractor.depth)
    taps = backbone.write(to, picture, FunctionalScopes(FIRST), last_stage=4)
    return [taps[f"conv4_block{REPEATS[extractor.depth][2]}_out"]]


def resnet_second(to: Writer, crops: Tensor, extractor: Extractor) -> Tensor:
    """Stage conv5."""
    return ResNetV1(extractor.depth).write_stage(to, crops, FunctionalScopes(SECOND), 5, {})


def resnet_fpn_first(to: Writer, picture: Tensor, extractor: Extractor) -> list[Tensor]:
    """The whole backbone and a pyramid over it."""
    given = extractor.hyperparameters
    backbone = ResNetV1(extractor.depth, given.epsilon, given.activation) if given else ResNetV1(extractor.depth)
    taps = backbone.write(to, picture, FunctionalScopes(f"{FIRST}/classification_backbone"))
    fields = extractor.fields.message("fpn")
    low, high = fields.levels(2, 6)
    pyramid = FeaturePyramid(
        min_level=low,
        max_level=high,
        tap_level=5,
        depth=fields.integer("additional_layer_depth", 256),
        separable=False,
        epsilon=given.epsilon if given else 0.001,
        activation=given.activation if given else "relu",
        scope="private__resnet_fpn",
        coarse_names={level: f"bottom_up_block{level - 1}" for level in range(6, high + 1)},
        mark="",
    )
    repeats = dict(zip(range(2, 6), REPEATS[extractor.depth], strict=True))
    levels = {stage: taps[f"conv{stage}_block{count}_out"] for stage, count in repeats.items()}
    return list(pyramid.write(to, levels, FIRST).values())


def resnet_fpn_second(to: Writer, crops: Tensor, extractor: Extractor) -> Tensor:
    """Two dense layers with relu, a batch norm between them."""
    scopes, names = FunctionalScopes(SECOND), LayerNames()
    epsilon = extractor.hyperparameters.epsilon if extractor.hyperparameters else 0.001
    x = to.dense(to.flatten(crops), scopes.next(names.next("dense")), DENSE_UNITS)
    x = to.batch_norm(to.activation(x, "relu"), scopes.next("freezable_batch_norm"), epsilon=epsilon)
    return to.activation(to.dense(x, scopes.next(names.next("dense")), DENSE_UNITS), "relu")


def inception_first(to: Writer, picture: Tensor, extractor: Extractor) -> list[Tensor]:
    """Up to block17_20: one map of stride 16."""
    return [InceptionResNetV2(to, FunctionalScopes(FIRST), extractor.names).write_first(picture)]


def inception_second(to: Writer, crops: Tensor, extractor: Extractor) -> Tensor:
    """From mixed_7a on."""
    return InceptionResNetV2(to, FunctionalScopes(SECOND), extractor.names).write_second(crops)


First = Callable[[Writer, Tensor, Extractor], list[Tensor]]
Second = Callable[[Writer, Tensor, Extractor], Tensor]

RESNET: tuple[First, Second, Normalisation] = (resnet_first, resnet_second, MEANS)
RESNET_FPN: tuple[First, Second, Normalisation] = (resnet_fpn_first, resnet_fpn_second, MEANS)

FASTER_RCNN_EXTRACTORS: Mapping[str, tuple[First, Second, Normalisation]] = {
    "faster_rcnn_resnet50_keras": RESNET,
    "faster_rcnn_resnet101_keras": RESNET,
    "faster_rcnn_resnet152_keras": RESNET,
    "faster_rcnn_resnet50_fpn_keras": RESNET_FPN,
    "faster_rcnn_resnet101_fpn_keras": RESNET_FPN,
    "faster_rcnn_resnet152_fpn_keras": RESNET_FPN,
    "faster_rcnn_inception_resnet_v2_keras": (inception_first, inception_second, SCALED),
}
