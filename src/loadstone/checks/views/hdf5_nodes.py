"""The links and datasets of the HDF5 files that a subject holds: its own, or those of an archive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from loadstone.checks.subject import Subject
from loadstone.errors import LoadstoneError
from loadstone.wire.hdf5 import Dataset, Group, Hdf5File


@dataclass(frozen=True, slots=True)
class Nodes:
    """`links` are those that are not hard: (path, kind, target). `elsewhere`: (path, why) of values in other files.

    `declared`: (path, bytes by shape and type, bytes stored) of each dataset. `size` is the file's length.
    """

    links: tuple[tuple[str, str, str], ...] = ()
    elsewhere: tuple[tuple[str, str], ...] = ()
    declared: tuple[tuple[str, int, int], ...] = ()
    size: int = 0


def hdf5_nodes(subject: Subject) -> Nodes:
    """Walk the subject's HDF5 file; empty where it has none."""
    file = _open(subject)
    if file is None:
        return Nodes()
    links: list[tuple[str, str, str]] = []
    elsewhere: list[tuple[str, str]] = []
    declared: list[tuple[str, int, int]] = []
    broken: list[LoadstoneError] = []
    for node in [file.root, *file.walk(broken)]:
        if isinstance(node, Group):
            links += _odd(node)
        elif isinstance(node, Dataset) and node.elsewhere:
            elsewhere.append((node.path, node.elsewhere))
        elif isinstance(node, Dataset):
            try:
                declared.append((node.path, node.declared, node.stored))
            except LoadstoneError:
                # Damage is the integrity faults' to tell.
                continue
    return Nodes(tuple(links), tuple(elsewhere), tuple(declared), len(file.source.data))


def _odd(group: Group) -> Iterator[tuple[str, str, str]]:
    try:
        found = list(group.links.values())
    except LoadstoneError:
        return
    for link in found:
        if link.kind != "hard":
            yield f"{group.path.rstrip('/')}/{link.name}", link.kind, link.target


def _open(subject: Subject) -> Hdf5File | None:
    candidate = subject.candidate
    if candidate is None or candidate.is_folder:
        return None
    if subject.format in ("keras-h5", "keras-h5-weights", "hdf5"):
        return Hdf5File(candidate.tree.view(candidate.name))
    if subject.format == "keras-zip":
        from loadstone.formats.keras_zip import WEIGHTS, open_archive

        archive = open_archive(candidate)
        return archive.weights() if archive.has(WEIGHTS) else None
    return None
