"""A SavedModel's variables: from its bundle, or, where that is missing, what the graph says of them.

What it is: names, types and shapes in any case, and values when the files are there. A graph's variable nodes state
what the missing files must at least have held.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from loadstone.errors import SourceError
from loadstone.facts import FileFact, LazyTensor, Role, Tensors, TensorSpec
from loadstone.formats.bundle import read_bundle
from loadstone.formats.dtypes import DTYPES, dtype_name
from loadstone.formats.graph_nodes import text
from loadstone.formats.meta_graph import VARIABLE_OPS, MetaGraph
from loadstone.formats.shapes import shape_of
from loadstone.formats.shards import data_name
from loadstone.formats.tree import Tree
from loadstone.formats.variable_roles import VariableNames, role_of
from loadstone.wire.limits import shown

if TYPE_CHECKING:
    import numpy.typing as npt

PREFIX = "variables/variables"

_WIDTHS = {dtype.name: dtype.width for dtype in DTYPES.values()}
_KERAS_STATE = re.compile(r"(?:training/)?(?:Adam|SGD|RMSprop|Nadam|Adamax|Adagrad|Adadelta|Ftrl)(?:_\d+)?/")
"""Keras names its optimizer's variables below the optimizer: `Adam/conv2d/kernel/m`, `SGD/learning_rate`."""

_METRIC = re.compile(r"(?:total|count)(?:_\d+)?")
"""The two numbers that a Keras metric keeps; in a checkpoint they lie below `keras_api/metrics`."""


@dataclass(frozen=True, slots=True)
class SavedVariables:
    """Tensors, the files that hold them (or should), and what else is known."""

    tensors: Tensors = field(default_factory=Tensors)
    files: tuple[FileFact, ...] = ()
    notes: tuple[str, ...] = ()
    complete: bool = True


def read_variables(tree: Tree, folder: str, graph: MetaGraph | None) -> SavedVariables:
    """Return the variables of the SavedModel in `folder`; `graph` is None where `saved_model.pb` cannot be read."""
    prefix = f"{folder}/{PREFIX}" if folder else PREFIX
    if tree.size(f"{prefix}.index") is None and graph is not None and not graph.variables:
        return SavedVariables()
    try:
        bundle = read_bundle(tree, prefix)
        found = SavedVariables(bundle.tensors, bundle.files, bundle.notes, bundle.complete)
    except SourceError:
        # There is no `variables` folder at all.
        index = FileFact(f"{prefix}.index", "index", None, None, "missing")
        found = SavedVariables(files=(index,), notes=("variables/ is missing",), complete=False)
    if found.tensors or graph is None:
        return found
    return _missing(graph, found, data_name(prefix, 0, 1))


def _missing(graph: MetaGraph, found: SavedVariables, data: str) -> SavedVariables:
    """Add to a bundle without an index what the graph knows: the tensors unread, and the least size of their file."""
    specs = list(_specs(graph))
    expected = sum(spec.nbytes for spec in specs)
    files = found.files
    if all(file.role == "index" for file in files):
        files = (*files, FileFact(data, "data", None, expected, "missing"))
    note = f"the values of {len(specs):,} variables are not here: at least {shown(expected)}"
    tensors = Tensors(LazyTensor(spec, _absent(spec.name, data)) for spec in specs)
    return SavedVariables(tensors, files, (*found.notes, note), False)


def _absent(name: str, data: str) -> Callable[[], npt.NDArray[Any]]:
    def read() -> npt.NDArray[Any]:
        raise SourceError(
            f"the value of the variable {name} is not here: {data} is missing",
            where=data,
            help="put the model's `variables` folder beside its saved_model.pb",
        )

    return read


def _specs(graph: MetaGraph) -> Iterator[TensorSpec]:
    """Yield each variable node's name, type and shape; one without a whole shape has no known size."""
    spans = [span for span in graph.graph.nodes if span[1] in VARIABLE_OPS]
    names = VariableNames(frozenset(text(span[0]) for span in spans))
    for span in spans:
        name = text(span[0])
        dtype = dtype_name(graph.graph.attribute(span, b"dtype").uint("type"))
        shape = shape_of(graph.graph.attribute(span, b"shape").message("shape"))
        spec = TensorSpec(name, dtype, shape, role=_role(name, dtype, names), tensor_name=name)
        yield TensorSpec(name, dtype, shape, spec.elements * _WIDTHS.get(dtype, 0), spec.role, name)


def _role(name: str, dtype: str, names: VariableNames) -> Role:
    if _METRIC.fullmatch(name):
        return "metadata"
    return "optimizer" if _KERAS_STATE.match(name) else role_of(name, dtype, names)
