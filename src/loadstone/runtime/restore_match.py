"""Which tensor of a file fills which variable of a user's model. The surest evidence decides, and what is left
open stays open.

In this order: a name that the caller gave; the layer's name, where Keras did not make it by counting; the path through
the object graph, or through Keras's own file; the variable's name; its name below a scope that the model or the file
has in front of everything; and last a shape that no other variable and no other tensor has. Of several candidates the
one of fitting shape is taken; where several fit, none is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from loadstone.blueprint.network import SLIM_NAMES
from loadstone.facts.filling import Misfit, Unclear
from loadstone.runtime.keras.keras_targets import Target
from loadstone.runtime.source_names import Source

AUTOMATIC = re.compile(
    r"(?:^|/)(conv[123]d(_transpose)?|separable_conv[12]d|depthwise_conv[12]d|batch_normalization|layer_normalization|dense|"
    r"embedding|lstm|gru|simple_rnn|bidirectional|functional|sequential|model|multi_head_attention|einsum_dense|"
    r"group_normalization|p_re_lu|normalization)(_\d+)?/"
)
"""Names that Keras makes up by counting layers in a process: another process gives the same name to another layer."""

Candidates = Callable[[Target], Sequence[Source]]
Certain = Callable[[Target], bool]


def _always(_: Target) -> bool:
    return True


@dataclass
class Found:
    """What is established so far: by the variable's place in the list of targets."""

    taken: dict[int, tuple[Source, str]] = field(default_factory=dict)
    misshapen: dict[int, Misfit] = field(default_factory=dict)
    unclear: dict[int, Unclear] = field(default_factory=dict)

    def settled(self, number: int) -> bool:
        """Whether the variable needs no further look."""
        return number in self.taken or number in self.misshapen or number in self.unclear


def find(
    targets: Sequence[Target],
    sources: Sequence[Source],
    by_path: Mapping[int, Sequence[str]],
    same: Callable[[Sequence[str]], bool],
) -> Found:
    """Return what fills what. `by_path`: identity of a variable → keys that its object path leads to; `same`: whether
    tensors hold the same values, so that it does not matter which is taken.
    """
    found = Found()
    by_name, by_key = _index(sources, lambda one: one.names), {one.spec.name: one for one in sources}
    renamed = _index([one for one in sources if one.renamed], lambda one: one.names)
    by_layer = _index(sources, lambda one: one.layer_names)
    sure, alike = _counted_alike(targets, sources), _built_alike(targets, sources)
    ways: list[tuple[str, Candidates, Certain]] = [
        ("rename", lambda one: renamed.get(one.name, ()), _always),
        ("name", lambda one: by_name.get(one.key, ()), _always),
        ("layer", lambda one: _all(by_layer, _given_names(one)), _always),
        ("path", lambda one: [by_key[key] for key in by_path.get(id(one.variable), ()) if key in by_key], _always),
        ("path", lambda one: _all(by_name, [one.file_path] if one.file_path else []), alike),
        ("name", lambda one: by_name.get(one.name, ()), sure),
        ("name", lambda one: _all(by_layer, one.layer_names), sure),
        ("name", _below(targets, by_name), sure),
    ]
    for how, candidates, certain in ways:
        for number, target in enumerate(targets):
            if not found.settled(number):
                _settle(
                    found, number, target, _one_of_equals(candidates(target), target, same), how, sure=certain(target)
                )
    _by_shape(found, targets, sources)
    _refuse_shared(found, targets)
    return found


def _given_names(target: Target) -> list[str]:
    """Return the names of the layer that somebody gave it, and not Keras by counting."""
    return [name for name in target.layer_names if not AUTOMATIC.search(name)]


def _one_of_equals(
    candidates: Sequence[Source], target: Target, same: Callable[[Sequence[str]], bool]
) -> Sequence[Source]:
    """Return the candidates, of fitting ones that hold the same values the first only: an export may hold copies."""
    fitting = [one for one in candidates if one.spec.shape == target.shape]
    if len(fitting) > 1 and same([one.spec.name for one in fitting]):
        return fitting[:1]
    return candidates


def _refuse_shared(found: Found, targets: Sequence[Target]) -> None:
    """Take back a tensor that was found for several variables: which of them it belongs to is open."""
    takers = Counter(id(source) for source, _ in found.taken.values())
    for number, (source, _) in list(found.taken.items()):
        if takers[id(source)] > 1:
            del found.taken[number]
            found.unclear[number] = Unclear(targets[number].label, (source.spec.name,))


def _index(sources: Sequence[Source], names: Callable[[Source], Sequence[str]]) -> dict[str, list[Source]]:
    found: dict[str, list[Source]] = {}
    for one in sources:
        for name in names(one):
            found.setdefault(name, []).append(one)
    return found


