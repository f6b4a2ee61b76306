"""The table of formats, and how a source finds its reader.

Content decides; a name only hints. A format is one module of this package with two functions:

`sniff(candidate) -> bool`: whether this format's reader should have it. Looks at names, sizes and the first bytes only.
`read(candidate) -> ModelFile`: reads it, lazily. Raises `FormatError` for broken bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from loadstone.facts import ModelFile
from loadstone.formats.tree import Tree


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
