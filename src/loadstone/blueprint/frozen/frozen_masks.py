"""The masks of a frozen Mask R-CNN: the second half again, on the final boxes' crops, and what follows it.

The weights are those of the first pass; the operations are others, below scopes that TensorFlow numbers. So both
passes are compared with the blueprint alone, each in the graph less the other's operations.
"""

from __future__ import annotations

from loadstone.blueprint.faster_rcnn_parts import FasterRcnnBlueprint, Masks
from loadstone.blueprint.frozen.frozen_crops import FoundCrops
from loadstone.blueprint.frozen.frozen_layers import check_layers
from loadstone.blueprint.frozen.frozen_values import RESHAPING, FrozenGraph, UnclearGraphError
from loadstone.blueprint.frozen.frozen_wiring import feeders_of, network_feeders
from loadstone.blueprint.network import Network
from loadstone.blueprint.slim.slim_shapes import Shapes
from loadstone.blueprint.two_stage_plan import MaskPlan
from loadstone.graphs.graph import Node

PASSES = (
    ("SecondStageFeatureExtractor/", "SecondStageBoxPredictor/"),
    ("SecondStageFeatureExtractor_1/", "SecondStageBoxPredictor_1/"),
)
"""The scopes of the operations that look at proposals, and of those that look at final boxes."""

FEATURES, HEAD = PASSES[1]
LARGEST_MASK = 1024
KERNEL = "SecondStageBoxPredictor/Conv{}/weights"

BOXES, CLASSES, MASKS = "detection_boxes", "detection_classes", "detection_masks"


def read_masks(graph: FrozenGraph, shapes: Shapes, classes: int) -> MaskPlan:
    """Return the masks' size from the resizing of their features, and their layers from the kernels' shapes."""
    size = [int(side) for side in graph.values(graph.source(_resizing(graph), 1))]
    if len(size) != 2 or not 1 <= min(size) <= max(size) <= LARGEST_MASK:
        raise UnclearGraphError("the graph does not say how large its masks are", found=str(size))
    kernels: list[tuple[int | None, ...]] = []
    while (shape := shapes.get(KERNEL.format(f"_{len(kernels)}" if kernels else ""))) is not None:
        kernels.append(shape)
    if not kernels or any(len(shape) != 4 or None in shape for shape in kernels):
        raise UnclearGraphError("the graph has no convolutions that make masks")
    depth, masks = kernels[0][3] or 0, kernels[-1][3]
    return MaskPlan(Masks((size[0], size[1]), masks == 1 and classes > 1), len(kernels), depth)


def _resizing(graph: FrozenGraph) -> Node:
    """Return what brings the features to the masks' size, corner to corner."""
    nodes = list(graph.below((HEAD,)))
    found = [node for node in nodes if node.op.startswith("Resize")]
    if len(found) != 1 or found[0].op != "ResizeBilinear":
        seen = ", ".join(node.op for node in found) or "no resizing"
        fact = "the masks' features are not resized as is known here"
        raise UnclearGraphError(fact, expected="one ResizeBilinear", found=seen)
    if not found[0].attribute("align_corners").flag("b") or found[0].attribute("half_pixel_centers").flag("b"):
        raise UnclearGraphError("the masks' features are not resized from corner to corner")
    return found[0]


def check_masks(graph: FrozenGraph, blueprint: FasterRcnnBlueprint, crops: FoundCrops) -> set[str]:
    """Raise `UnclearGraphError` where the masks are not made as the blueprint's third stage makes them.

    Return the operations that only spread a map, as `check_layers`.
    """
    stage = blueprint.third_stage
    if stage is None or blueprint.masks is None:
        raise UnclearGraphError("the graph's masks are not those of its configuration")
    again = graph.without(*PASSES[0])
    nodes, outputs = blueprint.second_stage.nodes, blueprint.second_stage.outputs
    half = Network(nodes, {"features": outputs["features"]})
    spread = check_layers(again, half, (FEATURES,), {crops.handed_on: "crops"})
    spread |= check_layers(again, stage, (HEAD,), {FEATURES: "features"})
    resizing = _resizing(graph)
    followed = feeders_of(again, half, {crops.handed_on: "crops"}, graph.source(resizing, 0))
    readers = graph.readers(resizing.name)
    first = again.readers(KERNEL.format(""))
    if followed != network_feeders(half)[1]["features"] or readers != first:
        raise UnclearGraphError("other features than the second half's are resized for the masks")
    _check_boxes(graph, crops)
    logits = _chosen(graph, blueprint)
    if feeders_of(again, stage, {FEATURES: "features"}, logits.name) != network_feeders(stage)[1]["masks"]:
        raise UnclearGraphError(f"the masks are not what the last convolution gives: {logits.name}")
    return spread


def _check_boxes(graph: FrozenGraph, crops: FoundCrops) -> None:
    """What is cropped are the final boxes, as they are relative to the picture."""
    if graph.through(crops.boxes, RESHAPING).name != graph.through(BOXES, RESHAPING).name:
        raise UnclearGraphError("other boxes than the final ones are cropped for the masks", found=crops.boxes)


def _chosen(graph: FrozenGraph, blueprint: FasterRcnnBlueprint) -> Node:
    """Return the sum whose columns are the masks: a box's own class is chosen of them, then it is a probability."""
    sigmoid = graph.through(MASKS, RESHAPING)
    if sigmoid.op != "Sigmoid":
        raise UnclearGraphError(f"the masks come from {sigmoid.op}", expected="Sigmoid")
    turned = graph.through(graph.source(sigmoid, 0), RESHAPING)
    columns = 1 if blueprint.masks is None or blueprint.masks.agnostic else blueprint.num_classes
    if columns > 1:
        turned = _gathered(graph, turned, columns, blueprint)
    if turned.op != "Transpose" or graph.values(graph.source(turned, 1)) != [0, 3, 1, 2]:
        raise UnclearGraphError("the masks are not ordered as is known here", found=turned.name)
    logits = graph.behind(graph.source(turned, 0))
    if logits.op != "BiasAdd":
        raise UnclearGraphError(f"the masks come from {logits.op}", expected="BiasAdd")
    return logits


def _gathered(graph: FrozenGraph, gather: Node, columns: int, blueprint: FasterRcnnBlueprint) -> Node:
    """Return where the masks stand of which one is taken for each box, at box · classes + class."""
    strange = UnclearGraphError("a box's mask is not chosen as is known here", found=gather.name)
    if gather.op not in ("Gather", "GatherV2"):
        raise strange
    flat, index = graph.node(graph.source(gather, 0)), graph.behind(graph.source(gather, 1))
    if flat.op != "Reshape" or index.op not in ("Add", "AddV2"):
        raise strange
    boxes, classes = (graph.through(graph.source(index, number), RESHAPING) for number in (0, 1))
    steps = graph.behind(graph.source(boxes, 0))
    if boxes.op != "Mul" or steps.op != "Range":
        raise strange
    told = graph.through(graph.source(graph.behind(CLASSES), 0), RESHAPING)
    size = blueprint.masks.size if blueprint.masks else ()
    expected = [told.name, [-1, *size], [columns], [0], [1], [0]]
    found = [
        classes.name,
        graph.values(graph.source(flat, 1)),
        graph.values(graph.source(boxes, 1)),
        *(graph.values(graph.source(steps, number)) for number in (0, 2)),
        graph.values(graph.source(gather, 2)) if gather.op == "GatherV2" else [0],
    ]
    if found != expected:
        raise strange
    return graph.through(graph.source(flat, 0), RESHAPING)
