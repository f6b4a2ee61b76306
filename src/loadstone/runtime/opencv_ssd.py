"""OpenCV's SSD face detector: a frozen graph without its ending, which the text graph beside it describes.

OpenCV cuts a Caffe-born graph before its anchors and keeps them as `PriorBox` and `DetectionOutput` nodes in a
`.pbtxt` that only it reads. The anchors follow from those nodes and the sizes of the feature maps.
Specification: Caffe's SSD branch, prior_box_layer.cpp and detection_output_layer.cpp; the scaling of the pixels is the
one that OpenCV publishes for this network (samples/dnn/models.yml, `opencv_fd`).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.errors import FormatError, LoadstoneError, UnsupportedModelError
from loadstone.formats.graph.tensor_proto import parse_constant
from loadstone.formats.message_file import open_message
from loadstone.graphs.graph import Graph, Node, graph_of
from loadstone.graphs.write import make_node
from loadstone.runtime.conversions.conversion import Conversion
from loadstone.runtime.endings import Ending
from loadstone.runtime.families.ssd_raw import grid
from loadstone.runtime.found_labels import found_labels
from loadstone.runtime.graph_file import network_of_graph
from loadstone.runtime.pictures.picture_input import SIDE_CAP, Scaling
from loadstone.wire.schemas.graph import GRAPH_DEF

if TYPE_CHECKING:
    import numpy.typing as npt

    from loadstone.facts import ModelFile
    from loadstone.formats.registry import Candidate

    Floats = npt.NDArray[np.float32]

OUTPUTS = ("mbox_loc", "mbox_conf_flatten")
PIXELS = Scaling(mean=(104.0, 177.0, 123.0), color="BGR")
NOTES = (
    "the anchors are those of the text graph beside the file",
    "pixels are scaled as OpenCV publishes for this network",
)
FLOAT = 1
"""TensorFlow's number for float32."""


@dataclass(frozen=True, slots=True)
class PriorBox:
    """One feature map's anchors; sides and the step are in pixels of the network's input."""

    least: float
    most: float
    ratios: tuple[float, ...]
    step: float
    offset: float
    variances: tuple[float, ...]

    def sides(self, size: int) -> list[tuple[float, float]]:
        """Return (width, height) of a cell's anchors, normalised, in Caffe's order."""
        squares = [self.least, sqrt(self.least * self.most)] if self.most else [self.least]
        found = [(side, side) for side in squares]
        for ratio in self.ratios:
            found += [(self.least * sqrt(one), self.least / sqrt(one)) for one in (ratio, 1 / ratio)]
        return [(width / size, height / size) for width, height in found]


def is_cut_graph(graph: Graph) -> bool:
    """Return whether the graph is one that OpenCV has cut before its anchors."""
    return all(name in graph.nodes for name in OUTPUTS)


def convert_opencv(model: ModelFile, graph: Graph, candidate: Candidate) -> Conversion:
    """Convert the cut graph with the text graph beside it; `UnsupportedModelError` where that is missing."""
    text = _text_graph(candidate)
    priors = [_prior(node) for node in text.nodes.values() if node.op == "PriorBox"]
    size = _input_size(priors)
    network = network_of_graph(_with_shape(graph, size))
    maps = _feature_maps(graph, network)
    if len(maps) != len(priors):
        raise FormatError("the text graph does not belong to this graph", expected=f"{len(maps)} PriorBox nodes")
    anchors = np.concatenate([_anchors(prior, sides, size) for prior, sides in zip(priors, maps, strict=True)])
    options = {**_options(text), "boxes": _position(network, OUTPUTS[0]), "scores": _position(network, OUTPUTS[1])}
    options["variances"] = list(priors[0].variances)
    ending = Ending("detection", "ssd-raw", options, {"anchors": anchors})
    labels = found_labels(model) or {1: "face"}
    return Conversion(model.format, network, PIXELS, ending, labels, NOTES)


