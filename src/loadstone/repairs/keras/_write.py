"""A Keras file written anew: HDF5 through our own writer, archives member by member."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loadstone.errors import LoadstoneError
from loadstone.formats.hdf5_tensors import tensor_dtype
from loadstone.formats.keras_zip import CONFIG, METADATA, WEIGHTS, KerasArchive
from loadstone.wire.hdf5 import Dataset, Group, Hdf5File, Node
from loadstone.wire.hdf5.writer import OutArray, OutGroup, write_hdf5

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[Any]


def tree_of(file: Hdf5File) -> OutGroup:
    """Return the whole file as a tree to write: every group, attribute and array; arrays are read when written.

    Links that are not followed (soft, external) are left out; Keras writes none.
    """
    return _group(file, file.root)


def _group(file: Hdf5File, group: Group) -> OutGroup:
    made = OutGroup(attributes=attributes_of(group))
    for name, link in group.links.items():
        if link.kind != "hard":
            continue
        member = file.child(group, name)
        if isinstance(member, Group):
            made.members[name] = _group(file, member)
        elif isinstance(member, Dataset):
            made.members[name] = array_of(member)
    return made


def attributes_of(node: Node) -> dict[str, Any]:
    """Return a node's attributes as values that can be written."""
    return {name: attribute.value for name, attribute in node.attributes.items()}


def array_of(dataset: Dataset) -> OutArray:
    """Return a dataset to write, its bytes as they are: bfloat16 stays two opaque bytes."""
    return OutArray(_raw_reader(dataset), attributes_of(dataset))


def _raw_reader(dataset: Dataset) -> Callable[[], Array]:
    if tensor_dtype(dataset) == "bfloat16" and dataset.datatype.kind == "opaque":
        return lambda: dataset.read().reshape(dataset.shape)
    return dataset.read


def put_config(root: OutGroup, config: Any, training: Any) -> None:
    """Put the configurations into a tree's root, as Keras writes them; None takes one out."""
    for name, value in (("model_config", config), ("training_config", training)):
        if value is None:
            root.attributes.pop(name, None)
        else:
            root.attributes[name] = json.dumps(value)


def write_tree(root: OutGroup, target: Path) -> None:
    """Write a tree as an HDF5 file."""
    with target.open("xb") as out:
        write_hdf5(out, root)


def write_archive(archive: KerasArchive, target: Path, config: Any, weights: OutGroup | None = None) -> None:
    """Write a `.keras` archive with another configuration, and other weights where they are given.

    Every other member is copied byte for byte. Raises what reading a broken member raises.
    """
    with zipfile.ZipFile(target, "x", zipfile.ZIP_STORED) as out:
        for name, size in archive.tree.sizes.items():
            member = name.removeprefix(archive.prefix)
            if not name.startswith(archive.prefix) or member.endswith("/"):
                continue
            if member == CONFIG:
                out.writestr(member, json.dumps(config))
            elif member == WEIGHTS and weights is not None:
                with out.open(member, "w", force_zip64=True) as inner:
                    write_seekless(weights, inner)
            else:
                out.writestr(zipfile.ZipInfo(member), archive.tree.read(name, size))
        if METADATA not in out.namelist():
            raise LoadstoneError("the archive has no metadata, without which Keras does not open it", where=METADATA)


def write_seekless(weights: OutGroup, out: Any) -> None:
    """Write HDF5 into a stream that cannot go back, by way of a file."""
    import shutil
    import tempfile

    with tempfile.TemporaryFile(prefix="loadstone-") as scratch:
        write_hdf5(scratch, weights)
        scratch.seek(0)
        shutil.copyfileobj(scratch, out)
