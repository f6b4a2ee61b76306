"""A graph as data → a network: written as a GraphDef for OpenVINO to read, and gone again."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loadstone.graphs.write import graph_bytes
from loadstone.runtime.conversions.frontends import convert

if TYPE_CHECKING:
    from loadstone.graphs.graph import Graph


def network_of_graph(graph: Graph) -> Any:
    """Return the OpenVINO model of a graph; `UnsupportedModelError` names the operations that cannot run."""
    with tempfile.TemporaryDirectory(prefix="loadstone-") as folder:
        path = Path(folder) / "graph.pb"
        path.write_bytes(graph_bytes(graph))
        return convert("tf", path)
