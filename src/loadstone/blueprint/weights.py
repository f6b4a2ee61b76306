"""Which tensor of a file fills which variable of a network: by key, by variable name, or by TF1 name; never by order.

A variable that two tensors could fill is refused, not guessed. Nothing is read here, only names and shapes compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from loadstone.blueprint.network import Network, Variable
from loadstone.facts import TensorSpec

KEY_SUFFIX = "/.ATTRIBUTES/VARIABLE_VALUE"
"""What a TF2 object-graph checkpoint puts behind every attribute's path."""


@dataclass(frozen=True, slots=True)
class Misshapen:
    """A variable whose tensor has another shape."""

    variable: Variable
    tensor: str
    found: tuple[int | None, ...] | None


@dataclass(frozen=True, slots=True)
class Match:
    """`matched`: variable key → tensor name. `unmatched` and `misshapen` variables are not filled; `ambiguous` ones
    have several candidates. `unused` names weight tensors that no variable asked for.
    """

    matched: Mapping[str, str]
    unmatched: tuple[Variable, ...]
    misshapen: tuple[Misshapen, ...]
    ambiguous: tuple[Variable, ...]
    unused: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether every variable is filled."""
        return not (self.unmatched or self.misshapen or self.ambiguous)

    def __str__(self) -> str:
        total = len(self.matched) + len(self.unmatched) + len(self.misshapen) + len(self.ambiguous)
        return f"{len(self.matched)} of {total} variables"


def match(network: Network, specs: Iterable[TensorSpec]) -> Match:
    """Find every variable's tensor among the weights of a file."""
    weights = [spec for spec in specs if spec.role in ("weight", "constant")]
    by_key = {spec.name.removesuffix(KEY_SUFFIX): spec for spec in weights}
    names = Counter(spec.tensor_name for spec in weights if spec.tensor_name)
    by_name = {spec.tensor_name: spec for spec in weights if spec.tensor_name}
    matched: dict[str, str] = {}
    unmatched: list[Variable] = []
    misshapen: list[Misshapen] = []
    ambiguous: list[Variable] = []
    for variable in network.variables.values():
        spec = by_key.get(variable.key) or by_name.get(variable.name) or by_key.get(variable.slim or variable.key)
        if spec is None:
            unmatched.append(variable)
        elif by_key.get(variable.key) is None and names[variable.name] > 1:
            ambiguous.append(variable)
        elif spec.shape != variable.shape:
            misshapen.append(Misshapen(variable, spec.name, spec.shape))
        else:
            matched[variable.key] = spec.name
    used = {*matched.values(), *(one.tensor for one in misshapen)}
    unused = tuple(spec.name for spec in weights if spec.role == "weight" and spec.name not in used)
    return Match(matched, tuple(unmatched), tuple(misshapen), tuple(ambiguous), unused)
