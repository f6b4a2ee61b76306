"""`--freeze`: which layers do not train, by their variables' keys."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from loadstone.blueprint.fine_tune import taken_variables
from loadstone.errors import SourceError

if TYPE_CHECKING:
    from loadstone.blueprint.reader import AnyBlueprint


def frozen_keys(blueprint: AnyBlueprint, freeze: str) -> frozenset[str]:
    """Return the keys of what does not train: `none`, the `backbone`, or the keys that patterns (with commas) fit.

    Raises `SourceError` for a pattern that fits nothing, or for patterns that fit everything, and
    `UnsupportedModelError` for a detector without a backbone.
    """
    if freeze == "none":
        return frozenset()
    if freeze == "backbone":
        return frozenset(taken_variables(blueprint, "classification"))
    found: set[str] = set()
    for pattern in freeze.split(","):
        keys = [
            key
            for key in blueprint.variables
            if fnmatchcase(key, pattern.strip()) or key.startswith(f"{pattern.strip()}/")
        ]
        if not keys:
            scopes = sorted({"/".join(key.split("/")[:3]) for key in blueprint.variables})
            raise SourceError(
                "no layer has such a name to be frozen",
                expected=f"none, backbone, or a pattern of keys, like {scopes[0]}/*",
                found=pattern,
                help=f"the keys begin with: {', '.join(scopes[:6])}",
            )
        found.update(keys)
    if found >= blueprint.variables.keys():
        raise SourceError(
            "everything is frozen, so that nothing would train", found=freeze, help="leave the heads out of --freeze"
        )
    return frozenset(found)


def freezer(keys: frozenset[str]) -> Callable[[str], bool]:
    """Return whether a layer is frozen, by the key of its first variable, as learners ask it."""
    return keys.__contains__
