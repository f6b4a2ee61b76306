"""Nodes and edges of functional models, in the words of Keras 3 and in those of Keras 2."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from loadstone.dialects.keys import fault_of
from loadstone.dialects.ledger import Ledger
from loadstone.dialects.tree import (
    Config,
    children,
    copy_of_ends,
    is_functional,
    layer_list,
    name_of,
    nodes_of,
    own,
    where_of,
)
from loadstone.formats.keras.keras_layers import is_object

TENSOR = "__keras_tensor__"


def edge(layer: str, node: int, tensor: int) -> Config:
    """Return a reference to a layer's output as Keras 3 writes it.

    Shape and dtype are the writer's notes; the reader takes the tensor itself from the layer.
    """
    history = [layer, node, tensor]
    return {"class_name": TENSOR, "config": {"shape": [None], "dtype": "float32", "keras_history": history}}


def operation(module: str, class_name: str, name: str, calls: list[list[Any]], config: Config) -> Config:
    """Return an operation of `keras.ops` as a member of a functional model; `calls` are the arguments of each call."""
    return {
        "module": module,
        "class_name": class_name,
        "config": {**config, "name": name},
        "registered_name": class_name,
        "name": name,
        "inbound_nodes": [{"args": args, "kwargs": {}} for args in calls],
    }


def edges_of(layer: Config) -> list[tuple[str, int, int]]:
    """Return the first edge of each call of a layer that has one input."""
    found = []
    for node in nodes_of(layer):
        for name, number, tensor in node_edges(node):
            found.append((name, number, tensor))
            break
    return found


def node_edges(node: Any) -> Iterator[tuple[str, int, int]]:
    """Yield the edges of one call, in either dialect."""
    if isinstance(node, dict):
        yield from _tensors(node)
        return
    for item in copy_of_ends(node) if isinstance(node, list) else []:
        if isinstance(item, list) and len(item) >= 3 and isinstance(item[0], str):
            yield item[0], item[1], item[2]


def _tensors(value: Any) -> Iterator[tuple[str, int, int]]:
    if is_object(value) and value["class_name"] == TENSOR:
        history = value["config"].get("keras_history")
        if isinstance(history, list) and len(history) == 3:
            yield history[0], history[1], history[2]
    elif isinstance(value, dict):
        for item in value.values():
            yield from _tensors(item)
    elif isinstance(value, list):
        for item in value:
            yield from _tensors(item)


def as_functional(model: Config, ledger: Ledger) -> bool:
    """Turn a Sequential model with a stated input into a functional one; return whether that could be done."""
    layers = children(model)
    if not layers or layers[0]["class_name"] != "InputLayer" or is_functional(model):
        return False
    before = ""
    for layer in layers:
        layer["name"] = name_of(layer)
        layer["inbound_nodes"] = [[[before, 0, 0, {}]]] if before else []
        before = layer["name"]
    ledger.change(
        "lambda-safe-mode", where_of(model), "class_name", "Sequential", "Functional", reason="for operations"
    )
    model["class_name"] = "Functional"
    if "module" in model:
        model |= {"module": "keras.src.models.functional", "registered_name": "Functional"}
    model["config"] = {
        "name": own(model).get("name") or "sequential",
        "layers": layers,
        "input_layers": [[layers[0]["name"], 0, 0]],
        "output_layers": [[before, 0, 0]],
    }
    return True


def state_input(model: Config, ledger: Ledger) -> None:
    """Put an input layer before the first layer of a Sequential model that states the shape itself.

    Keras before 2.2.3 and tf.keras before 2.2 wrote no input layer. Keras 3's reader of old files takes the whole
    `batch_input_shape` for the shape without the batch, so that the input gets one axis too many.
    """
    layers = children(model)
    if is_functional(model) or not layers or layers[0]["class_name"] == "InputLayer" or layer_list(layers[0]):
        return
    first = layers[0]
    shape = stated_shape(first)
    if shape is None:
        return
    dtype = own(first).get("dtype")
    config: Config = {"dtype": dtype if isinstance(dtype, str) else "float32", "name": f"{name_of(first)}_input"}
    made: Config = {"class_name": "InputLayer", "config": config}
    if ledger.container == "archive" or "module" in first:
        made |= {"module": "keras.layers", "registered_name": None}
        config["batch_shape"] = shape
    else:
        config["batch_input_shape"] = shape
    for key in ("batch_input_shape", "batch_shape"):
        own(first).pop(key, None)
    layer_list(model).insert(0, made)
    reason = "Keras 3 takes the batch for an axis of the input, where a first layer states it"
    ledger.change(
        fault_of(str(first["class_name"]), ledger),
        where_of(first),
        "batch_input_shape",
        shape,
        "an InputLayer",
        reason=reason,
    )


def stated_shape(layer: Config) -> Any:
    """Return the batch shape that a first layer states; None where it states none."""
    config = own(layer)
    return config.get("batch_input_shape") or config.get("batch_shape")


def flatten_ends(model: Config, ledger: Ledger) -> None:
    """Take the list from around a nested model's only input or output, which Keras 3 takes for a structure."""
    for key in ("input_layers", "output_layers"):
        ends = own(model).get(key)
        if isinstance(ends, list) and len(ends) == 1 and isinstance(ends[0], list):
            own(model)[key] = ends[0]
            fault = fault_of("Functional", ledger)
            reason = "inside a Sequential model, Keras 3 takes the list for a structure"
            ledger.change(fault, where_of(model), key, ends, ends[0], reason=reason)


def nested_in_sequential(model: Config) -> Iterator[Config]:
    """Yield the functional models that stand directly in a Sequential one, at any depth."""
    for layer in children(model):
        if not is_functional(model) and is_functional(layer):
            yield layer
        yield from nested_in_sequential(layer)
