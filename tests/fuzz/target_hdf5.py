"""Fuzz target: HDF5, every object, attribute and value of it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from loadstone.errors import LoadstoneError
from loadstone.wire.hdf5 import Dataset, Hdf5File
from tests.support.hdf5 import written


def read_everything(data: bytes) -> None:
    """Read all that a file holds; one broken object must not hide the others from the walk."""
    file = Hdf5File(data)
    broken: list[LoadstoneError] = []
    for node in [file.root, *file.walk(broken)]:
        try:
            for attribute in node.attributes.values():
                _ = attribute.value
            if isinstance(node, Dataset):
                _ = (node.stored, node.fill, node.span)
                node.read()
        except LoadstoneError as error:
            broken.append(error)


def fuzz(data: bytes) -> None:
    try:
        read_everything(data)
    except LoadstoneError:
        return


def seeds() -> Iterator[bytes]:
    import h5py

    def keras(file: h5py.File) -> None:
        file.attrs["model_config"] = '{"class_name": "Sequential", "config": {"layers": []}}'
        file.attrs["layer_names"] = np.array([b"dense", b"conv"])
        for name in ("dense", "conv"):
            group = file.create_group(f"model_weights/{name}")
            group.attrs["weight_names"] = ["kernel:0", "bias:0"]
            group[f"{name}/kernel:0"] = np.ones((3, 2), "f4")
            group[f"{name}/bias:0"] = np.ones(2, "f4")

    def chunked(file: h5py.File) -> None:
        values = np.arange(240, dtype="i2").reshape(12, 20)
        for number, limit in enumerate((None, (None, 20), (None, None), (12, 40))):
            options = {"compression": "gzip", "shuffle": True, "fletcher32": True} if number % 2 else {}
            file.create_dataset(f"d{number}", data=values, chunks=(5, 6), maxshape=limit, **options)

    def dense(file: h5py.File) -> None:
        for number in range(40):
            file[f"name {number}"] = h5py.SoftLink("/other")
            file.attrs[f"attribute {number}"] = ["text", "of", "variable length"]
        file.attrs["huge"] = np.arange(2000)
        file["far"] = h5py.ExternalLink("other.h5", "/x")

    for libver in ("earliest", "latest"):
        for fill in (keras, chunked, dense):
            yield written(fill, libver=libver)
    yield written(lambda file: file.create_dataset("x", data=["a", "b"]), userblock_size=512)
