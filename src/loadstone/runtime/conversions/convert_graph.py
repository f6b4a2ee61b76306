"""Frozen graphs, SavedModels and MetaGraphs → a network, through OpenVINO's TensorFlow reader."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loadstone.errors import UnsupportedModelError
from loadstone.formats.message_file import open_message
from loadstone.formats.registry import locate
from loadstone.graphs.conditions import settle
from loadstone.graphs.fold import fold
from loadstone.graphs.graph import Graph, graph_of
from loadstone.runtime.conversions.conversion import Conversion
from loadstone.runtime.conversions.frontends import convert
from loadstone.runtime.endings import ending_of
from loadstone.runtime.families.ssd_families import family_of
from loadstone.runtime.found_labels import counted_from, found_labels
from loadstone.runtime.graph_file import network_of_graph
from loadstone.runtime.opencv_ssd import convert_opencv, is_cut_graph
from loadstone.runtime.pictures.picture_input import AS_IS, UNIT, Scaling, picture_input
from loadstone.wire.schemas.graph import GRAPH_DEF

if TYPE_CHECKING:
    from loadstone.facts import ModelFile

BOOL = 10
"""TensorFlow's number for a truth value."""

UNIT_NOTE = "the graph does not say how its pixels are scaled; [0, 1] was assumed"


def convert_frozen(model: ModelFile) -> Conversion:
    """Convert a frozen graph's file, binary or text."""
    candidate = locate(model.source)
    graph = _runnable(graph_of(open_message(candidate.tree, candidate.name, GRAPH_DEF)))
    _check_whole(graph, model.source)
    if is_cut_graph(graph):
        return convert_opencv(model, graph, candidate)
    return conversion_of(model, network_of_graph(graph))


def _runnable(graph: Graph) -> Graph:
    """Return the graph in a form that OpenVINO takes: widened weights as constants, and nothing that is training."""
    operations = {node.op for node in graph.nodes.values()}
    if "Dequantize" in operations:
        graph = fold(graph)
    if "Switch" in operations:
        graph = settle(graph, dict.fromkeys(_flags(graph), False))
    return graph


def _check_whole(graph: Graph, source: str) -> None:
    """Refuse a graph that reads nodes which are not in it, such as the text graphs that OpenCV writes."""
    missing = {read.name for node in graph.nodes.values() for read in node.inputs} - graph.nodes.keys()
    if missing:
        raise UnsupportedModelError(
            f"the graph reads nodes that are not in it: {len(missing):,}, `{min(missing)}` among them",
            where=source,
            help="fetch the file again; or, of a text graph written for OpenCV, name the .pb file that it belongs to",
        )


def _flags(graph: Graph) -> Iterator[str]:
    """Yield the inputs that are a yes or no: all of those ask whether the model is training."""
    for node in graph.nodes.values():
        if node.op == "Placeholder" and node.attribute("dtype").uint("type") == BOOL:
            yield node.name


def convert_savedmodel(model: ModelFile) -> Conversion:
    """Convert a SavedModel's folder, whether the folder or its `saved_model.pb` was named."""
    path = Path(model.source)
    return conversion_of(model, convert("tf", path if path.is_dir() else path.parent))


def conversion_of(model: ModelFile, network: Any) -> Conversion:
    """Say how the pictures of a converted graph go in and how its outputs are read."""
    labels = found_labels(model)
    if family := family_of(network):
        named = labels or family.labels
        return Conversion(model.format, network, family.scaling, family.ending, named, family.notes)
    scaling, notes = scaling_of(network)
    ending = ending_of(network)
    if ending.task == "detection":
        labels = counted_from(1, labels)
    return Conversion(model.format, network, scaling, ending, labels, notes, warm_up=has_proposals(network))


def scaling_of(model: Any) -> tuple[Scaling, tuple[str, ...]]:
    """Return how pixels go in: whole-number inputs as they are, others by assumption, which is said."""
    if picture_input(model).dtype not in ("f32", "f16"):
        return AS_IS, ()
    return UNIT, (UNIT_NOTE,)


def has_proposals(model: Any) -> bool:
    """Return whether the network crops its own features, as two-stage detectors do.

    OpenVINO 2026.4.1 gives silently wrong boxes in the first inference after compiling some of these.
    """
    return any(op.get_type_name() in ("ROIPooling", "ROIAlign", "PSROIPooling") for op in model.get_ops())
