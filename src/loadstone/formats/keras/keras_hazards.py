"""What a Keras configuration would make its loader do beyond building stock layers, found at any depth.

What it is: one walk over the whole tree, compile and training configuration included, since a lambda may hide in a
loss or an initializer as well as in a layer. What it is not: an evaluator; nothing is decoded, imported or opened.
"""

from __future__ import annotations

import binascii
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeAlias

from loadstone.formats.keras.keras_classes import ACTIVATIONS, OBJECTIVES, is_keras_module, is_stock
from loadstone.formats.keras.keras_layers import Config, is_object, name_of, text

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


@dataclass(frozen=True, slots=True)
class Hazard:
    """One danger: its kind, where it stands, what it is, and the name or path in question.

    Kinds: `lambda-code`, `own-function`, `blob`, `saved-model`, `file-path`, `foreign-class`, `foreign-function`,
    `unknown-class`, `keras-function`, `shadow`.
    """

    kind: str
    place: str
    words: str
    name: str = ""


def find_hazards(config: Any, training: Any = None) -> Hazards:
    """Walk a configuration, and the training configuration beside it, and collect what they would do."""
    custom: dict[str, None] = {}
    first: dict[str, Place] = {}
    times: Counter[str] = Counter()
    for place, value in chain(_objects(None, config), _objects((None, "training"), training)):
        for name in _custom_names(value):
            custom[name] = None
        for _, note, _ in _notes(value):
            first.setdefault(note, place)
            times[note] += 1
    notes = [_placed(note, first[note], count) for note, count in times.items()]
    if len(notes) > _MOST_NOTES:
        notes = [*notes[:_MOST_NOTES], f"{len(notes) - _MOST_NOTES:,} more notes of these kinds"]
    return Hazards(tuple(custom), tuple(notes))


def each_hazard(config: Any, training: Any = None) -> Iterator[Hazard]:
    """Yield every danger with its place, texts that hold marshalled code or pickles among them."""
    for place, value in chain(_objects(None, config), _objects((None, "training"), training)):
        for kind, words, name in _notes(value):
            yield Hazard(kind, _shown(place), words, name)
        for key, inner in value.items():
            for text_ in inner if isinstance(inner, list) else (inner,):
                if isinstance(text_, str) and len(text_) >= _SHORTEST_BLOB and (kind := _blob_kind(text_)):
                    yield Hazard(kind, _shown((place, key)), _BLOBS[kind], key)


_SHORTEST_BLOB = 32
_BLOBS = {
    "lambda-code": "holds marshalled Python code in base64; it is neither decoded nor run",
    "blob": "holds a Python pickle in base64; it is neither decoded nor run",
}
_BASE64 = re.compile(r"[A-Za-z0-9+/]{24}")


def _blob_kind(given: str) -> str:
    """Return what a long text begins as: a marshalled code object or a pickle in base64; empty for any other."""
    if not given.startswith(("4w", "Yw", "gA")) or not _BASE64.match(given):
        return ""
    head = binascii.a2b_base64(given[:24])
    # A code object's type byte (with or without its reference flag) is followed by its count of arguments.
    if head[0] in (0xE3, 0x63) and head[2:5] == bytes(3):
        return "lambda-code"
    return "blob" if head[0] == 0x80 and 2 <= head[1] <= 5 and given.startswith(("gASV", "gAWV", "gAN", "gAJ")) else ""


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


def _notes(value: Config) -> Iterator[tuple[str, str, str]]:
    """Yield (kind, words, name) of each danger that one mapping is."""
    for key in _ASSET_KEYS:
        path = value.get(key)
        if isinstance(path, str) and path:
            yield "file-path", f"names a file to read, {_quoted(path)}; it is not opened", path
    if not is_object(value):
        return
    class_name, module = value["class_name"], text(value.get("module"))
    called = f"{class_name} {name_of(value)}".strip()[:_LONGEST_NAME]
    if class_name == "Lambda":
        yield _lambda_note(called, value["config"])
    elif class_name == "__lambda__":
        yield "lambda-code", "holds code (a Python lambda); it is neither decoded nor run", ""
    elif class_name in _BLOB_LAYERS:
        yield "blob", f"layer {called} holds code of another framework; it is neither decoded nor run", class_name
    elif class_name == "TFSMLayer":
        path = text(value["config"].get("filepath")) if isinstance(value["config"], dict) else ""
        yield "saved-model", f"layer {called} wants the SavedModel {_quoted(path)}; it is not opened", path
    elif class_name == "function":
        yield from _function_note(module, text(value["config"]) or text(value.get("registered_name")))
    elif module != "builtins" and not is_keras_module(module):
        name = f"{module}.{class_name}"
        yield "foreign-class", f"names the class {_quoted(name)}; it is not imported", name
    elif not is_stock(class_name, module) and module:
        name = f"{module}.{class_name}"
        yield "unknown-class", f"names {_quoted(name)}, which is no class of Keras", name
    registered = text(value.get("registered_name"))
    if module and is_keras_module(module) and is_stock(class_name, module) and registered not in ("", class_name):
        yield "shadow", f"calls itself {_quoted(registered)} where {class_name} stands", registered


def _function_note(module: str, name: str) -> Iterator[tuple[str, str, str]]:
    """Yield what a function's name means; Keras records the module of the author's own as `builtins`."""
    if module and module != "builtins" and not is_keras_module(module):
        path = f"{module}.{name}"
        yield "foreign-function", f"names the function {_quoted(path)}; it is not imported", path
    elif name and not (is_keras_module(module) and name in _NAMED_CALLABLES):
        kind = "keras-function" if module and is_keras_module(module) else "own-function"
        path = f"{module}.{name}" if module else name
        yield kind, f"names the function {_quoted(name)}, which the file does not hold", path


def _lambda_note(called: str, config: Any) -> tuple[str, str, str]:
    function = config.get("function") if isinstance(config, dict) else None
    if isinstance(function, str):
        words = f"layer {called} calls the Python function {_quoted(function)}, which the file does not hold"
        return "own-function", words, function
    return "lambda-code", f"layer {called} holds code (a Python lambda); it is neither decoded nor run", called


def _quoted(name: str) -> str:
    """Return a name from the file, shortened, in quotes."""
    return repr(name if len(name) <= 120 else f"{name[:117]}...")
