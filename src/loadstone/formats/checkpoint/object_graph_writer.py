"""The object graph of a TF2 checkpoint, written from the paths of its variables.

Each key spells the way from the root to its variable, one attribute at a time; the graph is the tree of these ways.
TensorFlow follows it by the same names through the Python objects that it restores. What it is not: the graph that
TensorFlow itself would have written, which also has the ways to objects that hold no variable, and second ways to
those that do; neither is asked for when variables are restored.
Specification: tensorflow/core/protobuf/trackable_object_graph.proto.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loadstone.formats.checkpoint.object_paths import VALUE, unescaped
from loadstone.wire.protobuf_writer import encode
from loadstone.wire.schemas.object_graph import TRACKABLE_OBJECT_GRAPH

SUFFIX = f"/.ATTRIBUTES/{VALUE}"
"""What a checkpoint puts behind the path of a variable."""


def object_graph(variables: Mapping[str, str]) -> bytes:
    """Return the serialised graph. `variables` maps each path, as keys escape it, to the variable's own name.

    Raises `ValueError` for a path that leads through another variable.
    """
    nodes: list[dict[str, Any]] = [_node()]
    places: dict[str, int] = {"": 0}
    for path, name in variables.items():
        at = _made(path, nodes, places)
        nodes[at]["attributes"].append({"name": VALUE, "full_name": name, "checkpoint_key": path + SUFFIX})
    if through := [path for path in variables if nodes[places[path]]["children"]]:
        raise ValueError(f"a variable has parts: {through[0]}")
    return encode(TRACKABLE_OBJECT_GRAPH, {"nodes": nodes})


def _node() -> dict[str, Any]:
    """Return an object; TensorFlow from 2.8 on says of each whether it leads to a variable, as every one here does."""
    return {"children": [], "attributes": [], "has_checkpoint_values": {"value": True}}


def _made(path: str, nodes: list[dict[str, Any]], places: dict[str, int]) -> int:
    """Return the number of the object at a path, made with all above it where it is not there."""
    if path not in places:
        above, _, last = path.rpartition("/")
        parent = _made(above, nodes, places)
        places[path] = len(nodes)
        nodes[parent]["children"].append({"node_id": len(nodes), "local_name": unescaped(last)})
        nodes.append(_node())
    return places[path]
