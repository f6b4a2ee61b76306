"""A SavedModel's variables: from its bundle, or, where that is missing, what the graph says of them.

What it is: names, types and shapes in any case, and values when the files are there. A graph's variable nodes state
what the missing files must at least have held.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from loadstone.errors import SourceError
from loadstone.facts import FileFact, Tensors
from loadstone.formats.checkpoint.bundle import read_bundle
from loadstone.formats.checkpoint.shards import data_name
from loadstone.formats.graph.graph_variables import absent_tensors, variable_specs
from loadstone.formats.graph.meta_graph import MetaGraph
from loadstone.formats.trees.tree import Tree
from loadstone.wire.limits import shown

PREFIX = "variables/variables"
_REMEDY = "put the model's `variables` folder beside its saved_model.pb"


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
    specs = variable_specs(graph.graph)
    expected = sum(spec.nbytes for spec in specs)
    files = found.files
    if all(file.role == "index" for file in files):
        files = (*files, FileFact(data, "data", None, expected, "missing"))
    called = "1 variable" if len(specs) == 1 else f"{len(specs):,} variables"
    note = f"the values of {called} are not here: at least {shown(expected)}"
    return SavedVariables(absent_tensors(specs, data, _REMEDY), files, (*found.notes, note), False)
