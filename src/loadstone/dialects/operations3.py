"""Operations of Keras 3 in an HDF5 file of Keras 3, which its own reader does not find again.

A functional model holds an operation where a function of `keras.ops` was called on a layer's output (`x + y`,
`ops.relu`, `x[:, 0]`, the masks of an embedding). Keras 3 writes it into HDF5 by its class alone, and on reading takes
it for a layer of that name: `Unknown layer: 'Relu'`, or a layer `Multiply` that gets the operands of an operation.
Named with its module, as an archive names it, it is found.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from loadstone.dialects.ledger import GONE, Ledger
from loadstone.dialects.tree import Config, children, where_of

FAULT = "keras3-h5-operations"


@cache
def modules() -> Mapping[str, str]:
    """Return every operation's class and the module that defines it (`Relu` → `keras.src.ops.nn`)."""
    text = files("loadstone.dialects.data").joinpath("keras3_operations.txt").read_text(encoding="utf-8")
    found: dict[str, str] = {}
    module = ""
    for line in text.splitlines():
        for word in () if line.startswith("#") else line.split():
            if word.endswith(":"):
                module = f"keras.src.ops.{word[:-1]}"
            else:
                found[word] = module
    return found


def is_operation(member: Mapping[str, Any]) -> bool:
    """Whether a member of a functional model is an operation: a layer's configuration has `trainable` and `dtype`."""
    config = member.get("config")
    if not isinstance(config, dict) or "module" in member or {"trainable", "dtype"} & config.keys():
        return False
    calls = member.get("inbound_nodes")
    return member.get("class_name") in modules() and isinstance(calls, list) and all(map(_is_call, calls))


def _is_call(call: Any) -> bool:
    """Whether a call is stated as Keras 3 states it; an older Keras had no operations."""
    return isinstance(call, dict) and "args" in call


def name_operations(model: Config, ledger: Ledger) -> None:
    """Name the module of every operation directly inside a model, where the file is HDF5."""
    if ledger.container == "archive":
        return
    for member in children(model):
        if is_operation(member):
            module = modules()[member["class_name"]]
            reason = "Keras takes it for a layer of this name; it is an operation"
            ledger.change(FAULT, where_of(member), "module", GONE, module, reason=reason)
            member["module"], member["registered_name"] = module, member["class_name"]
