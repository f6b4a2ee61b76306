"""The tensor bundle: an `.index` and its data files, as V2 checkpoints and SavedModels keep variables.

What it is: everything under one prefix (`ckpt-3`, `variables/variables`) as lazy tensors and facts about its files.
What it is not: the search for a prefix (see `checkpoint_files.py`), or a judgement on what lacks.
Specification: tensorflow/core/util/tensor_bundle.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from loadstone.errors import LoadstoneError
from loadstone.facts import FileFact, Tensors
from loadstone.formats.checkpoint.bundle_index import BundleIndex, read_index
from loadstone.formats.checkpoint.bundle_tensors import BundleTensors
from loadstone.formats.checkpoint.object_graph import OBJECT_GRAPH_KEY, ObjectGraph, read_object_graph
from loadstone.formats.checkpoint.shards import DATA_NAME, Shards, data_name, file_fact, lacks, shortage
from loadstone.formats.checkpoint.variable_roles import VariableNames, is_moving_average
from loadstone.formats.trees.tree import Tree

COUNTERS = {
    "global_step": ("global_step", "step/.ATTRIBUTES/VARIABLE_VALUE", "global_step/.ATTRIBUTES/VARIABLE_VALUE"),
    "save_counter": ("save_counter/.ATTRIBUTES/VARIABLE_VALUE",),
}
INDEX = "index"
DATA = "data"

_NUMBERED = re.compile(r"layer(_with_weights)?-\d+")
"""Keras names each layer a second time by its number; the list of roots would be nothing else."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """What lies under one prefix. Tensor names are the index's keys; `tensor_name` is the variable's own name.

    `files` are the index and every data file, `complete` whether all their bytes are here.
    """

    prefix: str
    tensors: Tensors
    files: tuple[FileFact, ...]
    notes: tuple[str, ...] = ()
    complete: bool = True
    details: Mapping[str, Any] = field(default_factory=dict)


def read_bundle(tree: Tree, prefix: str) -> Bundle:
    """Read the bundle `prefix` of a tree. An absent file is a fact; a broken index raises `FormatError`."""
    name = f"{prefix}.index"
    fact = file_fact(tree, name, INDEX)
    if lacks(fact):
        return _without_index(tree, prefix, fact)
    try:
        index = read_index(tree.view(name))
    except LoadstoneError as error:
        raise error.at(name) from None
    sizes = index.expected_sizes()
    data = tuple(file_fact(tree, data_name(prefix, n, index.shards), DATA, size) for n, size in enumerate(sizes))
    source = BundleTensors(index, Shards(tree, data))
    graph, notes = _object_graph(index, source)
    names = VariableNames(index.entries.keys(), graph.full_names, graph.slots)
    missing = [shortage(file) for file in data if lacks(file)]
    notes += [
        f"the index expects {size:,} bytes in {file.path}, its pointer says {file.expected:,}"
        for file, size in zip(data, sizes, strict=True)
        if file.expected not in (None, size)
    ]
    return Bundle(
        prefix,
        Tensors(source.lazy(names)),
        (fact, *data),
        (*missing, *notes),
        not missing,
        {**_details(index, graph, names), **_counters(source)},
    )


def _without_index(tree: Tree, prefix: str, fact: FileFact) -> Bundle:
    """Without its index nothing in a data file has a name, a type or a shape."""
    folder = prefix.rpartition("/")[0]
    data = tuple(
        file_fact(tree, name, DATA)
        for name in tree.listing(folder)
        if (match := DATA_NAME.fullmatch(name)) and match["prefix"] == prefix
    )
    notes = [shortage(fact)]
    if data:
        notes.append("without the index the data files are bytes without names, types or shapes")
    notes += [shortage(file) for file in data if lacks(file)]
    return Bundle(prefix, Tensors(), (fact, *data), tuple(notes), complete=False)


def _object_graph(index: BundleIndex, source: BundleTensors) -> tuple[ObjectGraph, list[str]]:
    """Return the object graph and notes; an empty one where the checkpoint has none or it can not be read."""
    if OBJECT_GRAPH_KEY not in index.entries:
        return ObjectGraph(), []
    try:
        strings = source.strings(OBJECT_GRAPH_KEY)
        return read_object_graph(strings[0] if strings else b""), []
    except LoadstoneError as error:
        if any(lacks(fact) for fact in source.files):
            return ObjectGraph(), ["the variables' own names lie in the data that is not here; their keys are shown"]
        return ObjectGraph(), [f"the variables' own names are not known, the object graph is broken: {error}"]


def _counters(source: BundleTensors) -> dict[str, int]:
    """Return how often the model was trained and saved, where the checkpoint counts it and the count is here."""
    found = {}
    for label, keys in COUNTERS.items():
        for key in keys:
            try:
                value = source.integer(key)
            except LoadstoneError:
                continue
            if value is not None:
                found[label] = value
    return found


def _details(index: BundleIndex, graph: ObjectGraph, names: VariableNames) -> dict[str, Any]:
    details: dict[str, Any] = {"shards": index.shards, "object_based": OBJECT_GRAPH_KEY in index.entries}
    partitioned = sum(entry.sliced for entry in index.entries.values())
    if partitioned:
        details["partitioned"] = partitioned
    if averages := sum(is_moving_average(key, names) for key in index.entries):
        details["moving_averages"] = averages
    if graph.nodes:
        details["object_graph"] = {
            "nodes": graph.nodes,
            "named_variables": len(graph.full_names),
            "roots": [root for root in graph.roots if not _NUMBERED.fullmatch(root)],
            "slots": dict(Counter(graph.slots.values())),
        }
    return details
