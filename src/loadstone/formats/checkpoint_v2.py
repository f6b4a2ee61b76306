"""TensorFlow's checkpoint, version 2: a tensor bundle beside a state file, named by any of its files.

What it is: the way from a prefix, an index, a data file, a state file or a folder to one bundle, and its facts.
What it is not: the reading of the bundle (see `bundle.py`), which SavedModels share.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from loadstone.errors import FormatError
from loadstone.facts import FileFact, ModelFile
from loadstone.formats.checkpoint.bundle import Bundle, read_bundle
from loadstone.formats.checkpoint.bundle_index import is_bundle
from loadstone.formats.checkpoint.checkpoint_facts import detector_facts, meta_facts
from loadstone.formats.checkpoint.checkpoint_files import Found, choose, index_prefixes, is_state_file, step_of
from loadstone.formats.checkpoint.shards import DATA_NAME, file_fact
from loadstone.formats.kinds.text_kinds import pointer
from loadstone.formats.registry import Candidate
from loadstone.wire.sstable import Table, has_magic

FORMAT = "checkpoint-v2"

_TABLE_STARTS = (b"\x00\x00",)
"""A table's first entry shares nothing and has the empty key."""


def sniff(candidate: Candidate) -> bool:
    """Accept an index, a data file, a state file, a folder with any of them, or a bare prefix."""
    if candidate.is_folder:
        return bool(index_prefixes(candidate)) or _orphan_state(candidate)
    if candidate.tree.size(candidate.name) is None:
        return candidate.tree.size(f"{candidate.name}.index") is not None
    if is_state_file(candidate):
        return bool(index_prefixes(candidate)) or _orphan_state(candidate)
    if DATA_NAME.fullmatch(candidate.name):
        return pointer(candidate.head) is None or bool(_index_beside(candidate))
    return _is_index(candidate)


def read(candidate: Candidate) -> ModelFile:
    """Read the one checkpoint that the candidate means; others in its folder are mentioned."""
    found = _find(candidate)
    tree = candidate.tree
    bundle = read_bundle(tree, found.prefix)
    meta = meta_facts(tree, found.prefix)
    detector, contradictions = detector_facts(candidate, bundle.tensors)
    files = (*_state_fact(candidate, found), *bundle.files, *meta.files)
    return ModelFile(
        source=candidate.source,
        format=FORMAT,
        complete=bundle.complete,
        files=tuple(replace(file, path=_within(candidate, file.path)) for file in files),
        producer=meta.producer,
        tensors=bundle.tensors,
        detector=detector,
        notes=(*found.notes, *bundle.notes, *meta.notes, *contradictions),
        details=_details(found, bundle),
    )


def _find(candidate: Candidate) -> Found:
    name = candidate.name
    if candidate.is_folder or is_state_file(candidate):
        return choose(candidate, index_prefixes(candidate)) or Found(candidate.beside(""))
    if candidate.tree.size(name) is None:
        return Found(name)
    match = DATA_NAME.fullmatch(name)
    return Found(match["prefix"] if match else name.removesuffix(".index"))


def _orphan_state(candidate: Candidate) -> bool:
    """Return whether a state file stands here whose checkpoint does not, in either version."""
    from loadstone.formats.checkpoint_v1 import sniff as sniff_v1

    found = choose(candidate, ())
    return found is not None and not sniff_v1(candidate)


def _index_beside(candidate: Candidate) -> bool:
    match = DATA_NAME.fullmatch(candidate.name)
    return match is not None and candidate.tree.size(f"{match['prefix']}.index") is not None


def _is_index(candidate: Candidate) -> bool:
    """Return whether a file is an index by its bytes, or by its name where it is cut short."""
    named = candidate.name.endswith(".index")
    if not candidate.size or pointer(candidate.head) is not None:
        return False
    data = candidate.tree.view(candidate.name)
    if not has_magic(data):
        prefix = candidate.name.removesuffix(".index")
        return named and (candidate.head.startswith(_TABLE_STARTS) or prefix in _with_data(candidate))
    try:
        return is_bundle(Table(data))
    except FormatError:
        return named


def _with_data(candidate: Candidate) -> set[str]:
    names = candidate.tree.listing(candidate.folder)
    return {match["prefix"] for name in names if (match := DATA_NAME.fullmatch(name))}


def _state_fact(candidate: Candidate, found: Found) -> tuple[FileFact, ...]:
    return (file_fact(candidate.tree, found.state, "state"),) if found.state else ()


def _within(candidate: Candidate, name: str) -> str:
    return name.removeprefix(f"{candidate.folder}/") if candidate.folder else name


def _details(found: Found, bundle: Bundle) -> Mapping[str, Any]:
    details: dict[str, Any] = {"prefix": found.prefix.rpartition("/")[2], **bundle.details}
    if (step := step_of(found.prefix)) is not None:
        details["step"] = step
    return details
