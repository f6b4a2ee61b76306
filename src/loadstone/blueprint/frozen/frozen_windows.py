"""How one layer of a frozen graph slides over its map: window, stride, padding, dilation.

Explicit zeros stand in a `Pad` of their own before a "valid" convolution. Until TensorFlow 1.14 a dilated convolution
is a plain one between two operations that spread the map over a batch and gather it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loadstone.blueprint.frozen.frozen_values import FrozenGraph, UnclearGraphError
from loadstone.blueprint.network import Node as Layer
from loadstone.graphs.graph import Node

KERNELS = {"Conv2D": "conv", "DepthwiseConv2dNative": "depthwise", "MatMul": "dense"}
"""Operations that read a kernel, and what they are called in a `Network`."""

_READERS = {"conv": "Conv2D", "depthwise": "DepthwiseConv2dNative", "dense": "MatMul"}
SPREAD, GATHERED = "SpaceToBatchND", "BatchToSpaceND"
PADS = ("Pad", "PadV2", "MirrorPad")
EITHER = "same or valid"


def check_kernel(graph: FrozenGraph, name: str, layer: Layer, number: int) -> set[str]:
    """Raise `UnclearGraphError` unless the `number`-th kernel of a layer is used as the layer says.

    Return the operations that spread the map for a dilated convolution.
    """
    kind = ("depthwise", "conv")[number] if layer.operation == "separable" else layer.operation
    readers = graph.readers(name)
    if len(readers) != 1 or readers[0].op != _READERS[kind]:
        raise UnclearGraphError(f"{name} is read by {[node.op for node in readers]}", expected=_READERS[kind])
    if kind == "dense":
        _check_product(readers[0])
        return set()
    # The second half of a separable convolution is 1 × 1 with stride 1.
    own: Mapping[str, Any] = layer.attributes if number == 0 else {"stride": 1, "padding": "same"}
    # A window of one pixel with no zeros around it is "same" and "valid" at once, and no dilation changes it.
    if layer.variables[number].shape[:2] == (1, 1) and own["padding"] == "same":
        return _check_slide(graph, readers[0], own["stride"], EITHER, 0)
    return _check_slide(graph, readers[0], own["stride"], own["padding"], own.get("dilation", 1))


def _check_product(node: Node) -> None:
    if node.attribute("transpose_a").flag("b") or node.attribute("transpose_b").flag("b"):
        raise UnclearGraphError(f"{node.name} turns its matrix")


def _check_slide(graph: FrozenGraph, node: Node, stride: int, padding: Any, dilation: int) -> set[str]:
    strides = node.attribute("strides").message("list").sints("i")
    dilations = set(node.attribute("dilations").message("list").sints("i")[1:3]) or {1}
    layout = node.attribute("data_format").blob("s")
    way: Any = {b"SAME": "same", b"VALID": "valid"}.get(node.attribute("padding").blob("s"))
    spread: set[str] = set()
    source = graph.node(graph.source(node, 0))
    if dilation != 1 and source.op == SPREAD:
        dilations, way = _spread(graph, node, source), padding if way == "valid" else way
        spread = {source.name}
    elif source.op in PADS:
        way = _zeros(graph, source) if way == "valid" else f"{way} behind {source.op}"
    elif isinstance(padding, int) and padding == 0 and way == "valid":
        way = 0
    elif padding == EITHER and way:
        way = padding
    dilations = dilations if dilation else {0}
    found = (strides, dilations, way, layout or b"NHWC")
    if found != ([1, stride, stride, 1], {dilation}, padding, b"NHWC"):
        wanted = f"stride {stride}, dilation {dilation}, padding {padding}"
        told = f"stride {strides}, dilation {sorted(dilations)}, padding {way}"
        raise UnclearGraphError(f"{node.name} slides another way", expected=wanted, found=told)
    return spread


def _spread(graph: FrozenGraph, node: Node, source: Node) -> set[int]:
    """Return the dilation that spreading the map over a batch, and gathering it again, stands for."""
    after = graph.readers(node.name)
    if len(after) != 1 or after[0].op != GATHERED:
        raise UnclearGraphError(f"{source.name} is not taken back behind {node.name}")
    blocks = [tuple(graph.values(graph.source(each, 1))) for each in (source, after[0])]
    if blocks[0] != blocks[1]:
        raise UnclearGraphError(f"{source.name} is not taken back behind {node.name}", found=str(blocks))
    return {int(side) for side in blocks[0]}


def _zeros(graph: FrozenGraph, source: Node) -> int | str:
    """Return how many zeros stand on every side of the map."""
    if source.op != "Pad":
        return source.op
    around = graph.values(graph.source(source, 1))
    sides = set(around[2:6])
    if len(around) != 8 or any((*around[:2], *around[6:])) or len(sides) != 1:
        raise UnclearGraphError(f"{source.name} pads unevenly", found=str(around))
    return int(sides.pop())


def pool_of(node: Node) -> str:
    """Return a pool's window, stride and padding: `3/2 same`; the padding of a window of one pixel says nothing."""
    window, stride = (node.attribute(name).message("list").sints("i")[1:3] for name in ("ksize", "strides"))
    padding = node.attribute("padding").blob("s").decode("ascii", "replace").lower()
    square = len(set(window)) == 1 and len(set(stride)) == 1
    if square and window[0] == 1:
        return f"1/{stride[0]}"
    return f"{window[0]}/{stride[0]} {padding}" if square else f"{window}/{stride} {padding}"
