"""A TF1 Faster R-CNN is told from its graph alone, and a graph that differs in one place is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from loadstone.blueprint.faster_rcnn_parts import Crops, FasterRcnnBlueprint, GridAnchors, Masks, Proposals
from loadstone.blueprint.frozen.frozen_faster_rcnn import read_frozen_faster_rcnn
from loadstone.blueprint.frozen.frozen_values import UnclearGraphError
from loadstone.blueprint.parts import Resizer, Suppression
from loadstone.blueprint.reader import read_any
from loadstone.blueprint.two_stage_plan import MaskPlan, TwoStagePlan, config_of
from loadstone.facts import DetectorFacts
from loadstone.graphs.graph import Graph, Input, Node
from loadstone.graphs.write import const_node, make_node, with_inputs
from loadstone.wire.textdump import dump
from loadstone.wire.textproto import parse
from tests.support.frozen_two_stages import FIRST, LOOP, RESIZING, SECOND, frozen_two_stages

FACTS = DetectorFacts("faster_rcnn", "faster_rcnn_inception_v2", 3)
PLAN = TwoStagePlan(
    extractor="faster_rcnn_inception_v2",
    classes=3,
    resizer=Resizer("keep-aspect", (200, 340)),
    stride=16,
    anchors=GridAnchors((0.25, 0.5, 2.0), (0.5, 1.0), (200, 220), (16, 16), (0, 8)),
    depth=64,
    window=3,
    dilation=1,
    proposals=Proposals(0.05, 0.7, 40),
    crops=Crops(14, 2, 2),
    shared=False,
    suppression=Suppression(0.3, 0.55, 20, 30, "SOFTMAX"),
)
ATROUS = replace(
    PLAN,
    extractor="faster_rcnn_resnet50",
    resizer=Resizer("keep-aspect", (200, 340), pad=True),
    stride=8,
    dilation=2,
    shared=True,
    crops=Crops(7, 1, 1),
    suppression=Suppression(0.3, 0.55, 20, 30, "SIGMOID", 2.0, clip_first=True),
)
OLD = replace(ATROUS, proposals=replace(ATROUS.proposals, within_padding=True))
"""As of before 2020: the proposals are clipped to the padded picture."""
MASKED = replace(PLAN, masks=MaskPlan(Masks((7, 9)), 3, 8))
ONE_MASK = replace(ATROUS, masks=MaskPlan(Masks((9, 7), agnostic=True), 1, 1))
MASK_FACTS = replace(FACTS, meta_architecture="mask_rcnn")


def planned(plan: TwoStagePlan) -> FasterRcnnBlueprint:
    """Return the blueprint that the graph is written from."""
    found = read_any(parse(dump(config_of(plan)).encode()))
    assert isinstance(found, FasterRcnnBlueprint)
    return replace(found, suppression=plan.suppression, proposals=plan.proposals)


def written_graph(plan: TwoStagePlan) -> tuple[Graph, dict[str, Any]]:
    """Return a graph whose weights are all the same number, and their shapes."""
    blueprint = planned(plan)
    shapes = {key: one.shape for key, one in blueprint.variables.items()}
    values = {key: np.full(shape, 0.5, np.float32) for key, shape in shapes.items()}
    return frozen_two_stages(blueprint, values, clip_first=plan.suppression.clip_first), shapes


@pytest.fixture(scope="module")
def written() -> tuple[Graph, dict[str, Any]]:
    return written_graph(PLAN)


@pytest.mark.parametrize(
    "plan", [PLAN, ATROUS, MASKED, ONE_MASK], ids=["inception_v2", "resnet50", "masks", "one mask for all classes"]
)
def test_the_graph_says_what_it_is(plan: TwoStagePlan) -> None:
    graph, shapes = written_graph(plan)
    facts = replace(MASK_FACTS if plan.masks else FACTS, feature_extractor=plan.extractor)
    blueprint, config = read_frozen_faster_rcnn(graph, facts, shapes)
    assert blueprint == planned(plan)
    assert dump(config) == dump(config_of(plan))
    again = read_any(parse(dump(config).encode()))
    assert isinstance(again, FasterRcnnBlueprint)
    assert again.unsupported == ()


IN_FIRST, IN_SECOND = f"{FIRST}/{LOOP}", f"{SECOND}/{LOOP}"
STEM = "FirstStageFeatureExtractor/InceptionV2/Conv2d_1a_7x7"
LATER = "FirstStageFeatureExtractor/InceptionV2/Mixed_3b/Branch_1/Conv2d_0b_3x3/Conv2D"
OTHER = "FirstStageFeatureExtractor/InceptionV2/Mixed_3b/Branch_0/Conv2d_0a_1x1/Conv2D"

Change = Callable[[Graph], Node]


def _constant(name: str, value: Any, dtype: type = np.float32) -> Change:
    return lambda _: const_node(name, np.array(value, dtype))


def _operation(name: str, op: str) -> Change:
    return lambda graph: make_node(name, op, graph[name].inputs if name in graph.nodes else [])


def _reading(name: str, first: str) -> Change:
    return lambda graph: with_inputs(graph[name], [Input(first), *graph[name].inputs[1:]])


def _without(name: str, attribute: str) -> Change:
    return lambda graph: with_inputs(graph[name], graph[name].inputs, without=attribute)


CHANGES: Mapping[str, Change] = {
    "no picture of bytes": _operation("image_tensor", "Placeholder"),
    "classes from one": _constant("add/y", 0.0),
    "not scaled to": _constant("Preprocessor/sub/y", 0.5),
    "not scaled as is known": _operation("Preprocessor/sub_1", "Sub"),
    "prepared with ResizeBicubic": _operation(f"{RESIZING}/ResizeBicubic", "ResizeBicubic"),
    "part of a pixel": _constant(f"{RESIZING}/Const", 200.5),
    "at which size": _constant(f"{RESIZING}/Const_1", 90000.0),
    "resized 2 times": _operation(f"{RESIZING}/again", "ResizeBilinear"),
    "no side, stride or offset": _constant("offset/Const", [0.5, 0.0]),
    "no side or no stride": _constant("stride/Const", [0, 16], np.int32),
    "not centred": _constant("GridAnchorGenerator/mul_7/x", 0.25),
    "is not used as the anchor": _operation("GridAnchorGenerator/truediv", "Pow"),
    "scales that no configuration": _constant("Decode/truediv/y", 9.0),
    "suppresses 2 times": _operation(f"{FIRST}/more", "NonMaxSuppressionV3"),
    "no single IoU threshold": _constant(f"{IN_SECOND}/non_max_suppression_1/iou_threshold", 0.1),
    "no single score threshold": _constant(f"{IN_SECOND}/non_max_suppression_2/score_threshold", 0.1),
    "proposals twice": _constant(f"{IN_FIRST}/Minimum/x", 7, np.int32),
    "which is not known here": _reading(
        f"{IN_FIRST}/non_max_suppression/NonMaxSuppressionV3", "GridAnchorGenerator/stack"
    ),
    "not relative to the picture": _operation(f"{FIRST}/ChangeCoordinateFrame/x", "Identity"),
    "converted by Tanh": _operation("SecondStagePostprocessor/convert_scores", "Tanh"),
    "cut off as background": _constant("SecondStagePostprocessor/Slice/begin", [0, 0, 0], np.int32),
    "crops its map 2 times": _operation("CropAndResize_1/CropAndResize", "CropAndResize"),
    "crops in a way": _constant("CropAndResize/crop_size", [14, 7], np.int32),
    "pools the crops": _without("MaxPool2D/MaxPool", "padding"),
    "another map is cropped": _reading("CropAndResize/CropAndResize", OTHER),
    "not scored as is known": _reading("strided_slice_10", "concat_1/concat"),
    "another epsilon": _without(f"{STEM}/BatchNorm/norm", "epsilon"),
    "as in training": _without(f"{STEM}/BatchNorm/norm", "is_training"),
    "slides another way": _without(LATER, "strides"),
    "follows other layers": _reading(LATER, OTHER),
    "× relu6": _operation("Conv/Relu6_more", "Relu6"),
    "operation FakeQuantWithMinMaxVars": _operation("x", "FakeQuantWithMinMaxVars"),
}


@pytest.mark.parametrize("reason", CHANGES)
def test_a_change_is_seen(reason: str, written: tuple[Graph, dict[str, Any]]) -> None:
    graph, shapes = written
    node = CHANGES[reason](graph)
    with pytest.raises(UnclearGraphError, match=reason):
        read_frozen_faster_rcnn(graph.replaced({node.name: node}), FACTS, shapes)


def test_proposals_that_are_clipped_to_the_padded_picture_are_told() -> None:
    """As graphs of before 2020 do; without padding there is no difference."""
    graph, shapes = written_graph(OLD)
    facts = replace(FACTS, feature_extractor=OLD.extractor)
    blueprint, _ = read_frozen_faster_rcnn(graph, facts, shapes)
    assert blueprint == planned(OLD)
    assert blueprint.proposals.within_padding
    name = f"{IN_FIRST}/ClipToWindow/Minimum"
    for window in ("GridAnchorGenerator/mul_7/x", "Shape_1"):
        node = with_inputs(graph[name], [graph[name].inputs[0], Input(window)])
        with pytest.raises(UnclearGraphError, match="to a window that is not known here"):
            read_frozen_faster_rcnn(graph.replaced({name: node}), facts, shapes)


def _spread(graph: Graph, blocks: tuple[int, int] = (2, 2)) -> Graph:
    """Write the proposals' dilated convolution as TensorFlow did until 1.14: over a batch of every second place."""
    whole = graph["Conv/Conv2D"]
    strides: dict[str, dict[str, Any]] = {"strides": {"list": {"i": [1, 1, 1, 1]}}, "padding": {"s": b"VALID"}}
    nodes = [
        const_node("Conv/block_shape", np.array([2, 2], np.int32)),
        const_node("Conv/block_shape_1", np.array(blocks, np.int32)),
        make_node("Conv/SpaceToBatchND", "SpaceToBatchND", [whole.inputs[0], Input("Conv/block_shape")]),
        make_node("Conv/plain", "Conv2D", [Input("Conv/SpaceToBatchND"), whole.inputs[1]], attributes=strides),
        make_node("Conv/Conv2D", "BatchToSpaceND", [Input("Conv/plain"), Input("Conv/block_shape_1")]),
    ]
    return Graph({**graph.nodes, **{node.name: node for node in nodes}}, graph.library, graph.versions)


