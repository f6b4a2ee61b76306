"""Files that lead elsewhere, that declare more than they hold, that go in circles, or that are broken."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest

from loadstone.errors import ChecksumError, FormatError, LimitError, LoadstoneError, RefusedError, TruncatedError
from loadstone.wire.hdf5 import Dataset, Group, Hdf5File
from loadstone.wire.limits import HDF5_DEPTH
from tests.fuzz.target_hdf5 import read_everything, seeds
from tests.support.hdf5 import written
from tests.support.hostile import bit_flips, inflated, survives, truncations

VERSIONS = pytest.mark.parametrize("libver", ["earliest", "latest"])


def dataset(data: bytes, path: str) -> Dataset:
    node = Hdf5File(data).find(path)
    assert isinstance(node, Dataset)
    return node


@VERSIONS
def test_links_that_lead_away_are_named_and_not_followed(libver: str, tmp_path: Path) -> None:
    with h5py.File(tmp_path / "secret.h5", "w") as other:
        other["x"] = [1]

    def fill(file: h5py.File) -> None:
        file["soft"] = h5py.SoftLink("/real")
        file["outside"] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "/x")
        file["real"] = [1, 2]

    file = Hdf5File(written(fill, libver=libver))
    kinds = {link.name: (link.kind, link.target) for link in file.root.links.values()}
    assert kinds == {
        "real": ("hard", ""),
        "soft": ("soft", "/real"),
        "outside": ("external", f"{tmp_path / 'secret.h5'}:/x"),
    }
    assert [node.path for node in file.walk()] == ["/real"]
    assert file.find("outside") is None
    assert file.find("soft") is None


@VERSIONS
def test_hard_links_may_go_in_a_circle(libver: str) -> None:
    def fill(file: h5py.File) -> None:
        inner = file.create_group("a/b")
        inner["back"] = file["a"]
        inner["top"] = file["/"]

    assert [node.path for node in Hdf5File(written(fill, libver=libver)).walk()] == ["/a", "/a/b"]


@VERSIONS
def test_external_storage_is_refused(libver: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.bin"
    secret.write_bytes(bytes(16))

    def fill(file: h5py.File) -> None:
        file.create_dataset("x", shape=(4,), dtype="f4", external=[(str(secret), 0, 16)])

    node = dataset(written(fill, libver=libver), "x")
    assert node.elsewhere == "external storage"
    assert node.stored == 0
    with pytest.raises(RefusedError, match="external storage"):
        node.read()


def test_virtual_datasets_are_refused() -> None:
    def fill(file: h5py.File) -> None:
        layout = h5py.VirtualLayout(shape=(4,), dtype="f4")
        layout[:] = h5py.VirtualSource("secret.h5", "x", shape=(4,))
        file.create_virtual_dataset("x", layout)

    node = dataset(written(fill), "x")
    assert node.elsewhere == "virtual dataset"
    with pytest.raises(RefusedError, match="virtual"):
        node.read()


@VERSIONS
@pytest.mark.parametrize("compression", [None, "gzip"])
def test_a_shape_that_nothing_explains_is_refused_before_memory_is_taken(libver: str, compression: str | None) -> None:
    def fill(file: h5py.File) -> None:
        data = file.create_dataset("x", shape=(1 << 40, 4), chunks=(1000, 4), dtype="f4", compression=compression)
        data[0:1000] = 1

    with pytest.raises(LimitError, match=r"far more bytes|more chunks"):
        dataset(written(fill, libver=libver), "x").read()


def test_an_unwritten_giant_is_refused() -> None:
    data = written(lambda file: file.create_dataset("x", shape=(1 << 50,), dtype="f8"))
    with pytest.raises(LimitError):
        dataset(data, "x").read()


def test_a_contiguous_shape_must_fit_the_file() -> None:
    data = written(lambda file: file.create_dataset("x", data=np.arange(1000.0)))
    node = dataset(data[:-4000], "x")
    assert node.span is not None
    with pytest.raises(TruncatedError, match="past the end"):
        node.read()


def test_a_cut_file_says_how_many_bytes_are_lacking() -> None:
    data = written(lambda file: file.create_dataset("x", data=np.arange(1000.0)))
    assert Hdf5File(data[:-4000]).bytes_short == 4000
    assert Hdf5File(data).bytes_short == 0


def test_filters_of_others_are_named() -> None:
    data = written(lambda file: file.create_dataset("x", data=np.arange(100), chunks=(50,), compression="lzf"))
    with pytest.raises(FormatError, match="lzf"):
        dataset(data, "x").read()


@VERSIONS
def test_a_wrong_chunk_checksum_is_found(libver: str) -> None:
    values = np.arange(100, dtype="u1")
    data = written(lambda file: file.create_dataset("x", data=values, chunks=(100,), fletcher32=True), libver=libver)
    at = data.index(values.tobytes())
    broken = data[: at + 7] + b"\xff" + data[at + 8 :]
    with pytest.raises(ChecksumError, match="chunk"):
        dataset(broken, "x").read()


def test_a_wrong_metadata_checksum_is_found() -> None:
    data = bytearray(written(lambda file: file.create_dataset("name of data", data=1), libver="latest"))
    data[data.index(b"name of data")] ^= 1
    with pytest.raises(FormatError, match="checksum of the object header"):
        _ = Hdf5File(bytes(data)).root


def test_values_that_are_only_named_are_not_read() -> None:
    data = written(lambda file: file.create_dataset("x", data=np.zeros(2, [("a", "i4")])))
    with pytest.raises(FormatError, match="compound4"):
        dataset(data, "x").read()


def test_deep_groups_end_at_a_cap() -> None:
    path = "/".join("g" for _ in range(HDF5_DEPTH + 5))
    with pytest.raises(LimitError, match="deeper"):
        list(Hdf5File(written(lambda file: file.create_group(path))).walk())


def test_a_header_that_continues_in_itself_is_refused() -> None:
    def fill(file: h5py.File) -> None:
        data = file.create_dataset("x", data=[1])
        for number in range(6):
            data.attrs[f"a{number}"] = "long " * 60

    data = written(fill)
    header = Hdf5File(data).find("x").header.address  # type: ignore[union-attr]
    at = next(at for at in range(header, header + 400, 8) if data[at : at + 2] == b"\x10\0" and data[at + 2] == 16)
    target = struct.unpack_from("<Q", data, at + 8)[0]
    # The block that the header continues in now begins with a continuation message to itself.
    loop = struct.pack("<HHB3xQQ", 0x10, 16, 0, target, 24)
    broken = data[:target] + loop + data[target + len(loop) :]
    with pytest.raises(FormatError, match="continues in itself"):
        Hdf5File(broken).find("x")


def test_a_tree_that_is_its_own_child_is_refused() -> None:
    def fill(file: h5py.File) -> None:
        for number in range(1000):
            file.create_group(f"g{number:04}")

    data = bytearray(written(fill))
    root = next(at for at in range(0, len(data) - 8, 8) if data[at : at + 4] == b"TREE" and data[at + 5] == 1)
    data[root + 32 : root + 40] = struct.pack("<Q", root)
    with pytest.raises(FormatError, match="own relative"):
        _ = Hdf5File(bytes(data)).root.links


def test_structures_that_share_their_bytes_meet_the_budget() -> None:
    """A thousand groups with one table of ten thousand links: honest files never need that much reading."""

    def fill(file: h5py.File) -> None:
        big = file.create_group("big")
        for number in range(4000):
            big[f"n{number:05}"] = h5py.SoftLink("x")
        for number in range(1000):
            file.create_group(f"g{number:04}")

    data = bytearray(written(fill))
    file = Hdf5File(bytes(data))
    big = file.find("big")
    assert isinstance(big, Group)
    table = next(body for body in big.header.bodies if body.kind == 0x11)
    for node in list(file.walk()):
        own = next(body for body in node.header.bodies if body.kind == 0x11)
        data[own.origin : own.origin + 16] = table.chunk[:16]
    with pytest.raises(LimitError, match="again and again"):
        list(Hdf5File(bytes(data)).walk())


@pytest.mark.parametrize("data", [b"", b"\x89HDF\r\n\x1a\n", b"\x89HDF\r\n\x1a\n\x09" + bytes(200), b"PK\x03\x04"])
def test_what_is_no_hdf5_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        Hdf5File(data)


def _damaged() -> Iterator[tuple[int, bytes]]:
    for number, data in enumerate(seeds()):
        yield from ((number, broken) for broken in truncations(data, at_most=40))
        yield from ((number, broken) for broken in bit_flips(data, 70, seed=number))
        yield from ((number, broken) for broken in inflated(data, 70, seed=number))


def test_damage_ends_in_a_value_or_an_error() -> None:
    outcomes = [survives(read_everything, broken) for _, broken in _damaged()]
    assert any(isinstance(outcome, LoadstoneError) for outcome in outcomes)


def test_damage_takes_little_memory() -> None:
    for number, data in enumerate(seeds()):
        for broken in inflated(data, 8, seed=100 + number):
            survives(read_everything, broken, memory=True)


def test_real_files_cut_anywhere(wild: Path) -> None:
    data = (wild / "keras-29-dense-h5" / "model-3.h5").read_bytes()
    for broken in truncations(data):
        survives(read_everything, broken)
    for broken in (*bit_flips(data[:16_000], 100), *inflated(data[:16_000], 100)):
        survives(read_everything, broken + data[16_000:])
