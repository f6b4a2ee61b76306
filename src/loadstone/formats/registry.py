"""The table of formats, and how a source finds its reader.

Content decides; a name only hints. A format is one module of this package with two functions:

`sniff(candidate) -> bool`: whether this format's reader should have it. Looks at names, sizes and the first bytes only.
`read(candidate) -> ModelFile`: reads it, lazily. Raises `FormatError` for broken bytes.

Modules are imported when a cheap hint in the bytes names them, so that most sources import one of them.
`not_a_model` stands at the end of every row: it knows a name for everything.
"""

from __future__ import annotations

import importlib
import os
import re
import stat
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

from loadstone.errors import FormatError, LoadstoneError, SourceError, TruncatedError
from loadstone.facts import ModelFile
from loadstone.formats.trees.tree import DiskTree, Tree


@dataclass(frozen=True)
class Candidate:
    """What is to be recognised: a file of a tree (`name`), or the tree's folder `name` (`""` is the tree itself).

    `source` is what the user typed, for messages.
    """

    source: str
    tree: Tree
    name: str
    is_folder: bool

    @cached_property
    def head(self) -> bytes:
        """The first 4,096 bytes; empty for a folder."""
        return b"" if self.is_folder else self.tree.head(self.name)

    @property
    def size(self) -> int:
        """Bytes of the file; 0 for a folder."""
        return 0 if self.is_folder else self.tree.size(self.name) or 0

    @cached_property
    def names(self) -> tuple[str, ...]:
        """For a folder: every file below it, relative to it (walks the folder; empty for a file)."""
        if not self.is_folder:
            return ()
        prefix = f"{self.name}/" if self.name else ""
        return tuple(name[len(prefix) :] for name in self.tree.sizes if name.startswith(prefix))

    @property
    def folder(self) -> str:
        """The folder that the candidate is, or lies in: `""` or `a/b` (no trailing slash)."""
        return self.name if self.is_folder else self.name.rpartition("/")[0]

    def beside(self, name: str) -> str:
        """Return the tree name of a file in the same folder."""
        return f"{self.folder}/{name}" if self.folder else name


class Format(Protocol):
    """What a format module offers."""

    def sniff(self, candidate: Candidate) -> bool: ...

    def read(self, candidate: Candidate) -> ModelFile: ...


FALLBACK = "not_a_model"
"""Names what no reader takes. It is asked first as well, for what it knows by a signature."""

TEXTS = (
    "pipeline_config",
    "label_map",
    "frozen_graph",
    "metagraph",
    "savedmodel",
    "checkpoint_v2",
    "checkpoint_v1",
    "keras_config",
    "label_list",
)
PROTOBUFS = ("savedmodel", "frozen_graph", "metagraph", "tfhub")

FORMATS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("folder", ("folder",)),
    ("hdf5", ("keras_h5",)),
    ("zip", ("keras_zip", "not_a_model", "archive")),
    ("tflite", ("tflite",)),
    ("packed", ("tfrecord", "archive")),
    ("sorted-table", ("checkpoint_v2", "checkpoint_v1")),
    ("shard", ("checkpoint_v2", "checkpoint_v1")),
    ("json", ("tfjs", "keras_config")),
    ("text", TEXTS),
    ("hub", ("tfhub",)),
    ("named-arrays", ("safetensors", "not_a_model")),
    ("records", ("tfrecord", *PROTOBUFS)),
    # A table that is cut short has lost its end, a record file packed by zlib has no signature.
    ("binary", (*PROTOBUFS, "checkpoint_v2", "checkpoint_v1", "tfrecord")),
)
"""Hint → the modules that may read it, in the order in which they are asked."""

_BY_HINT = dict(FORMATS)

_MAGIC = (
    (0, b"\x89HDF\r\n\x1a\n", "hdf5"),
    # Before what follows: in a zip that stores its members an HDF5 one may lie at byte 512.
    (0, b"PK\x03\x04", "zip"),
    (0, b"PK\x05\x06", "zip"),
    # A user block of 512 bytes or its doublings may stand before an HDF5 file; what it holds is not ours to read.
    (512, b"\x89HDF\r\n\x1a\n", "hdf5"),
    (1024, b"\x89HDF\r\n\x1a\n", "hdf5"),
    (2048, b"\x89HDF\r\n\x1a\n", "hdf5"),
    (4, b"TFL3", "tflite"),
    (0, b"\x1f\x8b", "packed"),
    (0, b"BZh", "packed"),
    (0, b"\xfd7zXZ\x00", "packed"),
    (257, b"ustar", "packed"),
)
_TABLE_END = bytes.fromhex("57fb808b247547db")
"""The last eight bytes of a sorted-string table (LevelDB's kTableMagicNumber, little-endian)."""

_SHARD = re.compile(r"\.data-\d{5}-of-\d{5}$")


