"""The anchors that a frozen graph's `GridAnchorGenerator` makes on a Faster R-CNN's one map, from its constants."""

from __future__ import annotations

from loadstone.blueprint.faster_rcnn_parts import GridAnchors
from loadstone.blueprint.frozen.frozen_values import FrozenGraph, UnclearGraphError, only
from loadstone.graphs.graph import Node

SCOPE = "GridAnchorGenerator"

Pair = tuple[int, int]

_USES = (("Mul",), ("Mul",), ("Mul",), ("Add", "AddV2"), ("Mul",), ("Add", "AddV2"))
"""What reads the base's height and width, then the stride and the offset of the rows, then those of the columns."""


def grid_anchors(graph: FrozenGraph) -> GridAnchors:
    """Return the generator's settings; `UnclearGraphError` where the graph makes its anchors another way."""
    root = graph.node(f"{SCOPE}/Sqrt")
    ratios = graph.values(graph.through(graph.source(root, 0)).name)
    scales = [_scales(graph, root, node) for node in graph.readers(root.name)]
    if len(scales) != 2 or scales[0] != scales[1] or not (scales[0] and ratios):
        raise UnclearGraphError(f"{root.name} is not used as the anchor generator uses it")
    base_y, base_x, stride_y, offset_y, stride_x, offset_x = _sides(graph)
    _check_halves(graph)
    return GridAnchors(
        scales=tuple(scales[0]),
        aspect_ratios=tuple(ratios),
        base=(base_y, base_x),
        stride=(stride_y, stride_x),
        offset=(offset_y, offset_x),
    )


def _scales(graph: FrozenGraph, root: Node, node: Node) -> list[float]:
    """Return the scales that are multiplied with, or divided by, the roots of the ratios."""
    if node.op not in ("RealDiv", "Div", "Mul"):
        raise UnclearGraphError(f"{root.name} is not used as the anchor generator uses it", found=node.op)
    return graph.values(graph.through(graph.source(node, 0 if graph.source(node, 1) == root.name else 1)).name)


def _sides(graph: FrozenGraph) -> list[int]:
    """Return the six numbers of pixels, in the order of `_USES`."""
    slices = [
        node
        for node in graph.named(rf"{SCOPE}/strided_slice(?:_(\d{{1,6}}))?")
        if graph.through(node.name).op == "Const"
    ]
    if len(slices) < len(_USES):
        raise UnclearGraphError("the graph's anchors are not made by a generator that is known here")
    found = []
    # Further ones only compare the number of anchors with what it should be.
    for node, uses in zip(slices, _USES, strict=False):
        value = graph.values(graph.through(node.name).name)[_index(graph, node) :][:1]
        readers = {reader.op for reader in graph.readers(node.name)}
        if not value or not readers <= set(uses) or value[0] != int(value[0]):
            raise UnclearGraphError(f"{node.name} is no side, stride or offset that is known here", found=str(value))
        found.append(int(value[0]))
    if min(found[0], found[1], found[2], found[4]) < 1:
        raise UnclearGraphError("the graph's anchors have no side or no stride", found=str(found))
    return found


def _index(graph: FrozenGraph, node: Node) -> int:
    first = only(graph.values(graph.source(node, 1)), f"beginning of {node.name}")
    return int(first) if 0 <= first < 2 else 2


def _check_halves(graph: FrozenGraph) -> None:
    """The corners lie half a side before and behind the centre."""
    factors = [graph.source(node, 0) for node in graph.under(SCOPE, "Mul")]
    constants = [graph.value(name) for name in factors if graph.behind(name).op == "Const"]
    # Whole numbers only count anchors.
    halves = [value for value in constants if isinstance(value, float)]
    if halves != [0.5, 0.5]:
        raise UnclearGraphError("the graph's anchors are not centred as is known here", found=str(halves))
