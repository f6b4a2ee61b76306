"""SSDs and RetinaNets on a backbone: a blueprint like the zoo's, whose parts are read from words like the zoo's."""

from __future__ import annotations

from collections.abc import Mapping

from loadstone.blueprint.common_fields import read_box_coder, read_resizer, read_suppression
from loadstone.blueprint.fields import Fields
from loadstone.blueprint.network import Tensor, Writer
from loadstone.blueprint.parts import Blueprint, MultiscaleAnchors
from loadstone.blueprint.slim.slim import Widths
from loadstone.blueprint.ssd import read_anchors, read_head
from loadstone.blueprint.ssd_feature_maps import MultiResolutionFeatureMaps
from loadstone.builder.backbone import Backbone
from loadstone.builder.necks import EPSILON, KEY, SCOPE, write_neck
from loadstone.builder.plan import Plan
from loadstone.builder.words import retinanet_words, ssd_words
from loadstone.wire.textmessage import TextMessage

MAPS = 6
"""An SSD's without a neck (Liu et al., 2016, figure 2)."""

FIRST = 16
"""Places along the shorter side that an SSD's first map has at least, where its backbone has such a map: 300 pixels
leave 38 in the paper, and 19 on a MobileNet. On smaller pictures the maps begin at a smaller stride; most would be of
one place otherwise."""

TOP = 7
"""The coarsest level of a pyramid: stride 128 (Lin et al., 2017)."""


def build_ssd(backbone: Backbone, plan: Plan) -> tuple[Blueprint, TextMessage]:
    """Return an SSD: each map has a head of its own.

    Without a neck they are six: the backbone's from stride 16 on, or from where `FIRST` says, or those named by hand,
    and added ones behind them. With a neck they are the levels of the pyramid.
    """
    to = Writer()
    taps = backbone.write(to, to.picture(*backbone.size))
    if plan.neck == "none":
        levels = sorted(taps) if plan.taps_by_hand else _from_first(taps)
        maps = dict(enumerate(_with_added(to, [taps[level] for level in levels], plan), levels[0]))
    else:
        maps = write_neck(to, _from_three(taps), plan, low=min(_from_three(taps)), high=TOP)
    words = ssd_words(plan, backbone.name, maps=len(maps), low=min(maps))
    return _blueprint(to, list(maps.values()), words, backbone, plan), words


def build_retinanet(backbone: Backbone, plan: Plan) -> tuple[Blueprint, TextMessage]:
    """Return a RetinaNet, with a BiFPN an EfficientDet: one head for all levels of a pyramid up to stride 128."""
    to = Writer()
    taps = _from_three(backbone.write(to, to.picture(*backbone.size)))
    levels = write_neck(to, taps, plan, low=min(taps), high=TOP)
    words = retinanet_words(plan, backbone.name, low=min(levels), high=max(levels))
    return _blueprint(to, list(levels.values()), words, backbone, plan), words


def _from_three(taps: Mapping[int, Tensor]) -> dict[int, Tensor]:
    """Return the levels from 3 on; a backbone that has none of them gives what it has."""
    return {level: x for level, x in taps.items() if level >= 3} or dict(taps)


def _from_first(taps: Mapping[int, Tensor]) -> list[int]:
    """Return the levels that an SSD takes of a backbone."""
    deepest = sorted(taps)[-2:]
    enough = [level for level, x in taps.items() if min(x.shape[0] or 0, x.shape[1] or 0) >= FIRST]
    first = min(deepest[0], max(enough, default=min(taps)))
    return [level for level in sorted(taps) if level >= first]


def _with_added(to: Writer, taps: list[Tensor], plan: Plan) -> list[Tensor]:
    """Return the backbone's maps, four at most, and the added ones, whose depths are those of the paper."""
    added = MultiResolutionFeatureMaps(
        base="tap",
        depths=(512, *(256,) * (MAPS - 2 - len(taps)), 128),
        epsilon=EPSILON,
        activation="relu6",
        scope=SCOPE,
        widths=Widths(1.0, 16),
        depthwise=plan.light,
    )
    return added.write(to, taps, KEY)


def _blueprint(to: Writer, maps: list[Tensor], words: TextMessage, backbone: Backbone, plan: Plan) -> Blueprint:
    fields = Fields(words.message("model").message("ssd"), "model.ssd.")
    anchors = read_anchors(fields.message("anchor_generator"))
    per_map = (anchors.per_place,) * len(maps) if isinstance(anchors, MultiscaleAnchors) else anchors.per_map
    head = read_head(fields.message("box_predictor"), per_map, plan.num_classes, slim=False)
    boxes, scores = head.write(to, maps)
    to.output("box_encodings", boxes)
    to.output("class_predictions_with_background", scores)
    return Blueprint(
        meta_architecture="ssd",
        feature_extractor=backbone.name,
        num_classes=plan.num_classes,
        background=False,
        resizer=read_resizer(fields.message("image_resizer")),
        normalisation=backbone.normalisation,
        network=to.network(),
        anchors=anchors,
        box_coder=read_box_coder(fields.message("box_coder")),
        suppression=read_suppression(fields.message("post_processing"), one_stage=True),
        maps=tuple((x.shape[0] or 0, x.shape[1] or 0) for x in maps),
    )
