"""A TF1 SSD or Faster R-CNN in a model file that holds its graph: a frozen graph, or a SavedModel of TensorFlow 1."""

from __future__ import annotations

from loadstone.blueprint.faster_rcnn_parts import FasterRcnnBlueprint
from loadstone.blueprint.frozen.frozen_faster_rcnn import read_frozen_faster_rcnn
from loadstone.blueprint.frozen.frozen_ssd import read_frozen_ssd
from loadstone.blueprint.frozen.frozen_values import UnclearGraphError
from loadstone.blueprint.parts import Blueprint
from loadstone.blueprint.slim.slim_faster_rcnn import SLIM_FASTER_RCNN
from loadstone.blueprint.slim.slim_shapes import NETWORKS
from loadstone.facts import ModelFile
from loadstone.formats.graph.meta_graph import main_meta_graph, parse_meta_graph
from loadstone.formats.message_file import open_message
from loadstone.formats.registry import locate
from loadstone.formats.savedmodel_files import find_graph
from loadstone.graphs.graph import Graph, graph_of
from loadstone.wire.schemas.graph import GRAPH_DEF
from loadstone.wire.schemas.saved_model import SAVED_MODEL
from loadstone.wire.textmessage import TextMessage

SSDS = (*NETWORKS, "embedded_ssd_mobilenet_v1")
GRAPHS = ("frozen-graph", "savedmodel")


def holds_slim_detector(model: ModelFile) -> bool:
    """Whether the file has the graph of a detector that could be told from it alone."""
    detector = model.detector
    return model.format in GRAPHS and detector is not None and detector.feature_extractor in (*SSDS, *SLIM_FASTER_RCNN)


def slim_detector(model: ModelFile) -> tuple[Blueprint | FasterRcnnBlueprint, TextMessage]:
    """Return the detector in the file's graph and its configuration; raises `UnclearGraphError` or `FormatError`."""
    if model.detector is None:
        raise UnclearGraphError("the file is no detector", where=model.source)
    shapes = {spec.name: spec.shape for spec in model.tensors.specs if spec.shape is not None}
    graph = _graph(model)
    if model.detector.feature_extractor in SLIM_FASTER_RCNN:
        return read_frozen_faster_rcnn(graph, model.detector, shapes)
    return read_frozen_ssd(graph, model.detector, shapes)


def _graph(model: ModelFile) -> Graph:
    candidate = locate(model.source)
    if model.format == "frozen-graph":
        return graph_of(open_message(candidate.tree, candidate.name, GRAPH_DEF))
    saved = open_message(candidate.tree, find_graph(candidate), SAVED_MODEL)
    main = main_meta_graph([parse_meta_graph(message) for message in saved.messages("meta_graphs")])
    return graph_of(main.message.message("graph_def"))
