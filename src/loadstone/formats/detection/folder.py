"""The `pipeline.config` that lies with a model, and what it adds to what the weights say.

What it is: a look beside the model and up to two levels above it (`saved_model/variables/`), and the merging of two
sources. What it is not: a judgement; where the two contradict each other, the weights' word stands and a note says so.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from loadstone.errors import FormatError, SourceError
from loadstone.facts import DetectorFacts
from loadstone.facts.tensor import Shape
from loadstone.formats.detection.config import architecture, from_pipeline
from loadstone.formats.detection.names import from_names
from loadstone.formats.trees.tree import Tree
from loadstone.wire.limits import CONFIG_BYTES
from loadstone.wire.textproto import TextMessage, parse_prefix

LEVELS_UP = 2
USUAL_NAME = "pipeline.config"

_SHOWN = {
    "meta_architecture": "meta-architecture",
    "feature_extractor": "feature extractor",
    "num_classes": "number of classes",
    "input_size": "input size",
}


def recognise(
    names_to_shapes: Mapping[str, Shape | None], ops: Collection[str], tree: Tree, folder: str
) -> tuple[DetectorFacts | None, tuple[str, ...]]:
    """Return what names, shapes and the configuration beside the model say together, and notes on contradictions.

    A configuration alone makes no detector of a file whose names show none.
    """
    known = from_names(names_to_shapes, ops)
    found = config_beside(tree, folder)
    if known is None or found is None:
        return known, ()
    name, message = found
    return merged(known, from_pipeline(message), name)


def from_folder(tree: Tree, folder: str) -> DetectorFacts | None:
    """Return what the configuration beside a model, or up to two levels above it, says; None where there is none."""
    found = config_beside(tree, folder)
    return from_pipeline(found[1]) if found else None


def config_beside(tree: Tree, folder: str) -> tuple[str, TextMessage] | None:
    """Return the tree name and the content of the nearest configuration that describes a model.

    One that is broken further down still tells its model; the fault is that file's own.
    """
    for level in _levels(folder):
        for name in _configs(tree, level):
            if (message := _model_in(tree, name)) is not None:
                return name, message
    return None if folder else _config_above(tree)


def _config_above(tree: Tree) -> tuple[str, TextMessage] | None:
    above = tree.above
    try:
        return config_beside(above, "") if above is not None else None
    except SourceError:
        # The folder above may not be listed; the model does not lie there.
        return None


def _model_in(tree: Tree, name: str) -> TextMessage | None:
    try:
        message, _ = parse_prefix(tree.read(name, CONFIG_BYTES))
        return message if architecture(message) is not None else None
    except FormatError:
        return None


def _levels(folder: str) -> list[str]:
    levels = [folder]
    while levels[-1] and len(levels) <= LEVELS_UP:
        levels.append(levels[-1].rpartition("/")[0])
    return levels


def _configs(tree: Tree, folder: str) -> list[str]:
    """Return the folder's `pipeline.config`, or else its only `*.config`; of several nothing says which belongs."""
    sizes = tree.listing(folder)
    usual = f"{folder}/{USUAL_NAME}" if folder else USUAL_NAME
    if usual in sizes:
        return [usual]
    others = [name for name in sizes if name.endswith(".config") and sizes[name] <= CONFIG_BYTES]
    return others if len(others) == 1 else []


def merged(known: DetectorFacts, config: DetectorFacts, name: str) -> tuple[DetectorFacts, tuple[str, ...]]:
    """Return the weights' facts, completed from the configuration `name`, and a note for each contradiction."""
    values: dict[str, object] = {}
    notes: list[str] = []
    for field, label in _SHOWN.items():
        ours, theirs = getattr(known, field), getattr(config, field)
        values[field] = theirs if ours is None or _more_exact(field, ours, theirs) else ours
        if ours is not None and theirs is not None and values[field] != theirs:
            notes.append(f"{name} states the {label} {_text(theirs)}, but the model has {_text(ours)}")
    return DetectorFacts(**values), tuple(notes)  # type: ignore[arg-type]


def _more_exact(field: str, ours: object, theirs: object) -> bool:
    """Whether the configuration names a variant that variables cannot tell from the plain one.

    `embedded_ssd_mobilenet_v1` has the variables of `ssd_mobilenet_v1`, `context_rcnn` is a `faster_rcnn`.
    """
    if field == "feature_extractor":
        return str(ours) in str(theirs)
    return field == "meta_architecture" and (ours, theirs) == ("faster_rcnn", "context_rcnn")


def _text(value: object) -> str:
    return " × ".join(map(str, value)) if isinstance(value, tuple) else str(value)
