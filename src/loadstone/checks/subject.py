"""One thing under examination: a file, a folder, or a part of it, with what it is to be judged against.

Views of it (`checks/views/`) are made when a fault first asks for one, and kept.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote
from typing import TypeVar

from loadstone.errors import LoadstoneError
from loadstone.facts import ModelFile
from loadstone.facts.environment import Environment
from loadstone.formats.registry import Candidate

V = TypeVar("V")

KERAS = frozenset({"keras-h5", "keras-h5-weights", "keras-zip", "keras-config"})
GRAPHS = frozenset({"savedmodel", "frozen-graph", "metagraph", "tfhub-v1"})
CHECKPOINTS = frozenset({"checkpoint-v2", "checkpoint-v1"})


@dataclass(frozen=True)
class Subject:
    """What a fault's `from_file` looks at.

    `candidate` gives the bytes (`head`, `tree`, `name`); None for a member of an archive that has no place of its own.
    `model` is what reading established, None where it failed; `error` is that failure. `whole` is the model of the
    source that this is a part of (itself where it is no part). `environment` is what it is to load in. `config` and
    `labels` are paths that the user named with it. `to` is what it is to fit (for a config, a checkpoint). `rename` are
    rules for a checkpoint's names (old beginning, new one). `home` is the folder whose files are its neighbours, where
    that is not its own: of a file that a repair wrote and the next one reads. `deep` says
    whether every byte is to be compared with its checksum, however long that takes. `container`: this is a
    folder as such, and the model that was found in it is another subject.
    """

    source: str
    candidate: Candidate | None
    model: ModelFile | None
    error: LoadstoneError | None
    environment: Environment
    config: str | None = None
    labels: str | None = None
    whole: ModelFile | None = None
    to: str | None = None
    rename: tuple[tuple[str, str], ...] = ()
    home: str = ""
    top: bool = True
    deep: bool = False
    container: bool = False
    _views: dict[object, object] = field(default_factory=dict, repr=False, compare=False)

    @property
    def format(self) -> str:
        """The format's name as `inspect` gives it; empty where reading failed."""
        return self.model.format if self.model else ""

    @property
    def kinds(self) -> frozenset[str]:
        """What may be asked of this subject.

        `any` always; `file` or `folder` (`folder` alone for a folder as such: see `container`);
        the format's name; `keras`, `graph`, `checkpoint` for those groups of formats;
        `broken` where reading failed;
        `with-config` and `with-labels` where the user named those.
        """
        if self.container:
            return frozenset(("folder",))
        found = {"any", "folder" if self.candidate is not None and self.candidate.is_folder else "file"}
        found.add(self.format or "broken")
        if self.error is not None:
            found.add("broken")
        for name, group in (("keras", KERAS), ("graph", GRAPHS), ("checkpoint", CHECKPOINTS)):
            if self.format in group:
                found.add(name)
        if self.config:
            found.add("with-config")
        if self.labels:
            found.add("with-labels")
        return frozenset(found)

    @property
    def path(self) -> Path:
        """The source as a path."""
        return Path(self.source)

    @property
    def argument(self) -> str:
        """What a command names it by: its path; of a member of an archive the one that it has once unpacked."""
        return argument(self.source)

    @property
    def in_shell(self) -> str:
        """The argument as a word of a shell's command."""
        return quote(self.argument)

    def view(self, make: Callable[[Subject], V]) -> V:
        """Return `make(self)`, made once: how faults share what is costly to read. A failure is raised each time."""
        if make not in self._views:
            try:
                self._views[make] = make(self)
            except LoadstoneError as error:
                self._views[make] = error
        found = self._views[make]
        if isinstance(found, LoadstoneError):
            raise found
        return found  # type: ignore[return-value]


def argument(source: str) -> str:
    """Return what a command names a source by: a member of an archive (`a.zip/in/m.h5`) is `in/m.h5` once unpacked."""
    path = Path(source)
    around = next((parent for parent in path.parents if os.path.isfile(parent)), None)
    return source if around is None else str(path.relative_to(around))
