"""A TF1 Faster or Mask R-CNN told from its frozen graph alone: constants and operations → blueprint, or why not.

As `frozen_ssd`: settings are read from the graph's own constants, then every layer of all stages is compared with the
blueprint's, and the places where the stages meet are looked at. For masks, see `frozen_masks`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from loadstone.blueprint.faster_rcnn_parts import Crops, FasterRcnnBlueprint, Proposals
from loadstone.blueprint.frozen.frozen_crops import read_crops
from loadstone.blueprint.frozen.frozen_ends import SCOPE as PREPROCESSOR
from loadstone.blueprint.frozen.frozen_ends import check_ends, read_scaling
from loadstone.blueprint.frozen.frozen_grid import grid_anchors
from loadstone.blueprint.frozen.frozen_layers import check_epsilons, check_foreign, check_layers
from loadstone.blueprint.frozen.frozen_masks import PASSES, check_masks, read_masks
from loadstone.blueprint.frozen.frozen_resizer import read_resizer
from loadstone.blueprint.frozen.frozen_suppression import Greedy, read_coder, read_greedy, read_postprocessor
from loadstone.blueprint.frozen.frozen_values import FrozenGraph, UnclearGraphError, only
from loadstone.blueprint.frozen.frozen_wiring import depends_on, feeders_of, network_feeders, shaped_by
from loadstone.blueprint.parts import BoxCoder
from loadstone.blueprint.reader import read_any
from loadstone.blueprint.slim.slim_faster_rcnn import SLIM_FASTER_RCNN
from loadstone.blueprint.slim.slim_shapes import Shapes
from loadstone.blueprint.two_stage_plan import TwoStagePlan, config_of
from loadstone.facts import DetectorFacts
from loadstone.graphs.graph import Graph
from loadstone.wire.textdump import dump
from loadstone.wire.textmessage import TextMessage
from loadstone.wire.textproto import parse

FIRST_SUPPRESSION = "BatchMultiClassNonMaxSuppression"
FIRST_SCOPES = ("FirstStageFeatureExtractor/", "Conv/", "FirstStageBoxPredictor/")
SCALED = f"{PREPROCESSOR}/sub"
FRAME = "/ChangeCoordinateFrame"
RPN = "Conv/weights"


@dataclass(frozen=True, slots=True)
class Ends:
    """The scopes in which the second stage's boxes are decoded, suppressed, and their scores converted."""

    coder: str
    suppression: str
    scores: str


AFTER = "SecondStagePostprocessor"
ENDS = Ends(f"{AFTER}/Decode", AFTER, f"{AFTER}/")
BEFORE_MASKS = Ends("Decode_1", f"{FIRST_SUPPRESSION}_1", "")
"""Where masks follow, boxes are suppressed outside of any scope, as proposals were."""


def read_frozen_faster_rcnn(
    graph: Graph, facts: DetectorFacts, shapes: Shapes
) -> tuple[FasterRcnnBlueprint, TextMessage]:
    """Return the detector in a graph and the configuration that describes it. `shapes` are those of its weights.

    Raises `UnclearGraphError` for whatever is not exactly as the Object Detection API writes it.
    """
    found = FrozenGraph(graph)
    masked = facts.meta_architecture == "mask_rcnn"
    extractor = facts.feature_extractor or ""
    if extractor not in SLIM_FASTER_RCNN or not facts.num_classes:
        raise UnclearGraphError(f"the feature extractor {facts.feature_extractor} is not rebuilt from a graph")
    check_ends(found)
    crops = read_crops(found, 2 if masked else 1)
    plan = _plan(found, extractor, facts.num_classes, shapes, crops[0].settings)
    if masked:
        plan = replace(plan, masks=read_masks(found, shapes, facts.num_classes))
    config = config_of(plan)
    blueprint = read_any(parse(dump(config).encode()))
    if not isinstance(blueprint, FasterRcnnBlueprint) or _misfits(blueprint, shapes):
        raise UnclearGraphError(f"the weights' shapes are not those of {plan.extractor}")
    _check_scaling(found, blueprint)
    check_epsilons(found, blueprint.first_stage, blueprint.second_stage)
    spread = check_layers(found, blueprint.first_stage, FIRST_SCOPES, {SCALED: "picture"})
    once = found.without(*PASSES[1]) if masked else found
    spread |= check_layers(once, blueprint.second_stage, PASSES[0], {crops[0].handed_on: "crops"})
    if masked:
        spread |= check_masks(found, blueprint, crops[1])
    check_foreign(found, spread)
    _check_joints(found, blueprint, crops[0].features)
    # A configuration cannot say in which order to clip and to suppress, and what to clip to; the graph can.
    within = blueprint.resizer.pad and _within_padding(found)
    proposals = replace(blueprint.proposals, within_padding=within)
    return replace(blueprint, suppression=plan.suppression, proposals=proposals), config


