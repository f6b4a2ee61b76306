"""The variables of any Keras model by every name that a file may know them by: their own, their layer's, their paths.

What it is: a look at objects; nothing is built or assigned. It takes models of Keras 3 and of Keras 2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from loadstone.dialects.paths import snake_case
from loadstone.errors import UnsupportedModelError
from loadstone.formats.checkpoint.object_paths import ObjectPaths
from loadstone.runtime.keras.keras_containers import detector_key

DEPTH_CAP = 40
"""Objects within objects that are followed; the zoo's deepest detector has ten."""


@dataclass(frozen=True, slots=True)
class Target:
    """A variable: its name (`block/conv/kernel`), shape, its layer's `name/attribute` and `name/number`, and where
    Keras 3 puts it in its own files (`layers/conv2d/vars/0`; empty where that is not known).

    `label` is the name, with a number behind it where several variables of the model have it. `key` is the one that
    the original's checkpoint has for it, where the model is a rebuilt detector's.
    """

    variable: Any
    name: str
    label: str
    shape: tuple[int, ...]
    layer_names: tuple[str, ...] = ()
    file_path: str = ""
    key: str = ""


def targets_of(model: Any) -> list[Target]:
    """Return the model's weights in their order; `UnsupportedModelError` where it has none yet or is no model."""
    weights = getattr(model, "weights", None)
    if not isinstance(weights, list | tuple) or not callable(model):
        raise UnsupportedModelError(
            "this is no Keras model", expected="a model with weights", found=type(model).__name__
        )
    if not weights:
        raise UnsupportedModelError(
            "the model has no weights yet",
            where=str(getattr(model, "name", "")),
            help="build it first: model.build(input_shape), or call it once on a batch",
        )
    layers, paths, keys = _layer_names(model), _file_paths(model), _keys(model)
    names = [name_of(variable) for variable in weights]
    before = [names[:number].count(name) for number, name in enumerate(names)] if len(set(names)) < len(names) else []
    return [
        Target(
            variable,
            names[number],
            f"{names[number]} ({before[number] + 1})" if before and before[number] else names[number],
            tuple(int(side) for side in variable.shape),
            tuple(layers.get(id(variable), ())),
            paths.get(id(variable), ""),
            keys.get(id(variable), ""),
        )
        for number, variable in enumerate(weights)
    ]


def name_of(variable: Any) -> str:
    """Return `path` in Keras 3, `name` in Keras 2, without the `:0` of a graph."""
    return str(getattr(variable, "path", None) or variable.name).removesuffix(":0")


def _layer_names(model: Any) -> dict[int, list[str]]:
    """Return, by a variable's identity, its layer's name with the variable's last name, and with its number."""
    found: dict[int, list[str]] = {}
    for layer in _layers(model, set()):
        for number, variable in enumerate(_own(layer)):
            leaf = name_of(variable).rpartition("/")[2]
            found.setdefault(id(variable), []).extend([f"{layer.name}/{leaf}", f"{layer.name}/{number}"])
    return found


def _keys(model: Any) -> dict[int, str]:
    """Return, by a variable's identity, the original's key of it, where the layer is a rebuilt detector's."""
    found = {}
    for layer in _layers(model, set()):
        own, kind = _own(layer), snake_case(type(layer).__name__)
        for number, variable in enumerate(own):
            found[id(variable)] = detector_key(str(layer.name), kind, number, len(own))
    return found


def _own(layer: Any) -> list[Any]:
    """Return the variables that the layer itself made, in the order in which Keras saves them."""
    keras_3 = [*getattr(layer, "_trainable_variables", ()), *getattr(layer, "_non_trainable_variables", ())]
    return keras_3 or [*getattr(layer, "_trainable_weights", ()), *getattr(layer, "_non_trainable_weights", ())]


def is_layer(value: Any) -> bool:
    """Whether a value is a layer or a model of either Keras."""
    return hasattr(value, "get_weights") and hasattr(value, "name") and callable(value)


