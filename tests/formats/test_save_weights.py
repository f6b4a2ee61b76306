"""What `save_weights` writes, the safetensors library reads back equal."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from loadstone.errors import FormatError, RefusedError, SourceError
from loadstone.facts import LazyTensor, Tensors, TensorSpec
from loadstone.formats.save_weights import save_weights

safetensors_numpy = pytest.importorskip("safetensors.numpy")


def lazy(name: str, values: np.ndarray[Any, Any], dtype: str = "") -> LazyTensor:
    spec = TensorSpec(name, dtype or values.dtype.name, values.shape, values.nbytes)
    return LazyTensor(spec, lambda: values)


ARRAYS: dict[str, np.ndarray[Any, Any]] = {
    "a/kernel:0": np.arange(6, dtype=np.float32).reshape(2, 3),
    "scalar": np.array(7, np.int64),
    "empty": np.zeros((0, 3), np.float16),
    "flag": np.array([True, False, True]),
    "bytes": np.arange(5, dtype=np.uint8),
    "strided": np.arange(12, dtype=np.float64).reshape(3, 4).T,
    "foreign": np.arange(4, dtype=">i4"),
}


def test_the_library_reads_the_same_back(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    assert save_weights(Tensors(lazy(name, values) for name, values in ARRAYS.items()), path) == ()
    back = safetensors_numpy.load_file(path)
    assert set(back) == set(ARRAYS)
    for name, values in ARRAYS.items():
        assert back[name].dtype == values.dtype.newbyteorder("=")
        np.testing.assert_array_equal(back[name], values)
    assert [entry.name for entry in tmp_path.iterdir()] == ["w.safetensors"]


def test_a_stream_is_written_from_where_it_stands() -> None:
    stream = io.BytesIO(b"before")
    stream.seek(6)
    save_weights(Tensors([lazy("x", np.ones(3, np.float32))]), stream)
    assert stream.tell() == len(stream.getvalue())
    assert list(safetensors_numpy.load(stream.getvalue()[6:])["x"]) == [1, 1, 1]


def test_bfloat16_stays_bfloat16() -> None:
    values = np.array([1.0, -2.5, 3e38], np.float32)
    values = (values.view(np.uint32) & np.uint32(0xFFFF0000)).view(np.float32)
    stream = io.BytesIO()
    assert save_weights(Tensors([lazy("x", values, "bfloat16")]), stream) == ()
    size = int.from_bytes(stream.getvalue()[:8], "little")
    halves = np.frombuffer(stream.getvalue()[8 + size :], np.uint16)
    np.testing.assert_array_equal((halves.astype(np.uint32) << 16).view(np.float32), values)


def test_complex_values_become_pairs() -> None:
    stream = io.BytesIO()
    notes = save_weights(Tensors([lazy("z", np.array([1 + 2j], np.complex64))]), stream)
    assert safetensors_numpy.load(stream.getvalue())["z"].tolist() == [[1, 2]]
    assert len(notes) == 1


def _raises() -> np.ndarray[Any, Any]:
    raise FormatError("the shard is missing", where="byte 3")


def test_what_cannot_be_written_is_left_out_and_said() -> None:
    strings = np.array([b"a"], dtype=object)
    broken = LazyTensor(TensorSpec("broken", "float64", (5,)), _raises)
    wrong = LazyTensor(TensorSpec("wrong", "float32", (5,)), lambda: np.zeros(4, np.float32))
    unknown = LazyTensor(TensorSpec("open", "float32", (None, 2)), _raises)
    named = lazy("__metadata__", np.zeros(1, np.float32))
    good = lazy("good", np.arange(3, dtype=np.float32))
    stream = io.BytesIO()
    notes = save_weights(Tensors([lazy("s", strings, "string"), broken, wrong, unknown, named, good]), stream)
    back = safetensors_numpy.load(stream.getvalue())
    assert list(back) == ["good"]
    assert list(back["good"]) == [0, 1, 2]
    assert sorted(note.partition(":")[0] for note in notes) == ["__metadata__", "broken", "open", "s", "wrong"]


def test_a_file_of_another_kind_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "model.h5"
    path.write_bytes(b"\x89HDF\r\n\x1a\n\0")
    with pytest.raises(RefusedError):
        save_weights(Tensors([lazy("x", np.ones(3))]), path)
    assert path.read_bytes() == b"\x89HDF\r\n\x1a\n\0"


def test_a_safetensors_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    save_weights(Tensors([lazy("x", np.ones(3))]), path)
    save_weights(Tensors([lazy("y", np.ones(3))]), path)
    assert list(safetensors_numpy.load_file(path)) == ["y"]


def test_a_path_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        save_weights(Tensors([lazy("x", np.ones(3))]), tmp_path / "none" / "w.safetensors")


def test_nothing_is_left_behind_by_a_failure(tmp_path: Path) -> None:
    def interrupted() -> np.ndarray[Any, Any]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        save_weights(Tensors([LazyTensor(TensorSpec("x", "float32", (1,)), interrupted)]), tmp_path / "w.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_model_is_an_empty_file_that_loads() -> None:
    stream = io.BytesIO()
    save_weights(Tensors(), stream)
    assert safetensors_numpy.load(stream.getvalue()) == {}
