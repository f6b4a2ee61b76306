"""Scopes of a checkpoint that go by another name than a model expects, told by shapes and the rest of the names.

What it is: rules `old → new` for beginnings of names, each with the number of variables that it brings home. What it is
not: a guess: a rule counts only where the rest of the name and the shape agree, and no two variables claim one tensor.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from loadstone.blueprint.network import Variable
from loadstone.blueprint.weights import KEY_SUFFIX, Match
from loadstone.facts import TensorSpec

MOST_PARTS = 4
"""Parts at the beginning of a name that may have been renamed."""

LEAST = 3
"""A rule that fewer variables agree on may be chance."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Names that begin with `old` begin with `new` instead; `count` variables are found so."""

    old: str
    new: str
    count: int


@dataclass(frozen=True, slots=True)
class Renaming:
    """`rules` in the order in which they are tried, first that fits; `pairs`: tensor → the name that is expected."""

    rules: tuple[Rule, ...]
    pairs: dict[str, str]
    left: int


def renaming(found: Match, specs: Iterable[TensorSpec]) -> Renaming | None:
    """Return the rules under which unmatched variables are found among unused tensors; None where there are none."""
    free = {name: spec for spec in specs if (name := spec.name) in set(found.unused)}
    wanted = {_wanted(variable, free): variable for variable in found.unmatched}
    rules: list[Rule] = []
    pairs: dict[str, str] = {}
    while wanted and free:
        best = _best_rule(wanted, free)
        if best is None:
            break
        rules.append(best)
        for name in [name for name in free if _begins(name, best.old)]:
            new = renamed(name, best)
            variable = wanted.get(_plain(new))
            if variable is not None and variable.shape == free[name].shape:
                pairs[name] = new
                del free[name], wanted[_plain(new)]
    return Renaming(tuple(rules), pairs, len(wanted)) if rules else None


def _wanted(variable: Variable, free: dict[str, TensorSpec]) -> str:
    """The name that a variable has in this kind of checkpoint: its key, or TF1's name."""
    keyed = any(name.endswith(KEY_SUFFIX) for name in free)
    return variable.key if keyed or not variable.slim else variable.slim


def _plain(name: str) -> str:
    return name.removesuffix(KEY_SUFFIX)


def _begins(name: str, old: str) -> bool:
    return not old or name.startswith(f"{old}/")


def renamed(name: str, rule: Rule) -> str:
    """Return a name under a rule; unchanged where it does not begin so."""
    if not _begins(name, rule.old):
        return name
    rest = name[len(rule.old) + 1 :] if rule.old else name
    return f"{rule.new}/{rest}" if rule.new else rest


def _best_rule(wanted: dict[str, Variable], free: dict[str, TensorSpec]) -> Rule | None:
    """Return the rule that most variables agree on; of equals the one that changes least."""
    by_rest: dict[str, list[tuple[str, TensorSpec]]] = {}
    for name, spec in free.items():
        for start, rest in _splits(_plain(name)):
            by_rest.setdefault(rest, []).append((start, spec))
    votes: Counter[tuple[str, str]] = Counter()
    for name, variable in wanted.items():
        seen = set()
        for new, rest in _splits(name):
            for old, spec in by_rest.get(rest, ()):
                if spec.shape == variable.shape and old != new and (old, new) not in seen:
                    seen.add((old, new))
                    votes[old, new] += 1
    if not votes:
        return None
    (old, new), count = max(votes.items(), key=lambda one: (one[1], -len(one[0][0]) - len(one[0][1])))
    return Rule(old, new, count) if count >= min(LEAST, len(wanted)) else None


def _splits(name: str) -> list[tuple[str, str]]:
    parts = name.split("/")
    return [("/".join(parts[:at]), "/".join(parts[at:])) for at in range(min(MOST_PARTS, len(parts) - 1) + 1)]