def hint(candidate: Candidate) -> str:
    """Return the row of `FORMATS` that the first bytes (and the last eight) point to."""
    if candidate.is_folder:
        return "folder"
    head = candidate.head
    for at, magic, name in _MAGIC:
        if head.startswith(magic, at):
            return name
    if is_text(head):
        return "json" if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[") else "text"
    if _SHARD.search(candidate.name):
        return "shard"
    if candidate.size >= 48 and bytes(candidate.tree.view(candidate.name)[-8:]) == _TABLE_END:
        return "sorted-table"
    if candidate.name.rpartition("/")[2] == "tfhub_module.pb":
        return "hub"
    if head[8:9] == b"{" and takes("safetensors", candidate):
        return "named-arrays"
    # A record begins with its length in eight bytes; a protobuf's fourth to eighth bytes are not all zero.
    if head[4:8] == bytes(4) and 0 < int.from_bytes(head[:4], "little") <= candidate.size:
        return "records"
    return "binary"


def is_text(head: bytes) -> bool:
    """Return whether the first bytes are text: UTF-8 (the last character may be cut), no control characters."""
    if not head or any(byte < 32 and byte not in b"\t\n\r\x0c\x1b" for byte in head):
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > len(head) - 4 and error.reason == "unexpected end of data"
    return True


def module(name: str) -> Format:
    """Import one format's module."""
    return importlib.import_module(f"loadstone.formats.{name}")


def recognise(candidate: Candidate) -> str:
    """Return the name of the module that should read the candidate."""
    row = hint(candidate)
    modules = _BY_HINT[row]
    if row in ("text", "json", "records", "binary") and module(FALLBACK).sniff(candidate):
        return FALLBACK
    return next((name for name in modules if takes(name, candidate)), FALLBACK)


def takes(name: str, candidate: Candidate) -> bool:
    """Return whether the module of that name should read the candidate."""
    return module(name).sniff(candidate)


def read(candidate: Candidate) -> ModelFile:
    """Recognise and read a candidate. Where its reader fails, a second look may say that it is something else."""
    return read_as(recognise(candidate), candidate)


def read_as(name: str, candidate: Candidate) -> ModelFile:
    """Read a candidate with the module of that name; see `read`."""
    try:
        return module(name).read(candidate)
    except FormatError as error:
        from loadstone.formats.not_a_model import second_look

        if candidate.is_folder or (other := second_look(candidate)) is None:
            raise _placed(error, candidate) from None
        return other


def _placed(error: LoadstoneError, candidate: Candidate) -> LoadstoneError:
    """Return the error with the file's name in its place, where the reader spoke of bytes and fields only."""
    if isinstance(error, TruncatedError) and not error.help:
        error.help = "fetch the file again; it ends before the format does"
    known = (candidate.source, candidate.name.rpartition("/")[2])
    return error if any(name and name in error.where for name in known) else error.at(candidate.source)


def open_source(source: str) -> ModelFile:
    """Read the file, folder or checkpoint prefix that a user named."""
    return read(locate(source))


def locate(source: str) -> Candidate:
    """Return what the path names: a folder, a regular file, or a prefix such as `dir/ckpt-3`."""
    path = Path(source)
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return _prefix(source, path)
    if stat.S_ISDIR(mode):
        return Candidate(source, DiskTree(path), "", is_folder=True)
    if not stat.S_ISREG(mode):
        raise SourceError("neither a file nor a folder", where=source)
    return Candidate(source, DiskTree(path.parent, only=path.name), path.name, is_folder=False)


def _prefix(source: str, path: Path) -> Candidate:
    """Return the checkpoint whose files begin with the path; raises `SourceError` where there is none."""
    names = _siblings(path)
    pattern = re.compile(re.escape(path.name) + r"(\.index|\.data-\d{5}-of-\d{5}|-\d{5}-of-\d{5}|\.meta)")
    # The index describes a checkpoint best, then any shard, then the graph that was saved with it.
    found = sorted((name for name in names if pattern.fullmatch(name)), key=_most_telling)
    if found:
        return Candidate(source, DiskTree(path.parent), found[0], is_folder=False)
    raise SourceError("no such file, folder or checkpoint prefix", where=source, help=_suggestion(path, names))


def _most_telling(name: str) -> tuple[int, str]:
    return (0 if name.endswith(".index") else 2 if name.endswith(".meta") else 1, name)


def _siblings(path: Path) -> list[str]:
    try:
        return sorted(os.listdir(path.parent))
    except (OSError, ValueError):
        return []


def _suggestion(path: Path, names: list[str]) -> str:
    from difflib import get_close_matches

    if near := get_close_matches(path.name, names, n=3, cutoff=0.5):
        return f"did you mean {' or '.join(str(path.parent / name) for name in near)}?"
    if not path.suffix and path.name == str(path):
        return "loadstone list shows the models that can be fetched by name"
    if not names:
        return "name an existing file or folder"
    return f"{path.parent} holds {', '.join(names[:5])}{', …' if len(names) > 5 else ''}"
