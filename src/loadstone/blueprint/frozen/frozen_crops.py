"""How a frozen Faster R-CNN crops its map: by TensorFlow's own operation, then a pool."""

from __future__ import annotations

from dataclasses import dataclass

from loadstone.blueprint.faster_rcnn_parts import Crops
from loadstone.blueprint.frozen.frozen_values import FrozenGraph, UnclearGraphError
from loadstone.graphs.graph import Node

NAME = r"CropAndResize(?:_(\d{1,6}))?(?:/CropAndResize)?"
LARGEST_CROP = 256
SHAPING = ("Reshape", "Identity", "Squeeze")


@dataclass(frozen=True, slots=True)
class FoundCrops:
    """The settings, the nodes that are cropped and where, and the node that hands the crops to the second stage."""

    settings: Crops
    features: str
    boxes: str
    handed_on: str


def read_crops(graph: FrozenGraph, times: int) -> list[FoundCrops]:
    """Return how the graph crops, so often, in this order; `UnclearGraphError` where it does it another way."""
    count = sum(node.op == "CropAndResize" for node in graph.nodes.values())
    nodes = [node for node in graph.named(NAME) if node.op == "CropAndResize"]
    if not len(nodes) == count == times:
        raise UnclearGraphError(f"the graph crops its map {count} times", expected=f"{times}, by CropAndResize")
    found = [_read(graph, node) for node in nodes]
    if any((each.settings, each.features) != (found[0].settings, found[0].features) for each in found):
        raise UnclearGraphError("the graph crops for its masks another way than for its boxes")
    return found


def _read(graph: FrozenGraph, node: Node) -> FoundCrops:
    side = graph.values(graph.source(node, 3))
    bilinear = node.attribute("method").blob("s") in (b"", b"bilinear")
    beyond = node.attribute("extrapolation_value").float32("f", 0.0)
    if len(set(side)) != 1 or not 1 <= side[0] <= LARGEST_CROP or not bilinear or beyond != 0:
        raise UnclearGraphError(f"{node.name} crops in a way that is not known here", found=str(side))
    last, pool = _behind(graph, node)
    window, stride = _window(pool) if pool else (1, 1)
    settings = Crops(int(side[0]), window, stride)
    return FoundCrops(settings, graph.source(node, 0), graph.source(node, 1), pool.name if pool else last.name)


def _behind(graph: FrozenGraph, node: Node) -> tuple[Node, Node | None]:
    """Return the last node that only gives the crops another shape, and the pool behind it."""
    for _ in range(len(SHAPING) + 1):
        readers = [reader for reader in graph.readers(node.name) if reader.op != "Shape"]
        if len(readers) == 1 and readers[0].op == "MaxPool":
            return node, readers[0]
        if len(readers) != 1 or readers[0].op not in SHAPING:
            return node, None
        node = readers[0]
    return node, None


def _window(pool: Node) -> tuple[int, int]:
    window, stride = (pool.attribute(name).message("list").sints("i") for name in ("ksize", "strides"))
    square = all(len(sides) == 4 and sides[0] == sides[3] == 1 and sides[1] == sides[2] for sides in (window, stride))
    if not square or pool.attribute("padding").blob("s") != b"VALID":
        raise UnclearGraphError(f"{pool.name} pools the crops in a way that is not known here")
    return window[1], stride[1]
