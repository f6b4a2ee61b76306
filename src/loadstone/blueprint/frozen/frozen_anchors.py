"""The anchors that a frozen graph's `MultipleGridAnchorGenerator` makes, told from its constants."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from loadstone.blueprint.frozen.frozen_values import FrozenGraph, UnclearGraphError
from loadstone.formats.graph.tensor_proto import parse_constant
from loadstone.graphs.graph import Node

SCOPE = "MultipleGridAnchorGenerator"
REDUCED = (1.0, 2.0, 0.5)
"""The aspect ratios of the finest map where `reduce_boxes_in_lowest_layer` is set."""

Shapes = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class AnchorPlan:
    """`ssd_anchor_generator`'s fields; `interpolated` is 0 where no map has the shape between two scales."""

    scales: tuple[float, ...]
    ratios: tuple[float, ...]
    reduce_lowest: bool
    interpolated: float

    @property
    def even(self) -> bool:
        """Whether the scales lie evenly between the first and the last."""
        steps = [later - earlier for earlier, later in pairwise(self.scales)]
        return all(math.isclose(step, steps[0], abs_tol=1e-6) for step in steps)


def anchor_shapes(graph: FrozenGraph) -> tuple[Shapes, ...]:
    """Return each map's (scale, aspect ratio) pairs, finest first."""
    roots = graph.named(rf"{SCOPE}/Sqrt(?:_(\d{{1,6}}))?")
    shapes = tuple(_shapes(graph, root) for root in roots)
    if not shapes:
        raise UnclearGraphError("the graph's anchors are not made by a generator that is known here")
    _check_grid(graph, len(shapes))
    return shapes


def _shapes(graph: FrozenGraph, root: Node) -> Shapes:
    ratios = graph.values(graph.source(root, 0))
    scales = [
        graph.values(graph.source(node, 0 if graph.source(node, 1) == root.name else 1))
        for node in graph.readers(root.name)
        if node.op in ("RealDiv", "Div", "Mul")
    ]
    if len(scales) != 2 or scales[0] != scales[1] or len(scales[0]) != len(ratios) or not ratios:
        raise UnclearGraphError(f"{root.name} is not used as the anchor generator uses it")
    return tuple(zip(scales[0], ratios, strict=True))


def _check_grid(graph: FrozenGraph, maps: int) -> None:
    """Refuse other strides and offsets than a map's own: one over its side, and half of that."""
    halves = ones = 0
    for node in graph.under(SCOPE):
        for read in node.sources:
            source = graph.nodes.get(read.name)
            if source is None or source.op != "Const":
                continue
            constant = parse_constant(source.attribute("value").message("tensor"))
            if constant.dtype.name != "float32" or (constant.shape and constant.elements != 2):
                continue
            values = set(graph.values(source.name))
            if constant.shape and values != {1.0}:
                raise UnclearGraphError(f"{source.name} is not a base anchor of 1 × 1", found=str(values))
            if not values <= {0.5, 1.0}:
                raise UnclearGraphError(f"{source.name} is no stride or offset that is known here", found=str(values))
            halves += values == {0.5}
            ones += values == {1.0}
    if min(halves, ones) < 2 * maps:
        raise UnclearGraphError("the graph's anchors do not lie in the middle of each map's cells")


def plan_of(shapes: tuple[Shapes, ...]) -> AnchorPlan:
    """Return the fields that make these shapes. Whether they do is for the caller to compare."""
    first = shapes[0]
    reduced = len(shapes) > 1 and tuple(ratio for _, ratio in first) == REDUCED and first[0][0] != first[1][0]
    typical = shapes[1] if reduced else first
    interpolated = typical[-1][1] if len(typical) > 1 and typical[-1][0] != typical[0][0] else 0.0
    ratios = tuple(ratio for _, ratio in (typical[:-1] if interpolated else typical))
    scales = tuple(pairs[1][0] if reduced and at == 0 else pairs[0][0] for at, pairs in enumerate(shapes))
    return AnchorPlan(scales, ratios, reduced, interpolated)


def same_shapes(ours: tuple[Shapes, ...], theirs: tuple[Shapes, ...]) -> bool:
    """Whether two lists of shapes agree to single precision."""
    if [len(pairs) for pairs in ours] != [len(pairs) for pairs in theirs]:
        return False
    flat = [
        (mine, other)
        for ours_map, theirs_map in zip(ours, theirs, strict=True)
        for pair, against in zip(ours_map, theirs_map, strict=True)
        for mine, other in zip(pair, against, strict=True)
    ]
    return all(math.isclose(mine, other, rel_tol=1e-6) for mine, other in flat)
