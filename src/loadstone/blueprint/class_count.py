"""Another number of classes for a configuration, and which variables' shapes depend on that number."""

from __future__ import annotations

from loadstone.blueprint.reader import AnyBlueprint, read_any
from loadstone.blueprint.reclassed import changed_between, reclassed
from loadstone.errors import UnsupportedModelError
from loadstone.formats.detection.config import architecture
from loadstone.wire.textmessage import TextMessage
from loadstone.wire.textscalar import token_of

FIELD = "num_classes"


def with_classes(config: TextMessage, count: int) -> TextMessage:
    """Return the configuration with `num_classes` set; everything else is shared with the one given.

    The label map that names the old classes and the keypoints' class stays as it is.
    """
    inner = architecture(config)
    if inner is None:
        return config
    changed = _copy(inner)
    changed.entries = [entry for entry in inner.entries if entry[0] != FIELD]
    changed.entries.insert(0, (FIELD, token_of(count), inner.at))
    model = config.message("model")
    outer = _copy(model)
    outer.entries = [(name, changed if value is inner else value, at) for name, value, at in model.entries]
    whole = _copy(config)
    whole.entries = [(name, outer if value is model else value, at) for name, value, at in config.entries]
    return whole


def _copy(message: TextMessage) -> TextMessage:
    return TextMessage(message.data, message.name, message.at)


def dependent_on_classes(config: TextMessage, blueprint: AnyBlueprint, others: tuple[int, ...] = ()) -> set[str]:
    """Return the keys of the variables whose shapes the number of classes decides.

    They are found by reading the configuration with other numbers: one more than it says, and those given.
    """
    found: set[str] = set()
    own = blueprint.variables
    for count in {blueprint.num_classes + 1, *others} - {blueprint.num_classes}:
        found.update(changed_between(own, other_classes(config, blueprint, count).variables))
    return found


def other_classes(config: TextMessage, blueprint: AnyBlueprint, count: int) -> AnyBlueprint:
    """Return the blueprint with another number of classes: as the configuration has it, where that describes it all.

    A built detector's configuration has the words of its head alone.
    """
    try:
        return read_any(with_classes(config, count))
    except UnsupportedModelError:
        return reclassed(blueprint, count)
