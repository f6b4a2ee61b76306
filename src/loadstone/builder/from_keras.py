"""A functional Keras model → nodes like the zoo's, for a picture of any size, with the values of its variables.

What it is: a walk along the model's own graph, models within models included, one handler for each stock layer
(`stock_layers`). What it is not: judgement of what the model is good for; and nothing that only training does, but
dropout, is kept. A layer that has no form here is not an error until something behind it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras

from loadstone.blueprint.network import Network, Side, Writer
from loadstone.builder.site import ROOT, NoFormError, Placed, Read, Refused, Site, Value
from loadstone.builder.stock_layers import handler_of
from loadstone.errors import UnsupportedModelError

OWN_LAYERS = (f"{ROOT.partition('/')[0]}--", "FeatureExtractor--", "FirstStageFeatureExtractor--")
"""How layers of rebuilt and built detectors are called: for their variables' scope, in TF2 and in TF1."""


@dataclass(frozen=True, slots=True)
class Translation:
    """A Keras model as a network whose outputs are its layers, by name.

    `reads` gives each variable's value, float32, by key; `refused` maps the layers that have no form here to why;
    `notes` are sentences about what was left out.
    """

    name: str
    network: Network
    reads: Mapping[str, Read]
    refused: Mapping[str, str]
    notes: tuple[str, ...]


def translate(model: Any, size: tuple[Side, Side]) -> Translation:
    """Return the model as a network for pictures of `size`, (height, width).

    Raises `UnsupportedModelError` where the model is not functional, or does not take one picture of three channels.
    """
    graph = functional(model)
    if graph is None:
        raise UnsupportedModelError(
            "the backbone's layers are not known: it is a model of a class of its own",
            found=f"{type(model).__module__}.{type(model).__name__}",
            expected="a functional or sequential Keras model",
        )
    if len(graph.inputs) != 1 or len(graph.inputs[0].shape) != 4 or graph.inputs[0].shape[-1] != 3:
        shapes = ", ".join(str(tuple(each.shape)) for each in graph.inputs)
        fact = "the backbone does not take one picture"
        raise UnsupportedModelError(fact, where=model.name, expected="(None, height, width, 3)", found=shapes)
    if any(layer.name.startswith(OWN_LAYERS) for layer in graph.layers):
        helps = "train it as it is: loadstone train --model FILE, or take the backbone that it was built on"
        raise UnsupportedModelError("the backbone is a detector already", where=model.name, help=helps)
    site = Site(Writer())
    _walk(graph, [Placed(site.to.picture(*size))], site)
    return Translation(model.name, site.to.network(), site.reads, site.refused, tuple(site.notes))


def functional(model: Any) -> Any:
    """Return the graph of layers of a functional or sequential model; None where there is none."""
    if isinstance(model, keras.Sequential):
        model = getattr(model, "_functional", None)
    return model if hasattr(model, "_run_through_graph") and hasattr(model, "inputs") else None


def _walk(graph: Any, inputs: Sequence[Value], site: Site, prefix: str = "", keyed: str = "") -> list[Value]:
    """Translate every call of every layer, in the model's own order; return the model's outputs.

    `prefix` and `keyed` are the names of the models that this one lies in, as they are and as keys have them.
    """
    found = graph._run_through_graph(list(inputs), operation_fn=lambda layer: _Call(layer, site, prefix, keyed))
    return list(keras.tree.flatten(found))


class _Call:
    """One layer of Keras's in its place: called with our values where Keras has tensors."""

    def __init__(self, layer: Any, site: Site, prefix: str, keyed: str) -> None:
        self._layer = layer
        self._site = site
        self._prefix = prefix
        self._keyed = keyed

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Return what the layer makes of its inputs."""
        layer, site = self._layer, self._site
        given = [value for value in keras.tree.flatten((arguments, named)) if isinstance(value, Value)]
        count = sum(len(node.output_tensors) for node in layer._inbound_nodes[:1])
        if failed := next((value for value in given if isinstance(value, Refused)), None):
            site.refused[site.fresh(layer.name, self._prefix)] = failed.reason
            return failed if count == 1 else [failed] * count
        inner = functional(layer)
        if inner is not None:
            title = site.fresh(layer.name, self._prefix)
            keyed = site.scope(layer, self._keyed).key.removeprefix(f"{ROOT}/")
            found = _walk(inner, given, site, f"{title}/", f"{keyed}/")
            return found[0] if len(found) == 1 else found
        value = self._translated(arguments, named)
        return value if count == 1 else [value] * count

    def _translated(self, arguments: Sequence[Any], named: Mapping[str, Any]) -> Value:
        layer, site = self._layer, self._site
        path = site.fresh(layer.name, self._prefix)
        handle = handler_of(layer)
        kind = type(layer).__name__
        try:
            if handle is None:
                raise NoFormError(f"{kind} is not a layer that has a form here")
            value = handle(site, layer, site.scope(layer, self._keyed), arguments, named)
            if isinstance(value, Placed) and not value.flat and 0 in value.tensor.shape:
                raise NoFormError("nothing is left of a picture of this size")
        except NoFormError as error:
            value = Refused(f"the layer {layer.name!r} ({kind}): {error}")
            site.refused[path] = value.reason
        if isinstance(value, Placed) and not value.flat:
            site.to.output(path, value.tensor)
        return value
