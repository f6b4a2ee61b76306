"""A TF1 SSD is told from its graph alone, and a graph that differs from the original's in one place is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import loadstone as ls
from loadstone.blueprint.frozen.frozen_anchors import AnchorPlan, plan_of
from loadstone.blueprint.frozen.frozen_ssd import read_frozen_ssd
from loadstone.blueprint.frozen.frozen_values import UnclearGraphError
from loadstone.facts import DetectorFacts
from loadstone.graphs.graph import Graph, Input, Node, parse_graph_def
from loadstone.graphs.write import const_node, make_node, with_inputs

FACTS = DetectorFacts("ssd", "ssd_mobilenet_v1", 3)


@pytest.fixture(scope="module")
def source(shared: Path) -> Path:
    """A graph of 2018: three classes, five maps, depth multiplier 0.125, pictures of 256 × 256 only."""
    return shared / "wild" / "tf1-ssd-person-cat-dog" / "mobilenet_ssd_256res_0.125_person_cat_dog.pb"


@pytest.fixture(scope="module")
def graph(source: Path) -> Graph:
    return parse_graph_def(source.read_bytes())


@pytest.fixture(scope="module")
def shapes(source: Path) -> dict[str, tuple[int | None, ...]]:
    return {spec.name: spec.shape for spec in ls.inspect(source).tensors.specs if spec.shape is not None}


def test_the_graph_says_what_it_is(graph: Graph, shapes: dict[str, Any]) -> None:
    blueprint, _ = read_frozen_ssd(graph, FACTS, shapes)
    assert blueprint.feature_extractor == "embedded_ssd_mobilenet_v1"
    assert blueprint.resizer.size == (256, 256)
    assert blueprint.maps == ((16, 16), (8, 8), (4, 4), (2, 2), (1, 1))
    assert blueprint.suppression.clip_first
    assert (blueprint.suppression.score_threshold, blueprint.suppression.iou_threshold) == (1e-8, 0.6)


SUPPRESSION = "Postprocessor/BatchMultiClassNonMaxSuppression/map/while/MultiClassNonMaxSuppression"
FIRST = "FeatureExtractor/MobilenetV1/MobilenetV1/Conv2d_0"


def _constant(name: str, value: Any, dtype: type = np.float32) -> Callable[[Graph], Node]:
    return lambda _: const_node(name, np.array(value, dtype))


def _operation(name: str, op: str) -> Callable[[Graph], Node]:
    return lambda graph: make_node(name, op, graph[name].inputs if name in graph.nodes else [])


def _without(name: str, attribute: str) -> Callable[[Graph], Node]:
    return lambda graph: with_inputs(graph[name], graph[name].inputs, without=attribute)


CHANGES: dict[str, Callable[[Graph], Node]] = {
    "first class column": _constant("Postprocessor/Slice/begin", [0, 0, 0], np.int32),
    "no single IoU threshold": _constant(f"{SUPPRESSION}/non_max_suppression_1/iou_threshold", 0.5),
    "no single score threshold": _constant(f"{SUPPRESSION}/FilterGreaterThan/Greater/y", 0.5),
    "no single limit of boxes": _constant(f"{SUPPRESSION}/Minimum_1/x", 7, np.int32),
    "no stride or offset": _constant("MultipleGridAnchorGenerator/mul/x", 0.25),
    "follow no rule": _constant("MultipleGridAnchorGenerator/Sqrt_2/x", [1, 2, 0.5, 3, 0.3, 1]),
    "not used as the anchor": _constant("MultipleGridAnchorGenerator/Sqrt_3/x", [1, 2]),
    "no base anchor|is not a base anchor": _constant("Const", [1.0, 2.0]),
    "classes from one": _constant("add_5/y", 0.0),
    "not scaled to": _constant("Preprocessor/sub/y", 0.5),
    "no single activation": _operation(f"{FIRST}/Relu6", "Relu"),
    "converted by Tanh": _operation("Postprocessor/convert_scores", "Tanh"),
    "scale that none can have": _constant("Postprocessor/Decode/div/y", 0.0),
    "logits are scaled": _constant("Postprocessor/scale_logits/y", 0.0),
    "no picture of bytes": _operation("image_tensor", "Placeholder"),
    "changed before it is scaled": _operation("ToFloat", "Sqrt"),
    "prepared with Pad": _operation("Preprocessor/pad", "Pad"),
    "operation FakeQuantWithMinMaxVars": _operation("x", "FakeQuantWithMinMaxVars"),
    "× max_pool": _operation("FeatureExtractor/pool", "MaxPool"),
    "slides another way": _without(f"{FIRST}/convolution", "strides"),
    "as in training": _without(f"{FIRST}/BatchNorm/FusedBatchNorm", "is_training"),
    "which is not known here": lambda graph: with_inputs(
        graph[f"{SUPPRESSION}/non_max_suppression/NonMaxSuppressionV2"],
        [Input("elsewhere"), *graph[f"{SUPPRESSION}/non_max_suppression/NonMaxSuppressionV2"].inputs[1:]],
    ),
}


@pytest.mark.parametrize("reason", CHANGES)
def test_a_change_is_seen(reason: str, graph: Graph, shapes: dict[str, Any]) -> None:
    node = CHANGES[reason](graph)
    with pytest.raises(UnclearGraphError, match=reason):
        read_frozen_ssd(graph.replaced({node.name: node}), FACTS, shapes)


def test_other_classes_and_other_weights_are_refused(graph: Graph, shapes: dict[str, Any]) -> None:
    with pytest.raises(UnclearGraphError, match="suppresses 3 times"):
        read_frozen_ssd(graph, replace(FACTS, num_classes=4), shapes)
    with pytest.raises(UnclearGraphError, match="weights' shapes"):
        read_frozen_ssd(graph, FACTS, {**shapes, "BoxPredictor_1/ClassPredictor/biases": (9,)})
    with pytest.raises(UnclearGraphError, match="not rebuilt from a graph"):
        read_frozen_ssd(graph, replace(FACTS, feature_extractor="ssd_mobilenet_v9"), shapes)


def test_scales_that_are_not_even_are_written_one_by_one() -> None:
    shapes = (((0.1, 1.0), (0.25, 1.0)), ((0.4, 1.0), (0.5, 1.0)), ((0.9, 1.0), (0.95, 1.0)))
    plan = plan_of(shapes)
    assert plan == AnchorPlan((0.1, 0.4, 0.9), (1.0,), reduce_lowest=False, interpolated=1.0)
    assert not plan.even
