"""Where an archive keeps a layer's weights: paths made of class names and counters, as Keras makes them.

Keras names each layer of a model by its class in snake case, with `_1`, `_2` for those of one class that follow, so
that a path does not depend on names that differ from one session to the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from loadstone.dialects.tree import Config, children, name_of

OLD_CONTAINER = "_layer_checkpoint_dependencies"
CONTAINER = "layers"
_INNER = re.compile(r"(.)([A-Z][a-z0-9]+)")
_OUTER = re.compile(r"([a-z])([A-Z])")


def snake_case(class_name: str) -> str:
    """Return a class name as Keras writes it in paths: `Conv2D` is `conv2d`."""
    plain = re.sub(r"\W+", "", class_name)
    return _OUTER.sub(r"\1_\2", _INNER.sub(r"\1_\2", plain)).lower()


def layer_paths(model: Config) -> dict[str, str]:
    """Return layer name → path of its weights, for the layers directly in a model."""
    counts: dict[str, int] = {}
    found = {}
    for layer in children(model):
        base = snake_case(str(layer["class_name"]).rpartition(">")[2])
        number = counts.get(base, -1) + 1
        counts[base] = number
        found[name_of(layer)] = f"{CONTAINER}/{base}_{number}" if number else f"{CONTAINER}/{base}"
    return found


def moves(paths: Iterable[str]) -> dict[str, str]:
    """Return path → the path where Keras 3 looks for it, for those that lie elsewhere.

    Windows wrote `\\` between the parts, which no other system takes for a separator. Keras 2's name of the container
    Keras 3 knows itself, as long as it stands alone.
    """
    found = {}
    for path in paths:
        after = path.replace("\\", "/")
        if after != path:
            found[path] = after.replace(OLD_CONTAINER, CONTAINER)
    if found:
        # With one path moved the old container is gone for the others as well.
        found |= {
            path: path.replace(OLD_CONTAINER, CONTAINER)
            for path in paths
            if OLD_CONTAINER in path and path not in found
        }
    return found


def below(prefix: str, arrays: Mapping[str, Any]) -> list[str]:
    """Return the paths below a layer's, in the order of their variables."""
    inside = [path for path in arrays if path.startswith(f"{prefix}/")]
    return sorted(inside, key=lambda path: [_place(part) for part in path.split("/")])


def _place(part: str) -> tuple[int, int, str]:
    """Sort variables by number, and of a bidirectional layer's halves the forward one first."""
    if part.isdecimal():
        return 1, int(part), part
    return 0, 0, "" if part == "forward_layer" else part
