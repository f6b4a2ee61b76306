"""Compute constants that stand behind `Dequantize` and `Cast` ahead of time.

What it is: for graphs whose weights are stored small (8-bit with a range, or half precision) and widened when run,
which not every engine can. What it is not: a general constant folder: arithmetic is left to the engine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loadstone.errors import LimitError
from loadstone.formats.dtypes import DTYPES, NUMBERS, dtype_name
from loadstone.formats.graph.tensor_proto import Constant, parse_constant
from loadstone.graphs.dequantize import LIMITS, Quantisation, dequantize
from loadstone.graphs.graph import Graph, Node
from loadstone.graphs.write import const_node
from loadstone.wire.limits import CONSTANT_FILL_BYTES, shown

if TYPE_CHECKING:
    import numpy.typing as npt

FOLDED = ("Dequantize", "Cast")
_HANDS_ON = "Identity"
_HOPS = 8
_GROWTH = 8
"""A folded constant may be so many times the bytes it is stored in: 8-bit to 64-bit."""

_DEFAULT_MODE = b"MIN_COMBINED"


def fold(graph: Graph) -> Graph:
    """Return the graph in which each `Dequantize` and `Cast` of constants is itself a constant of the same name.

    Raises `FormatError` for a constant that cannot be read, `UnsupportedModelError` for a quantisation that is unknown.
    """
    folded: dict[str, Node] = {}
    for node in graph.nodes.values():
        if node.op in FOLDED and not any(read.control for read in node.inputs):
            constant = _fold(graph, node, folded)
            if constant is not None:
                folded[node.name] = constant
    return graph.replaced(folded)


def _fold(graph: Graph, node: Node, folded: dict[str, Node]) -> Node | None:
    values = [_constant(graph, read.name, folded) for read in node.sources]
    constants = [value for value in values if value is not None]
    if len(constants) != len(values) or not constants:
        return None
    return _dequantized(node, constants) if node.op == "Dequantize" else _cast(node, constants[0])


def _constant(graph: Graph, name: str, folded: dict[str, Node]) -> Constant | None:
    """Return the constant that a node is or hands on; None where it depends on something else."""
    for _ in range(_HOPS):
        node = folded.get(name) or graph.nodes.get(name)
        if node is None or any(read.control for read in node.inputs):
            return None
        if node.op == "Const":
            return parse_constant(node.attribute("value").message("tensor"))
        if node.op != _HANDS_ON or len(node.sources) != 1:
            return None
        name = node.sources[0].name
    return None


def _dequantized(node: Node, constants: list[Constant]) -> Node | None:
    if len(constants) != 3:
        return None
    axis = node.attribute("axis")
    how = Quantisation(
        dtype_name(node.attribute("T").uint("type")),
        (node.attribute("mode").blob("s") or _DEFAULT_MODE).decode("ascii", "replace"),
        node.attribute("narrow_range").flag("b"),
        axis.sint("i") if "i" in axis else -1,
    )
    if how.dtype not in LIMITS or [constant.dtype.name for constant in constants] != [how.dtype, *("float32",) * 2]:
        # A range or values of another type would not run in TensorFlow either.
        return None
    values, low, high = (_read(constant, node) for constant in constants)
    kind = node.attribute("dtype").uint("type") or NUMBERS["float32"]
    return const_node(node.name, dequantize(values, low, high, how), kind)


def _cast(node: Node, constant: Constant) -> Node | None:
    """Return the cast constant; only from one plain number type to a wider one, where nothing can be lost."""
    import numpy as np

    target = DTYPES.get(node.attribute("DstT").uint("type"))
    values = constant.dtype
    if target is None or not target.stored or target.name in LIMITS or values.name in LIMITS or not values.stored:
        return None
    if target.name == "bfloat16" or values.name.startswith("float8") or target.name.startswith("float8"):
        return None
    array = _read(constant, node)
    wanted = np.bool_ if target.name == "bool" else np.dtype(target.stored)
    if not np.can_cast(array.dtype, wanted, "safe"):
        return None
    return const_node(node.name, array.astype(wanted), NUMBERS[target.name])


def _read(constant: Constant, node: Node) -> npt.NDArray[Any]:
    size = constant.elements * constant.dtype.width
    if size > CONSTANT_FILL_BYTES and size > _GROWTH * constant.stored_bytes:
        raise LimitError(
            "a constant that is one repeated value is too large to be written out",
            where=f"node {node.name}",
            expected=f"at most {shown(CONSTANT_FILL_BYTES)}",
            found=shown(size),
        )
    return constant.read()
