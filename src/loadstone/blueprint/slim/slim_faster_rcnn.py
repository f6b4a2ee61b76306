"""TF1's Faster R-CNN extractors, under slim's names.

Sources of the names: `.index` files of the Object Detection API's TF1 checkpoints.
"""

from __future__ import annotations

from collections.abc import Mapping

from loadstone.blueprint.backbones.inception_v2 import InceptionV2
from loadstone.blueprint.backbones.slim_inception_resnet_v2 import SlimInceptionResNetV2
from loadstone.blueprint.backbones.slim_resnet_v1 import SlimResNetV1
from loadstone.blueprint.common_fields import Hyperparameters
from loadstone.blueprint.faster_rcnn_extractors import MEANS, SCALED, Extractor, First, Second
from loadstone.blueprint.network import Tensor, Writer
from loadstone.blueprint.parts import Normalisation
from loadstone.blueprint.slim.slim import SlimLayers, Widths

OWN = SlimLayers(Hyperparameters(activation="relu", epsilon=0.001, force_bias=False, batch_norm=True))
"""The backbone does not take its layers' settings from the configuration."""

RESNET_OWN = SlimLayers(Hyperparameters(activation="relu", epsilon=1e-5, force_bias=False, batch_norm=True))

FIRST_BLOCKS = ("Mixed_3b", "Mixed_3c", "Mixed_4a", "Mixed_4b", "Mixed_4c", "Mixed_4d", "Mixed_4e")
SECOND_BLOCKS = ("Mixed_5a", "Mixed_5b", "Mixed_5c")


def inception_v2_first(to: Writer, picture: Tensor, _: Extractor) -> list[Tensor]:
    """Up to Mixed_4e: one map of stride 16."""
    network = InceptionV2(OWN, Widths(), "FirstStageFeatureExtractor/InceptionV2")
    return [network.blocks(to, network.stem(to, picture), FIRST_BLOCKS)[FIRST_BLOCKS[-1]]]


def inception_v2_second(to: Writer, crops: Tensor, _: Extractor) -> Tensor:
    """From Mixed_5a on."""
    network = InceptionV2(OWN, Widths(), "SecondStageFeatureExtractor/InceptionV2")
    return network.blocks(to, crops, SECOND_BLOCKS)[SECOND_BLOCKS[-1]]


def resnet_first(to: Writer, picture: Tensor, extractor: Extractor) -> list[Tensor]:
    """Up to block3. The fourth block hangs behind it in TF1's graphs and checkpoints, and nothing reads it."""
    scope = f"FirstStageFeatureExtractor/resnet_v1_{extractor.depth}"
    network = SlimResNetV1(extractor.depth, RESNET_OWN, scope, output_stride=extractor.stride)
    return [network.write(to, picture)["block3"]]


def resnet_second(to: Writer, crops: Tensor, extractor: Extractor) -> Tensor:
    """The fourth block, without a stride."""
    scope = f"SecondStageFeatureExtractor/resnet_v1_{extractor.depth}"
    return SlimResNetV1(extractor.depth, RESNET_OWN, scope).write_block(to, crops, 4, repeats=3)


def inception_resnet_v2_first(to: Writer, picture: Tensor, extractor: Extractor) -> list[Tensor]:
    """Up to the last block of 17."""
    network = SlimInceptionResNetV2(to, "FirstStageFeatureExtractor/InceptionResnetV2")
    return [network.write_first(picture, stride=extractor.stride)]


def inception_resnet_v2_second(to: Writer, crops: Tensor, _: Extractor) -> Tensor:
    """From Mixed_7a on."""
    return SlimInceptionResNetV2(to, "SecondStageFeatureExtractor/InceptionResnetV2").write_second(crops)


RESNET = (resnet_first, resnet_second, MEANS)

SLIM_FASTER_RCNN: Mapping[str, tuple[First, Second, Normalisation]] = {
    "faster_rcnn_inception_v2": (inception_v2_first, inception_v2_second, SCALED),
    "faster_rcnn_resnet50": RESNET,
    "faster_rcnn_resnet101": RESNET,
    "faster_rcnn_resnet152": RESNET,
    "faster_rcnn_inception_resnet_v2": (inception_resnet_v2_first, inception_resnet_v2_second, SCALED),
}
"""Type → (first half, second half, normalisation)."""
