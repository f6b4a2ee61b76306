"""A TF1 SSD told from its frozen graph alone: constants and operations → blueprint, or why not.

The settings that names and shapes do not show (input size, anchors, thresholds, order of clipping) are read from the
graph's own constants; then every layer of the graph is compared with the blueprint's. A graph that differs anywhere
raises `UnclearGraphError` and is left to be run as it is.
"""

from __future__ import annotations

from dataclasses import replace

from loadstone.blueprint.frozen_anchors import anchor_shapes, plan_of, same_shapes
from loadstone.blueprint.frozen_layers import check_layers, norm_epsilons
from loadstone.blueprint.frozen_suppression import read_coder, read_postprocessor
from loadstone.blueprint.frozen_values import FrozenGraph, UnclearGraphError, only
from loadstone.blueprint.parts import Blueprint, SsdAnchors
from loadstone.blueprint.slim_shapes import (
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

INPUT = "image_tensor"
UINT8 = 4
"""TensorFlow's number for the type of pictures."""

LARGEST_SIDE = 8192
"""Of a network's input; far more than any was trained for, and its anchors still fit into memory."""

_PREPARING = (
    "Const", "Identity", "Mul", "Sub", "Shape", "StridedSlice", "ResizeBilinear", "ExpandDims", "Squeeze", "Pack",
    "Unpack", "Range", "Add", "AddV2", "Less", "LogicalAnd", "Enter", "Exit", "Merge", "Switch", "LoopCond",
    "NextIteration", "TensorArrayV3", "TensorArrayScatterV3", "TensorArrayReadV3", "TensorArrayWriteV3",
    "TensorArraySizeV3", "TensorArrayGatherV3", "Cast",
)  # fmt: skip
"""What scaling, resizing and the loop over a batch are made of; a padding, another resizing or colours are not."""


def read_frozen_ssd(graph: Graph, facts: DetectorFacts, shapes: Shapes) -> tuple[Blueprint, TextMessage]:
    """Return the detector in a graph and the configuration that describes it. `shapes` are those of its weights.

    Raises `UnclearGraphError` for whatever is not exactly as the Object Detection API writes it.
    """
    found = FrozenGraph(graph)
    extractor = (facts.feature_extractor or "").removeprefix("embedded_")
    if extractor not in NETWORKS or not facts.num_classes:
        raise UnclearGraphError(f"the feature extractor {facts.feature_extractor} is not rebuilt from a graph")
    suppression = read_postprocessor(found, facts.num_classes)
    anchors = anchor_shapes(found)
    _check_ends(found)
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
        coder=read_coder(found),
        suppression=suppression,
    )
    fit = fitting(plan, shapes)
    if fit is None:
        raise UnclearGraphError(f"the weights' shapes are not those of {plan.extractor}")
    blueprint, config = fit
    if not isinstance(blueprint.anchors, SsdAnchors) or not same_shapes(blueprint.anchors.shapes, anchors):
        raise UnclearGraphError("the graph's anchors follow no rule that a configuration can state")
    check_layers(found, blueprint.network)
    # A configuration cannot say in which order to clip and to suppress; the graph can.
    return replace(blueprint, suppression=suppression), config


def _activation(graph: FrozenGraph) -> str:
    kinds = {node.op for node in graph.under("FeatureExtractor", "Relu", "Relu6")}
    return {"Relu": "relu", "Relu6": "relu6"}[str(only(kinds, "activation"))]


def _input_size(graph: FrozenGraph) -> tuple[int, int]:
    """Return (height, width) after resizing; a graph for one size of picture has no resizing in it."""
    scope = list(graph.under("Preprocessor"))
    strange = {node.op for node in scope} - {*_PREPARING}
    if strange:
        raise UnclearGraphError(f"the pictures are prepared with {min(strange)}")
    _check_scaling(graph)
    resizes = [node for node in scope if node.op == "ResizeBilinear"]
    if not resizes:
        return _placeholder_size(graph)
    node = resizes[0]
    if len(resizes) > 1 or any(node.attribute(key).flag("b") for key in ("align_corners", "half_pixel_centers")):
        raise UnclearGraphError("the pictures are resized in a way that is not known here")
    return _size(graph.values(graph.source(node, 1)))


def _size(sides: list[int]) -> tuple[int, int]:
    if len(sides) != 2 or not 1 <= min(sides) <= max(sides) <= LARGEST_SIDE:
        found = " × ".join(map(str, sides))
        raise UnclearGraphError("the graph does not say at which size it looks at pictures", found=found)
    return int(sides[0]), int(sides[1])


def _check_scaling(graph: FrozenGraph) -> None:
    """The pictures must be scaled to −1…1, by one product and one difference."""
    products, differences = (list(graph.under("Preprocessor", op)) for op in ("Mul", "Sub"))
    if len(products) != 1 or len(differences) != 1:
        raise UnclearGraphError("the pixels are not scaled as is known here")
    factor, shift = graph.value("Preprocessor/mul/x"), graph.value("Preprocessor/sub/y")
    if abs(factor - 2 / 255) > 1e-8 or shift != 1.0:
        raise UnclearGraphError("the pixels are not scaled to -1 … 1", found=f"x · {factor} - {shift}")


def _placeholder_size(graph: FrozenGraph) -> tuple[int, int]:
    dims = [dim.sint("size") for dim in graph.node(INPUT).attribute("shape").message("shape").messages("dim")]
    return _size(dims[1:3] if len(dims) == 4 and dims[3] == 3 else [])


def _check_ends(graph: FrozenGraph) -> None:
    """The graph must begin with bytes of pixels, and count classes from one in its answer."""
    placeholder = graph.node(INPUT)
    if placeholder.op != "Placeholder" or placeholder.attribute("dtype").uint("type") != UINT8:
        raise UnclearGraphError(f"{INPUT} is no picture of bytes")
    if {node.op for node in graph.readers(INPUT)} - {"Cast", "Shape"}:
        raise UnclearGraphError("the picture is changed before it is scaled")
    counted = graph.behind("detection_classes")
    if counted.op not in ("Add", "AddV2") or graph.value(graph.source(counted, 1)) != 1.0:
        raise UnclearGraphError("the graph does not count its classes from one")
