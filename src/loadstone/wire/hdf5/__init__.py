"""HDF5 files, read-only and in plain Python, up to the arrays.

What it is: a walker for what h5py, Keras and MATLAB write: superblocks 0 to 3, old and new groups, compact and dense
links and attributes, compact, contiguous and chunked datasets. What it is not: a writer, or a follower of anything
that leads out of the file: soft, external and user-defined links, external storage and virtual datasets are named.
Why not the HDF5 library: its C code is not built for hostile files, follows links and external storage, and takes
longer to import than a whole `inspect` may last.
Specification: HDF5 File Format Specification, version 3.0 (The HDF Group).
"""

from __future__ import annotations

from loadstone.wire.hdf5.attribute import Attribute
from loadstone.wire.hdf5.dataset import Dataset
from loadstone.wire.hdf5.file import Group, Hdf5File, NamedType
from loadstone.wire.hdf5.links import Link
from loadstone.wire.hdf5.node import Node
from loadstone.wire.hdf5.superblock import SIGNATURE, find_signature

__all__ = [
    "SIGNATURE",
    "Attribute",
    "Dataset",
    "Group",
    "Hdf5File",
    "Link",
    "NamedType",
    "Node",
    "find_signature",
]
