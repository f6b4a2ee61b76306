"""What a rewriting did and could not do."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from loadstone.dialects.target import Target

Container = Literal["hdf5", "archive", "json"]
"""Where the configuration stands: Keras reads each with code of its own, which forgives different things."""

_SHOWN = 120


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that the target reads otherwise, and what stands for it now (`after` is None: nothing).

    `fault` is the fault's name. `where` is the layer by class and name, `key` what of it. Without the change the
    target refuses the file, or (`silent`) loads it and computes something else.
    """

    fault: str
    where: str
    key: str
    before: str | None
    after: str | None
    reason: str = ""
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing that the target refuses and for which no other words are known; `needed` says what would help."""

    fault: str
    where: str
    key: str
    found: str
    needed: str = ""


@dataclass(frozen=True, slots=True)
class WeightRule:
    """A change that the weights of one layer need; `rule` is a name of the table in `weights`."""

    layer: str
    rule: str
    values: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A configuration in the target's words. `renamed` is new name → the layer's name in the file."""

    config: Any
    training: Any
    changes: tuple[Change, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()
    weights: tuple[WeightRule, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Ledger:
    """Collects what the rules do while they run."""

    target: Target
    container: Container
    source: str = ""
    """The Keras version that wrote the file, empty where it is not recorded."""
    changes: list[Change] = field(default_factory=list)
    obstacles: list[Obstacle] = field(default_factory=list)
    weights: list[WeightRule] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)

    def change(
        self,
        fault: str,
        where: str,
        key: str,
        before: Any = None,
        after: Any = None,
        *,
        reason: str = "",
        silent: bool = False,
    ) -> None:
        """Note a change; values are shown as JSON, shortened."""
        self.changes.append(Change(fault, where, key, shown(before), shown(after), reason, silent))

    def obstacle(self, fault: str, where: str, key: str, found: Any, needed: str = "") -> None:
        """Note what no rule mends."""
        self.obstacles.append(Obstacle(fault, where, key, shown(found) or "", needed))

    def rewritten(self, config: Any, training: Any) -> Rewritten:
        """Return what was collected, with the result; each thing once."""
        return Rewritten(
            config,
            training,
            _once(self.changes),
            _once(self.obstacles),
            tuple(dict.fromkeys(self.weights)),
            self.renamed,
        )


def _once(found: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(found))


def shown(value: Any) -> str | None:
    """Return a value as JSON on one line, cut where it is long; None for `GONE`."""
    if value is GONE:
        return None
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


class _Gone:
    """Stands for a key that is not there, which is not the same as null."""


GONE = _Gone()
