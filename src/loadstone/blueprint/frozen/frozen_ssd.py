"""A TF1 SSD told from its frozen graph alone: constants and operations → blueprint, or why not.

The settings that names and shapes do not show (input size, anchors, thresholds, order of clipping) are read from the
graph's own constants; then every layer of the graph is compared with the blueprint's. A graph that differs anywhere
raises `UnclearGraphError` and is left to be run as it is.
"""

from __future__ import annotations

from dataclasses import replace

from loadstone.blueprint.frozen.frozen_anchors import anchor_shapes, plan_of, same_shapes
from loadstone.blueprint.frozen.frozen_ends import INPUT, check_ends, read_scaling
from loadstone.blueprint.frozen.frozen_ends import SCOPE as PREPROCESSOR
from loadstone.blueprint.frozen.frozen_layers import check_foreign, check_layers, norm_epsilons
from loadstone.blueprint.frozen.frozen_resizer import read_resizer
from loadstone.blueprint.frozen.frozen_suppression import read_coder, read_postprocessor
from loadstone.blueprint.frozen.frozen_values import FrozenGraph, UnclearGraphError, only
from loadstone.blueprint.parts import MINUS_ONE_TO_ONE, Blueprint, SsdAnchors
from loadstone.blueprint.slim.slim_shapes import (
    LEASTS,
    NETWORKS,
    Shapes,
    fitting,
    has_depthwise_head,
    has_depthwise_maps,
    multiplier_of,
    variant_of,
    window_of,
)
from loadstone.blueprint.ssd_plan import SsdPlan
from loadstone.facts import DetectorFacts
from loadstone.graphs.graph import Graph
from loadstone.wire.textmessage import TextMessage

POSTPROCESSOR = "Postprocessor"
SCOPES = ("FeatureExtractor/", "BoxPredictor")
ENTRANCES = {f"{PREPROCESSOR}/": "picture", INPUT: "picture"}


def read_frozen_ssd(graph: Graph, facts: DetectorFacts, shapes: Shapes) -> tuple[Blueprint, TextMessage]:
    """Return the detector in a graph and the configuration that describes it. `shapes` are those of its weights.

    Raises `UnclearGraphError` for whatever is not exactly as the Object Detection API writes it.
    """
    found = FrozenGraph(graph)
    extractor = (facts.feature_extractor or "").removeprefix("embedded_")
    if extractor not in NETWORKS or not facts.num_classes:
        raise UnclearGraphError(f"the feature extractor {facts.feature_extractor} is not rebuilt from a graph")
    suppression = read_postprocessor(found, f"{POSTPROCESSOR}/", POSTPROCESSOR, facts.num_classes)
    anchors = anchor_shapes(found)
    check_ends(found)
    plan = SsdPlan(
        extractor=variant_of(extractor, shapes),
        classes=facts.num_classes,
        size=_input_size(found),
        multiplier=multiplier_of(extractor, shapes),
        least=LEASTS[0],
        maps=len(anchors),
        activation=_activation(found),
        epsilon=float(only(norm_epsilons(found), "epsilon of its batch norms")),
        depthwise=has_depthwise_maps(shapes),
        window=window_of(shapes),
        depthwise_head=has_depthwise_head(shapes),
        anchors=plan_of(anchors),
        coder=read_coder(found, f"{POSTPROCESSOR}/Decode"),
        suppression=suppression,
    )
    fit = fitting(plan, shapes)
    if fit is None:
        raise UnclearGraphError(f"the weights' shapes are not those of {plan.extractor}")
    blueprint, config = fit
    if not isinstance(blueprint.anchors, SsdAnchors) or not same_shapes(blueprint.anchors.shapes, anchors):
        raise UnclearGraphError("the graph's anchors follow no rule that a configuration can state")
    check_foreign(found, check_layers(found, blueprint.network, SCOPES, ENTRANCES))
    # A configuration cannot say in which order to clip and to suppress; the graph can.
    return replace(blueprint, suppression=suppression), config


def _activation(graph: FrozenGraph) -> str:
    kinds = {node.op for node in graph.under("FeatureExtractor", "Relu", "Relu6")}
    return {"Relu": "relu", "Relu6": "relu6"}[str(only(kinds, "activation"))]


def _input_size(graph: FrozenGraph) -> tuple[int, int]:
    """Return (height, width) after resizing to one size; the pixels must be scaled to −1…1."""
    resizer = read_resizer(graph)
    if resizer.kind != "fixed":
        raise UnclearGraphError("the pictures are not resized to one size")
    if read_scaling(graph) != MINUS_ONE_TO_ONE:
        raise UnclearGraphError("the pixels are not scaled to -1 … 1")
    return resizer.size