def _also_dilated(name: str) -> Change:
    """A convolution of one pixel, dilated, as all are below a scope that asks for it: that changes nothing."""
    marks: dict[str, dict[str, Any]] = {
        "strides": {"list": {"i": [1, 1, 1, 1]}},
        "dilations": {"list": {"i": [1, 2, 2, 1]}},
        "padding": {"s": b"SAME"},
    }
    return lambda graph: make_node(name, "Conv2D", graph[name].inputs, attributes=marks)


def test_a_dilated_window_of_one_pixel_is_as_good_as_any() -> None:
    graph, shapes = written_graph(ATROUS)
    name = "FirstStageFeatureExtractor/resnet_v1_50/block1/unit_2/bottleneck_v1/conv1/Conv2D"
    changed = graph.replaced({name: _also_dilated(name)(graph)})
    facts = replace(FACTS, feature_extractor=ATROUS.extractor)
    assert read_frozen_faster_rcnn(changed, facts, shapes)[0] == planned(ATROUS)


@pytest.mark.parametrize("name", [LATER, OTHER])
def test_zeros_before_a_convolution_are_seen(name: str, written: tuple[Graph, dict[str, Any]]) -> None:
    graph, shapes = written
    around = const_node("around", np.array([[0, 0], [1, 1], [1, 1], [0, 0]], np.int32))
    pad = make_node("zeros", "Pad", [graph[name].inputs[0], Input("around")])
    node = with_inputs(graph[name], [Input("zeros"), *graph[name].inputs[1:]])
    with pytest.raises(UnclearGraphError, match="slides another way"):
        read_frozen_faster_rcnn(graph.replaced({each.name: each for each in (around, pad, node)}), FACTS, shapes)


