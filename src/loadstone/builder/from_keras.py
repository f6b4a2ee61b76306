"""A functional Keras model → nodes like the zoo's, for a picture of any size, with the values of its variables.

What it is: a walk along the model's own graph, models within models included, one handler for each stock layer
(`stock_layers`). A layer or model of one's own is dissolved into what its `call` consists of (`dissolve`).
What it is not: judgement of what the model is good for; and nothing that only training does, but dropout, is kept.
A layer that has no form here is not an error until something behind it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import keras

from loadstone.blueprint.network import Network, Scope, Side, Writer
from loadstone.builder.dissolve import recorded
from loadstone.builder.site import ROOT, NoFormError, Placed, Read, Refused, Site, Value, Weight
from loadstone.builder.stock_layers import handler_of
from loadstone.errors import UnsupportedModelError

OWN_LAYERS = (f"{ROOT.partition('/')[0]}--", "FeatureExtractor--", "FirstStageFeatureExtractor--")
"""How layers of rebuilt and built detectors are called: for their variables' scope, in TF2 and in TF1."""


@dataclass(frozen=True, slots=True)
class Translation:
    """A Keras model as a network whose outputs are its layers, by name.

    `reads` gives each variable's value, float32, by key; `refused` maps the layers that have no form here to why, and
    `lost` those of them that give maps and are not only behind another; `notes` are sentences about what was left out.
    """

    name: str
    network: Network
    reads: Mapping[str, Read]
    refused: Mapping[str, str]
    lost: Mapping[str, str]
    notes: tuple[str, ...]


def translate(model: Any, size: tuple[Side, Side]) -> Translation:
    """Return the model as a network for pictures of `size`, (height, width).

    Raises `UnsupportedModelError` where it does not take one picture of three channels, where it was never built, and
    where nothing of its `call` can be recorded.
    """
    site = Site(Writer())
    picture = Placed(site.to.picture(*size))
    graph = functional(model)
    if graph is None:
        _dissolved(model, picture, site)
    elif len(graph.inputs) != 1 or len(graph.inputs[0].shape) != 4 or graph.inputs[0].shape[-1] != 3:
        raise _no_picture(model.name, [tuple(each.shape) for each in graph.inputs])
    else:
        if any(layer.name.startswith(OWN_LAYERS) for layer in graph.layers):
            helps = "train it as it is: loadstone train --model FILE, or take the backbone that it was built on"
            raise UnsupportedModelError("the backbone is a detector already", where=model.name, help=helps)
        _walk(graph, [picture], site)
    return Translation(model.name, site.to.network(), site.reads, site.refused, site.lost, tuple(site.notes))


def _no_picture(name: str, shapes: Sequence[tuple[Side, ...]]) -> UnsupportedModelError:
    """Return the error of inputs that are no picture of three channels, with what makes a backbone of the model."""
    help_ = ""
    if len(shapes) == 1 and len(shapes[0]) == 4:
        channels = shapes[0][-1]
        help_ = f"x = keras.Input((None, None, 3)); keras.Model(x, model(keras.layers.Conv2D({channels}, 1)(x)))"
        if shapes[0][1] == 3:
            help_ = 'build it anew with data_format="channels_last", and give it the same weights'
    expected, found = "(None, height, width, 3)", ", ".join(map(str, shapes))
    fact = "the backbone does not take one picture of three channels"
    return UnsupportedModelError(fact, where=name, expected=expected, found=found, help=help_)


def _dissolved(model: Any, picture: Placed, site: Site) -> None:
    """Translate a model of a class of its own, as a layer of one's own within a model is."""
    kind = f"{type(model).__module__}.{type(model).__name__}"
    if not model.built:
        raise UnsupportedModelError(
            "the backbone was never built, so that it has no weights",
            found=kind,
            help="call it once on pictures: model(numpy.zeros((1, height, width, 3)))",
        )
    try:
        _take_apart(model, [picture], {}, site, Place(Scope(ROOT, "backbone")))
    except NoFormError as error:
        fact = "the backbone is a model of a class of its own, which cannot be taken apart"
        raise UnsupportedModelError(fact, where=kind, found=str(error), help=ADVICE) from error


def functional(model: Any) -> Any:
    """Return the graph of layers of a functional or sequential model; None where there is none, or it is not used."""
    if isinstance(model, keras.Model) and type(model).call not in GRAPHS:
        return None
    if isinstance(model, keras.Sequential):
        model = getattr(model, "_functional", None)
    return model if hasattr(model, "_run_through_graph") and hasattr(model, "inputs") else None


