"""A record of a model: what its files, tensors and makers were on the day that it was recorded.

What it is: a JSON document beside the model (`model.keras.record.json`), described in docs/record.md. What it is not:
a signature; whoever can change the model can change its record.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from loadstone.errors import FormatError, LoadstoneError
from loadstone.facts import ModelFile
from loadstone.formats.registry import Candidate
from loadstone.wire.crc32c import crc32c
from loadstone.wire.json import parse_json

SCHEMA_VERSION = 1
SUFFIX = ".record.json"
MOST_FILES = 10_000
_BLOCK = 1 << 22


@dataclass(frozen=True, slots=True)
class RecordedFile:
    """One file: its path relative to the model's folder, its size in bytes, its SHA-256."""

    path: str
    nbytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Record:
    """What is recorded. `tensors` maps a name to dtype, shape and CRC-32C of its values (`""` where not read).

    `producer` is what the file itself says of its makers; `environment` the versions where it was recorded, with
    `python`, `system` and `machine`; `custom` the names that stock runtimes do not know, each with the module and the
    SHA-256 of its source where it was at hand; `commit` that of the repository that it was made in.
    """

    format: str
    files: tuple[RecordedFile, ...]
    tensors: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)
    producer: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    custom: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    commit: str = ""
    recorded: str = ""

    def document(self) -> dict[str, Any]:
        """Return the record as plain JSON values."""
        return {
            "schema_version": SCHEMA_VERSION,
            "kind": "loadstone-record",
            "recorded": self.recorded,
            "format": self.format,
            "files": [{"path": file.path, "bytes": file.nbytes, "sha256": file.sha256} for file in self.files],
            "tensors": {name: list(values) for name, values in self.tensors.items()},
            "producer": dict(self.producer),
            "environment": dict(self.environment),
            "custom": {name: dict(origin) for name, origin in self.custom.items()},
            "commit": self.commit,
        }


def beside(source: str | Path) -> Path:
    """Return where the record of a source lies: its path with `.record.json` after it."""
    path = Path(source)
    return path.with_name(path.name + SUFFIX)


def parse(content: bytes, where: str) -> Record:
    """Return a record from its document; raises `FormatError` for one that is no record."""
    value = parse_json(content, where)
    if not isinstance(value, dict) or value.get("kind") != "loadstone-record":
        raise FormatError("no record of Loadstone's", where=where, expected='"kind": "loadstone-record"')
    if value.get("schema_version") != SCHEMA_VERSION:
        raise FormatError(
            "a record of another version",
            where=where,
            expected=str(SCHEMA_VERSION),
            found=str(value.get("schema_version")),
        )
    try:
        files = tuple(RecordedFile(str(row["path"]), int(row["bytes"]), str(row["sha256"])) for row in value["files"])
        tensors = {str(name): (str(row[0]), str(row[1]), str(row[2])) for name, row in value["tensors"].items()}
        custom = {str(name): _texts(origin) for name, origin in value.get("custom", {}).items()}
        return Record(
            str(value["format"]),
            files,
            tensors,
            _texts(value.get("producer", {})),
            _texts(value.get("environment", {})),
            custom,
            str(value.get("commit", "")),
            str(value.get("recorded", "")),
        )
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise FormatError(f"a record that lacks a field or has one of another kind: {error}", where=where) from error


def _texts(value: Any) -> dict[str, str]:
    return {str(name): str(text) for name, text in value.items()}


def files(candidate: Candidate, model: ModelFile) -> Iterator[RecordedFile]:
    """Yield every file of a model that is present, hashed."""
    for name, path in names(candidate, model):
        digest = hashlib.sha256()
        content = memoryview(candidate.tree.view(name))
        for start in range(0, len(content), _BLOCK):
            digest.update(content[start : start + _BLOCK])
        yield RecordedFile(path, len(content), digest.hexdigest())


def names(candidate: Candidate, model: ModelFile) -> list[tuple[str, str]]:
    """Return each file's name in the tree, and its path as a record writes it."""
    if candidate.is_folder:
        prefix = f"{candidate.name}/" if candidate.name else ""
        listed = [name for name in candidate.names if not name.endswith(SUFFIX)]
        return [(prefix + name, name) for name in listed[:MOST_FILES]]
    folder = f"{candidate.folder}/" if candidate.folder else ""
    found = {candidate.name: candidate.name.removeprefix(folder)}
    for file in model.files:
        if file.state == "present" and candidate.tree.size(folder + file.path) is not None:
            found[folder + file.path] = file.path
    return sorted(found.items())


def tensors(model: ModelFile) -> dict[str, tuple[str, str, str]]:
    """Return dtype, shape and CRC-32C of every tensor; the checksum is empty where a tensor cannot be read."""
    return {spec.name: (spec.dtype, str(spec.shape), _sum(model, spec.name)) for spec in model.tensors.specs}


def _sum(model: ModelFile, name: str) -> str:
    try:
        array = model.tensors[name]
    except LoadstoneError:
        return ""
    content = b"\0".join(map(bytes, array.ravel())) if array.dtype.kind == "O" else array.tobytes()
    return f"{crc32c(content):08x}"