def test_a_convolution_that_is_dilated_over_a_batch_is_known() -> None:
    graph, shapes = written_graph(ATROUS)
    facts = replace(FACTS, feature_extractor=ATROUS.extractor)
    assert read_frozen_faster_rcnn(_spread(graph), facts, shapes)[0] == planned(ATROUS)
    with pytest.raises(UnclearGraphError, match="not taken back"):
        read_frozen_faster_rcnn(_spread(graph, (2, 3)), facts, shapes)
    stray = make_node("Conv/SpaceToBatchND_1", "SpaceToBatchND", [])
    with pytest.raises(UnclearGraphError, match="Conv/SpaceToBatchND_1 has 0 inputs"):
        read_frozen_faster_rcnn(graph.replaced({stray.name: stray}), facts, shapes)


def test_other_weights_and_other_extractors_are_refused(written: tuple[Graph, dict[str, Any]]) -> None:
    graph, shapes = written
    with pytest.raises(UnclearGraphError, match="crops its map 1 times"):
        read_frozen_faster_rcnn(graph, MASK_FACTS, shapes)
    with pytest.raises(UnclearGraphError, match="not rebuilt from a graph"):
        read_frozen_faster_rcnn(graph, replace(FACTS, feature_extractor="faster_rcnn_nas"), shapes)
    with pytest.raises(UnclearGraphError, match="weights' shapes"):
        read_frozen_faster_rcnn(graph, FACTS, {**shapes, "Conv/biases": (9,)})


