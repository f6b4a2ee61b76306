"""Detectors without anchors on a backbone: CenterNet and YOLO."""

from __future__ import annotations

from dataclasses import replace

from loadstone.blueprint.center_net import Heads, head_channels
from loadstone.blueprint.center_net_extractors import Neck
from loadstone.blueprint.center_net_parts import CenterNetBlueprint
from loadstone.blueprint.layer_names import LayerNames
from loadstone.blueprint.network import Writer
from loadstone.blueprint.parts import Resizer
from loadstone.blueprint.yolo_head import path_aggregation, yolo_head
from loadstone.blueprint.yolo_parts import USUAL_SUPPRESSION, YoloBlueprint
from loadstone.builder.backbone import Backbone
from loadstone.builder.plan import Plan
from loadstone.builder.words import center_net_words
from loadstone.errors import SourceError
from loadstone.wire.textmessage import TextMessage

WIDTHS = {False: ((256, 128, 64), (128, 64, 64)), True: ((64, 32, 24), (32, 24, 24))}
"""The channels of a CenterNet's neck: those of the zoo's ResNets, and (light) of its MobileNetV2."""

FINEST = 2
"""CenterNet's one map has stride 4."""


def build_center_net(backbone: Backbone, plan: Plan) -> tuple[CenterNetBlueprint, TextMessage]:
    """Return a CenterNet: the backbone's maps are doubled and added up to stride 4, where its heads are."""
    if FINEST not in backbone.taps or len(backbone.taps) < 2:
        found = ", ".join(str(tap.stride) for tap in backbone.taps.values())
        raise SourceError("a CenterNet needs the backbone's map of stride 4, and deeper ones", found=f"strides {found}")
    to, names = Writer(), LayerNames()
    taps = backbone.write(to, to.picture(*backbone.size))
    deepest_first = [taps[level] for level in sorted(taps, reverse=True)]
    filters, after = (widths[-len(deepest_first) + 1 :] for widths in WIDTHS[plan.light])
    # The first width is that of the deepest map's own convolution, which the one above it is added to.
    maps = [Neck.begin(to, names).pyramid(deepest_first, filters, after, plan.light)]
    heads = Heads(to, names, separable=plan.light)
    for head, channels in head_channels(plan.num_classes, boxes=True, tasks=()):
        heads.write(maps, head, channels)
    blueprint = CenterNetBlueprint(
        meta_architecture="center_net",
        feature_extractor=backbone.name,
        num_classes=plan.num_classes,
        resizer=Resizer("fixed", plan.size),
        normalisation=backbone.normalisation,
        network=to.network(),
    )
    return blueprint, center_net_words(plan, backbone.name)


def build_yolo(backbone: Backbone, plan: Plan) -> tuple[YoloBlueprint, TextMessage]:
    """Return a YOLO: a head of its own, without anchors, on each of the maps from stride 8 on."""
    to = Writer()
    taps = backbone.write(to, to.picture(*backbone.size))
    levels = {level: x for level, x in taps.items() if level >= 3} or taps
    maps = list(levels.values())
    if plan.neck == "pan":
        maps = path_aggregation(to, maps, depth=plan.width, separable=plan.light)
    yolo_head(to, maps, num_classes=plan.num_classes, depth=plan.width, separable=plan.light)
    blueprint = YoloBlueprint(
        meta_architecture="yolo",
        feature_extractor=backbone.name,
        num_classes=plan.num_classes,
        resizer=Resizer("fixed", plan.size),
        normalisation=backbone.normalisation,
        network=to.network(),
        strides=tuple(2**level for level in levels),
        suppression=replace(USUAL_SUPPRESSION, class_agnostic=plan.class_agnostic),
    )
    return blueprint, TextMessage()
