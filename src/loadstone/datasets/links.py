"""Symbolic links within a dataset's folder: those that lead to pictures in it are followed, by the listing alone.

Nothing is asked of the file system: a link's text is compared with the names of the files that are there, so that no
link can lead out of the folder, whatever it says. Those that do are left, for whoever says what was not read.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loadstone.wire.limits import FOLDER_ENTRIES

if TYPE_CHECKING:
    from loadstone.formats.trees.tree import Tree

HOPS = 8
"""Links that lead to links, one after another."""


@dataclass(frozen=True, slots=True)
class Links:
    """`followed`: a name behind a link → the file's own name. `left`: the links that lead to none of these."""

    followed: dict[str, str]
    left: tuple[str, ...]


def links_of(tree: Tree, wanted: Callable[[str], bool]) -> Links:
    """Return what the links of a folder lead to, of the files that are `wanted` by their names."""
    followed: dict[str, str] = {}
    left = []
    names = {name for name in tree.sizes if wanted(name)} if tree.links else set[str]()
    folders = {folder for name in names for folder in _levels(posixpath.dirname(name))}
    for link in tree.links:
        target = _target(tree, link)
        found = dict(_behind(target, link, names, folders)) if target else {}
        if not found or len(followed) + len(found) > FOLDER_ENTRIES:
            left.append(link)
        else:
            followed |= found
    return Links(followed, tuple(left))


def _behind(target: str, link: str, names: Set[str], folders: Set[str]) -> Iterator[tuple[str, str]]:
    """Yield each of the files that a link to `target` leads to, as it is called behind the link, and its own name."""
    if target in names:
        yield link, target
    # A link to a folder that it lies in would show everything again, and itself.
    elif target in folders and not link.startswith(f"{target}/"):
        inside = (name for name in names if name.startswith(f"{target}/"))
        yield from ((f"{link}/{name[len(target) + 1 :]}", name) for name in inside)


def _target(tree: Tree, link: str) -> str | None:
    """Return the name within the tree that a link leads to, through others; None for one that leads elsewhere."""
    place: str | None = link
    for _ in range(HOPS):
        passed = next((name for name in _levels(place) if name in tree.links), None)
        if place is None or passed is None:
            return place
        place = _joined(tree, passed, place[len(passed) + 1 :])
    return None


def _levels(place: str | None) -> list[str]:
    """Return a name's folders from the outermost, and itself."""
    parts = (place or "").split("/")
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]


def _joined(tree: Tree, link: str, rest: str) -> str | None:
    """Return where a link leads, and what is behind it, as a name within the tree."""
    said = tree.links[link].replace(os.sep, "/")
    if posixpath.isabs(said):
        homes = (os.path.abspath(tree.where), os.path.realpath(tree.where))
        home = next((one for one in homes if said.startswith(f"{one}/")), None)
        if home is None:
            return None
        said = said[len(home) + 1 :]
    else:
        said = posixpath.join(posixpath.dirname(link), said)
    found = posixpath.normpath(posixpath.join(said, rest))
    return None if found == "." or found.startswith("..") else found
