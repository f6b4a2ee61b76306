"""Names of a backbone's variables: in a Keras functional model, as the object graph counts them, and in TF1's slim."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from loadstone.blueprint.network import Scope


class LayerScopes(Protocol):
    """Hands out the scope of each layer that has weights, in order, by Keras's name of the layer."""

    def next(self, layer: str) -> Scope:
        """Return the scope of the next layer."""


class SlimScopes:
    """Scopes under a slim network's own, where a layer's one name is what `rename` makes of Keras's."""

    def __init__(self, root: str, rename: Callable[[str], str]) -> None:
        self._root = root
        self._rename = rename

    def next(self, layer: str) -> Scope:
        """Return the scope of the next layer that has weights."""
        return slim_scope(f"{self._root}/{self._rename(layer)}")


def slim_scope(path: str) -> Scope:
    """Return a scope whose variables have their TF1 name only."""
    return Scope("", path, path)


class FunctionalScopes:
    """Hands out the scopes of a functional model's layers: `layer_with_weights-N` in the order of creation."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._count = 0

    def next(self, layer: str, slim: str = "") -> Scope:
        """Return the scope of the next layer that has weights."""
        scope = Scope(f"{self._key}/layer_with_weights-{self._count}", layer, slim)
        self._count += 1
        return scope

    def skip_to(self, other: FunctionalScopes) -> None:
        """Go on counting where `other` has stopped: both name layers of one model, reached by two paths."""
        self._count = other._count
