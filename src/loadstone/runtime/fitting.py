"""How a detector's description and a file's weights belong together: what matches, what is new, and what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from loadstone.blueprint.class_count import dependent_on_classes
from loadstone.blueprint.faster_rcnn_parts import FasterRcnnBlueprint
from loadstone.blueprint.weights import HasVariables, Match, match, plain_key
from loadstone.errors import LoadstoneError, UnsupportedModelError
from loadstone.formats.checkpoint.object_graph import OBJECT_GRAPH_KEY
from loadstone.formats.checkpoint.object_paths import ObjectPaths

if TYPE_CHECKING:
    from loadstone.blueprint.network import Network, Variable
    from loadstone.blueprint.reader import AnyBlueprint
    from loadstone.facts import ModelFile
    from loadstone.wire.textmessage import TextMessage


class Described(Protocol):
    """See `described.Description`."""

    @property
    def blueprint(self) -> AnyBlueprint: ...

    @property
    def config(self) -> TextMessage: ...

    @property
    def origin(self) -> str: ...


def matched(blueprint: HasVariables, model: ModelFile) -> Match:
    """Find the variables in a file, through its object graph where its own keys and names do not tell all.

    A SavedModel's keys begin with `_model` and often end in a bare number. A graph that tells what it is, Loadstone's,
    has a constant under each variable's name.
    """
    if model.details.get("described"):
        names = {key: variable.name for key, variable in blueprint.variables.items()}
        # Of two variables of one name, the graph's constants do not say which is whose.
        return match(blueprint, model.tensors.specs, names.get if len({*names.values()}) == len(names) else None)
    found = match(blueprint, model.tensors.specs)
    if found.complete or OBJECT_GRAPH_KEY not in model.tensors:
        return found
    try:
        paths = ObjectPaths(b"".join(model.tensors[OBJECT_GRAPH_KEY].ravel()[:1]))
        through = match(blueprint, model.tensors.specs, lambda key: paths.key_at(key) or paths.key_at(f"_{key}"))
    except LoadstoneError:
        return found
    return through if len(through.matched) >= len(found.matched) else found


def networks_in(blueprint: AnyBlueprint) -> list[Network]:
    """Return the detector's networks, one or several."""
    if not isinstance(blueprint, FasterRcnnBlueprint):
        return [blueprint.network]
    third = blueprint.third_stage
    return [blueprint.first_stage, blueprint.second_stage, *([] if third is None else [third])]


def needed(found: Match, blueprint: AnyBlueprint) -> Match:
    """Return the match without the unmatched variables that no output needs, which a Keras model does not have.

    EfficientDet's checkpoints hold a classifier's head, of no use to the detector.
    """
    used = {
        variable.key
        for network in networks_in(blueprint)
        for position in network.reachable()
        for variable in network.nodes[position].variables
    }
    return replace(found, unmatched=tuple(variable for variable in found.unmatched if variable.key in used))


def newly(described: Described, found: Match, model: ModelFile) -> tuple[Variable, ...]:
    """Return the variables that do not fit only because the number of classes is another than the file's."""
    dependent = dependent_on_classes(described.config, described.blueprint, _classes(model))
    return tuple(one.variable for one in found.misshapen if one.variable.key in dependent)


def without(found: Match, variables: Iterable[Variable]) -> Match:
    """Return the match without these misshapen variables and their tensors."""
    keys = {variable.key for variable in variables}
    return replace(found, misshapen=tuple(one for one in found.misshapen if one.variable.key not in keys))


def averaged(chosen: Mapping[str, str], model: ModelFile) -> dict[str, str]:
    """Return the moving average of each variable that has one, in place of the variable: TF1's name, TF2's slot."""
    averages: dict[str, str] = {}
    for spec in model.tensors.specs:
        if spec.name.endswith("/ExponentialMovingAverage"):
            averages[spec.name.removesuffix("/ExponentialMovingAverage")] = spec.name
        elif "/.OPTIMIZER_SLOT/" in spec.name and plain_key(spec.name).endswith("/average"):
            averages[spec.name.partition("/.OPTIMIZER_SLOT/")[0]] = spec.name
    return {key: averages.get(plain_key(name), name) for key, name in chosen.items()}


def misfit(described: Described, found: Match, model: ModelFile) -> UnsupportedModelError:
    """Return the error for weights that are not those which the configuration describes: which differ, and how."""
    blueprint = described.blueprint
    wanted = len(blueprint.variables)
    asked = f"{blueprint.feature_extractor} with {blueprint.num_classes} classes, {wanted:,} variables"
    fact = f"the weights are not those of {described.origin}"
    counts = dependent_on_classes(described.config, blueprint, _classes(model))
    only_classes = not (found.unmatched or found.ambiguous) and all(
        one.variable.key in counts for one in found.misshapen
    )
    told = f"{len(found.matched):,} of {wanted:,} variables fit; {_first(found)}"
    if only_classes:
        fact = f"{described.origin} says {blueprint.num_classes} classes, and the weights are for another number"
        told = f"{_held(model)}; {told}"
        if model.detector and model.detector.num_classes == blueprint.num_classes:
            fact = f"{described.origin} and the weights have {blueprint.num_classes} classes, and only one a background"
            advice = f"write the other value of add_background_class: loadstone check {model.source} --config FILE"
            return UnsupportedModelError(fact, where=model.source, found=told, help=advice)
        advice = f"num_classes={blueprint.num_classes} keeps all but the class heads and initialises those anew"
        return UnsupportedModelError(fact, where=model.source, found=told, help=advice)
    return UnsupportedModelError(
        fact,
        where=model.source,
        expected=asked,
        found=f"{_held(model)}; {told}",
        help="name the configuration that the weights were trained with",
    )


def _classes(model: ModelFile) -> tuple[int, ...]:
    known = model.detector.num_classes if model.detector else None
    return (known,) if known else ()


def _held(model: ModelFile) -> str:
    """Return what the weights are, as far as their names tell."""
    own = model.detector
    if own is None or not own.feature_extractor:
        return f"{len(model.tensors):,} tensors of no detector that is known"
    classes = f" with {own.num_classes} classes" if own.num_classes else ""
    return f"{own.feature_extractor}{classes}"


def _first(found: Match) -> str:
    """Return the first variable that does not fit, and why."""
    if found.misshapen:
        one = found.misshapen[0]
        return f"first {one.variable.key} {one.variable.shape}, which is {one.found} in {one.tensor}"
    if found.ambiguous:
        return f"several tensors could fill {found.ambiguous[0].key}"
    return f"nothing fills {found.unmatched[0].key}" if found.unmatched else ""
