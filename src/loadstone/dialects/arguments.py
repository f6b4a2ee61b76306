"""Which keys of a configuration each of Keras' own classes accepts, in each version: the tables in `data/`.

The tables hold constructor signatures. What a constructor takes out of `**kwargs` by hand stands here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from loadstone.facts.environment import release

EVERY_LAYER = frozenset(
    {"name", "dtype", "trainable", "autocast", "activity_regularizer", "input_dim", "input_shape", "build_config"}
)
EVERY_KERAS2_LAYER = EVERY_LAYER | {"batch_input_shape", "batch_size", "weights", "input_dtype", "dynamic"}
_BY_HAND: Mapping[str, frozenset[str]] = {
    "layers.LeakyReLU": frozenset({"alpha"}),
    "layers.LSTM": frozenset({"implementation"}),
    "layers.GRU": frozenset({"implementation"}),
    "layers.LSTMCell": frozenset({"implementation"}),
    "layers.GRUCell": frozenset({"implementation"}),
    "layers.Embedding": frozenset({"input_length"}),
    "layers.LayerNormalization": frozenset({"rms_scaling"}),
    "layers.TextVectorization": frozenset({"vocabulary_size", "has_input_vocabulary"}),
    "layers.StringLookup": frozenset({"vocabulary_size", "has_input_vocabulary"}),
    "layers.IntegerLookup": frozenset({"vocabulary_size", "has_input_vocabulary"}),
    "layers.Bidirectional": frozenset({"backward_layer"}),
    "layers.Lambda": frozenset({"module", "function_type", "output_shape_type", "output_shape_module"}),
}
"""Keys that Keras 3 accepts without their standing in a signature."""
_STRICT = ("SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "Discretization")
"""Layers of Keras 3 whose constructors pass nothing on: not even `trainable` is theirs."""
_RECURRENT2: frozenset[str] = frozenset({"zero_output_for_mask", "implementation", "input_length"})
"""What the recurrent layers of Keras 2 take out of `**kwargs`."""
_OPTIMIZER_EXTRA = frozenset({"decay"})


@dataclass(frozen=True, slots=True)
class _Span:
    """A name and the releases in which it is there: from `since` on, before `until`."""

    name: str
    since: tuple[int, ...] = ()
    until: tuple[int, ...] = ()

    def holds(self, version: tuple[int, ...]) -> bool:
        return version[:2] >= self.since and (not self.until or version[:2] < self.until)


def _span(word: str) -> _Span:
    rest, _, until = word.partition("<")
    name, _, since = rest.partition("@")
    return _Span(name, release(since) or (), release(until) or ())


@cache
def _table(name: str) -> Mapping[str, tuple[_Span, tuple[_Span, ...]]]:
    """Return `group.Class` → the class's span and those of its arguments."""
    found = {}
    for line in (files("loadstone.dialects") / "data" / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            first, *rest = map(_span, line.split())
            found[first.name] = first, tuple(rest)
    return found


def accepted3(group: str, class_name: str, version: tuple[int, ...]) -> frozenset[str] | None:
    """Return the keys that Keras 3 of a version accepts for a class; None where it has no such class."""
    entry = _table("keras3_arguments.txt").get(f"{group}.{class_name}")
    if entry is None or not entry[0].holds(version):
        return None
    own = {span.name for span in entry[1] if span.holds(version)}
    if class_name in _STRICT:
        return frozenset(own | {"name", "dtype"})
    return frozenset(own | _BY_HAND.get(entry[0].name, frozenset()) | _extra(group))


def accepted2(group: str, class_name: str) -> frozenset[str] | None:
    """Return the keys that the last Keras 2 accepts for a class; None where it has no such class."""
    entry = _table("keras2_arguments.txt").get(f"{group}.{class_name}")
    if entry is None:
        return None
    recurrent = _RECURRENT2 if class_name in ("LSTM", "GRU", "SimpleRNN", "RNN") else frozenset()
    every = EVERY_KERAS2_LAYER if group == "layers" else _extra(group)
    return frozenset({span.name for span in entry[1]} | every | recurrent)


def _extra(group: str) -> frozenset[str]:
    if group == "layers":
        return EVERY_LAYER
    return _OPTIMIZER_EXTRA if group == "optimizers" else frozenset()


def since3(group: str, class_name: str, key: str) -> str:
    """Return the Keras 3 release that first accepts a key, as far as the table tells; empty where all do or none."""
    entry = _table("keras3_arguments.txt").get(f"{group}.{class_name}")
    for span in entry[1] if entry else ():
        if span.name == key and span.since:
            return ".".join(map(str, span.since))
    return ""


def group_of(class_name: str) -> str:
    """Return the group that a class belongs to (`layers`, `initializers`, ...); empty for a class of nobody."""
    for group in ("layers", "initializers", "regularizers", "constraints", "optimizers", "losses", "metrics"):
        for table in ("keras3_arguments.txt", "keras2_arguments.txt"):
            if f"{group}.{class_name}" in _table(table):
                return group
    return ""
