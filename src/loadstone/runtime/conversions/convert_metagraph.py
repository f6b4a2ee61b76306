"""A MetaGraph and its checkpoint → a frozen graph → a network.

The training graph that a `.meta` file holds has losses, queues and savers in it; what the detections need is a small
part of that, and its variables are in the checkpoint of the same name.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from loadstone.errors import SourceError, UnsupportedModelError
from loadstone.formats.metagraph import open_meta_graph
from loadstone.formats.registry import locate, open_source
from loadstone.graphs.freeze import freeze
from loadstone.graphs.graph import Graph, graph_of
from loadstone.runtime.conversions.conversion import Conversion
from loadstone.runtime.conversions.convert_graph import conversion_of
from loadstone.runtime.endings import DETECTION_OUTPUTS
from loadstone.runtime.graph_file import network_of_graph
from loadstone.runtime.shortcut import RAW_OUTPUTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loadstone.facts import ModelFile

SUFFIX = ".meta"


def convert_metagraph(model: ModelFile) -> Conversion:
    """Convert a `.meta` file with the checkpoint beside it."""
    candidate = locate(model.source)
    graph = graph_of(open_meta_graph(candidate.tree, candidate.name).message.message("graph_def"))
    frozen = freeze(graph, _values(Path(model.source)), _outputs(model, graph))
    return conversion_of(model, network_of_graph(frozen))


def _values(path: Path) -> Mapping[str, Any]:
    """Return the tensors of the checkpoint that has the same name."""
    prefix = str(path).removesuffix(SUFFIX)
    try:
        found = open_source(prefix)
    except SourceError as error:
        raise _no_checkpoint(path) from error
    if not found.format.startswith("checkpoint"):
        raise _no_checkpoint(path)
    return found.tensors


def _no_checkpoint(path: Path) -> UnsupportedModelError:
    return UnsupportedModelError(
        "the MetaGraph has a graph, but the checkpoint with its values is not beside it",
        where=str(path),
        expected=path.name.removesuffix(SUFFIX) + ".index",
        help="put the checkpoint's files into the same folder",
    )


def _outputs(model: ModelFile, graph: Graph) -> list[str]:
    """Return which nodes to end in: the Object Detection API's where they are, else those that nothing reads."""
    wanted = [name for name in (*DETECTION_OUTPUTS, *RAW_OUTPUTS) if name in graph.nodes]
    if DETECTION_OUTPUTS[0] in wanted:
        return wanted
    found = [spec.tensor_name or spec.name for spec in model.outputs]
    if not found:
        raise UnsupportedModelError("the MetaGraph has no outputs to run", where=model.source)
    return found
