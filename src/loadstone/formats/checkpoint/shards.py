"""The data files of a checkpoint: which there are, which lack, and by how many bytes.

What it is: names and sizes. An absent file, one cut short and a git-lfs pointer are facts here, not errors;
they become errors when somebody asks for bytes in them.
"""

from __future__ import annotations

import re

from loadstone.errors import FormatError, SourceError, TruncatedError
from loadstone.facts import FileFact
from loadstone.formats.kinds.text_kinds import POINTER_BYTES, pointer
from loadstone.formats.trees.tree import Tree
from loadstone.wire.limits import shown
from loadstone.wire.protobuf import Buffer

DATA_NAME = re.compile(r"(?P<prefix>.*)\.data-(?P<number>\d{5})-of-(?P<count>\d{5})", re.DOTALL)
"""`ckpt-3.data-00000-of-00001`: the data files of a V2 checkpoint."""


def data_name(prefix: str, number: int, count: int) -> str:
    """Return the name of a data file of the checkpoint `prefix`."""
    return f"{prefix}.data-{number:05d}-of-{count:05d}"


def file_fact(tree: Tree, name: str, role: str, expected: int | None = None) -> FileFact:
    """Return what lies under a name: present, missing, cut short, too long, or a pointer to the real file."""
    size = tree.size(name)
    if size is None:
        return FileFact(name, role, None, expected, "missing")
    if size <= POINTER_BYTES and (found := pointer(tree.head(name, POINTER_BYTES))) is not None:
        return FileFact(name, role, size, expected if found[1] is None else found[1], "lfs-pointer")
    if expected is not None and size != expected:
        return FileFact(name, role, size, expected, "truncated" if size < expected else "oversized")
    return FileFact(name, role, size, expected)


def lacks(fact: FileFact) -> bool:
    """Return whether bytes of the file are not here."""
    return fact.state not in ("present", "oversized")


def shortage(fact: FileFact) -> str:
    """Return one sentence about a file that lacks, with its bytes."""
    expected = "" if fact.expected is None else f" of {shown(fact.expected)}"
    if fact.state == "missing":
        return f"{fact.path}{expected} is missing"
    if fact.state == "lfs-pointer":
        return f"{fact.path} is a git-lfs pointer: {shown(fact.size or 0)} in place of a file{expected}"
    return f"{fact.path} ends {shown(fact.bytes_short or 0)} short: {fact.size or 0:,}{expected}"


class Shards:
    """Bytes of the data files of one checkpoint, given when they are there."""

    def __init__(self, tree: Tree, facts: tuple[FileFact, ...]) -> None:
        self._tree = tree
        self.facts = facts

    def window(self, number: int, offset: int, size: int) -> Buffer:
        """Return the data file `number`, in which `size` bytes at `offset` are there; else an error says what lacks."""
        fact = self.facts[number]
        if fact.size is None:
            raise SourceError(shortage(fact), where=self._tree.where, help="put the file beside the index")
        if fact.state == "lfs-pointer":
            raise FormatError(shortage(fact), where=self._tree.where, help="run `git lfs pull` where it was cloned")
        if offset + size > fact.size:
            raise TruncatedError(
                "the tensor lies beyond the end of its data file",
                where=f"{fact.path}, byte {offset:,}",
                expected=f"{shown(size)} up to byte {offset + size:,}",
                found=f"{shown(fact.size)} in the file",
                help="fetch the file again",
            )
        return self._tree.view(fact.path)
