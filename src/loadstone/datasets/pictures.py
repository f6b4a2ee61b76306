"""Where the pictures of a dataset lie: found by what annotations call them, and never outside the folders given.

An annotation's path is only a hint (it may be absolute, of another machine, with backslashes, or without an ending): it
is compared with the names of the files that are there, so that no annotation can name any other file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from urllib.parse import unquote

from loadstone.datasets.links import links_of
from loadstone.datasets.split_names import split_of_folder
from loadstone.errors import FormatError, LoadstoneError, SourceError
from loadstone.facts.dataset import ReadBytes
from loadstone.formats.trees.tree import Tree
from loadstone.wire.limits import PICTURE_BYTES
from loadstone.wire.picture_names import PICTURE_SUFFIXES

_SCHEME = re.compile(r"^(?:[A-Za-z][A-Za-z0-9+.-]*://|[A-Za-z]:)")


@dataclass(frozen=True, slots=True)
class Found:
    """A picture's file: its name within its tree, its path for people, and its bytes when they are wanted.

    `own` is the file's own name, which is another one behind a link.
    """

    name: str
    path: str
    read: ReadBytes
    tree: Tree
    own: str


def is_picture(name: str) -> bool:
    """Whether a file's name ends as a picture's."""
    dot = name.rfind(".")
    return dot >= 0 and name[dot:].lower() in PICTURE_SUFFIXES


def visible(name: str) -> bool:
    """Whether no part of a name is hidden, or what archivers of macOS leave behind."""
    return not name.startswith((".", "__MACOSX/")) and "/." not in name


def shown(name: str) -> bool:
    """Whether a name is a picture's, and a dataset's."""
    return visible(name) and is_picture(name)


def plain_parts(called: str) -> list[str]:
    """Return the parts of a path as an annotation gives it, from any system, without what leads elsewhere."""
    parts = _SCHEME.sub("", called).replace("\\", "/").split("/")
    return [part for part in parts if part not in ("", ".", "..")]


def _spellings(called: str) -> Iterator[str]:
    """Yield a name as it is written; where it is an address, or escaped as one, what it stands for."""
    yield called
    plain = called.partition("?")[0].partition("#")[0] if "://" in called else called
    if (unescaped := unquote(plain)) != called:
        yield unescaped


class Pictures:
    """The picture files below the dataset's folder, and below other folders that the user gave."""

    def __init__(self, tree: Tree, others: Sequence[Tree] = ()) -> None:
        self._trees = (tree, *others)

    @cached_property
    def names(self) -> Sequence[str]:
        """Every picture below the dataset's own folder, sorted."""
        return sorted(self._sets[0][1])

    @cached_property
    def _sets(self) -> list[tuple[Tree, frozenset[str]]]:
        """Each tree and its pictures; the dataset's own folder is the first."""
        return [(tree, frozenset((*filter(shown, tree.sizes), *self._behind[id(tree)]))) for tree in self._trees]

    @cached_property
    def _behind(self) -> dict[int, dict[str, str]]:
        """Of each tree, by its identity: a picture's name behind a link → its own name."""
        return {id(tree): links_of(tree, shown).followed for tree in self._trees}

    @cached_property
    def _by_last(self) -> dict[str, list[tuple[Tree, str]]]:
        """A file's own name, in lower case → where files called so lie."""
        return self._grouped(lambda name: name.rpartition("/")[2].lower())

    @cached_property
    def _by_stem(self) -> dict[str, list[tuple[Tree, str]]]:
        """A file's own name without its ending, in lower case → where files called so lie."""
        return self._grouped(lambda name: name.rpartition("/")[2].rpartition(".")[0].lower())

    def _grouped(self, label: Callable[[str], str]) -> dict[str, list[tuple[Tree, str]]]:
        groups: dict[str, list[tuple[Tree, str]]] = {}
        for tree, names in self._sets:
            for name in sorted(names):
                groups.setdefault(label(name), []).append((tree, name))
        return groups

    def any_called(self, stem: str) -> bool:
        """Whether some picture's own name is this but for its ending."""
        return stem.lower() in self._by_stem

    def named(self, name: str) -> Found | None:
        """Return the picture of exactly this name below the dataset's folder."""
        tree, names = self._sets[0]
        return self._found(tree, name) if name in names else None

    def find(self, called: str, near: str = "", split: str = "") -> Found:
        """Return the picture that an annotation in the folder `near`, for `split`, calls so.

        Its path counts as far as it agrees with a file's, from the right; then what lies nearest to the annotation is
        taken. A file in another split's folder is another picture. A name that only its unescaped form fits
        (`my%20cat.jpg`) is that. Raises `SourceError` where there is none, `FormatError` where several fit alike.
        """
        for spelling in _spellings(called):
            if found := self._find(spelling, near, split):
                return found
        raise SourceError("there is no picture of this name", where=called[:200] or "an empty name")

    def _find(self, called: str, near: str, split: str) -> Found | None:
        parts = plain_parts(called)
        wanted = "/".join(parts)
        for name in (f"{near}/{wanted}" if near else wanted, wanted):
            if parts and (found := self.named(name)):
                return found
        last = parts[-1].lower() if parts else ""
        candidates = self._by_last.get(last) or ([] if is_picture(last) else self._by_stem.get(last, []))
        best = _best(candidates, parts, near, split_of_folder(wanted) or split)
        if not best:
            return None
        best = _outermost(best, wanted)
        if len({(id(tree), self._own(tree, name)) for tree, name in best}) > 1:
            listed = ", ".join(name for _, name in best[:3])
            raise FormatError("several pictures are called so", where=called[:200], found=listed)
        return self._found(*best[0])

    def _found(self, tree: Tree, name: str) -> Found:
        own = self._own(tree, name)
        return Found(name, f"{tree.where}/{own}", partial(tree.read, own, PICTURE_BYTES), tree, own)

    def _own(self, tree: Tree, name: str) -> str:
        """Return the name of the file that is read: another one behind a link."""
        return self._behind[id(tree)].get(name, name)