GRAPHS = (keras.src.models.functional.Functional.call, keras.Sequential.call)
"""How a model calls what its graph says; one with a `call` of its own may compute anything."""

ADVICE = "write its call in keras.ops and Keras's layers, or name taps that lie before it"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a layer's parts are: its own variables, and the prefixes of its parts' names and keys."""

    at: Scope
    prefix: str = ""
    keyed: str = ""


def _walk(graph: Any, inputs: Sequence[Value], site: Site, prefix: str = "", keyed: str = "") -> list[Value]:
    """Translate every call of every layer, in the model's own order; return the model's outputs.

    `prefix` and `keyed` are the names of the models that this one lies in, as they are and as keys have them.
    """
    found = graph._run_through_graph(list(inputs), operation_fn=lambda layer: _Call(layer, site, prefix, keyed))
    return list(keras.tree.flatten(found))


def _take_apart(
    layer: Any, arguments: Sequence[Any], named: Mapping[str, Any], site: Site, place: Place
) -> list[Value]:
    """Translate what a layer's `call` consists of; return its outputs. `NoFormError` where it cannot be recorded."""

    def own(variable: Any, name: str) -> Weight:
        return Weight(variable, site.within(place.at, variable, name), tuple(variable.shape))

    with recorded(layer, arguments, named, own) as found:
        return found.through(lambda part: _Call(part, site, place.prefix, place.keyed))


class _Call:
    """One layer of Keras's in its place: called with our values where Keras has tensors."""

    def __init__(self, layer: Any, site: Site, prefix: str, keyed: str) -> None:
        self._layer = layer
        self._site = site
        self._prefix = prefix
        self._keyed = keyed

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Return what the layer makes of its inputs: a value for each of its outputs."""
        layer, site = self._layer, self._site
        given = [value for value in keras.tree.flatten((arguments, named)) if isinstance(value, Value)]
        count = sum(len(node.output_tensors) for node in layer._inbound_nodes[:1])
        title = site.fresh(self._name(), self._prefix)
        if failed := next((value for value in given if isinstance(value, Refused)), None):
            site.refused[title] = failed.reason
            return [failed] * count
        place = Place(site.scope(layer, self._keyed), f"{title}/")
        place = replace(place, keyed=f"{place.at.key.removeprefix(f'{ROOT}/')}/")
        inner = functional(layer)
        if inner is not None:
            return _walk(inner, given, site, place.prefix, place.keyed)
        try:
            values = self._translated(arguments, named, place)
            if any(isinstance(value, Placed) and 0 in value.tensor.shape for value in values):
                raise NoFormError("nothing is left of a picture of this size")
        except NoFormError as error:
            values = [Refused(f"{self._told()}: {error}")] * count
        if failed := next((value for value in values if isinstance(value, Refused)), None):
            site.refused[title] = failed.reason
            if any(len(tensor.shape) > 2 for node in layer._inbound_nodes[:1] for tensor in node.output_tensors):
                site.lost[title] = failed.reason
        elif len(values) == 1 and isinstance(values[0], Placed) and values[0].lead is None:
            site.to.output(title, values[0].tensor)
        return values

    def _name(self) -> str:
        """Return the layer's name; an operation's is that of its kind, as Keras counts operations in a process."""
        if isinstance(self._layer, keras.Layer) or not self._prefix:
            return str(self._layer.name)
        return str(keras.src.utils.naming.to_snake_case(type(self._layer).__name__))

    def _told(self) -> str:
        kind = type(self._layer).__name__
        return (
            f"the layer {self._layer.name!r} ({kind})" if isinstance(self._layer, keras.Layer) else f"keras.ops' {kind}"
        )

    def _translated(self, arguments: Sequence[Any], named: Mapping[str, Any], place: Place) -> list[Value]:
        """Return the layer's outputs, by its handler; where there is none, or it refuses, by taking it apart."""
        layer, site = self._layer, self._site
        handle = handler_of(layer)
        refused = NoFormError("it has no form here")
        if handle is not None:
            try:
                found = handle(site, layer, place.at, arguments, named)
                return found if isinstance(found, list) else [found]
            except NoFormError as error:
                refused = error
        if not isinstance(layer, keras.Layer):
            raise refused
        try:
            values = _take_apart(layer, arguments, named, site, place)
        except NoFormError as error:
            raise (refused if handle is not None else error) from error
        if handle is not None and any(isinstance(value, Refused) for value in values):
            raise refused
        told = f"{self._told()}: within it, "
        return [Refused(told + value.reason) if isinstance(value, Refused) else value for value in values]
