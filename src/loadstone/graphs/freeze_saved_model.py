"""One signature of a SavedModel as a frozen graph, for TensorFlow 1 and 2 alike.

What it is: the calls put in line, the variables made constants, and each output under the name that the signature gives
it. What it is not: a converter of tables and other resources that are filled when the model is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loadstone.errors import UnsupportedModelError
from loadstone.facts import Signature
from loadstone.formats.dtypes import NUMBERS
from loadstone.formats.graph.meta_graph import MetaGraph
from loadstone.graphs.freeze import freeze
from loadstone.graphs.graph import Graph, Input, graph_of, parse_input
from loadstone.graphs.inline import inline
from loadstone.graphs.saver import restored_from
from loadstone.graphs.write import make_node

if TYPE_CHECKING:
    import numpy.typing as npt

_TABLES = frozenset(("HashTableV2", "HashTable", "MutableHashTableV2", "MutableDenseHashTableV2"))


@dataclass(frozen=True, slots=True)
class Frozen:
    """`inputs` and `outputs` map the signature's names to node names of the graph (each node's output 0)."""

    graph: Graph
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]


def freeze_signature(meta: MetaGraph, signature: Signature, values: Mapping[str, npt.NDArray[Any]]) -> Frozen:
    """Return the frozen graph of a signature; `values` are the bundle's tensors.

    Raises `FormatError` for a graph or bundle that lacks something, `UnsupportedModelError` for what cannot be frozen.
    """
    graph = graph_of(meta.message.message("graph_def"))
    op_list = meta.message.message("meta_info_def").message("stripped_op_list")
    restore = meta.message.message("saver_def").text("restore_op_name")
    names: dict[str, str] = {}
    if parse_input(restore).name in graph.nodes:
        names = restored_from(inline(graph, op_list, [restore])[0])
    plain, sources = inline(graph, op_list, [spec.tensor_name for spec in signature.outputs])
    outputs: dict[str, str] = {}
    added = {}
    for spec, source in zip(signature.outputs, sources, strict=True):
        if source == Input(spec.name):
            outputs[spec.name] = spec.name
            continue
        name = spec.name if spec.name not in plain.nodes else f"{spec.name}/output"
        added[name] = make_node(name, "Identity", [source], attributes={"T": {"type": NUMBERS.get(spec.dtype, 0)}})
        outputs[spec.name] = name
    whole = plain.with_nodes([*plain.nodes.values(), *added.values()])
    frozen = freeze(whole, values, list(outputs.values()), names=names)
    _refuse_tables(frozen)
    given = {spec.name: parse_input(spec.tensor_name).name for spec in signature.inputs}
    return Frozen(frozen, {key: name for key, name in given.items() if name in frozen.nodes}, outputs)


def _refuse_tables(graph: Graph) -> None:
    found = next((node for node in graph.nodes.values() if node.op in _TABLES), None)
    if found is not None:
        raise UnsupportedModelError(
            f"the outputs need {found.op}, a table that is filled when the model is loaded; it cannot be frozen",
            where=f"node {found.name}",
        )
