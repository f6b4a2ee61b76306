"""HDF5 files made by h5py for the tests, and the comparison of our walker with it."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import h5py
import numpy as np

from loadstone.wire.hdf5 import Dataset, Group, Hdf5File, Node

LIBVERS = ("earliest", "v108", "v110", "latest")
"""The oldest and newest structures that each writes: v110 is the first with the new chunk indexes."""


def written(fill: Callable[[h5py.File], object], **options: Any) -> bytes:
    """Return the bytes of an HDF5 file that `fill` filled."""
    stream = io.BytesIO()
    with h5py.File(stream, "w", **options) as file:
        fill(file)
    return stream.getvalue()


def plain(value: Any) -> Any:
    """Return an attribute's value from h5py as the plain value that our walker gives."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, list):
        return [plain(item) for item in value]
    return None if isinstance(value, h5py.Empty) else value


def same_as_h5py(data: bytes) -> int:
    """Assert that the walker finds in `data` what h5py finds, with equal values; returns the number of objects."""
    file = Hdf5File(data)
    ours: dict[str, Node] = {"": file.root, **{node.path.strip("/"): node for node in file.walk()}}
    with h5py.File(io.BytesIO(data), "r") as oracle:
        theirs: dict[str, Any] = {"": oracle}
        oracle.visititems(theirs.__setitem__)
        assert set(ours) == set(theirs)
        for path, other in theirs.items():
            node = ours[path]
            values = {name: plain(value) for name, value in other.attrs.items()}
            assert {name: attribute.value for name, attribute in node.attributes.items()} == values
            if isinstance(other, h5py.Group):
                assert isinstance(node, Group)
                assert list(node.links) == sorted(other)
            elif isinstance(other, h5py.Dataset):
                assert isinstance(node, Dataset)
                _same_values(node, other)
    return len(theirs)


def _same_values(node: Dataset, other: h5py.Dataset) -> None:
    if other.shape is None:
        assert node.space.shape is None
        assert node.read().size == 0
        return
    values, expected = node.read(), np.asarray(other[()])
    assert node.shape == values.shape == other.shape
    if node.datatype.kind == "string":
        assert plain(values) == plain(expected)
        return
    if node.datatype.name == "bfloat16":
        expected = expected.astype(np.float32)
    assert values.dtype == expected.dtype.newbyteorder("=")
    assert values.tobytes() == expected.astype(values.dtype).tobytes()
