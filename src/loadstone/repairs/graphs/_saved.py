"""A SavedModel as raw fields that can be replaced one by one, and its folder copied with another graph file."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from loadstone.checks.subject import Subject
from loadstone.formats.savedmodel_files import find_graph
from loadstone.wire.protobuf import Buffer, index_fields
from loadstone.wire.protobuf_writer import field_bytes, tag, varint

GRAPH_FILE = "saved_model.pb"
SCHEMA, META_GRAPHS = 1, 2
META_INFO, GRAPH, SAVER, COLLECTION, SIGNATURE, ASSET, OBJECTS = 1, 2, 3, 4, 5, 6, 7


def graph_path(subject: Subject) -> Path | None:
    """Return the path of a SavedModel's binary graph file on this disk; None for any other subject."""
    candidate = subject.candidate
    if candidate is None or subject.format not in ("savedmodel", "tfhub-v1"):
        return None
    name = find_graph(candidate)
    if candidate.tree.size(name) is None or name.endswith(".pbtxt"):
        return None
    path = (subject.path if subject.path.is_dir() else subject.path.parent) / name.rpartition("/")[2]
    return path if path.is_file() else None


def fields(data: Buffer, start: int = 0, end: int | None = None) -> list[tuple[int, bytes | int]]:
    """Return the fields of one message level, by number: bytes of length-delimited ones, numbers of the others."""
    found = index_fields(data, start, len(data) if end is None else end)
    return [
        (number, entry if isinstance(entry, int) else bytes(data[entry[0] : entry[1]]))
        for number, entries in sorted(found.items())
        for entry in entries
    ]


def joined(parts: Iterable[tuple[int, bytes | int]]) -> bytes:
    """Return the message of such fields; numbers are written as varints, which is all that these messages have."""
    return b"".join(
        field_bytes(number, value) if isinstance(value, bytes) else tag(number, 0) + varint(value)
        for number, value in parts
    )


def copy_with_graph(folder: Path, target: Path, graph: bytes) -> None:
    """Copy a SavedModel's folder, links not followed, with other bytes as its `saved_model.pb`."""
    target.mkdir()
    for entry in sorted(folder.iterdir()):
        if entry.is_symlink() or entry.name in (GRAPH_FILE, "saved_model.pbtxt", "fingerprint.pb"):
            continue
        if entry.is_dir() and entry.name in ("variables", "assets", "assets.extra"):
            shutil.copytree(entry, target / entry.name, symlinks=True)
        elif entry.is_file() and entry.suffix in (".pb", ".pbtxt", ".json", ".config", ".txt"):
            shutil.copy2(entry, target / entry.name)
    (target / GRAPH_FILE).write_bytes(graph)
