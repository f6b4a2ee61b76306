"""Keras models and weights in HDF5: Keras 1, 2 and 3, tf.keras, whole models and weights alone.

What it is: the reader of `.h5`, `.hdf5`, and of HDF5 under any other name, since content decides.
What it is not: Keras' loader; the configuration is read as data, and nothing in it is built, imported or run.
The layouts: `model_weights/<layer>/<weight>` with names in attributes (all versions of legacy HDF5), and
`layers/<layer>/vars/<number>` (Keras 3, and 2.12 on with `_layer_checkpoint_dependencies`), which has no configuration.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from loadstone.errors import LoadstoneError
from loadstone.facts import FileFact, ModelFile, Role, Tensors
from loadstone.formats.hdf5_tensors import Contents, read_contents
from loadstone.formats.keras.keras_attributes import text_attribute
from loadstone.formats.keras.keras_facts import KerasFacts, config_facts, parse_config
from loadstone.formats.keras.keras_legacy import WEIGHTS_GROUP, in_recorded_order
from loadstone.formats.registry import Candidate
from loadstone.wire.hdf5 import Group, Hdf5File, find_signature
from loadstone.wire.limits import shown

_LEGACY_MARKS = ("layer_names", "layer_names0")
_OBJECT_MARKS = ("layers", "vars", "optimizer", "_layer_checkpoint_dependencies", "_operations")
_OPTIMIZER = ("optimizer_weights", "optimizer")
_BOOKKEEPING = ("metrics", "_metrics", "compile_metrics")


def sniff(candidate: Candidate) -> bool:
    """Return whether the file is HDF5.

    HDF5 may begin at byte 512 or later, after a block of the user's; in a zip that stores its members a member may lie
    just there, and the whole is a zip all the same.
    """
    if candidate.is_folder or candidate.head.startswith(b"PK\x03\x04"):
        return False
    return find_signature(candidate.head) is not None


def read(candidate: Candidate) -> ModelFile:
    """Read a Keras model or its weights; any other HDF5 file is named as such, with its datasets."""
    try:
        file = Hdf5File(candidate.tree.view(candidate.name))
        root = file.root
    except LoadstoneError as error:
        raise error.at(candidate.name) from None
    kind = _format_of(file, root)
    facts, notes, complete = _configuration(root)
    lacking = _lacking(root) if kind == "keras-h5" else ()
    contents = _ordered(file, read_contents(file, role_of))
    fact = _file_fact(candidate, file)
    return ModelFile(
        source=candidate.source,
        format=kind,
        complete=complete and not lacking and contents.complete and fact.state == "present",
        files=(fact,),
        producer=_producer(root),
        inputs=facts.inputs,
        outputs=facts.outputs,
        tensors=Tensors(contents.tensors),
        layers=facts.layers,
        custom=facts.custom,
        notes=(
            *_name_notes(candidate, kind),
            *_short_notes(file),
            *lacking,
            *notes,
            *facts.notes,
            *contents.notes,
        ),
        details={**facts.details, **_layout(file, contents)},
    )


def _format_of(file: Hdf5File, root: Group) -> str:
    """Decide what the file is by what stands in its root; damage there leaves it plain HDF5."""
    try:
        attributes, links = root.attributes, root.links
    except LoadstoneError:
        return "keras-h5" if file.bytes_short else "hdf5"
    if "model_config" in attributes or WEIGHTS_GROUP in links:
        return "keras-h5"
    if any(mark in attributes for mark in _LEGACY_MARKS) or is_object_layout(links):
        return "keras-h5-weights"
    return "hdf5"


def _lacking(root: Group) -> tuple[str, ...]:
    """Say which half of a whole model is not in the file."""
    try:
        weights = root.links.get(WEIGHTS_GROUP)
        configured = "model_config" in root.attributes
    except LoadstoneError:
        # Reading the contents says what is broken.
        return ()
    if weights is None or weights.address is None:
        return (f"the configuration is there, but not its weights: no group {WEIGHTS_GROUP}",)
    return () if configured else ("the weights of a whole model are there, but not its configuration: no model_config",)


def is_object_layout(links: Iterable[str]) -> bool:
    """Return whether the names in a root are those of Keras' layout by object paths; Windows wrote `\\` for `/`."""
    firsts = {name.replace("\\", "/").partition("/")[0] for name in links}
    return not firsts.isdisjoint(_OBJECT_MARKS)


def role_of(path: str) -> Role:
    """Return what a dataset holds, by its path."""
    parts = path.replace("\\", "/").split("/")
    if parts[0] in _OPTIMIZER:
        return "optimizer"
    if parts[0] in _BOOKKEEPING or "seed_generator" in parts:
        return "metadata"
    return "weight"


def _ordered(file: Hdf5File, contents: Contents) -> Contents:
    """Put the weights into the order that the file records, and say which of those recorded are not there."""
    tensors, missing = in_recorded_order(file, contents.tensors)
    if not missing:
        return replace(contents, tensors=tensors)
    first = ", ".join(missing[:3]) + (", ..." if len(missing) > 3 else "")
    note = f"{len(missing):,} of the weights or layers are listed but not there: {first}"
    return Contents(tensors, (*contents.notes, note), complete=False)


def _configuration(root: Group) -> tuple[KerasFacts, tuple[str, ...], bool]:
    """Return the facts of the configuration, notes about reading it, and whether it could be read."""
    try:
        raw = text_attribute(root, "model_config")
        if not raw:
            return KerasFacts(), (), True
        config, notes = parse_config(raw, "model_config")
        training, more = _training(root)
        return config_facts(config, training), (*notes, *more), True
    except LoadstoneError as error:
        return KerasFacts(), (f"the configuration cannot be read: {error}",), False


def _training(root: Group) -> tuple[Any, tuple[str, ...]]:
    raw = text_attribute(root, "training_config")
    if not raw:
        return None, ()
    try:
        return parse_config(raw, "training_config")
    except LoadstoneError as error:
        return None, (f"the training configuration cannot be read: {error}",)


def _producer(root: Group) -> dict[str, str]:
    found = {"keras": text_attribute(root, "keras_version"), "backend": text_attribute(root, "backend")}
    return {key: value for key, value in found.items() if value}


def _file_fact(candidate: Candidate, file: Hdf5File) -> FileFact:
    name = candidate.name.rpartition("/")[2]
    if file.bytes_short:
        return FileFact(name, "model", candidate.size, file.superblock.end, "truncated")
    return FileFact(name, "model", candidate.size, file.superblock.end)


def _short_notes(file: Hdf5File) -> tuple[str, ...]:
    if not file.bytes_short:
        return ()
    size, whole = len(file.source.data), file.superblock.end
    return (f"the file is cut: {shown(size)} of {shown(whole)}, {shown(file.bytes_short)} short",)


def _name_notes(candidate: Candidate, kind: str) -> tuple[str, ...]:
    if kind == "hdf5":
        return ("an HDF5 file, but not one that Keras wrote: no model_config, layer_names or layers in its root",)
    if candidate.name.lower().endswith(".keras"):
        return ("HDF5 under the name .keras; Keras 3 takes it for a zip and refuses it until it is renamed to .h5",)
    return ()


def _layout(file: Hdf5File, contents: Contents) -> dict[str, Any]:
    return {"hdf5": {"superblock": file.superblock.version, "datasets": len(contents.tensors)}}