def _all(index: Mapping[str, Sequence[Source]], names: Sequence[str]) -> list[Source]:
    every = [one for name in names for one in index.get(name, ())]
    return list({id(one): one for one in every}.values())


def _settle(found: Found, number: int, target: Target, candidates: Sequence[Source], how: str, *, sure: bool) -> None:
    """Note what the candidates come to, if there are any."""
    if not candidates:
        return
    named = tuple(one.spec.name for one in candidates)
    fitting = [one for one in candidates if one.spec.shape == target.shape]
    if len(fitting) > 1 or (fitting and not sure):
        found.unclear[number] = Unclear(target.label, named)
    elif fitting:
        found.taken[number] = (fitting[0], how)
    else:
        found.misshapen[number] = Misfit(target.label, target.shape, named[0], candidates[0].spec.shape)


def _counted_alike(targets: Sequence[Target], sources: Sequence[Source]) -> Callable[[Target], bool]:
    """Return whether a variable's name may be believed: a counted one only where model and file count alike.

    That is where one of both has all the names of that kind that the other has, with the same shapes.
    """
    ours, theirs = (
        _kinds((one.name, one.shape) for one in targets),
        _kinds((name, one.spec.shape) for one in sources for name in one.names),
    )

    def sure(target: Target) -> bool:
        match = AUTOMATIC.search(target.name)
        if match is None:
            return True
        mine, others = ours.get(match[1], {}), theirs.get(match[1], {})
        return mine.items() <= others.items() or others.items() <= mine.items()

    return sure


_COUNTED = re.compile(r"(?:^|/)layers/(?P<kind>[a-z0-9_]+?)(?:_\d+)?/")


def _built_alike(targets: Sequence[Target], sources: Sequence[Source]) -> Certain:
    """Return whether a variable's place in Keras's own file may be believed: only where model and file have as many
    layers of that class, since Keras counts them.
    """
    ours = Counter(_COUNTED.sub(r"/\g<kind>/", one.file_path) for one in targets)
    theirs = Counter(_COUNTED.sub(r"/\g<kind>/", one.names[0]) for one in sources if one.names)

    def alike(target: Target) -> bool:
        place = _COUNTED.sub(r"/\g<kind>/", target.file_path)
        return ours[place] == theirs[place]

    return alike


def _kinds(named: Iterable[tuple[str, object]]) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = {}
    for name, shape in named:
        if match := AUTOMATIC.search(name):
            found.setdefault(match[1], {})[name] = shape
    return found


def _below(targets: Sequence[Target], by_name: Mapping[str, Sequence[Source]]) -> Candidates:
    """Return the candidates below a scope that the file, or the model, has in front of at least half of the names."""
    ends: dict[str, list[str]] = {}
    for name in by_name:
        parts = name.split("/")
        for at in range(1, min(len(parts), 6)):
            ends.setdefault("/".join(parts[at:]), []).append("/".join(parts[:at]))
    file_scopes = Counter(scope for one in targets for scope in dict.fromkeys(ends.get(one.name, ())))
    model_scopes = Counter(one.name.partition("/")[0] for one in targets if one.name.partition("/")[2] in by_name)
    enough = max(1, (len(targets) + 1) // 2)
    scopes = [scope for scope, count in file_scopes.items() if count >= enough]
    outer = [scope for scope, count in model_scopes.items() if count >= enough]

    def candidates(one: Target) -> list[Source]:
        names = [f"{scope}/{one.name}" for scope in scopes]
        first, _, rest = one.name.partition("/")
        return _all(by_name, [*names, *([rest] if first in outer else [])])

    return candidates


LEAVES = {slim: keras for keras, slim in SLIM_NAMES.items()}
"""What TF1's slim calls a variable → what Keras calls it."""


def _leaf(name: str) -> str:
    last = name.rpartition("/")[2].lstrip("_")
    return LEAVES.get(last, last)


def _by_shape(found: Found, targets: Sequence[Target], sources: Sequence[Source]) -> None:
    """Match what is left where a shape is the only one on both sides, and the last names say no other thing."""
    used = {id(source) for source, _ in found.taken.values()}
    open_targets = [(number, one) for number, one in enumerate(targets) if not found.settled(number)]
    open_sources = [one for one in sources if id(one) not in used]
    ours = Counter(one.shape for _, one in open_targets)
    theirs = Counter(one.spec.shape for one in open_sources)
    for number, target in open_targets:
        if not target.shape or ours[target.shape] != 1 or theirs[target.shape] != 1:
            continue
        source = next(one for one in open_sources if one.spec.shape == target.shape)
        if _leaf(target.name) in {_leaf(name) for name in source.names}:
            found.taken[number] = (source, "shape")
