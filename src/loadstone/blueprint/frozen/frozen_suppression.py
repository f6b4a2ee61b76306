"""What a frozen graph does after its networks: score converter, box coder, suppression per class and in all.

It is asked scope by scope: an SSD has one suppression, a Faster R-CNN one in each of its stages.
Two generations are told apart: graphs of before 2019 clip boxes to the picture first and suppress then.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from loadstone.blueprint.frozen.frozen_values import FrozenGraph, UnclearGraphError, only
from loadstone.blueprint.parts import BoxCoder, Suppression
from loadstone.graphs.graph import Node

CONVERTERS = {"Sigmoid": "SIGMOID", "Softmax": "SOFTMAX", "Identity": "IDENTITY"}
SUPPRESSIONS = ("NonMaxSuppression", "NonMaxSuppressionV2", "NonMaxSuppressionV3", "NonMaxSuppressionV5")


@dataclass(frozen=True, slots=True)
class Greedy:
    """One suppression: strict thresholds, how many boxes stay of a class and in all, and what comes first."""

    score_threshold: float
    iou_threshold: float
    max_per_class: int
    max_total: int
    clip_first: bool


def read_coder(graph: FrozenGraph, scope: str) -> BoxCoder:
    """Return what the encodings are divided by, in the order y, x, height, width."""
    scales = []
    for number in range(4):
        nodes = graph.named(rf"{scope}/(?:true)?div{f'_{number}' if number else ''}()")
        if len(nodes) != 1:
            raise UnclearGraphError("the boxes are not decoded as is known here")
        scales.append(float(graph.value(graph.source(nodes[0], 1))))
        if not math.isfinite(scales[-1]) or scales[-1] <= 0:
            raise UnclearGraphError("the boxes are decoded with a scale that none can have", found=str(scales[-1]))
    return BoxCoder((scales[0], scales[1], scales[2], scales[3]))


def read_postprocessor(graph: FrozenGraph, scope: str, suppression: str, classes: int) -> Suppression:
    """Return how one scope (ending in `/`, or none) converts scores, and how one suppresses boxes."""
    greedy = read_greedy(graph, suppression, classes)
    return Suppression(
        score_threshold=greedy.score_threshold,
        iou_threshold=greedy.iou_threshold,
        max_per_class=greedy.max_per_class,
        max_total=greedy.max_total,
        converter=_converter(graph, scope),
        logit_scale=_logit_scale(graph, scope),
        clip_first=greedy.clip_first,
    )


def read_greedy(graph: FrozenGraph, scope: str, classes: int) -> Greedy:
    """Return the settings of the suppression in a scope; it must be the same for every class."""
    nodes = [node for node in graph.under(scope) if node.op.startswith("NonMaxSuppression")]
    if len(nodes) != classes or any(node.op not in SUPPRESSIONS for node in nodes):
        raise UnclearGraphError(
            f"the graph suppresses {len(nodes)} times", expected=f"once for each of {classes} classes"
        )
    loop = rf"{scope}/(?:[^ ]+/)?MultiClassNonMaxSuppression"
    per_class, total = _limits(graph, loop, classes)
    if not any("/ClipToWindow" in node.name for node in graph.under(scope)):
        raise UnclearGraphError("the boxes are not clipped to the picture")
    return Greedy(
        score_threshold=_score_threshold(graph, loop, nodes),
        iou_threshold=float(only((_iou(graph, node) for node in nodes), "IoU threshold")),
        max_per_class=per_class,
        max_total=total,
        clip_first=bool(only((_clips_first(graph, node) for node in nodes), "order of clipping and suppression")),
    )


def _limits(graph: FrozenGraph, loop: str, classes: int) -> tuple[int, int]:
    """Return how many boxes stay of a class and in all: the classes' minima come first, the total's last."""
    limits = [int(graph.value(node.name)) for node in graph.named(rf"{loop}/Minimum(?:_(\d{{1,6}}))?/x")]
    if len(limits) != classes + 1 or min(limits) < 1:
        raise UnclearGraphError("the graph limits its boxes in a way that is not known here")
    return int(only(limits[:-1], "limit of boxes per class")), limits[-1]


def _iou(graph: FrozenGraph, node: Node) -> float:
    if node.op == "NonMaxSuppression":
        return round(node.attribute("iou_threshold").float32("f", 0.5), 7)
    if node.op.endswith("V5") and graph.value(graph.source(node, 5)) != 0.0:
        raise UnclearGraphError("the graph lowers scores instead of dropping boxes (soft suppression)")
    return float(graph.value(graph.source(node, 3)))


def _score_threshold(graph: FrozenGraph, loop: str, nodes: list[Node]) -> float:
    """Later operations take the threshold themselves; before, a filter stands in front of them."""
    values: list[float] = []
    for node in nodes:
        if node.op in ("NonMaxSuppressionV3", "NonMaxSuppressionV5"):
            values.append(float(graph.value(graph.source(node, 4))))
    filters = graph.named(rf"{loop}/FilterGreaterThan(?:_(\d{{1,6}}))?/Greater/y")
    values += [float(graph.value(node.name)) for node in filters]
    if len(values) < len(nodes):
        raise UnclearGraphError("the graph has no score threshold for every class")
    return float(only(values, "score threshold"))


def _clips_first(graph: FrozenGraph, node: Node) -> bool:
    source = graph.source(node, 0)
    if "/ClipToWindow" in source or "/ChangeCoordinateFrame" in source:
        return True
    last = source.rpartition("/")[2]
    if not last.startswith(("unstack", "Reshape", "Squeeze")):
        raise UnclearGraphError(f"{node.name} reads boxes from {source}, which is not known here")
    return False


def _converter(graph: FrozenGraph, scope: str) -> str:
    node = graph.node(f"{scope}convert_scores")
    if node.op not in CONVERTERS:
        raise UnclearGraphError(f"scores are converted by {node.op}")
    taken = graph.node(f"{scope}Slice")
    if graph.values(graph.source(taken, 1)) != [0, 0, 1]:
        raise UnclearGraphError("the graph's first class column is not cut off as background")
    if node.op == "Softmax" and graph.behind(graph.source(taken, 0)).name != node.name:
        raise UnclearGraphError("the graph leaves the background out of its softmax")
    return CONVERTERS[node.op]


def _logit_scale(graph: FrozenGraph, scope: str) -> float:
    name = f"{scope}scale_logits"
    if name not in graph:
        return 1.0
    node = graph.node(name)
    value = float(graph.value(graph.source(node, 1)))
    if value == 0.0 or node.op not in ("Mul", "RealDiv", "Div"):
        raise UnclearGraphError(f"logits are scaled by {node.op} and {value}")
    return 1.0 / value if node.op == "Mul" else value
