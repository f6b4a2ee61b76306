"""Names and shapes alone → the configuration they came from, and its blueprint: the way back.

What it is: for a checkpoint without its `pipeline.config`. The configuration found is read again, and only returned
where its variables are exactly the given ones. What it is not: knowledge of what leaves no trace in variables (the
picture's size, thresholds, activations); those are the zoo's, and `assumed` says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from loadstone.blueprint.faster_rcnn_parts import FasterRcnnBlueprint
from loadstone.blueprint.reader import AnyBlueprint, read_any
from loadstone.blueprint.recovered.recover_center_net import center_net_fields
from loadstone.blueprint.recovered.recover_faster_rcnn import faster_rcnn_fields
from loadstone.blueprint.recovered.recover_ssd import ssd_fields
from loadstone.blueprint.recovered.traces import Pairs, Traces, message
from loadstone.errors import LoadstoneError, UnsupportedModelError
from loadstone.facts import DetectorFacts
from loadstone.facts.tensor import Shape
from loadstone.formats.detection import from_names
from loadstone.formats.detection.keys import plain
from loadstone.wire.textproto import TextMessage

FAMILIES: Mapping[str, Callable[[Traces, DetectorFacts], Pairs]] = {
    "ssd": ssd_fields,
    "faster_rcnn": faster_rcnn_fields,
    "mask_rcnn": faster_rcnn_fields,
    "center_net": center_net_fields,
}
"""Meta-architecture → the fields of its message, from what the variables show."""

ASSUMED = (
    "the picture's size, the anchors' scales and ratios, thresholds and activations leave no trace in variables; "
    "they are those of the zoo's configuration for this extractor"
)
SHOWN = 3


@dataclass(frozen=True, slots=True)
class Recovered:
    """A configuration whose variables are exactly the given ones, its blueprint, and what was assumed."""

    config: TextMessage
    blueprint: AnyBlueprint
    assumed: tuple[str, ...]


def recover(shapes: Mapping[str, Shape | None], input_size: tuple[int, int] | None = None) -> Recovered:
    """Return the configuration that variables, by object-graph key, came from.

    `input_size` is (height, width) where it is known from elsewhere. Raises `UnsupportedModelError` for names that
    are no detector's, for a family that is not rebuilt here, and where the variables do not fit any configuration.
    """
    traces = Traces(
        {name: shape for name, shape in plain(shapes).shapes.items() if name.startswith("model/") and shape}
    )
    facts = from_names(traces.shapes)
    meta = (facts.meta_architecture if facts else None) or ""
    if facts is None or meta not in FAMILIES or not (facts.feature_extractor and facts.num_classes):
        raise UnsupportedModelError("the names and shapes are not those of a detector that is rebuilt here")
    kind = "faster_rcnn" if meta == "mask_rcnn" else meta
    fields = _sized(FAMILIES[meta](traces, facts), input_size)
    config = message([("model", [(kind, fields)])])
    try:
        blueprint = read_any(config)
    except LoadstoneError as error:
        fact = f"no configuration of {facts.feature_extractor} could be made: {error.fact}"
        raise UnsupportedModelError(fact) from error
    _compare(blueprint, traces.shapes, facts)
    return Recovered(config, blueprint, (ASSUMED,))


def _sized(fields: Pairs, size: tuple[int, int] | None) -> Pairs:
    if size is None:
        return fields
    fixed: Pairs = [("fixed_shape_resizer", [("height", size[0]), ("width", size[1])])]
    return [(name, fixed if name == "image_resizer" else value) for name, value in fields]


def variables_of(blueprint: AnyBlueprint) -> dict[str, Shape]:
    """Return every variable's shape by key, whichever the meta-architecture."""
    found = blueprint.variables if isinstance(blueprint, FasterRcnnBlueprint) else blueprint.network.variables
    return {key: variable.shape for key, variable in found.items()}


def _compare(blueprint: AnyBlueprint, given: Mapping[str, Shape], facts: DetectorFacts) -> None:
    wanted = variables_of(blueprint)
    differing = [key for key in {**wanted, **given} if wanted.get(key) != given.get(key)]
    if differing:
        named = ", ".join(f"{key} {_shown(given.get(key))} for {_shown(wanted.get(key))}" for key in differing[:SHOWN])
        raise UnsupportedModelError(
            f"{len(differing):,} of {len(given):,} variables differ from every configuration of "
            f"{facts.feature_extractor} that is known",
            expected=f"the variables of {facts.feature_extractor}",
            found=named,
        )


def _shown(shape: Shape | None) -> str:
    return "absent" if shape is None else str(tuple(shape))
