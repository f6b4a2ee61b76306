"""What the names and shapes of a TF1 SSD's weights say: multiplier, smallest width, window, variant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from loadstone.blueprint.parts import Blueprint
from loadstone.blueprint.reader import read_blueprint
from loadstone.blueprint.slim.slim_ssd import EMBEDDED
from loadstone.blueprint.ssd_plan import SsdPlan, config_of
from loadstone.wire.textdump import dump
from loadstone.wire.textmessage import TextMessage
from loadstone.wire.textproto import parse

Shapes = Mapping[str, tuple[int | None, ...]]

NETWORKS = {
    "ssd_mobilenet_v1": ("FeatureExtractor/MobilenetV1/Conv2d_13_pointwise/weights", 1024),
    "ssd_mobilenet_v2": ("FeatureExtractor/MobilenetV2/expanded_conv_16/project/weights", 320),
    "ssd_inception_v2": ("FeatureExtractor/InceptionV2/Mixed_5c/Branch_0/Conv2d_0a_1x1/weights", 352),
}
"""Extractor → a layer that no smallest width holds up, and its width with a multiplier of 1."""

LEASTS = (16, 8)
"""Smallest widths that configurations ask for; others are told from the narrowest layer."""

HEAD = "BoxPredictor_0/BoxEncodingPredictor"


def variant_of(extractor: str, shapes: Shapes) -> str:
    """Return the extractor's type, which the windows of its added maps tell from its like."""
    embedded = extractor == "ssd_mobilenet_v1" and any("_2x2_s2_" in name for name in shapes)
    return EMBEDDED if embedded else extractor


def multiplier_of(extractor: str, shapes: Shapes) -> float:
    """Return the depth multiplier; 1 where the layer that tells it is not there."""
    name, full = NETWORKS[extractor]
    width = (shapes.get(name) or (None,))[-1]
    return width / full if width else 1.0


def window_of(shapes: Shapes) -> int:
    """Return the side of the predictor's window: its depthwise layer's where it has one."""
    shape = shapes.get(f"{HEAD}_depthwise/depthwise_weights") or shapes.get(f"{HEAD}/weights") or (1,)
    return shape[0] or 1


def has_depthwise_head(shapes: Shapes) -> bool:
    """Whether the predictor is SSDLite's."""
    return f"{HEAD}_depthwise/depthwise_weights" in shapes


def has_depthwise_maps(shapes: Shapes) -> bool:
    """Whether the added maps are SSDLite's."""
    return any("_s2_" in name and "_depthwise/" in name for name in shapes)


def fitting(plan: SsdPlan, shapes: Shapes) -> tuple[Blueprint, TextMessage] | None:
    """Try smallest widths until every variable has the file's shape; None where none of them fits."""
    for least in dict.fromkeys((*LEASTS, *_narrowest(shapes))):
        config = config_of(replace(plan, least=least))
        blueprint = read_blueprint(parse(dump(config).encode()))
        if all(shapes.get(name) == one.shape for name, one in blueprint.network.variables.items()):
            return blueprint, config
    return None


def _narrowest(shapes: Shapes) -> Iterator[int]:
    widths = [
        shape[-1]
        for name, shape in shapes.items()
        if name.endswith("/weights") and name.startswith("FeatureExtractor/") and shape
    ]
    yield min((width for width in widths if width), default=1)
