"""Keras archives: the `.keras` zip of Keras 2.12 on and of Keras 3, and the same files in a folder.

What it is: `config.json` as data, `model.weights.h5` read in place, `assets/` listed. What it is not: an unpacker;
no member becomes a file. HDF5 that is named `.keras` goes to `keras_h5`, since content decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from loadstone.errors import FormatError, LoadstoneError
from loadstone.facts import FileFact, LazyTensor, ModelFile, Tensors
from loadstone.formats.hdf5_tensors import Contents, read_contents
from loadstone.formats.keras.keras_facts import KerasFacts, config_facts, parse_config
from loadstone.formats.keras.keras_layers import text
from loadstone.formats.keras_h5 import role_of
from loadstone.formats.rebuilt_member import MEMBER, RebuiltMember, read_member
from loadstone.formats.registry import Candidate
from loadstone.formats.trees.archive_tree import ZipTree
from loadstone.formats.trees.tree import Tree
from loadstone.wire.hdf5 import Hdf5File
from loadstone.wire.json import parse_json
from loadstone.wire.limits import TEXT_BYTES, shown

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
_NPZ = "model.weights.npz"
_ROLES = {CONFIG: "config", METADATA: "metadata", WEIGHTS: "weights", _NPZ: "weights"}
_MARKS = (METADATA, WEIGHTS, _NPZ)


def sniff(candidate: Candidate) -> bool:
    """Return whether a zip or a folder holds what Keras writes: a configuration, and its metadata or weights."""
    if candidate.is_folder:
        return _is_keras(candidate.tree.listing(candidate.folder), candidate.beside(""))
    if not candidate.head.startswith(b"PK"):
        return False
    if candidate.name.lower().endswith(".keras"):
        return True
    try:
        return _is_keras(ZipTree.open(candidate.tree, candidate.name).sizes, "")
    except LoadstoneError:
        return False


def _is_keras(sizes: Mapping[str, int], prefix: str) -> bool:
    return f"{prefix}{CONFIG}" in sizes and any(f"{prefix}{mark}" in sizes for mark in _MARKS)


@dataclass(frozen=True, slots=True)
class KerasArchive:
    """An opened archive: where its members lie, and under which names."""

    tree: Tree
    prefix: str
    shown_as: str
    """What precedes a member's name in the list of files."""

    def name(self, member: str) -> str:
        """Return a member's name in the tree."""
        return self.prefix + member

    def has(self, member: str) -> bool:
        """Return whether the archive has a member."""
        return self.tree.size(self.name(member)) is not None

    def text(self, member: str) -> bytes:
        """Return a small member whole."""
        return self.tree.read(self.name(member), TEXT_BYTES)

    def weights(self) -> Hdf5File:
        """Open the weights in place."""
        try:
            return Hdf5File(self.tree.view(self.name(WEIGHTS)))
        except LoadstoneError as error:
            raise error.at(WEIGHTS) from None


def open_archive(candidate: Candidate) -> KerasArchive:
    """Open the zip, or take the folder, that a candidate is."""
    if candidate.is_folder:
        return KerasArchive(candidate.tree, candidate.beside(""), "")
    zipped = ZipTree.open(candidate.tree, candidate.name)
    return KerasArchive(zipped, "", f"{candidate.name.rpartition('/')[2]}/")


def read(candidate: Candidate) -> ModelFile:
    """Read a Keras archive."""
    archive = open_archive(candidate)
    metadata, notes = _metadata(archive)
    facts, more, sound = _configuration(archive)
    contents = _weights(archive)
    files = tuple(_files(archive))
    producer = {"keras": text(metadata.get("keras_version"))}
    details = dict(facts.details)
    if saved := text(metadata.get("date_saved")):
        details["date_saved"] = saved
    described = rebuilt_member(archive)
    return ModelFile(
        source=candidate.source,
        format="keras-zip",
        complete=sound and contents.complete and all(file.state == "present" for file in files),
        files=files,
        producer={key: value for key, value in producer.items() if value},
        inputs=facts.inputs,
        outputs=facts.outputs,
        tensors=Tensors(contents.tensors),
        layers=facts.layers,
        custom=facts.custom,
        labels=described.labels if described else {},
        detector=described.facts if described else None,
        notes=(*_member_notes(archive), *notes, *more, *facts.notes, *contents.notes),
        details=details,
    )


