"""The table of repairs: each family's folder lists its own.

A family is a package of this room; its `__init__` has `REPAIRS`: the names of its repairs. A repair's module is named
as the repair, with `_` for `-`. Its docstring is its page. It offers

`plan(subject) -> Plan | None`: what it would do; None where there is nothing for it to do. Reads, never writes.
`ON_REQUEST`: True where it changes what is no fault (drops heads, writes a configuration); only `only` names it then.
`apply(plan, target)`: writes the new file or folder at `target`, a path that does not exist yet. The caller makes
that atomic, rechecks it, and puts it in its place.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Protocol

from loadstone.checks.subject import Subject
from loadstone.facts.plan import Plan

FAMILIES = ("files", "text", "keras", "checkpoints", "graphs")
"""In the order in which they are tried: bytes are undone before what they say is mended."""


class RepairModule(Protocol):
    """What the module of a repair offers."""

    def plan(self, subject: Subject) -> Plan | None: ...

    def apply(self, plan: Plan, target: Path) -> None: ...


@cache
def names() -> dict[str, str]:
    """Return every repair's name and its family."""
    found: dict[str, str] = {}
    for family in FAMILIES:
        found |= dict.fromkeys(importlib.import_module(f"loadstone.repairs.{family}").REPAIRS, family)
    return found


def module(name: str) -> RepairModule:
    """Import one repair's module; raises `KeyError` for an unknown name."""
    return importlib.import_module(f"loadstone.repairs.{names()[name]}.{name.replace('-', '_')}")


def modules() -> Iterator[tuple[str, RepairModule]]:
    """Yield every repair in the order in which they are tried."""
    for name in names():
        yield name, module(name)
