"""How a frozen graph takes a picture in, scales its pixels, and counts its classes: asked of every detector alike."""

from __future__ import annotations

from loadstone.blueprint.frozen.frozen_values import FrozenGraph, UnclearGraphError
from loadstone.blueprint.parts import CHANNEL_MEANS, MINUS_ONE_TO_ONE
from loadstone.graphs.graph import Node

INPUT = "image_tensor"
SCOPE = "Preprocessor"
UINT8 = 4
"""TensorFlow's number for the type of pictures."""

Triple = tuple[float, float, float]


def check_ends(graph: FrozenGraph) -> None:
    """The graph must begin with bytes of pixels, and count classes from one in its answer."""
    placeholder = graph.node(INPUT)
    if placeholder.op != "Placeholder" or placeholder.attribute("dtype").uint("type") != UINT8:
        raise UnclearGraphError(f"{INPUT} is no picture of bytes")
    if {node.op for node in graph.readers(INPUT)} - {"Cast", "Shape"}:
        raise UnclearGraphError("the picture is changed before it is scaled")
    counted = graph.behind("detection_classes")
    if counted.op not in ("Add", "AddV2") or graph.value(graph.source(counted, 1)) != 1.0:
        raise UnclearGraphError("the graph does not count its classes from one")


def read_scaling(graph: FrozenGraph) -> tuple[Triple, Triple]:
    """Return what is taken from each colour and what it is divided by: to −1…1, or less ImageNet's means."""
    products, differences = (_own(graph, op) for op in ("Mul", "Sub"))
    if len(differences) != 1 or len(products) > 1:
        raise UnclearGraphError("the pixels are not scaled as is known here")
    shift = graph.values(graph.source(differences[0], 1))
    if products:
        factor = graph.value(graph.source(products[0], 0))
        if abs(factor - 2 / 255) > 1e-8 or shift != [1.0]:
            raise UnclearGraphError("the pixels are not scaled to -1 … 1", found=f"x · {factor} - {shift}")
        return MINUS_ONE_TO_ONE
    if tuple(shift) != CHANNEL_MEANS[0]:
        raise UnclearGraphError("the pixels are not less the means that are known here", found=str(shift))
    return CHANNEL_MEANS


def _own(graph: FrozenGraph, op: str) -> list[Node]:
    """Return the operations that stand in the scope itself, not in the loop that resizes."""
    return [node for node in graph.under(SCOPE, op) if "/" not in node.name[len(SCOPE) + 1 :]]