def rebuilt_member(archive: KerasArchive) -> RebuiltMember | None:
    """Return what Loadstone wrote beside Keras's members; None where there is nothing, or it is broken."""
    if not archive.has(MEMBER):
        return None
    try:
        return read_member(archive.text(MEMBER))
    except LoadstoneError:
        return None


def _metadata(archive: KerasArchive) -> tuple[dict[str, Any], tuple[str, ...]]:
    if not archive.has(METADATA):
        return {}, ()
    try:
        value = parse_json(archive.text(METADATA), METADATA)
    except LoadstoneError as error:
        return {}, (f"the metadata cannot be read: {error}",)
    return (value, ()) if isinstance(value, dict) else ({}, (f"{METADATA} is not an object",))


def _configuration(archive: KerasArchive) -> tuple[KerasFacts, tuple[str, ...], bool]:
    if not archive.has(CONFIG):
        return KerasFacts(), (f"{CONFIG} is missing, so nothing is known of the layers",), False
    try:
        config, notes = parse_config(archive.text(CONFIG), CONFIG)
        return config_facts(config), notes, True
    except LoadstoneError as error:
        return KerasFacts(), (f"the configuration cannot be read: {error}",), False


def _weights(archive: KerasArchive) -> Contents:
    if not archive.has(WEIGHTS):
        return Contents((), _other_weights(archive), complete=False)
    try:
        file = archive.weights()
        contents = read_contents(file, role_of)
    except LoadstoneError as error:
        return Contents((), (f"the weights cannot be read: {error}",), complete=False)
    notes = contents.notes
    if file.bytes_short:
        notes = (f"{WEIGHTS} is cut: {shown(file.bytes_short)} short of {shown(file.superblock.end)}", *notes)
    tensors = contents.tensors
    if isinstance(archive.tree, ZipTree):
        check = _MemberCheck(archive.tree, archive.name(WEIGHTS))
        tensors = tuple(LazyTensor(tensor.spec, tensor.read, check) for tensor in tensors)
    return Contents(tensors, notes, complete=contents.complete and not file.bytes_short)


def _other_weights(archive: KerasArchive) -> tuple[str, ...]:
    if archive.has(_NPZ):
        return (f"the weights are in {_NPZ}, as pickled objects: reading them would run code, so they are not read",)
    return (f"{WEIGHTS} is missing",)


class _MemberCheck:
    """Compares the CRC-32 of the zip member that holds all tensors, once however many of them ask."""

    def __init__(self, tree: ZipTree, name: str) -> None:
        self._tree = tree
        self._name = name
        self._done = False
        self._failure: LoadstoneError | None = None

    def __call__(self) -> None:
        if not self._done:
            self._done = True
            try:
                self._tree.verify(self._name)
            except FormatError as error:
                self._failure = error
        if self._failure is not None:
            raise self._failure


def _files(archive: KerasArchive) -> list[FileFact]:
    """Return the members that Keras writes, those that are missing, and the assets."""
    found = []
    for name, size in archive.tree.sizes.items():
        member = name.removeprefix(archive.prefix) if name.startswith(archive.prefix) else ""
        if member in _ROLES or member.startswith("assets/"):
            found.append(FileFact(archive.shown_as + member, _ROLES.get(member, "asset"), size))
    here = {file.role for file in found}
    missing = [name for name in (CONFIG, WEIGHTS) if _ROLES[name] not in here]
    return found + [FileFact(archive.shown_as + name, _ROLES[name], None, state="missing") for name in missing]


def _member_notes(archive: KerasArchive) -> list[str]:
    """Return a sentence for each member that is not used for its name."""
    if not isinstance(archive.tree, ZipTree):
        return []
    return [f"the member {name!r} is not used: {why}" for name, why in list(archive.tree.unsafe.items())[:8]]
