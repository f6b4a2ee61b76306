"""Which files of a folder make a SavedModel: its graph, its assets, its fingerprint.

What it is: names and sizes. A name inside the graph (an asset's) is looked up only where it stays below `assets/`.
"""

from __future__ import annotations

from loadstone.errors import LoadstoneError
from loadstone.facts import FileFact
from loadstone.formats.checkpoint.shards import file_fact, lacks, shortage
from loadstone.formats.graph.graph_sniff import family
from loadstone.formats.graph.meta_graph import MetaGraph
from loadstone.formats.registry import Candidate
from loadstone.wire.limits import KIB
from loadstone.wire.protobuf import Message
from loadstone.wire.schemas.saved_model import FINGERPRINT

NAMES = ("saved_model.pb", "saved_model.pbtxt")
FINGERPRINT_FILE = "fingerprint.pb"
HUB_FILE = "tfhub_module.pb"
KERAS_FILE = "keras_metadata.pb"
_INDEX = "variables/variables.index"
_HASHES = ("saved_model_checksum", "graph_def_program_hash", "signature_def_hash", "saved_object_graph_hash")


def is_place(candidate: Candidate) -> bool:
    """Return whether a file begins as a SavedModel, or a folder is laid out as one, even without its graph."""
    tree = candidate.tree
    if tree.size(candidate.beside(HUB_FILE)) is not None:
        return False
    if not candidate.is_folder:
        return family(candidate.head) == "savedmodel"
    known = (*NAMES, _INDEX)
    return any(tree.size(candidate.beside(name)) is not None for name in known) or bool(_renamed(candidate))


def find_graph(candidate: Candidate) -> str:
    """Return the tree name of the graph's file; that of the usual one where there is none."""
    if not candidate.is_folder and candidate.name.rpartition("/")[2] != HUB_FILE:
        return candidate.name
    usual = [candidate.beside(name) for name in NAMES]
    found = [name for name in usual if candidate.tree.size(name) is not None]
    return next(iter(found), _renamed(candidate) or usual[0])


def _renamed(candidate: Candidate) -> str:
    """Return the one file, beside Keras metadata or variables, that is a SavedModel under another name."""
    if all(candidate.tree.size(candidate.beside(name)) is None for name in (KERAS_FILE, _INDEX)):
        return ""
    names = [name for name in candidate.tree.listing(candidate.folder) if name.endswith((".pb", ".pbtxt"))]
    found = [name for name in names if family(candidate.tree.head(name)) == "savedmodel"]
    return found[0] if len(found) == 1 else ""


def asset_files(candidate: Candidate, graphs: list[MetaGraph]) -> tuple[list[FileFact], list[str]]:
    """Return the assets that the graphs name, and a note for each that lacks or points out of its folder."""
    files: list[FileFact] = []
    notes: list[str] = []
    for name in dict.fromkeys(name for graph in graphs for name in graph.assets):
        if not _is_inside(name):
            notes.append(f"an asset's name points out of its folder, {name[:120]!r}; it is not looked up")
            continue
        fact = file_fact(candidate.tree, candidate.beside(f"assets/{name}"), "asset")
        files.append(fact)
        if lacks(fact):
            notes.append(shortage(fact))
    return files, notes


def _is_inside(name: str) -> bool:
    parts = name.split("/")
    return "\\" not in name and ":" not in name and "\0" not in name and not {"", ".", ".."} & set(parts)


def fingerprint(candidate: Candidate) -> dict[str, str]:
    """Return what `fingerprint.pb` records, as decimal text; empty where there is none that can be read."""
    name = candidate.beside(FINGERPRINT_FILE)
    if candidate.tree.size(name) is None:
        return {}
    try:
        message = Message(candidate.tree.read(name, 64 * KIB), FINGERPRINT)
        found = {key: str(message.uint(key)) for key in _HASHES}
        uuid = message.text("uuid")
    except LoadstoneError:
        # It only helps to tell two exports apart; a broken one says nothing of the model.
        return {}
    return {**found, **({"uuid": uuid} if uuid else {})}
