"""The Python interface of comparison: `diff`. Re-exported by `loadstone` itself."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loadstone.facts.difference import Difference
    from loadstone.facts.environment import Environment

HERE = "here"
"""The word for this Python and its packages."""


def diff(left: str | os.PathLike[str] | Environment, right: str | os.PathLike[str] | Environment) -> Difference:
    """Return what differs between two models, checkpoints or configurations, or between two environments.

    A model is a path, name or address as everywhere; tensors are paired across containers. An environment is a value,
    another Python's path, a description (`tensorflow==2.15,python==3.11`), or `here`. The result is true where
    something differs. Raises what reading a source raises.
    """
    from loadstone.differences import diff as compare
    from loadstone.errors import SourceError
    from loadstone.facts.environment import Environment
    from loadstone.whereabouts import whereabouts

    if _is_environment(left) and _is_environment(right):
        return _environments(left, right)
    sources = []
    for side in (left, right):
        if isinstance(side, Environment):
            raise SourceError("an environment and a model cannot be compared", help="name two of one kind")
        sources.append(str(whereabouts(side)))
    return compare(sources[0], sources[1])


def _is_value(side: object) -> bool:
    from loadstone.facts.environment import Environment

    return isinstance(side, Environment)


def _is_environment(side: object) -> bool:
    """Whether a side names an environment: a value, the word `here`, a description, or a Python."""
    from loadstone.environment.described import looks_described

    if _is_value(side):
        return True
    text = os.fspath(side)  # type: ignore[call-overload]
    path = Path(text)
    python = path.name.startswith("python") and path.is_file() and os.access(path, os.X_OK)
    return text == HERE or python or (path / "pyvenv.cfg").is_file() or (looks_described(text) and not path.exists())


def _environments(left: object, right: object) -> Difference:
    from loadstone.environment.compare import compare
    from loadstone.facts.difference import Changed, Difference

    sides = [_environment(side) for side in (left, right)]
    found = [
        Changed("structure", f"{one.kind} {one.name}" if one.kind != one.name else one.name, one.left, one.right)
        for one in compare(*sides)
    ]
    return Difference(sides[0].name, sides[1].name, "environments", tuple(found))


def _environment(side: object) -> Environment:
    from loadstone.environment.named import named
    from loadstone.facts.environment import Environment

    if isinstance(side, Environment):
        return side
    text = os.fspath(side)  # type: ignore[call-overload]
    return named("" if text == HERE else text)