@pytest.fixture(scope="module")
def masked() -> tuple[Graph, dict[str, Any]]:
    return written_graph(MASKED)


AGAIN, HEAD = "SecondStageFeatureExtractor_1/InceptionV2", "SecondStageBoxPredictor_1"
BRANCH = f"{AGAIN}/Mixed_5b/Branch_0/Conv2d_0a_1x1/Conv2D"


def _resized_by(attribute: str, value: bool) -> Change:
    marks = {"align_corners": {"b": True}, "half_pixel_centers": {"b": False}, attribute: {"b": value}}
    name = f"{HEAD}/ResizeBilinear"
    return lambda graph: make_node(name, "ResizeBilinear", graph[name].inputs, attributes=marks)


MASK_CHANGES: Mapping[str, Change] = {
    "crops its map 3 times": _operation("CropAndResize_2/CropAndResize", "CropAndResize"),
    "another way than for its boxes": _constant("CropAndResize_1/crop_size", [15, 15], np.int32),
    "crops in a way": _constant("CropAndResize_1/crop_size", [14, 7], np.int32),
    "pools the crops": _without("MaxPool2D_1/MaxPool", "padding"),
    "other boxes than the final ones": _reading("detection_boxes", "truediv"),
    "not resized as is known": _operation(f"{HEAD}/ResizeNearestNeighbor", "ResizeNearestNeighbor"),
    "not resized from corner": _resized_by("align_corners", False),
    "resized from corner to corner": _resized_by("half_pixel_centers", True),
    "how large its masks are": _constant(f"{HEAD}/Const", [0, 9], np.int32),
    "other features than": _reading(f"{HEAD}/ResizeBilinear", BRANCH),
    "slides another way": _without(f"{HEAD}/Conv_1/Conv2D", "strides"),
    "follows other layers": _reading(f"{HEAD}/Conv_2/Conv2D", f"{HEAD}/Relu"),
    "× relu": _operation(f"{HEAD}/Relu_more", "Relu"),
    "× conv": _operation(f"{HEAD}/Conv_more/Conv2D", "Conv2D"),
    "[0-9] × relu": _operation(f"{AGAIN}/more", "Relu"),
    "as in training": _without(f"{AGAIN}/Mixed_5a/Branch_0/Conv2d_0a_1x1/BatchNorm/norm", "is_training"),
    "masks come from Tanh": _operation("Sigmoid", "Tanh"),
    "masks come from Relu": _reading(f"{HEAD}/transpose", f"{HEAD}/Relu_1"),
    "masks are not ordered": _constant(f"{HEAD}/transpose/perm", [0, 3, 2, 1], np.int32),
    "not what the last convolution gives": _reading(f"{HEAD}/transpose", f"{HEAD}/BiasAdd_1"),
    "mask is not chosen": _constant("mul_2/y", 2, np.int32),
    "is not chosen as": _constant("range_1/start", 1, np.int32),
    "not chosen as is": _reading("Reshape_13", "detection_scores"),
    "a box's mask": _constant("Reshape_12/shape", [-1, 9, 7], np.int32),
    "chosen as is known": _constant("GatherV2/axis", 1, np.int32),
    "box's mask is": _operation("GatherV2", "ResourceGather"),
    "mask is not chosen as": _operation("add_1", "Sub"),
}


@pytest.mark.parametrize("reason", MASK_CHANGES)
def test_a_change_of_the_masks_is_seen(reason: str, masked: tuple[Graph, dict[str, Any]]) -> None:
    graph, shapes = masked
    node = MASK_CHANGES[reason](graph)
    with pytest.raises(UnclearGraphError, match=reason):
        read_frozen_faster_rcnn(graph.replaced({node.name: node}), MASK_FACTS, shapes)


def test_a_kernel_that_more_than_both_passes_read_is_seen(masked: tuple[Graph, dict[str, Any]]) -> None:
    graph, shapes = masked
    kernel = "SecondStageBoxPredictor/Conv_1/weights"
    stray = make_node("elsewhere", "Conv2D", [Input(f"{HEAD}/Relu"), Input(kernel)])
    with pytest.raises(UnclearGraphError, match="is read by"):
        read_frozen_faster_rcnn(graph.replaced({stray.name: stray}), MASK_FACTS, shapes)
    without = {name: shape for name, shape in shapes.items() if not name.startswith("SecondStageBoxPredictor/Conv")}
    with pytest.raises(UnclearGraphError, match="no convolutions that make masks"):
        read_frozen_faster_rcnn(graph, MASK_FACTS, without)
