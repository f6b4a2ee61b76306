"""How a frozen graph brings pictures to its size: to one size, or within two sides with their shape kept.

The second has two layouts: until 2019 one resizing whose sides are computed before it, later one for pictures that are
wider than high and one for the others. Both come to the same sides.
"""

from __future__ import annotations

from loadstone.blueprint.frozen.frozen_ends import INPUT, SCOPE
from loadstone.blueprint.frozen.frozen_values import FrozenGraph, UnclearGraphError, only
from loadstone.blueprint.parts import Resizer
from loadstone.graphs.graph import Node

LARGEST_SIDE = 8192
"""Of a network's input; far more than any was trained for, and its anchors still fit into memory."""

KEEPING = "ResizeToRange"
"""The scope of a resizing that keeps the picture's shape."""

_PREPARING = {
    "Const", "Identity", "Mul", "Sub", "Shape", "StridedSlice", "ResizeBilinear", "ExpandDims", "Squeeze", "Pack",
    "Unpack", "Range", "Add", "AddV2", "Less", "LogicalAnd", "Enter", "Exit", "Merge", "Switch", "LoopCond",
    "NextIteration", "TensorArrayV3", "TensorArrayScatterV3", "TensorArrayReadV3", "TensorArrayWriteV3",
    "TensorArraySizeV3", "TensorArrayGatherV3", "Cast",
}  # fmt: skip
"""What scaling, resizing and the loop over a batch are made of; another resizing or colours are not."""

_KEEPING = {"Div", "RealDiv", "Minimum", "Maximum", "Max", "Greater", "Round", "Pad", "Reshape", "Assert", "All",
            "GreaterEqual"}  # fmt: skip
"""What computing the sides and padding to them takes besides."""


def read_resizer(graph: FrozenGraph) -> Resizer:
    """Return the resizer; a graph for one size of picture has none in it, and its input says the size."""
    scope = list(graph.under(SCOPE))
    keeping = any(f"/{KEEPING}/" in node.name for node in scope)
    strange = {node.op for node in scope} - _PREPARING - (_KEEPING if keeping else set())
    if strange:
        raise UnclearGraphError(f"the pictures are prepared with {min(strange)}")
    resizes = [node for node in scope if node.op == "ResizeBilinear"]
    if any(node.attribute(key).flag("b") for node in resizes for key in ("align_corners", "half_pixel_centers")):
        raise UnclearGraphError("the pictures are resized in a way that is not known here")
    if keeping:
        return _keeping(graph, scope, resizes)
    if len(resizes) > 1:
        raise UnclearGraphError("the pictures are resized in a way that is not known here")
    return Resizer("fixed", _size(graph.values(graph.source(resizes[0], 1)) if resizes else _placeholder_size(graph)))


def _keeping(graph: FrozenGraph, scope: list[Node], resizes: list[Node]) -> Resizer:
    if len(resizes) == 2 and all("/cond/" in node.name for node in resizes):
        wide, high = (_box(graph, node) for node in resizes)
        if wide != high[::-1]:
            raise UnclearGraphError("wide and high pictures are resized to different sides", found=f"{wide}, {high}")
        size = wide
    elif len(resizes) == 1:
        size = (_side(graph, scope, "Minimum"), _side(graph, scope, "Maximum"))
    else:
        raise UnclearGraphError(f"the pictures are resized {len(resizes)} times")
    low, high_side = _size(list(size))
    if low > high_side:
        raise UnclearGraphError("the pictures are resized in a way that is not known here", found=f"{low}, {high_side}")
    return Resizer("keep-aspect", (low, high_side), pad=_pads(graph, scope, high_side))


def _box(graph: FrozenGraph, resize: Node) -> tuple[int, int]:
    """Return the (height, width) that a resizing stays within: what its size is computed from."""
    shares = list(graph.under(resize.name.rpartition("/")[0], "RealDiv", "Div"))
    box = only((graph.through(graph.source(node, 0)).name for node in shares), "size that pictures stay within")
    values = graph.values(box)
    if len(shares) != 2 or len(values) != 2:
        raise UnclearGraphError("the pictures are resized in a way that is not known here")
    return int(values[0]), int(values[1])


def _side(graph: FrozenGraph, scope: list[Node], of: str) -> int:
    """Return the constant that a picture's smaller or larger side is brought to."""
    found = [
        graph.value(graph.source(node, 0))
        for node in scope
        if node.op in ("RealDiv", "Div") and graph.behind(graph.source(node, 1)).op == of
    ]
    side = only(found, f"side that the picture's {of.lower()} is brought to")
    if side != int(side):
        raise UnclearGraphError("a picture's side is brought to a part of a pixel", found=str(side))
    return int(side)


def _pads(graph: FrozenGraph, scope: list[Node], side: int) -> bool:
    """Return whether the picture is filled up with zeros to a square of this side, to the right and below."""
    if not any(node.op == "Pad" for node in scope):
        return False
    within = [node for node in scope if node.op == "Sub" and f"/{KEEPING}/" in node.name]
    reached = only((graph.value(graph.source(node, 0)) for node in within), "side that pictures are padded to")
    if reached != side:
        raise UnclearGraphError(f"the pictures are padded to {reached}", expected=str(side))
    return True


def _size(sides: list[int]) -> tuple[int, int]:
    if len(sides) != 2 or not 1 <= min(sides) <= max(sides) <= LARGEST_SIDE:
        found = " × ".join(map(str, sides))
        raise UnclearGraphError("the graph does not say at which size it looks at pictures", found=found)
    return int(sides[0]), int(sides[1])


def _placeholder_size(graph: FrozenGraph) -> list[int]:
    dims = [dim.sint("size") for dim in graph.node(INPUT).attribute("shape").message("shape").messages("dim")]
    return dims[1:3] if len(dims) == 4 and dims[3] == 3 else []
