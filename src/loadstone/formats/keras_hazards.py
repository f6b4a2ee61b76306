"""What a Keras configuration would make its loader do beyond building stock layers, found at any depth.

What it is: one walk over the whole tree, compile and training configuration included, since a lambda may hide in a
loss or an initializer as well as in a layer. What it is not: an evaluator; nothing is decoded, imported or opened.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeAlias

from loadstone.formats.keras_classes import ACTIVATIONS, OBJECTIVES, is_keras_module, is_stock
from loadstone.formats.keras_layers import Config, is_object, name_of, text

_MOST_NOTES = 20
_LONGEST_STEP = 60
_LONGEST_NAME = 120
_BLOB_LAYERS = {"TorchModuleWrapper", "FlaxLayer", "JaxLayer"}
_ACTIVATION_KEYS = ("activation", "recurrent_activation", "inner_activation")
_ASSET_KEYS = ("vocabulary", "idf_weights")
_NAMED_CALLABLES = ACTIVATIONS | OBJECTIVES


Place: TypeAlias = "tuple[Place, str | int] | None"
"""Where a value stands: the place around it and the last step. Shared, since keys may be long and places many."""


@dataclass(frozen=True, slots=True)
class Hazards:
    """`custom`: names that stock Keras does not define or will not run. `notes`: one sentence for each danger."""

    custom: tuple[str, ...]
    notes: tuple[str, ...]


def find_hazards(config: Any, training: Any = None) -> Hazards:
    """Walk a configuration, and the training configuration beside it, and collect what they would do."""
    custom: dict[str, None] = {}
    first: dict[str, Place] = {}
    times: Counter[str] = Counter()
    for place, value in chain(_objects(None, config), _objects((None, "training"), training)):
        for name in _custom_names(value):
            custom[name] = None
        for note in _notes(value):
            first.setdefault(note, place)
            times[note] += 1
    notes = [_placed(note, first[note], count) for note, count in times.items()]
    if len(notes) > _MOST_NOTES:
        notes = [*notes[:_MOST_NOTES], f"{len(notes) - _MOST_NOTES:,} more notes of these kinds"]
    return Hazards(tuple(custom), tuple(notes))


def _placed(note: str, place: Place, times: int) -> str:
    """Put the first place in front of a sentence that begins with its verb, and say how often it holds."""
    told = note if note.startswith("layer ") else f"{_shown(place)} {note}"
    return told if times == 1 else f"{told} ({times:,} times)"


def _shown(place: Place) -> str:
    """Return a place as one reads it: `config.layers[3].config.activation`."""
    steps: list[str] = []
    while place is not None:
        place, step = place
        steps.append(f"[{step}]" if isinstance(step, int) else f".{step[:_LONGEST_STEP]}")
    return "".join(reversed(steps)).lstrip(".") or "the configuration"


def _objects(top: Place, config: Any) -> Iterator[tuple[Place, Config]]:
    """Yield (place, mapping) of every mapping in the tree, outermost first."""
    waiting: list[tuple[Place, Any]] = [(top, config)]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, dict):
            yield place, value
            waiting.extend(((place, key), value[key]) for key in reversed(value) if _may_hold(value[key]))
        elif isinstance(value, list):
            steps = range(len(value) - 1, -1, -1)
            waiting.extend(((place, step), value[step]) for step in steps if _may_hold(value[step]))


def _may_hold(value: Any) -> bool:
    return isinstance(value, (dict, list))


def _custom_names(value: Config) -> Iterator[str]:
    if is_object(value):
        yield from _custom_object(value)
    for key in _ACTIVATION_KEYS:
        name = value.get(key)
        if isinstance(name, str) and name and name not in ACTIVATIONS:
            yield name


def _custom_object(value: Config) -> Iterator[str]:
    class_name, module = value["class_name"], text(value.get("module"))
    if class_name == "function":
        name = text(value["config"]) or text(value.get("registered_name"))
        if name and not (is_keras_module(module) and name in _NAMED_CALLABLES):
            yield name
    elif class_name in ("Lambda", "__lambda__", "TFSMLayer", *_BLOB_LAYERS) or not is_stock(class_name, module):
        yield class_name.rpartition(">")[2] or class_name


def _notes(value: Config) -> Iterator[str]:
    for key in _ASSET_KEYS:
        path = value.get(key)
        if isinstance(path, str) and path:
            yield f"names a file to read, {_quoted(path)}; it is not opened"
    if not is_object(value):
        return
    class_name, module = value["class_name"], text(value.get("module"))
    called = f"{class_name} {name_of(value)}".strip()[:_LONGEST_NAME]
    if class_name == "Lambda":
        yield _lambda_note(called, value["config"])
    elif class_name == "__lambda__":
        yield "holds code (a Python lambda); it is neither decoded nor run"
    elif class_name in _BLOB_LAYERS:
        yield f"layer {called} holds code of another framework; it is neither decoded nor run"
    elif class_name == "TFSMLayer":
        path = value["config"].get("filepath") if isinstance(value["config"], dict) else None
        yield f"layer {called} wants the SavedModel {_quoted(text(path))}; it is not opened"
    elif class_name == "function":
        yield from _function_note(module, text(value["config"]) or text(value.get("registered_name")))
    elif module != "builtins" and not is_keras_module(module):
        yield f"names the class {_quoted(f'{module}.{class_name}')}; it is not imported"
    elif not is_stock(class_name, module) and module:
        yield f"names {_quoted(f'{module}.{class_name}')}, which is no class of Keras"
    registered = text(value.get("registered_name"))
    if module and is_keras_module(module) and is_stock(class_name, module) and registered not in ("", class_name):
        yield f"calls itself {_quoted(registered)} where {class_name} stands"


def _function_note(module: str, name: str) -> Iterator[str]:
    """Yield what a function's name means; Keras records the module of the author's own as `builtins`."""
    if module and module != "builtins" and not is_keras_module(module):
        yield f"names the function {_quoted(f'{module}.{name}')}; it is not imported"
    elif name and not (is_keras_module(module) and name in _NAMED_CALLABLES):
        yield f"names the function {_quoted(name)}, which the file does not hold"


def _lambda_note(called: str, config: Any) -> str:
    function = config.get("function") if isinstance(config, dict) else None
    if isinstance(function, str):
        return f"layer {called} calls the Python function {_quoted(function)}, which the file does not hold"
    return f"layer {called} holds code (a Python lambda); it is neither decoded nor run"


def _quoted(name: str) -> str:
    """Return a name from the file, shortened, in quotes."""
    return repr(name if len(name) <= 120 else f"{name[:117]}...")
