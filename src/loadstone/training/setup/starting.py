"""The detector that a training starts from: a model as it is, a checkpoint by its type, or only a configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from loadstone.blueprint.class_count import with_classes
from loadstone.blueprint.fine_tune import CLASSIFIERS, taken_variables
from loadstone.blueprint.initial_values import initial_values
from loadstone.blueprint.input_size import with_size
from loadstone.blueprint.network import Variable
from loadstone.blueprint.parts import Blueprint
from loadstone.blueprint.reader import read_any, readings_of
from loadstone.blueprint.weights import match
from loadstone.errors import LoadstoneError, UnsupportedModelError
from loadstone.facts.filling import WeightReport
from loadstone.formats.registry import open_source
from loadstone.runtime.fitting import matched
from loadstone.runtime.keras.keras_containers import as_checkpoint
from loadstone.runtime.rebuilt import Rebuilt, read_values

if TYPE_CHECKING:
    from loadstone.blueprint.reader import AnyBlueprint
    from loadstone.facts import ModelFile
    from loadstone.wire.textmessage import TextMessage


def from_config(config: TextMessage, source: str, *, start: str = "", kind: str = "", num_classes: int = 0) -> Rebuilt:
    """Return the detector that a configuration describes, with its initial values, or a checkpoint's where it has one.

    `start` is the path of `fine_tune_checkpoint`, `kind` its type; `num_classes` stands for the configuration's where
    it is given. Raises `UnsupportedModelError` where the checkpoint does not hold what its type takes, or the
    architecture is not trained here; `FormatError` and `SourceError` as reading does.
    """
    config = with_classes(config, num_classes) if num_classes else config
    blueprint = read_any(config)
    taken = taken_from(blueprint, start, kind) if start else Taken()
    fresh = [variable for key, variable in blueprint.variables.items() if key not in taken.values]
    report = WeightReport(start or source, taken.names, initialised=tuple(variable.key for variable in fresh))
    values = {**initial_values(config, fresh), **taken.values}
    origin = f"{source} and the {kind} checkpoint" if start else f"{source}, from nothing"
    return Rebuilt(start or source, "pipeline-config", blueprint, config, values, {}, report, origin)


@dataclass(frozen=True, slots=True)
class Taken:
    """What a checkpoint gives: variables' values, and the names of their tensors, both by key."""

    values: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Part:
    """Some variables of a detector, as `match` asks for them."""

    variables: Mapping[str, Variable]


def taken_from(blueprint: AnyBlueprint, start: str, kind: str) -> Taken:
    """Return what a checkpoint of this type gives a detector; every variable that the type takes has to be there."""
    part = _Part(taken_variables(blueprint, kind))
    model = as_checkpoint(open_source(start))
    found = match(part, model.tensors.specs, _within_classifier) if _classifies(model, kind) else matched(part, model)
    if not found.complete:
        lacking = [
            one.key for one in (*(each.variable for each in found.misshapen), *found.unmatched, *found.ambiguous)
        ]
        raise UnsupportedModelError(
            f"the checkpoint does not hold what fine_tune_checkpoint_type {kind!r} takes",
            where=start,
            expected=f"{len(part.variables):,} variables of {blueprint.feature_extractor}",
            found=f"{len(found.matched):,} of them; the first without: {lacking[0]}",
            help=f"loadstone inspect {start} says what it is; a detector's checkpoint is for detection or full",
        )
    return Taken(read_values(model, found.matched), found.matched)


def _classifies(model: ModelFile, kind: str) -> bool:
    """Whether the file is a classifier's, whose backbone is the root `feature_extractor` of its object graph."""
    return kind == "classification" and not any(spec.name.startswith("model/") for spec in model.tensors.specs)


def _within_classifier(key: str) -> str | None:
    """Return a backbone's key as a classifier's checkpoint has it."""
    scope = next((scope for scope in CLASSIFIERS if key.startswith(scope)), None)
    return None if scope is None else f"feature_extractor/{key.removeprefix(scope)}"


def resized(rebuilt: Rebuilt, size: tuple[int, int]) -> Rebuilt:
    """Return the detector for pictures of another (height, width); its variables are the same.

    Raises `UnsupportedModelError` where its configuration's resizer has no such size, the network does not take it, or
    the detector was built here, from a backbone that no configuration describes.
    """
    first = rebuilt.blueprint
    if size == first.resizer.output:
        return rebuilt
    if not rebuilt.config.names:
        raise _built_for_its_size(rebuilt, size)
    config = with_size(rebuilt.config, size)
    try:
        read_any(rebuilt.config)
    except LoadstoneError as error:
        raise _built_for_its_size(rebuilt, size) from error
    other = next((each for each in readings_of(config) if each.feature_extractor == first.feature_extractor), None)
    other = other or read_any(config)
    if isinstance(first, Blueprint) and isinstance(other, Blueprint):
        other = replace(other, suppression=first.suppression)
    if {key: one.shape for key, one in other.variables.items()} != {
        key: one.shape for key, one in first.variables.items()
    }:
        raise UnsupportedModelError("the network of this size has other variables", found=f"{size[0]}×{size[1]}")
    return replace(rebuilt, blueprint=other, config=config)


def _built_for_its_size(rebuilt: Rebuilt, size: tuple[int, int]) -> UnsupportedModelError:
    own = rebuilt.blueprint.resizer.output
    return UnsupportedModelError(
        "a detector that was built here takes pictures of the size that it was built for",
        where=rebuilt.source,
        expected=f"{own[0]}×{own[1]}" if own else "",
        found=f"--input-size {size[0]}x{size[1]}",
        help=f"leave --input-size out, or build it for this size: loadstone build … --input-size {size[0]}x{size[1]}",
    )
