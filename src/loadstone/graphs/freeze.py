"""Put the variables' values into the graph as constants.

What it is: what `convert_variables_to_constants` did, on data: prune to the outputs, then `VariableV2` and
`VarHandleOp` become `Const`, and what read them becomes `Identity` or `GatherV2`. What it is not: an evaluator: a value
that is computed when the graph starts (a lookup table's) stays outside.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from loadstone.errors import FormatError, UnsupportedModelError
from loadstone.formats.dtypes import dtype_name
from loadstone.formats.shapes import shape_of
from loadstone.graphs.graph import Graph, Input, Node
from loadstone.graphs.prune import prune
from loadstone.graphs.saver import restored_from
from loadstone.graphs.write import const_node, make_node

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

REFERENCE = 100
_PLAIN = ("VariableV2", "Variable", "AutoReloadVariable")
_HANDLE = "VarHandleOp"
_READS = ("ReadVariableOp", "_ReadVariablesOp")
_GATHERS = ("ResourceGather",)
_HANDS_ON = ("Identity", "Enter", "Switch")
"""Operations through which a handle may pass on its way to what reads it."""


def freeze(
    graph: Graph,
    values: Mapping[str, npt.NDArray[Any]],
    outputs: Iterable[str],
    *,
    inputs: Iterable[str] = (),
    names: Mapping[str, str] | None = None,
) -> Graph:
    """Return the graph that `outputs` need, with its variables as constants.

    `values` maps names in the checkpoint to arrays; `names` says which is whose (variable node → name), without it the
    graph's own saver does; else the variable's own name is taken.
    Raises `FormatError` where a value is missing or has another shape than its variable, and `UnsupportedModelError`
    where the outputs need an operation that changes a variable.
    """
    import numpy as np

    names = restored_from(graph) if names is None else names
    kept = prune(graph, outputs, inputs=inputs)
    changed: dict[str, Node] = {}
    for node in kept.nodes.values():
        if node.op in _PLAIN or node.op == _HANDLE:
            changed[node.name] = _constant(node, values, names.get(node.name, ""))
    handles = {name for name in changed if kept.nodes[name].op == _HANDLE}
    for node in kept.nodes.values():
        if node.sources and _handle(kept, node.sources[0], handles):
            _replace_reader(node, changed, np)
    return prune(kept.replaced(changed), outputs, inputs=inputs)


def _handle(graph: Graph, read: Input, handles: set[str]) -> bool:
    """Whether an input is a variable's handle, directly or through what hands it on."""
    name = read.name
    for _ in range(8):
        if name in handles:
            return True
        node = graph.nodes.get(name)
        if node is None or node.op not in _HANDS_ON or not node.sources:
            return False
        name = node.sources[0].name
    return False


def _replace_reader(node: Node, changed: dict[str, Node], np: Any) -> None:
    """Replace what reads a handle by what reads its constant."""
    if node.op in _READS:
        kind = node.attribute("dtype").uint("type")
        changed[node.name] = make_node(node.name, "Identity", node.inputs, attributes={"T": {"type": kind}})
    elif node.op in _GATHERS:
        axis = const_node(f"{node.name}/axis", np.zeros((), dtype=np.int32))
        changed[axis.name] = axis
        params, index = node.attribute("dtype").uint("type"), node.attribute("Tindices").uint("type")
        types = {"Tparams": params, "Tindices": index, "Taxis": 3}
        reads = (*node.sources[:2], Input(axis.name), *(read for read in node.inputs if read.control))
        attributes = {key: {"type": number} for key, number in types.items()}
        changed[node.name] = make_node(node.name, "GatherV2", reads, attributes=attributes)
    elif node.op in _HANDS_ON:
        changed[node.name] = _hand_on(node, changed)
    else:
        raise UnsupportedModelError(
            f"the outputs need {node.op}, which changes or asks about a variable; it cannot be frozen",
            where=f"node {node.name}",
        )


def _hand_on(node: Node, changed: dict[str, Node]) -> Node:
    """Return the node that handed a handle on, now handing the value on: only its type changes."""
    source = changed.get(node.sources[0].name)
    kind = _value_type(source) if source is not None else 0
    attributes: dict[str, Any] = {"T": {"type": kind}}
    if node.op == "Enter":
        attributes["frame_name"] = {"s": node.attribute("frame_name").blob("s")}
        attributes["is_constant"] = {"b": node.attribute("is_constant").flag("b")}
        attributes["parallel_iterations"] = {"i": node.attribute("parallel_iterations").sint("i", 10)}
    return make_node(node.name, node.op, node.inputs, attributes=attributes)


def _value_type(node: Node) -> int:
    return node.attribute("dtype").uint("type") or node.attribute("T").uint("type")


def _constant(node: Node, values: Mapping[str, npt.NDArray[Any]], stored: str) -> Node:
    """Return the constant that takes a variable's place."""
    name = next((name for name in _names(node, stored) if name in values), None)
    if name is None:
        raise FormatError(
            f"the checkpoint has no value for the variable {node.name}",
            where=f"node {node.name}",
            expected=" or ".join(dict.fromkeys(_names(node, stored))),
            found=f"{len(values):,} other tensors",
            help="give the checkpoint that was saved with this graph",
        )
    kind = node.attribute("dtype").uint("type")
    kind = kind - REFERENCE if kind > REFERENCE else kind
    array = values[name]
    _check_shape(node, array)
    if array.dtype.name != dtype_name(kind) and dtype_name(kind) not in _WIDENED:
        raise FormatError(
            f"the value of the variable {node.name} has another type than the graph says",
            where=f"node {node.name}",
            expected=dtype_name(kind),
            found=array.dtype.name,
        )
    return const_node(node.name, array, kind, (read for read in node.inputs if read.control))


_WIDENED = ("bfloat16", "quint8", "qint8", "qint32", "quint16", "qint16", "string")
"""Types whose arrays have another name in NumPy."""


def _names(node: Node, stored: str) -> list[str]:
    """Return under which names a variable's value may be: the saver's, its shared name, its own."""
    shared = node.attribute("shared_name").blob("s").decode("utf-8", "backslashreplace")
    return [name for name in (stored, shared, node.name) if name]


def _check_shape(node: Node, array: npt.NDArray[np.generic]) -> None:
    declared = shape_of(node.attribute("shape").message("shape")) if "shape" in node.attribute("shape") else None
    if declared is None or (not declared and array.ndim and node.op == "Variable"):
        return
    if len(declared) != array.ndim or any(
        side is not None and side != have for side, have in zip(declared, array.shape, strict=True)
    ):
        raise FormatError(
            f"the value of the variable {node.name} has another shape than the graph says",
            where=f"node {node.name}",
            expected=str(declared),
            found=str(array.shape),
        )