def _best(
    candidates: Iterable[tuple[Tree, str]], parts: Sequence[str], near: str, split: str
) -> list[tuple[Tree, str]]:
    """Return the candidates that agree best with a path, its split and its place; several only where none is better."""
    own = [(tree, name, split_of_folder(name)) for tree, name in candidates]
    fitting = [(tree, name) for tree, name, said in own if not said or not split or said == split]
    scored = [(_score(name, parts, near, split), (tree, name)) for tree, name in fitting]
    top = max((score for score, _ in scored), default=None)
    return [candidate for score, candidate in scored if score == top]


def _outermost(best: list[tuple[Tree, str]], wanted: str) -> list[tuple[Tree, str]]:
    """Return the candidate that lies, as it is called, in a folder that all others lie within; else all of them.

    `a.jpg` is `images/a.jpg` where `images/sub/a.jpg` is another: that would be called `sub/a.jpg`.
    """
    fitting = [(tree, name) for tree, name in best if f"/{name}".endswith(f"/{wanted}")]
    if not fitting:
        return best
    tree, name = min(fitting, key=lambda pair: len(pair[1]))
    root = name.removesuffix(wanted)
    return [(tree, name)] if all(other is tree and each.startswith(root) for other, each in best) else best


def _score(name: str, parts: Sequence[str], near: str, split: str) -> tuple[int, bool, int]:
    """Return (parts that agree from the right, whether the split agrees, parts shared with `near` from the left)."""
    own = name.split("/")
    tail = _shared(reversed(own[:-1]), reversed(parts[:-1]))
    return tail, bool(split) and split_of_folder(name) == split, _shared(own[:-1], near.split("/"))


def _shared(one: Iterable[str], other: Iterable[str]) -> int:
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count


def missing(error: LoadstoneError) -> ReadBytes:
    """Return a reader for a picture that was not found; it says so whenever the bytes are wanted."""

    def read() -> bytes:
        raise type(error)(error.fact, where=error.where, found=error.found)

    return read