def _layers(layer: Any, seen: set[int]) -> Iterator[Any]:
    if id(layer) in seen or len(seen) > 100_000:
        return
    seen.add(id(layer))
    yield layer
    for _, child in children_of(layer):
        if is_layer(child):
            yield from _layers(child, seen)
        elif isinstance(child, list | tuple | dict):
            for inner in child.values() if isinstance(child, dict) else child:
                if is_layer(inner):
                    yield from _layers(inner, seen)


def _file_paths(model: Any) -> dict[int, str]:
    """Return where Keras 3 would put each variable, from its own walk; empty for a model of another Keras.

    A store that only notes names stands in for the file.
    """
    found: dict[int, str] = {}
    # No Keras 3 is here; its private walk is another in this release; or a layer of the user's refuses to be saved or
    # saves in code of its own. Then there is one name fewer to go by, and the others remain.
    with suppress(ImportError, AttributeError, LookupError, TypeError, ValueError, RuntimeError):
        from keras.src.saving import saving_lib

        class Notes(saving_lib.H5IOStore):  # type: ignore[misc]
            """Takes every group and writes nothing."""

            def __init__(self) -> None:
                self.groups: dict[str, dict[str, Any]] = {}

            def make(self, path: str, metadata: Any = None) -> dict[str, Any]:
                return self.groups.setdefault(path, {})

            def __bool__(self) -> bool:
                return True

            def __del__(self) -> None:
                """There is no file to close."""

        store = Notes()
        saving_lib._save_state(model, weights_store=store, assets_store=None, inner_path="", visited_saveables=set())
        for path, group in store.groups.items():
            for number, variable in group.items():
                found.setdefault(id(variable), f"{path}/vars/{number}".lstrip("/"))
    return found


def children_of(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield (name, part) of an object, list or mapping, as TensorFlow's object graphs name them."""
    if isinstance(value, Mapping):
        yield from ((str(name), part) for name, part in value.items())
    elif isinstance(value, list | tuple):
        yield from ((str(number), part) for number, part in enumerate(value))
    elif is_layer(value):
        yield from _numbered(value)
        yield from list(vars(value).items())
        for variable in _own(value):
            leaf = name_of(variable).rpartition("/")[2]
            yield leaf, variable
            yield f"_{leaf}", variable


def _numbered(model: Any) -> Iterator[tuple[str, Any]]:
    """Yield a functional or sequential model's layers as tf.keras and Keras 3 number them."""
    layers = getattr(model, "layers", None)
    if not isinstance(layers, list) or not layers:
        return
    for number, layer in enumerate(layers):
        yield f"layer-{number}", layer
    for number, layer in enumerate([layer for layer in layers if layer.weights]):
        yield f"layer_with_weights-{number}", layer
    for name in ("_operations", "_layers", "_self_tracked_trackables"):
        if isinstance(getattr(model, name, None), list | tuple):
            yield name, list(getattr(model, name))


def keys_by_path(model: Any, paths: ObjectPaths) -> dict[int, list[str]]:
    """Return, by a variable's identity, the checkpoint keys that the object graph has where the model has it.

    The model may stand at the graph's root, or be any attribute of it, as in `Checkpoint(model=…, optimizer=…)`.
    """
    found: dict[int, list[str]] = {}
    for name, node in [("", 0), *paths.children(0).items()]:
        if name not in ("optimizer", "_optimizer"):
            _follow(model, node, paths, found, set(), DEPTH_CAP)
    return found


def _follow(
    value: Any, node: int, paths: ObjectPaths, found: dict[int, list[str]], seen: set[tuple[int, int]], depth: int
) -> None:
    """Walk the model's objects and the graph's nodes together, wherever both have a part of the same name."""
    if (id(value), node) in seen or not depth:
        return
    seen.add((id(value), node))
    children = paths.children(node)
    for name, part in children_of(value):
        other = children.get(name)
        if other is None:
            continue
        if hasattr(part, "assign") and hasattr(part, "shape"):
            key = paths.value_key(other)
            keys = found.setdefault(id(part), [])
            if key is not None and key not in keys:
                keys.append(key)
        elif is_layer(part) or isinstance(part, list | tuple | Mapping):
            _follow(part, other, paths, found, seen, depth - 1)
