"""Which tensor of a file fills which variable of a network: by key, by variable name, or by TF1 name; never by order.

A variable that two tensors could fill is refused, not guessed. Nothing is read here, only names and shapes compared.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from loadstone.blueprint.network import Variable
from loadstone.errors import FormatError
from loadstone.facts import TensorSpec

if TYPE_CHECKING:
    import numpy.typing as npt

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


_COUNTED = re.compile(r"^([^/]+)_\d+/")


def uncounted(name: str) -> str:
    """Take off the number that Keras gives to a layer's second instance in one process (`extractor_1/conv/kernel`)."""
    return _COUNTED.sub(r"\1/", name)


_AUTOMATIC = re.compile(
    r"^(conv2d|separable_conv2d|depthwise_conv2d|conv2d_transpose|batch_normalization|dense)(_\d+)?/"
)
"""Names that Keras makes up by counting layers in a process: another process gives the same name to another layer."""


def plain_key(name: str) -> str:
    """Return an object-graph key as a checkpoint has it: an exported SavedModel's begins with `_model` instead."""
    key = name.removesuffix(KEY_SUFFIX)
    return key[1:] if key.startswith("_model/") else key


class _Tensors:
    """The weights of a file by every name that they may go by."""

    def __init__(self, specs: Iterable[TensorSpec]) -> None:
        self.weights = [spec for spec in specs if spec.role in ("weight", "constant")]
        self._by_key = {plain_key(spec.name): [spec] for spec in self.weights}
        self._by_name: dict[str, list[TensorSpec]] = {}
        self._by_uncounted: dict[str, list[TensorSpec]] = {}
        for spec in self.weights:
            if spec.tensor_name:
                self._by_name.setdefault(spec.tensor_name, []).append(spec)
                self._by_uncounted.setdefault(uncounted(spec.tensor_name), []).append(spec)

    def candidates(self, variable: Variable, key: str) -> list[TensorSpec]:
        """Return the tensors that go by the variable's key, else by its name, else by its name less a counter.

        A name that Keras made up identifies nothing, so such a variable is found by its key or not at all.
        """
        found = self._by_key.get(key) or (self._by_key.get(variable.slim) if variable.slim else None)
        if found or _AUTOMATIC.match(variable.name):
            return found or []
        return self._by_name.get(variable.name) or self._by_uncounted.get(variable.name) or []


OtherKeys = Callable[[str], str | None]


class HasVariables(Protocol):
    """A network, or a detector of several."""

    @property
    def variables(self) -> Mapping[str, Variable]: ...


def match(network: HasVariables, specs: Iterable[TensorSpec], other_keys: OtherKeys | None = None) -> Match:
    """Find every variable's tensor among the weights of a file.

    `other_keys` tells the file's own key of a variable by the one that a checkpoint has, where it knows another.
    """
    tensors = _Tensors(specs)
    matched: dict[str, str] = {}
    unmatched: list[Variable] = []
    misshapen: list[Misshapen] = []
    ambiguous: list[Variable] = []
    for variable in network.variables.values():
        other = other_keys(variable.key) if other_keys else None
        found = tensors.candidates(variable, plain_key(other) if other else variable.key)
        if not found:
            unmatched.append(variable)
        elif len(found) > 1:
            ambiguous.append(variable)
        elif found[0].shape != variable.shape:
            misshapen.append(Misshapen(variable, found[0].name, found[0].shape))
        else:
            matched[variable.key] = found[0].name
    used = {*matched.values(), *(one.tensor for one in misshapen)}
    unused = tuple(spec.name for spec in tensors.weights if spec.role == "weight" and spec.name not in used)
    return Match(matched, tuple(unmatched), tuple(misshapen), tuple(ambiguous), unused)


def value_of(variable: Variable, values: Mapping[str, npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """Return a variable's array from those by object-graph key; `FormatError` where it is absent or misshapen."""
    array = values.get(variable.key)
    if array is None:
        raise FormatError(f"no value for the variable {variable.name}", where=variable.key)
    if array.shape != variable.shape:
        raise FormatError(
            f"the variable {variable.name} has another shape",
            where=variable.key,
            expected=str(variable.shape),
            found=str(array.shape),
        )
    return array
