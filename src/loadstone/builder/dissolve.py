"""A layer of one's own as the operations and layers that its `call` consists of: recorded, not read.

The layer's `call` runs once, on Keras's symbolic tensors, which note every operation of `keras.ops` and every layer
that they go through. What is noted is a graph like a functional model's, and is translated by the same table.
The layer itself stays as it was: its `call` runs on a stand-in, whose own variables are symbolic tensors too, so that
what is computed from them is seen. A variable that is reached otherwise stands in the graph itself, or is an error;
none becomes a constant unseen. Only a layer that is alive is dissolved: no file's code ever runs here.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras

from loadstone.builder.site import BATCH, NoFormError, Placed, Refused, Weight

KEPT_TWICE = ("_trainable_variables", "_non_trainable_variables", "_seed_generators", "_layers", "_metrics", "_tracker")
"""Where Keras keeps a layer's parts a second time, not under the names that its class gives them."""


TRACKING = "_self_"
"""How the names begin that TensorFlow keeps what it tracks under."""

Own = Callable[[Any, str], Weight]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a call was found to consist of: Keras's nodes, each after those that it needs, and the outputs.

    `values` maps the identities of inputs and variables to what they stand for, and `kept` keeps these alive.
    """

    nodes: Sequence[Any]
    outputs: Any
    values: Mapping[int, Any]
    kept: Sequence[Any]

    def through(self, operation_of: Callable[[Any], Callable[..., Any]]) -> list[Any]:
        """Call what `operation_of` makes of each operation, in order, on our values; return those of the outputs."""
        known = dict(self.values)
        for node in self.nodes:
            arguments, named = node.arguments.convert(lambda value: known.get(id(value), value))
            found = operation_of(node.operation)(*arguments, **named)
            for tensor, value in zip(node.outputs, keras.tree.flatten(found), strict=True):
                known[id(tensor)] = value
        return [known[id(tensor)] for tensor in self.outputs]


@contextmanager
def recorded(layer: Any, arguments: Sequence[Any], named: Mapping[str, Any], own: Own) -> Iterator[Recorded]:
    """Record a layer's call on values of ours; `own` makes a `Weight` of a variable and its name in the layer.

    Raises `NoFormError` where the call cannot be recorded, with the reason. What Keras noted on the layers within is
    taken away again at the end, so that the model can be built from once more.
    """
    parts = [part for part in getattr(layer, "_flatten_layers", list)() if part is not layer]
    counts = [(part, len(part._inbound_nodes), len(part._outbound_nodes)) for part in parts]
    try:
        yield _record(layer, arguments, named, own)
    finally:
        for part, inbound, outbound in counts:
            del part._inbound_nodes[inbound:]
            del part._outbound_nodes[outbound:]


def _record(layer: Any, arguments: Sequence[Any], named: Mapping[str, Any], own: Own) -> Recorded:
    values: dict[int, Any] = {}
    kept: list[Any] = []

    def symbolic(value: Any) -> Any:
        if not isinstance(value, Placed | Weight):
            return value
        tensor = keras.KerasTensor(value.shape if isinstance(value, Weight) else (BATCH, *value.shape), "float32")
        kept.append(tensor)
        values[id(tensor)] = value
        return tensor

    stand_in = _stand_in(layer, lambda variable, name: symbolic(own(variable, name)))
    variables = list(getattr(layer, "variables", ()))
    for variable in variables:
        path = getattr(variable, "path", variable.name)
        values[id(variable)] = Refused(f"the variable {path!r} is not used as an attribute of its own layer")
    given, words = keras.tree.map_structure(symbolic, (tuple(arguments), dict(named)))
    # Keras itself takes it away from what is not written for it.
    words.pop("training", None)
    if "training" in inspect.signature(type(layer).call).parameters:
        words["training"] = False
    with keras.StatelessScope(initialize_variables=False) as scope:
        for variable in variables:
            scope.add_update((variable, keras.KerasTensor(variable.shape, "float32")))
        outputs = _called(layer, stand_in, given, words)
    return Recorded(_in_order(outputs, values), outputs, values, (*kept, *variables))


def _called(layer: Any, stand_in: Any, given: Sequence[Any], words: Mapping[str, Any]) -> list[Any]:
    """Return what the layer's own code makes of symbolic tensors, in a row."""
    try:
        outputs = keras.tree.flatten(type(layer).call(stand_in, *given, **words))
    # The class is the user's, and so is what it may raise: its own words say most.
    except Exception as error:
        raise NoFormError(f"its call does not run on symbolic tensors ({_words(error)})") from error
    if not outputs or not all(isinstance(output, keras.KerasTensor) for output in outputs):
        raise NoFormError("its call returns what does not come from its inputs")
    return list(outputs)


def _words(error: Exception) -> str:
    """Return an error's kind and first sentence, without what Keras puts before it and its colours."""
    lines = [re.sub(r"\x1b\[\d*m", "", line).strip() for line in str(error).splitlines()]
    told = next((line for line in lines if line and not line.startswith("Exception encountered when calling")), "")
    return f"{type(error).__name__}: {told[:200]}"


def _stand_in(layer: Any, symbolic: Callable[[Any, str], Any]) -> Any:
    """Return an object like the layer, whose own variables are symbolic tensors; the layers within are the same."""

    def changed(value: Any, name: str) -> Any:
        if isinstance(value, keras.Variable):
            return symbolic(value, name)
        if not isinstance(value, Mapping | list | tuple) or not _holds_variable(value):
            return value
        if isinstance(value, Mapping):
            return {key: changed(one, f"{name}/{key}") for key, one in value.items()}
        return [changed(one, f"{name}/{number}") for number, one in enumerate(value)]

    made = object.__new__(type(layer))
    made.__dict__.update(vars(layer))
    # A variable is called by its own attribute, where it has one, and else by its place in a list or mapping.
    for name, value in sorted(vars(layer).items(), key=lambda pair: not isinstance(pair[1], keras.Variable)):
        if name not in KEPT_TWICE and not name.startswith(TRACKING):
            made.__dict__[name] = changed(value, name.strip("_"))
    return made


def _holds_variable(values: Any) -> bool:
    return any(isinstance(value, keras.Variable) for value in keras.tree.flatten(values))


def _in_order(outputs: Sequence[Any], values: Mapping[int, Any]) -> list[Any]:
    """Return the nodes that the outputs come from, each after those that it needs; `NoFormError` for a loose end."""
    found: dict[int, Any] = {}
    waiting = [(_node(tensor, values), False) for tensor in reversed(outputs)]
    while waiting:
        node, ready = waiting.pop()
        if node is None or id(node) in found:
            continue
        if ready:
            found[id(node)] = node
            continue
        waiting.append((node, True))
        waiting += [(_node(tensor, values), False) for tensor in reversed(node.arguments.keras_tensors)]
    return list(found.values())


def _node(tensor: Any, values: Mapping[int, Any]) -> Any:
    """Return the node that a tensor comes from; None for an input."""
    if id(tensor) in values:
        return None
    history = getattr(tensor, "_keras_history", None)
    if history is None or history.operation is None:
        raise NoFormError("its call uses a tensor that comes from elsewhere")
    return history.operation._inbound_nodes[history.node_index]
