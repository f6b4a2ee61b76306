"""Names of variables inside a Keras functional model, as the object graph counts them."""

from __future__ import annotations

from loadstone.blueprint.network import Scope


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
