"""Names of variables, nodes and tensors, made comparable.

What it is: what every rule of this package looks at: names without the suffixes that containers add, without training
state, and the set of their beginnings. What it is not: knowledge of any architecture.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from loadstone.facts.tensor import Shape

STATE = (
    "/Momentum",
    "/RMSProp",
    "/RMSProp_1",
    "/Adam",
    "/Adam_1",
    "/ExponentialMovingAverage",
    "/Adagrad",
)
"""Endings of TF1 optimizer slots and averages; they repeat the names of the weights."""

_SUFFIX = "/.ATTRIBUTES/VARIABLE_VALUE"
_SLOT = "/.OPTIMIZER_SLOT/"
_STEM_PARTS = 4


@dataclass(frozen=True)
class Names:
    """Names with their shapes (None where unknown), and the operations of the graph if it is one."""

    shapes: Mapping[str, Shape | None]
    ops: frozenset[str] = frozenset()

    @cached_property
    def stems(self) -> str:
        """The first four parts of every name, each once, one a line: what the patterns search."""
        return "\n".join({"/".join(name.split("/", _STEM_PARTS)[:_STEM_PARTS]) for name in self.shapes})

    def has(self, pattern: re.Pattern[str]) -> bool:
        """Whether any name's beginning matches."""
        return pattern.search(self.stems) is not None

    def under(self, pattern: re.Pattern[str]) -> dict[str, Shape]:
        """Return the names that match, with their known shapes."""
        return {name: shape for name, shape in self.shapes.items() if shape is not None and pattern.search(name)}


def plain(shapes: Mapping[str, Shape | None], ops: Iterable[str] = ()) -> Names:
    """Return names without suffixes and training state; of fused names (`a;b`, as TFLite writes) the first."""
    kept: dict[str, Shape | None] = {}
    for name, shape in shapes.items():
        if _SLOT in name or name.endswith(STATE):
            continue
        kept[name.removesuffix(_SUFFIX).removesuffix(":0").partition(";")[0]] = shape
    return Names(kept, frozenset(ops))


def scope(*parts: str) -> re.Pattern[str]:
    """Return a pattern for names that hold one of the parts as a whole path component (or several)."""
    return re.compile(r"(?m)(?:^|/)(?:" + "|".join(parts) + r")(?:/|$)")
