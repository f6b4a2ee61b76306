"""TensorFlow's checkpoint, version 1: saved slices in sorted-string tables, one file or several shards.

What it is: the tables' own list of variables, their slices found by key and joined; also the `export` files of
SessionBundles, which are such checkpoints. What it is not: a reader of the `.meta` graph beside it.
Specification: tensorflow/core/util/saved_tensor_slice.proto, tensor_slice_writer.cc.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from loadstone.errors import FormatError
from loadstone.facts import FileFact, ModelFile, Tensors
from loadstone.formats.checkpoint.checkpoint_facts import detector_facts, meta_facts
from loadstone.formats.checkpoint.checkpoint_files import SHARD_NAME, Found, choose, is_state_file, step_of
from loadstone.formats.checkpoint.checkpoint_state import read_state
from loadstone.formats.checkpoint.saved_slices import SavedSlices
from loadstone.formats.checkpoint.shards import file_fact, lacks, shortage
from loadstone.formats.registry import Candidate
from loadstone.formats.trees.tree import Tree
from loadstone.wire.limits import CHECKPOINT_SHARDS
from loadstone.wire.protobuf import read_varint
from loadstone.wire.sstable import Table, has_magic

FORMAT = "checkpoint-v1"

_MESSAGE = 0x0A
"""The tag of field 1 as a message: SavedTensorSlices.meta, its first tensor, and that tensor's name."""


def sniff(candidate: Candidate) -> bool:
    """Accept a table of saved slices, one of its shards, or a state file, folder or bare prefix that means one."""
    if candidate.is_folder or is_state_file(candidate):
        return bool(_prefixes(candidate)) or _names_pattern(candidate)
    if candidate.tree.size(candidate.name) is None:
        return bool(_shard_names(candidate.tree, candidate.name))
    return is_saved_slices(candidate.tree, candidate.name)


def read(candidate: Candidate) -> ModelFile:
    """Read the checkpoint that the candidate means, with every shard that is there."""
    found = _find(candidate)
    tree = candidate.tree
    facts = tuple(file_fact(tree, name, "data") for name in _files(candidate, found))
    slices = SavedSlices(tree, [fact.path for fact in facts if not lacks(fact)])
    tensors = Tensors(slices.lazy())
    meta = meta_facts(tree, found.prefix)
    detector, contradictions = detector_facts(candidate, tensors)
    state = (file_fact(tree, found.state, "state"),) if found.state else ()
    folder = f"{candidate.folder}/" if candidate.folder else ""
    return ModelFile(
        source=candidate.source,
        format=FORMAT,
        complete=not any(lacks(fact) for fact in facts),
        files=tuple(replace(fact, path=fact.path.removeprefix(folder)) for fact in (*state, *facts, *meta.files)),
        producer=meta.producer,
        tensors=tensors,
        detector=detector,
        notes=(
            *found.notes,
            *(shortage(fact) for fact in facts if lacks(fact)),
            *slices.notes,
            *meta.notes,
            *contradictions,
        ),
        details=_details(found, facts, slices),
    )


def is_saved_slices(tree: Tree, name: str) -> bool:
    """Return whether a file is a table of saved slices, whole or cut short."""
    if starts_as_saved_slices(tree.head(name, 64)):
        return True
    data = tree.view(name)
    if not has_magic(data):
        return False
    try:
        first = Table(data).first()
    except FormatError:
        return False
    return first is not None and first[0] == b"" and bytes(first[1][:1]) == bytes([_MESSAGE])


def starts_as_saved_slices(head: bytes) -> bool:
    """Return whether the bytes begin as an uncompressed first entry: no key, and the list of variables as value."""
    if head[:2] != b"\x00\x00":
        return False
    try:
        _, at = read_varint(head, 2, len(head))
        for _ in range(3):
            if head[at : at + 1] != bytes([_MESSAGE]):
                return False
            _, at = read_varint(head, at + 1, len(head))
    except FormatError:
        return False
    return True


def _prefixes(candidate: Candidate) -> list[str]:
    """Return the V1 checkpoints directly in the candidate's folder. Only names that may be one are looked into."""
    tree = candidate.tree
    state = read_state(tree, candidate.folder)
    wanted = choose(candidate, ()) if state else None
    found: dict[str, None] = {}
    for name in tree.listing(candidate.folder):
        match = SHARD_NAME.fullmatch(name)
        prefix = match["prefix"] if match else name
        likely = match or "ckpt" in name.lower() or (wanted is not None and prefix == wanted.prefix)
        if likely and is_saved_slices(tree, name):
            found[prefix] = None
    return list(found)


def _names_pattern(candidate: Candidate) -> bool:
    """Return whether the state file names shards of which none is here."""
    state = read_state(candidate.tree, candidate.folder)
    return state is not None and "?????-of-" in state.latest


def _find(candidate: Candidate) -> Found:
    if candidate.is_folder or is_state_file(candidate):
        return choose(candidate, _prefixes(candidate)) or Found(candidate.name)
    match = SHARD_NAME.fullmatch(candidate.name)
    return Found(match["prefix"] if match else candidate.name)


def _files(candidate: Candidate, found: Found) -> list[str]:
    """Return the tree names of all files that the checkpoint consists of, present or not."""
    shards = _shard_names(candidate.tree, found.prefix)
    if shards:
        return shards
    state = read_state(candidate.tree, candidate.folder) if found.state else None
    match = SHARD_NAME.fullmatch(state.latest.replace("?????", "00000")) if state else None
    if match and candidate.tree.size(found.prefix) is None:
        return _numbered(found.prefix, int(match["count"]))
    return [found.prefix]


def _shard_names(tree: Tree, prefix: str) -> list[str]:
    """Return all shards of a prefix, by the count in the name of one that is here; none where no shard is."""
    for name in tree.listing(prefix.rpartition("/")[0]):
        match = SHARD_NAME.fullmatch(name)
        if match and match["prefix"] == prefix and is_saved_slices(tree, name):
            return _numbered(prefix, int(match["count"]))
    return []


def _numbered(prefix: str, count: int) -> list[str]:
    return [f"{prefix}-{number:05d}-of-{count:05d}" for number in range(min(count, CHECKPOINT_SHARDS))]


def _details(found: Found, facts: tuple[FileFact, ...], slices: SavedSlices) -> Mapping[str, Any]:
    details: dict[str, Any] = {"prefix": found.prefix.rpartition("/")[2], "shards": len(facts)}
    if slices.partitioned:
        details["partitioned"] = slices.partitioned
    if (step := step_of(found.prefix)) is not None:
        details["step"] = step
    return details
