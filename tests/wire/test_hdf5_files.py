"""The walker against h5py: every real file, and every feature of the format that h5py can write."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from loadstone.wire.hdf5 import Dataset, Hdf5File
from tests.support.hdf5 import LIBVERS, same_as_h5py, written

NUMBERS = ("i1", "u1", "<i2", ">i4", "<u4", ">i8", "u8", "<f2", ">f4", "<f8", "?")


def test_real_files_read_as_h5py_reads_them(wild: Path) -> None:
    count = 0
    for path in sorted(wild.rglob("*")):
        data = path.read_bytes() if path.is_file() and path.stat().st_size < 1 << 25 else b""
        if path.suffix == ".keras" and data.startswith(b"PK"):
            data = zipfile.ZipFile(io.BytesIO(data)).read("model.weights.h5")
        if data.startswith(b"\x89HDF"):
            same_as_h5py(data)
            count += 1
    assert count >= 31


@pytest.mark.parametrize("libver", LIBVERS)
def test_number_types(libver: str) -> None:
    def fill(file: h5py.File) -> None:
        for code in NUMBERS:
            name = code.replace(">", "big_").replace("<", "little_").replace("?", "bool")
            file.create_dataset(name, data=np.arange(24).reshape(2, 3, 4).astype(code))
            file.attrs[name] = np.arange(3).astype(code)
        file["scalar"] = np.float32(1.5)
        file["empty"] = np.zeros((0, 4), "f4")
        file["null"] = h5py.Empty("f4")
        file.attrs["null"] = h5py.Empty("f4")
        file.attrs["matrix"] = np.arange(6).reshape(2, 3)

    assert same_as_h5py(written(fill, libver=libver)) == len(NUMBERS) + 4


@pytest.mark.parametrize("libver", LIBVERS)
def test_text_of_every_kind(libver: str) -> None:
    def fill(file: h5py.File) -> None:
        file.attrs["variable"] = "größe \U0001f600"
        file.attrs["bytes"] = b"plain"
        file.attrs["fixed"] = np.array([b"a", b"long name", b""])
        file.attrs["list"] = ["kernel:0", "bias:0"]
        file.attrs.create("utf8", "ü".encode(), dtype=h5py.string_dtype("utf-8", 8))
        file.attrs["long"] = "x" * 60_000
        file.attrs.create("sequences", [np.arange(3), np.arange(1)], dtype=h5py.vlen_dtype("i4"))
        file.create_dataset("words", data=["one", "", "three"], dtype=h5py.string_dtype())
        file.create_dataset("letters", data=np.array([[b"ab", b"c"]]))

    same_as_h5py(written(fill, libver=libver))


@pytest.mark.parametrize("libver", LIBVERS)
@pytest.mark.parametrize("maxshape", [None, (None, 9), (40, None), (None, None), (60, 20)])
@pytest.mark.parametrize(
    "filters",
    [{}, {"compression": "gzip"}, {"compression": "gzip", "shuffle": True, "fletcher32": True}, {"fletcher32": True}],
)
def test_chunks(libver: str, maxshape: Any, filters: dict[str, Any]) -> None:
    values = np.random.default_rng(0).normal(size=(33, 9)).astype("f4")

    def fill(file: h5py.File) -> None:
        file.create_dataset("x", data=values, chunks=(8, 4), maxshape=maxshape, **filters)

    same_as_h5py(written(fill, libver=libver))


@pytest.mark.parametrize("libver", ["earliest", "latest"])
def test_other_chunk_indexes(libver: str) -> None:
    def fill(file: h5py.File) -> None:
        file.create_dataset("single", data=np.arange(12), chunks=(12,))
        file.create_dataset("single_packed", data=np.arange(12), chunks=(12,), compression="gzip")
        many = np.arange(5000, dtype="u2")
        file.create_dataset("paged_fixed", data=many, chunks=(1,))
        file.create_dataset("extensible", data=many, chunks=(1,), maxshape=(None,))
        file.create_dataset("two_endless", data=many.reshape(50, 100), chunks=(1, 1), maxshape=(None, None))
        sparse = file.create_dataset("sparse", shape=(40_000,), dtype="u1", chunks=(10,), fillvalue=7)
        sparse[35_000] = 1
        early = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        early.set_chunk((7,))
        early.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        space = h5py.h5s.create_simple((20,))
        h5py.h5d.create(file.id, b"implicit", h5py.h5t.NATIVE_INT32, space, early)
        file["implicit"][...] = np.arange(20)

    same_as_h5py(written(fill, libver=libver))


@pytest.mark.parametrize("libver", ["earliest", "latest"])
def test_long_extensible_array(libver: str) -> None:
    def fill(file: h5py.File) -> None:
        data = file.create_dataset("x", shape=(200_000,), dtype="u1", chunks=(1,), maxshape=(None,))
        data[0:40] = 3
        data[199_990:] = 5

    same_as_h5py(written(fill, libver=libver))


def test_edges_of_chunks_may_stay_unfiltered() -> None:
    def fill(file: h5py.File) -> None:
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_chunk((4, 4))
        plist.set_deflate(6)
        space = h5py.h5s.create_simple((10, 10))
        h5py.h5d.create(file.id, b"x", h5py.h5t.NATIVE_INT32, space, plist)
        file["x"][...] = np.arange(100).reshape(10, 10)

    same_as_h5py(written(fill, libver="latest"))


@pytest.mark.parametrize("libver", ["earliest", "latest"])
def test_storage_without_values(libver: str) -> None:
    def fill(file: h5py.File) -> None:
        file.create_dataset("never_written", shape=(3, 2), dtype="f4")
        file.create_dataset("filled", shape=(3, 2), dtype="f4", fillvalue=2.5)
        file.create_dataset("chunked", shape=(30, 2), dtype="i8", chunks=(10, 2), fillvalue=-1)
        compact = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        compact.set_layout(h5py.h5d.COMPACT)
        space = h5py.h5s.create_simple((4,))
        h5py.h5d.create(file.id, b"compact", h5py.h5t.IEEE_F32LE, space, compact)
        file["compact"][...] = [1, 2, 3, 4]

    same_as_h5py(written(fill, libver=libver))


@pytest.mark.parametrize("libver", ["earliest", "latest"])
@pytest.mark.parametrize("track_order", [False, True])
def test_large_groups(libver: str, track_order: bool) -> None:
    def fill(file: h5py.File) -> None:
        target = file.create_dataset("target", data=[1, 2])
        group = file.create_group("many", track_order=track_order)
        for number in range(3000):
            group[f"link number {number}"] = target

    data = written(fill, libver=libver)
    file = Hdf5File(data)
    group = file.find("many")
    with h5py.File(io.BytesIO(data)) as oracle:
        assert list(group.links) == sorted(oracle["many"])  # type: ignore[union-attr]


@pytest.mark.parametrize("track_order", [False, True])
def test_dense_and_huge_attributes(track_order: bool) -> None:
    def fill(file: h5py.File) -> None:
        group = file.create_group("g", track_order=track_order)
        for number in range(300):
            group.attrs[f"attribute {number}"] = np.arange(number)
        group.attrs["huge"] = np.bytes_(b"{" + b"config " * 20_000 + b"}")
        group.attrs["other huge"] = np.arange(30_000)

    same_as_h5py(written(fill, libver="latest"))


@pytest.mark.parametrize("libver", ["earliest", "latest"])
@pytest.mark.parametrize("size", [512, 2048])
def test_user_block(libver: str, size: int) -> None:
    def fill(file: h5py.File) -> None:
        file["a/b"] = np.arange(5)
        file["a"].attrs["text"] = "x"

    data = bytearray(written(fill, libver=libver, userblock_size=size))
    data[:10] = b"some other"
    assert Hdf5File(bytes(data)).superblock.base == size
    same_as_h5py(bytes(data))


@pytest.mark.parametrize("track_order", [False, True])
def test_many_messages_continue_in_other_blocks(track_order: bool) -> None:
    def fill(file: h5py.File) -> None:
        data = file.create_dataset("d", data=[1], track_order=track_order)
        for number in range(7):
            data.attrs[f"attribute {number}"] = "long " * 50
            file[f"child {number}"] = number

    for libver in ("earliest", "latest"):
        same_as_h5py(written(fill, libver=libver))


@pytest.mark.parametrize("libver", ["earliest", "latest"])
def test_committed_and_shared_datatypes(libver: str) -> None:
    def fill(file: h5py.File) -> None:
        file["type"] = np.dtype("<f4")
        file.create_dataset("x", data=[1, 2], dtype=file["type"])
        file.attrs.create("shared", [3, 4], dtype=file["type"])

    same_as_h5py(written(fill, libver=libver))


@pytest.mark.parametrize("libver", ["earliest", "latest"])
def test_types_that_are_only_named(libver: str) -> None:
    def fill(file: h5py.File) -> None:
        file["compound"] = np.zeros(2, [("a", "i4"), ("b", "f8", (2,))])
        file["complex"] = np.zeros(2, "c8")
        file["enum"] = np.zeros(2, h5py.enum_dtype({"RED": 0, "BLUE": 1}, basetype="u1"))
        file["reference"] = file.ref
        file["opaque"] = np.zeros(2, "V2")
        file.create_dataset("array", shape=(2,), dtype="(3,)i4")

    file = Hdf5File(written(fill, libver=libver))
    names = {node.path: node.datatype.name for node in file.walk() if isinstance(node, Dataset)}
    assert names == {
        "/compound": "compound20",
        "/complex": "compound8",
        "/enum": "uint8",
        "/reference": "reference8",
        "/opaque": "opaque2",
        "/array": "array of int32",
    }


def test_bfloat16_is_widened() -> None:
    values = np.array([1.0, -2.0, 0.15625], np.float32)

    def fill(file: h5py.File) -> None:
        half = h5py.h5t.IEEE_F32LE.copy()
        half.set_fields(15, 7, 8, 0, 7)
        half.set_size(2)
        half.set_ebias(127)
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        data = h5py.h5d.create(file.id, b"x", half, h5py.h5s.create_simple((3,)), plist)
        data.write(h5py.h5s.ALL, h5py.h5s.ALL, values, h5py.h5t.NATIVE_FLOAT)

    node = Hdf5File(written(fill)).find("x")
    assert isinstance(node, Dataset)
    assert node.datatype.name == "bfloat16"
    np.testing.assert_array_equal(node.read(), values)


def test_contiguous_values_are_a_view_of_the_file() -> None:
    data = written(lambda file: file.create_dataset("x", data=np.arange(1000.0)))
    node = Hdf5File(data).find("x")
    assert isinstance(node, Dataset)
    values = node.read()
    assert not values.flags.writeable
    assert not values.flags.owndata
    assert np.shares_memory(values, np.frombuffer(data, "u1"))


def test_deep_trees_are_walked() -> None:
    path = "/".join(f"level{number}" for number in range(60))
    assert same_as_h5py(written(lambda file: file.create_dataset(path, data=1))) == 61
