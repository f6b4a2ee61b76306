"""Names that Keras gives to layers which nobody named: `conv2d`, `conv2d_1`, … in the order of creation.

What it is: the count that a fresh process starts from. What it is not: what every checkpoint holds; in a process that
built other layers before, the numbers are higher, and the object-graph key is what identifies a variable.
"""

from __future__ import annotations

from collections import Counter


class LayerNames:
    """One process's counts, by kind of layer."""

    def __init__(self, counts: Counter[str] | None = None) -> None:
        self._counts: Counter[str] = Counter(counts)

    def copy(self) -> LayerNames:
        """Return counts that go on from here by themselves."""
        return LayerNames(self._counts)

    def skip_to(self, other: LayerNames) -> None:
        """Go on where `other` has stopped."""
        self._counts = Counter(other._counts)

    def next(self, kind: str) -> str:
        """Return the next name of a kind."""
        number = self._counts[kind]
        self._counts[kind] += 1
        return f"{kind}_{number}" if number else kind
