"""A Faster R-CNN on a backbone: proposals from a pyramid or from one map, and two dense layers on each crop."""

from __future__ import annotations

from loadstone.blueprint.backbones.functional import FunctionalScopes
from loadstone.blueprint.common_fields import read_resizer, read_suppression
from loadstone.blueprint.faster_rcnn import read_anchors, read_proposals
from loadstone.blueprint.faster_rcnn_extractors import SECOND
from loadstone.blueprint.faster_rcnn_heads import ProposalHead, write_box_head
from loadstone.blueprint.faster_rcnn_parts import Crops, FasterRcnnBlueprint
from loadstone.blueprint.fields import Fields
from loadstone.blueprint.network import Network, Shape, Tensor, Writer
from loadstone.blueprint.parts import BoxCoder
from loadstone.builder.backbone import Backbone
from loadstone.builder.necks import EPSILON, write_neck
from loadstone.builder.plan import Plan
from loadstone.builder.words import faster_rcnn_words
from loadstone.wire.textmessage import TextMessage

TOP = 6
"""The coarsest level that proposals come from (Lin et al., 2017)."""

UNITS = {True: 512, False: 1024}
"""Of the dense layers, light or not; the paper's have 1,024."""


def build_faster_rcnn(backbone: Backbone, plan: Plan) -> tuple[FasterRcnnBlueprint, TextMessage]:
    """Return a Faster R-CNN; without a neck its one map is the backbone's of stride 16, or its deepest one."""
    to = Writer()
    taps = backbone.write(to, to.picture(*backbone.size))
    if plan.neck == "none":
        level = 4 if 4 in taps else max(taps)
        levels = write_neck(to, {level: taps[level]}, plan, low=level, high=level)
    else:
        levels = write_neck(to, taps, plan, low=min(taps), high=TOP)
    words = faster_rcnn_words(plan, backbone.name, low=min(levels), high=max(levels))
    fields = Fields(words.message("model").message("faster_rcnn"), "model.faster_rcnn.")
    anchors = read_anchors(fields.message("first_stage_anchor_generator"))
    # There is no original to be matched, so a box on the picture's edge need not lose its last row where an engine
    # rounds that beyond the map: all engines agree then.
    crops = Crops(fields.integer("initial_crop_size"), fields.integer("maxpool_kernel_size"), 2, by_matrix=True)
    blueprint = FasterRcnnBlueprint(
        meta_architecture="faster_rcnn",
        feature_extractor=backbone.name,
        num_classes=plan.num_classes,
        resizer=read_resizer(fields.message("image_resizer")),
        normalisation=backbone.normalisation,
        first_stage=_first_stage(to, list(levels.values()), plan, anchors.per_place),
        second_stage=_second_stage((crops.side, crops.side, plan.width), plan),
        third_stage=None,
        anchors=anchors,
        proposals=read_proposals(fields),
        crops=crops,
        shared_boxes=False,
        masks=None,
        suppression=read_suppression(fields.message("second_stage_post_processing")),
        box_coder=BoxCoder(),
    )
    return blueprint, words


def _first_stage(to: Writer, maps: list[Tensor], plan: Plan, anchors: int) -> Network:
    for number, x in enumerate(maps):
        to.output(f"features_{number}", x)
    boxes, scores = ProposalHead(depth=plan.width, window=3, anchors=anchors).write(to, maps)
    to.output("box_encodings", boxes)
    to.output("objectness", scores)
    return to.network()


def _second_stage(shape: Shape, plan: Plan) -> Network:
    """Two dense layers with relu, a batch norm between them, as the zoo's Faster R-CNNs on pyramids have them."""
    to, scopes, units = Writer(), FunctionalScopes(SECOND), UNITS[plan.light]
    x = to.flatten(to.input("crops", shape))
    x = to.activation(to.dense(x, scopes.next("dense"), units), "relu")
    x = to.batch_norm(x, scopes.next("batch_normalization"), epsilon=EPSILON)
    x = to.activation(to.dense(x, scopes.next("dense_1"), units), "relu")
    to.output("features", x)
    boxes, scores = write_box_head(to, x, plan.num_classes, shared=False)
    to.output("box_encodings", boxes)
    to.output("class_predictions_with_background", scores)
    return to.network()