def _text_graph(candidate: Candidate) -> Graph:
    """Return the text graph in the same folder that has the missing ending."""
    for name in sorted(candidate.tree.listing(candidate.folder)):
        if name.endswith(".pbtxt"):
            try:
                found = graph_of(open_message(candidate.tree, name, GRAPH_DEF))
            except LoadstoneError:
                # Another text, such as a label map.
                continue
            if any(node.op == "PriorBox" for node in found.nodes.values()):
                return found
    raise UnsupportedModelError(
        "the graph was cut for OpenCV before its `PriorBox` operations, so its anchors are missing",
        where=candidate.source,
        help="put OpenCV's text graph (.pbtxt) for it into the same folder",
    )


def _prior(node: Node) -> PriorBox:
    ratios = _numbers(node, "aspect_ratio")
    variances = _numbers(node, "variance")
    prior = PriorBox(
        least=_number(node, "min_size"),
        most=_number(node, "max_size"),
        ratios=tuple(ratio for ratio in ratios if ratio != 1),
        step=_number(node, "step"),
        offset=_number(node, "offset"),
        variances=variances or (0.1, 0.1, 0.2, 0.2),
    )
    numbers = (prior.least, prior.step, *prior.ratios)
    if not node.attribute("flip").flag("b") or len(variances) != 4 or not all(0 < one < SIDE_CAP for one in numbers):
        raise FormatError("a PriorBox has settings that are not known", where=f"node {node.name}")
    return prior


def _number(node: Node, key: str) -> float:
    value = node.attribute(key)
    return value.float32("f") if "f" in value else float(value.sint("i"))


def _numbers(node: Node, key: str) -> tuple[float, ...]:
    value = node.attribute(key)
    if "tensor" not in value:
        return ()
    return tuple(float(one) for one in parse_constant(value.message("tensor")).read().ravel()[:16])


def _input_size(priors: list[PriorBox]) -> int:
    """Return the side of the network's input: the last map has one cell, whose step is the whole picture."""
    return round(max(prior.step for prior in priors))


def _with_shape(graph: Graph, size: int) -> Graph:
    """State the input's shape, which OpenCV leaves out."""
    names = [node.name for node in graph.nodes.values() if node.op == "Placeholder"]
    if len(names) != 1:
        raise UnsupportedModelError("the graph cut for OpenCV has not one input", found=", ".join(names) or "none")
    shape = {"shape": {"dim": [{"size": side} for side in (1, size, size, 3)]}}
    node = make_node(names[0], "Placeholder", attributes={"dtype": {"type": FLOAT}, "shape": shape})
    return graph.replaced({names[0]: node})


def _anchors(prior: PriorBox, sides: tuple[int, int], size: int) -> Floats:
    """Return the anchors of one feature map of (height, width)."""
    rows, columns = sides
    step = prior.step / size
    x, y = (((np.arange(cells) + prior.offset) * step).astype(np.float32) for cells in (columns, rows))
    return grid(columns, rows, (x, y), prior.sides(size))


def _feature_maps(graph: Graph, network: Any) -> list[tuple[int, int]]:
    """Return (height, width) of the maps that the boxes are predicted from, in their order.

    The boxes are a concatenation of flattened convolutions, and a convolution has the size of its map.
    """
    shapes = {name: port.partial_shape for op in network.get_ops() for port in op.outputs() for name in port.names}
    found = []
    for flattened in graph[OUTPUTS[0]].sources[:-1]:
        sources = graph[flattened.name].sources
        shape = shapes.get(f"{sources[0].name}:0") if sources else None
        if shape is None or shape.is_dynamic or len(shape) != 4:
            raise FormatError("a feature map of the boxes is not known", where=f"node {flattened.name}")
        found.append((int(shape[1].get_length()), int(shape[2].get_length())))
    return found


def _position(network: Any, name: str) -> int:
    for index, port in enumerate(network.outputs):
        if f"{name}:0" in port.names or name in port.names:
            return index
    raise FormatError("the graph does not end in its boxes and scores", expected=name)


def _options(text: Graph) -> dict[str, Any]:
    """Return the settings of the text graph's `DetectionOutput`."""
    node = next((node for node in text.nodes.values() if node.op == "DetectionOutput"), None)
    if node is None:
        raise FormatError("the text graph has no DetectionOutput")
    return {
        "background": True,
        "each_class": True,
        "score": _number(node, "confidence_threshold"),
        "iou": _number(node, "nms_threshold"),
        "before": max(1, int(_number(node, "top_k"))),
        "most": max(1, int(_number(node, "keep_top_k"))),
    }
