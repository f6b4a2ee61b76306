"""Calls of layers with other layers' outputs as keywords, which Keras 3's reader of old files takes for plain lists."""

from __future__ import annotations

from typing import Any

from loadstone.dialects.graph import edge, node_edges
from loadstone.dialects.keys import fault_of
from loadstone.dialects.ledger import Ledger
from loadstone.dialects.tree import Config, children, nodes_of, where_of


def name_keywords(model: Config, ledger: Ledger) -> None:
    """Write each call that has a tensor among its keywords (`value` of attention, `initial_state`) in the new form."""
    names = {layer.get("name") for layer in children(model)}
    for layer in children(model):
        nodes = nodes_of(layer)
        made = [_renewed(node, names) for node in nodes]
        if any(new is not old for new, old in zip(made, nodes, strict=True)):
            layer["inbound_nodes"] = made
            reason = "Keras 3 does not look for layers in the keywords of an old call"
            fault = fault_of(str(layer["class_name"]), ledger)
            ledger.change(fault, where_of(layer), "inbound_nodes", "layers as keywords", "tensors", reason=reason)


def _renewed(node: Any, names: set[Any]) -> Any:
    if not isinstance(node, list) or not node:
        return node
    first = node[0] if isinstance(node[0], list) else node
    keywords = first[3] if len(first) > 3 else {}
    if not isinstance(keywords, dict) or not any(_holds(value, names) for value in keywords.values()):
        return node
    inputs = [edge(*found) for found in node_edges(node)]
    kwargs = {key: _tensors(value, names) for key, value in keywords.items()}
    return {"args": inputs if len(inputs) == 1 else [inputs], "kwargs": kwargs}


def _is_edge(value: Any, names: set[Any]) -> bool:
    is_three = isinstance(value, list) and len(value) == 3 and isinstance(value[1], int) and isinstance(value[2], int)
    return is_three and value[0] in names and isinstance(value[0], str)


def _holds(value: Any, names: set[Any]) -> bool:
    return _is_edge(value, names) or (isinstance(value, list) and any(_holds(item, names) for item in value))


def _tensors(value: Any, names: set[Any]) -> Any:
    if _is_edge(value, names):
        return edge(value[0], value[1], value[2])
    return [_tensors(item, names) for item in value] if isinstance(value, list) else value
