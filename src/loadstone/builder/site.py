"""What handlers of Keras's layers share: a tensor in its place, what has no form, and where variables are read from."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from loadstone.blueprint.layer_names import LayerNames
from loadstone.blueprint.network import Around, Scope, Tensor, Writer

Array = npt.NDArray[np.float32]

ROOT = "model/_feature_extractor/classification_backbone"
"""Where the Object Detection API has a backbone's variables, so that what trains its detectors finds them."""

BATCH = 11
"""How many pictures there are where Keras is asked for a shape: a number that no other axis is likely to have."""

Read = Callable[[], "Array"]


@dataclass(frozen=True, slots=True)
class Placed:
    """A Keras tensor as one of ours: a map (height, width, channels), whose places Keras may count otherwise.

    `lead` are Keras's axes between the batch and the channels where they are not (height, width): `()` for a row
    (batch, channels), which is a map of one place here, (height · width,) for one with its places in one line.
    """

    tensor: Tensor
    lead: tuple[int, ...] | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Keras's shape, without the batch."""
        lead = self.tensor.shape[:2] if self.lead is None else self.lead
        return (*(side or 0 for side in lead), self.tensor.channels)

    def like(self, tensor: Tensor) -> Placed:
        """Return what was computed place by place, whose places Keras counts as it did."""
        return Placed(tensor, self.lead)


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel of the picture, as a model that turns them round takes it."""

    of: Placed
    number: int


@dataclass(frozen=True, slots=True)
class Weight:
    """A variable that a layer of one's own computes with: where it is kept, and the shape that it has been given."""

    variable: Any
    at: Scope
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Bordered:
    """A map with a border that never wins, as maxima are taken of it: ((above, below), (left, right))."""

    of: Placed
    around: Around


@dataclass(frozen=True, slots=True)
class Refused:
    """What has no form here, and why, with the layer's name; so has nothing that is computed from it."""

    reason: str


Value = Placed | Channel | Weight | Bordered | Refused


class Site:
    """What a handler needs: the writer, the layer's scope, and where it leaves what its variables hold."""

    def __init__(self, to: Writer) -> None:
        self.to = to
        self.reads: dict[str, Read] = {}
        self.refused: dict[str, str] = {}
        self.lost: dict[str, str] = {}
        self.notes: dict[str, None] = {}
        self.names: set[str] = set()
        self._scopes: dict[int, Scope] = {}
        self._counts = LayerNames()
        self._taken: set[str] = set()

    def scope(self, layer: Any, prefix: str) -> Scope:
        """Return where a layer's variables live: the same for every call of the layer.

        A name that Keras made by counting layers in this process is counted anew, so that the same model has the same
        variables every time.
        """
        if id(layer) not in self._scopes:
            kind = keras.src.utils.naming.to_snake_case(type(layer).__name__)
            automatic = re.fullmatch(rf"{re.escape(kind)}(_\d+)?", layer.name)
            name = self._counts.next(kind) if automatic else layer.name
            path = _unique(f"{prefix}{_plain(name)}", self._taken)
            self._scopes[id(layer)] = Scope(f"{ROOT}/{path}", f"backbone/{path}")
        return self._scopes[id(layer)]

    def holds(self, at: Scope, attribute: str, variable: Any, change: Callable[[Array], Any] = np.asarray) -> None:
        """Remember what a variable of ours is read from, and how its array is to be changed."""
        self.reads[f"{at.key}/{attribute}"] = lambda: np.asarray(change(array_of(variable)), np.float32)

    def within(self, at: Scope, variable: Any, name: str) -> Scope:
        """Return where a variable of a layer's own lives, as if it were a layer within it."""
        if id(variable) not in self._scopes:
            path = _unique(f"{at.key}/{_parts(name)}".removeprefix(f"{ROOT}/"), self._taken)
            self._scopes[id(variable)] = Scope(f"{ROOT}/{path}", f"backbone/{path}")
        return self._scopes[id(variable)]

    def fresh(self, name: str, prefix: str) -> str:
        """Return what a layer's result is called: its own name behind that of the model it lies in."""
        return _unique(f"{prefix}{name}", self.names)


def _plain(name: str) -> str:
    """Return a name that may be part of a key."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", name) or "layer"


def _parts(name: str) -> str:
    return "/".join(_plain(part) for part in name.split("/"))


def _unique(wanted: str, taken: set[str]) -> str:
    title, count = wanted, 1
    while title in taken:
        count += 1
        title = f"{wanted}_call{count}"
    taken.add(title)
    return title


def array_of(variable: Any) -> Array:
    """Return a variable's or constant's value."""
    return np.asarray(keras.ops.convert_to_numpy(variable), np.float32)


class NoFormError(Exception):
    """A layer asks for something that has no form here; the message says what. Caught where the layer is named."""
