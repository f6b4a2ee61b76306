"""Which tensor of one container is which of another: by name, by layer and place in it, else by shape and order.

What it is: passes from the surest to the weakest; a name that two tensors share is no name. What it is not: a look at
values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass

from loadstone.facts import TensorSpec

_SUFFIX = "/.ATTRIBUTES/VARIABLE_VALUE"
_VARS = re.compile(r"^(?:.*/)?(?P<layer>[^/]+)/vars/(?P<number>[0-9]{1,9})$")
_LEAF = re.compile(r"^(?:.*/)?(?P<layer>[^/]+)/(?P<leaf>[^/:]+)(?::\d+)?$")
_COUNTED = re.compile(r"_\d+$")


@dataclass(frozen=True, slots=True)
class Named:
    """A tensor with what is known of its place: its layer, the variable's name in it, and its number in it."""

    spec: TensorSpec
    layer: str
    leaf: str
    number: int


@dataclass(frozen=True, slots=True)
class Pair:
    """Two tensors taken for one; `reason` is empty where their names are the same."""

    left: TensorSpec
    right: TensorSpec
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Pairs:
    """The pairs, and what has no partner."""

    pairs: tuple[Pair, ...]
    only_left: tuple[TensorSpec, ...]
    only_right: tuple[TensorSpec, ...]


def named(specs: Iterable[TensorSpec]) -> list[Named]:
    """Return tensors with their layers; numbers count a layer's tensors in the file's order."""
    counts: dict[str, int] = {}
    found = []
    for spec in specs:
        plain = spec.name.removesuffix(_SUFFIX)
        numbered = _VARS.match(plain)
        leaf = _LEAF.match(spec.tensor_name or plain)
        layer = numbered["layer"] if numbered else leaf["layer"] if leaf else ""
        number = int(numbered["number"]) if numbered else counts.get(layer, 0)
        counts[layer] = counts.get(layer, 0) + 1
        found.append(Named(spec, layer, leaf["leaf"] if leaf and not numbered else "", number))
    return found


Key = Callable[[Named], Hashable]

_NAMES: tuple[tuple[Key, str], ...] = (
    (lambda one: one.spec.name, ""),
    (lambda one: one.spec.name.removesuffix(_SUFFIX), ""),
    (lambda one: one.spec.tensor_name or None, ""),
    (lambda one: (one.spec.tensor_name or one.spec.name.removesuffix(_SUFFIX)).partition(":")[0], ""),
    (lambda one: (one.layer, one.leaf) if one.leaf else None, "by layer and variable"),
    (lambda one: (one.layer, one.number, one.spec.shape), "by layer and place in it"),
)
_ORDERS: tuple[tuple[Key, str], ...] = (
    (lambda one: (_COUNTED.sub("", one.layer), one.leaf, one.spec.shape), "by kind of layer, shape and order"),
    (lambda one: (_COUNTED.sub("", one.layer), one.number, one.spec.shape), "by kind of layer, shape and order"),
    (lambda one: one.spec.shape, "by shape and order"),
)


def paired(left: Sequence[TensorSpec], right: Sequence[TensorSpec]) -> Pairs:
    """Return which tensors belong together, in the left side's order."""
    ours, theirs = named(left), named(right)
    found: dict[str, Pair] = {}
    for key, reason in _NAMES:
        ours, theirs = _unique(ours, theirs, key, reason, found)
    for key, reason in _ORDERS:
        ours, theirs = _ordered(ours, theirs, key, reason, found)
    pairs = tuple(found[spec.name] for spec in left if spec.name in found)
    return Pairs(pairs, tuple(one.spec for one in ours), tuple(one.spec for one in theirs))


Left = tuple[list[Named], list[Named]]


def _groups(tensors: list[Named], key: Key) -> dict[Hashable, list[Named]]:
    groups: dict[Hashable, list[Named]] = {}
    for one in tensors:
        if (label := key(one)) is not None:
            groups.setdefault(label, []).append(one)
    return groups


def _unique(ours: list[Named], theirs: list[Named], key: Key, reason: str, found: dict[str, Pair]) -> Left:
    """Pair what has a label of its own on both sides."""
    left, right = _groups(ours, key), _groups(theirs, key)
    done = set()
    for label, mine in left.items():
        other = right.get(label, [])
        if len(mine) == len(other) == 1:
            same = mine[0].spec.name.removesuffix(_SUFFIX) == other[0].spec.name.removesuffix(_SUFFIX)
            found[mine[0].spec.name] = Pair(mine[0].spec, other[0].spec, "" if same else reason or "by its own name")
            done |= {("l", mine[0].spec.name), ("r", other[0].spec.name)}
    return (
        [one for one in ours if ("l", one.spec.name) not in done],
        [one for one in theirs if ("r", one.spec.name) not in done],
    )


def _ordered(ours: list[Named], theirs: list[Named], key: Key, reason: str, found: dict[str, Pair]) -> Left:
    """Pair groups of equal size in their order."""
    left, right = _groups(ours, key), _groups(theirs, key)
    done = set()
    for label, mine in left.items():
        other = right.get(label, [])
        if len(mine) == len(other):
            for one, two in zip(mine, other, strict=True):
                found[one.spec.name] = Pair(one.spec, two.spec, reason)
                done |= {("l", one.spec.name), ("r", two.spec.name)}
    return (
        [one for one in ours if ("l", one.spec.name) not in done],
        [one for one in theirs if ("r", one.spec.name) not in done],
    )