def _plan(graph: FrozenGraph, extractor: str, classes: int, shapes: Shapes, crops: Crops) -> TwoStagePlan:
    first = read_greedy(graph, FIRST_SUPPRESSION, 1)
    ends = ENDS if any(graph.under(AFTER)) else BEFORE_MASKS
    second = read_postprocessor(graph, ends.scores, ends.suppression, classes)
    if second.clip_first != first.clip_first:
        raise UnclearGraphError("one stage clips its boxes before it suppresses them, the other one after it")
    _check_frames(graph, ends)
    _check_coders(graph, ends)
    kernel = shapes.get(RPN) or ()
    if len(kernel) != 4 or None in kernel:
        raise UnclearGraphError(f"the graph has no {RPN} with four dimensions", found=str(kernel))
    boxes = (shapes.get("SecondStageBoxPredictor/BoxEncodingPredictor/biases") or (0,))[0]
    return TwoStagePlan(
        extractor=extractor,
        classes=classes,
        resizer=read_resizer(graph),
        stride=8 if _dilates(graph, FIRST_SCOPES[0]) else 16,
        anchors=grid_anchors(graph),
        depth=kernel[-1] or 0,
        window=kernel[0] or 0,
        dilation=_dilates(graph, FIRST_SCOPES[1]) or 1,
        proposals=_proposals(first),
        crops=crops,
        shared=boxes == 4 and classes > 1,
        suppression=second,
    )


def _proposals(greedy: Greedy) -> Proposals:
    if greedy.max_per_class != greedy.max_total:
        raise UnclearGraphError("the graph limits its proposals twice, to different numbers")
    return Proposals(greedy.score_threshold, greedy.iou_threshold, greedy.max_total)


def _dilates(graph: FrozenGraph, scope: str) -> int:
    """Return the largest dilation of the convolutions in a scope; 0 where none is dilated."""
    found = [0]
    for node in graph.below((scope,)):
        if node.op == "Conv2D":
            found += [side for side in node.attribute("dilations").message("list").sints("i") if side > 1]
        elif node.op == "SpaceToBatchND":
            found += [int(side) for side in graph.values(graph.source(node, 1))]
    return max(found)


def _misfits(blueprint: FasterRcnnBlueprint, shapes: Shapes) -> bool:
    """Whether a weight that is used has another shape; a frozen graph has no other weights."""
    third = [blueprint.third_stage] if blueprint.third_stage else []
    layers = (layer for network in (blueprint.first_stage, blueprint.second_stage, *third) for layer in network.used)
    return any(shapes.get(one.key) != one.shape for layer in layers for one in layer.variables)


def _check_scaling(graph: FrozenGraph, blueprint: FasterRcnnBlueprint) -> None:
    """The pixels must be scaled as the extractor has it, and after resizing and padding."""
    own = blueprint.normalisation
    if read_scaling(graph) != (own.mean, own.deviation):
        raise UnclearGraphError(f"the pixels are not scaled as {blueprint.feature_extractor} has them")


def _check_frames(graph: FrozenGraph, ends: Ends) -> None:
    """Proposals stay in pixels; only the second stage's boxes become relative to the picture."""
    scopes = (FIRST_SUPPRESSION, ends.suppression)
    framed = [any(FRAME in node.name for node in graph.under(scope)) for scope in scopes]
    if framed != [False, True]:
        raise UnclearGraphError("the boxes are not relative to the picture as is known here")
    if not any(graph.under("ClipToWindow")):
        raise UnclearGraphError("the anchors are not clipped to the picture")


def _within_padding(graph: FrozenGraph) -> bool:
    """Whether proposals are clipped to what the picture is padded to, and not to the picture, as the resizer sized it.

    The first was done before 2020; that size is the shape of what the first stage sees.
    """
    found = [
        _takes_shape(graph, graph.source(node, 1))
        for node in graph.under(FIRST_SUPPRESSION, "Minimum")
        if "/ClipToWindow" in node.name
    ]
    return bool(only(found, "window that proposals are clipped to"))


def _takes_shape(graph: FrozenGraph, window: str) -> bool:
    if depends_on(graph, window, PREPROCESSOR):
        return False
    if SCALED not in shaped_by(graph, window):
        raise UnclearGraphError("the proposals are clipped to a window that is not known here", found=window)
    return True


def _check_coders(graph: FrozenGraph, ends: Ends) -> None:
    """No configuration states the coder of a Faster R-CNN: it is the usual one in both stages."""
    for scope in ("Decode", ends.coder):
        if (coder := read_coder(graph, scope)) != BoxCoder():
            raise UnclearGraphError("the boxes are decoded with scales that no configuration states", found=str(coder))


def _check_joints(graph: FrozenGraph, blueprint: FasterRcnnBlueprint, features: str) -> None:
    """The map that is cropped must be the first stage's, and objectness its second column after a softmax."""
    _, outputs = network_feeders(blueprint.first_stage)
    cropped = feeders_of(graph, blueprint.first_stage, {SCALED: "picture"}, features)
    if cropped != outputs["features_0"]:
        raise UnclearGraphError(f"another map is cropped than the one that proposals come from: {features}")
    softmax = graph.node("Softmax")
    scored = feeders_of(graph, blueprint.first_stage, {SCALED: "picture"}, softmax.name)
    column = [graph.values(graph.source(node, 1)) for node in graph.readers(softmax.name) if node.op == "StridedSlice"]
    if softmax.op != "Softmax" or scored != outputs["objectness"] or column != [[0, 0, 1]]:
        raise UnclearGraphError("the proposals are not scored as is known here", found=str(column))
