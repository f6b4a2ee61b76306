"""The weights of a file by every name that they go by, as the caller renames them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from loadstone.blueprint.weights import plain_key
from loadstone.errors import SourceError

if TYPE_CHECKING:
    from loadstone.facts import ModelFile, TensorSpec

Rename: TypeAlias = "Mapping[str, str] | Sequence[tuple[str, str]] | Callable[[str], str | None]"
"""Name in the file → name in the model: a mapping of whole names or scopes, (regex, replacement) pairs applied in
their order, or a function, whose None leaves a tensor out."""

WEIGHTS_GROUP = "model_weights/"
"""What stands before every path of a whole model in legacy HDF5."""


@dataclass(frozen=True, slots=True)
class Source:
    """A tensor of the file. `names` are its plain names after renaming, the file's own first; `layer_names` what Keras
    files tell of its layer (`conv/0`, `conv/kernel`); `renamed` whether the caller gave it another name."""

    spec: TensorSpec
    names: tuple[str, ...]
    layer_names: tuple[str, ...] = ()
    renamed: bool = False


def sources_of(model: ModelFile, rename: Rename | None) -> list[Source]:
    """Return the file's weights; `SourceError` for a `rename` that is none or names nothing in the file."""
    turn = _renamer(rename)
    found = []
    for spec in model.tensors.specs:
        if spec.role not in ("weight", "constant"):
            continue
        plain = [name for name in dict.fromkeys(_plain_names(spec)) if name]
        turned = [turn(name) for name in plain]
        if None in turned:
            continue
        names = tuple(dict.fromkeys(name for name in turned if name))
        found.append(Source(spec, names, tuple(_layer_names(spec)), renamed=list(turned) != plain))
    if isinstance(rename, Mapping):
        _check_used(rename, model)
    return found


def _plain_names(spec: TensorSpec) -> Iterable[str]:
    """Yield the tensor's name without what its container adds, and the variable's own name where there is one."""
    yield plain_key(spec.name).removesuffix(":0")
    if spec.tensor_name and "/vars/" not in spec.name:
        yield spec.tensor_name.removesuffix(":0")
    if spec.name.startswith(WEIGHTS_GROUP):
        yield spec.name.removeprefix(WEIGHTS_GROUP).partition("/")[2].removesuffix(":0")


def _layer_names(spec: TensorSpec) -> Iterable[str]:
    if "/vars/" in spec.name and spec.tensor_name:
        yield spec.tensor_name
    elif spec.name.startswith(WEIGHTS_GROUP):
        yield "/".join(spec.name.removesuffix(":0").split("/")[-2:])


def _renamer(rename: Rename | None) -> Callable[[str], str | None]:
    if rename is None:
        return lambda name: name
    if isinstance(rename, Mapping):
        return lambda name: _mapped(name, rename)
    if callable(rename):
        return rename
    try:
        rules = [(re.compile(pattern), replacement) for pattern, replacement in rename]
    except (TypeError, ValueError, re.error) as error:
        raise SourceError(
            "rename is neither a mapping, pairs of regex and replacement, nor a function", found=str(error)
        ) from error

    def by_rules(name: str) -> str:
        for pattern, replacement in rules:
            try:
                name = pattern.sub(replacement, name)
            except (TypeError, IndexError, re.error) as error:
                fact = f"rename cannot replace {pattern.pattern!r} by {replacement!r}"
                raise SourceError(fact, where=name, found=str(error)) from error
        return name

    return by_rules


def _mapped(name: str, rename: Mapping[str, str]) -> str:
    """Return the name that a mapping gives, of itself or of the longest scope before it."""
    if name in rename:
        return rename[name]
    scope = name
    while scope := scope.rpartition("/")[0]:
        if scope in rename:
            return f"{rename[scope]}/{name[len(scope) + 1 :]}".lstrip("/")
    return name


def _check_used(rename: Mapping[str, str], model: ModelFile) -> None:
    names = {name for spec in model.tensors.specs for name in _plain_names(spec)}
    idle = [old for old in rename if old not in names and not any(name.startswith(f"{old}/") for name in names)]
    if idle:
        raise SourceError(
            f"rename names {len(idle):,} that the file does not have", where=model.source, found=", ".join(idle[:5])
        )
