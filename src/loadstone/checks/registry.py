"""The table of faults: each family's folder lists its own, with the kinds of subject that show them.

A family is a package of this room; its `__init__` has `FAULTS`: fault name → kinds, separated by spaces (empty: known
from texts only). Kinds are those of `subject.kinds`. A fault's module is imported only when a subject of one of its
kinds is examined, or an error text is explained.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from functools import cache

from loadstone.checks.fault import FaultModule

FAMILIES = (
    "integrity",
    "paths",
    "loaders",
    "keras",
    "custom",
    "weights",
    "config",
    "versions",
    "python_env",
    "gpu",
    "memory",
    "network",
    "permission",
    "safety",
    "record",
)
"""The families, in the order in which equally grave findings are told: a broken file explains more than its version."""


@cache
def faults() -> Mapping[str, tuple[str, frozenset[str]]]:
    """Return every fault by name: its family and the kinds of subject that show it."""
    table: dict[str, tuple[str, frozenset[str]]] = {}
    for family in FAMILIES:
        listed: Mapping[str, str] = importlib.import_module(f"loadstone.checks.{family}").FAULTS
        table |= {name: (family, frozenset(kinds.split())) for name, kinds in listed.items()}
    return table


@cache
def module(name: str) -> FaultModule:
    """Import one fault's module; raises `KeyError` for an unknown name."""
    family, _ = faults()[name]
    return importlib.import_module(f"loadstone.checks.{family}.{name.replace('-', '_')}")


def for_kinds(kinds: frozenset[str]) -> Iterator[FaultModule]:
    """Yield the modules of the faults that a subject of these kinds may show, in the table's order."""
    for name, (_, wanted) in faults().items():
        if wanted & kinds:
            yield module(name)
