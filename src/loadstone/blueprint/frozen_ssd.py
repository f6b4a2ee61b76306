"""A TF1 SSD told from its frozen graph alone: constants and operations → blueprint, or why not.

The settings that names and shapes do not show (input size, anchors, thresholds, order of clipping) are read from the
graph's own constants; then every layer of the graph is compared with the blueprint's. A graph that differs anywhere
raises `UnclearGraphError` and is left to be run as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from loadstone.blueprint.frozen_anchors import anchor_shapes, plan_of, same_shapes
from loadstone.blueprint.frozen_layers import check_layers, norm_epsilons
from loadstone.blueprint.frozen_suppression import read_coder, read_postprocessor
from loadstone.blueprint.frozen_values import FrozenGraph, UnclearGraphError, only
from loadstone.blueprint.parts import Blueprint, SsdAnchors
from loadstone.blueprint.reader import read_blueprint
from loadstone.blueprint.slim_ssd import EMBEDDED
from loadstone.blueprint.ssd_plan import SsdPlan, config_of
from loadstone.facts import DetectorFacts
from loadstone.graphs.graph import Graph
from loadstone.wire.textdump import dump
from loadstone.wire.textmessage import TextMessage
from loadstone.wire.textproto import parse

Shapes = Mapping[str, tuple[int | None, ...]]

INPUT = "image_tensor"
UINT8 = 4
"""TensorFlow's number for the type of pictures."""

NETWORKS = {
    "ssd_mobilenet_v1": ("FeatureExtractor/MobilenetV1/Conv2d_13_pointwise/weights", 1024),
    "ssd_mobilenet_v2": ("FeatureExtractor/MobilenetV2/expanded_conv_16/project/weights", 320),
    "ssd_inception_v2": ("FeatureExtractor/InceptionV2/Mixed_5c/Branch_0/Conv2d_0a_1x1/weights", 352),
}
"""A layer that no smallest width holds up, and its width with a multiplier of 1."""

USUAL_LEAST = (16, 8)
LARGEST_SIDE = 8192
"""Of a network's input; far more than any was trained for, and its anchors still fit into memory."""

BOXES = "BoxPredictor_{}/BoxEncodingPredictor"
HEAD = BOXES.format(0)

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
    embedded = extractor == "ssd_mobilenet_v1" and any("_2x2_s2_" in name for name in shapes)
    plan = SsdPlan(
        extractor=EMBEDDED if embedded else extractor,
        classes=facts.num_classes,
        size=_input_size(found),
        multiplier=_multiplier(extractor, shapes),
        least=USUAL_LEAST[0],
        maps=len(anchors),
        activation=_activation(found),
        epsilon=float(only(norm_epsilons(found), "epsilon of its batch norms")),
        depthwise=any("_3x3_s2_" in name and "_depthwise/" in name for name in shapes),
        window=_window(shapes),
        depthwise_head=f"{HEAD}_depthwise/depthwise_weights" in shapes,
        anchors=plan_of(anchors),
        coder=read_coder(found),
        suppression=suppression,
    )
    blueprint, config = _fitting(plan, shapes)
    if not isinstance(blueprint.anchors, SsdAnchors) or not same_shapes(blueprint.anchors.shapes, anchors):
        raise UnclearGraphError("the graph's anchors follow no rule that a configuration can state")
    check_layers(found, blueprint.network)
    # A configuration cannot say in which order to clip and to suppress; the graph can.
    return replace(blueprint, suppression=suppression), config


def _fitting(plan: SsdPlan, shapes: Shapes) -> tuple[Blueprint, TextMessage]:
    """Try smallest widths until every variable has the file's shape."""
    for least in dict.fromkeys((*USUAL_LEAST, *_narrowest(shapes))):
        config = config_of(replace(plan, least=least))
        blueprint = read_blueprint(parse(dump(config).encode()))
        if all(shapes.get(name) == one.shape for name, one in blueprint.network.variables.items()):
            return blueprint, config
    raise UnclearGraphError(f"the weights' shapes are not those of {plan.extractor}")


def _narrowest(shapes: Shapes) -> Iterator[int]:
    widths = [
        shape[-1]
        for name, shape in shapes.items()
        if name.endswith("/weights") and name.startswith("FeatureExtractor/") and shape
    ]
    yield min((width for width in widths if width), default=1)


def _multiplier(extractor: str, shapes: Shapes) -> float:
    name, full = NETWORKS[extractor]
    shape = shapes.get(name)
    if not shape or not shape[-1]:
        raise UnclearGraphError(f"the graph has no weights {name}")
    return shape[-1] / full


def _window(shapes: Shapes) -> int:
    """Return the predictor's window: its depthwise layer's where it has one."""
    shape = shapes.get(f"{HEAD}_depthwise/depthwise_weights") or shapes.get(f"{HEAD}/weights")
    if not shape or not shape[0]:
        raise UnclearGraphError(f"the graph has no weights {HEAD}")
    return shape[0]


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
