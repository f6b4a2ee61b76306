"""safetensors: what another party wrote is read, and a header that lies is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from loadstone.errors import FormatError, LoadstoneError
from loadstone.formats.registry import open_source


def test_what_the_reference_writer_wrote(tmp_path: Path) -> None:
    numpy_io = pytest.importorskip("safetensors.numpy")
    arrays: dict[str, npt.NDArray[Any]] = {
        "conv/kernel": np.arange(24, dtype=np.float32).reshape(2, 3, 4),
        "half": np.array([[1.5, -2]], np.float16),
        "step": np.array(7, np.int64),
        "none": np.zeros((0, 3), np.uint8),
    }
    numpy_io.save_file(arrays, tmp_path / "w.bin", metadata={"format": "np"})
    model = open_source(str(tmp_path / "w.bin"))
    assert model.format == "safetensors"
    assert model.complete
    assert model.details["metadata"] == {"format": "np"}
    for name, array in arrays.items():
        np.testing.assert_array_equal(model.tensors[name], array)
        assert model.tensors[name].dtype == array.dtype


def test_bfloat16_comes_as_float32(tmp_path: Path) -> None:
    header = json.dumps({"a": {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]}}).encode()
    values = np.array([1.0, -2.5], np.float32).view(np.uint32) >> np.uint32(16)
    (tmp_path / "a").write_bytes(len(header).to_bytes(8, "little") + header + values.astype("<u2").tobytes())
    np.testing.assert_array_equal(open_source(str(tmp_path / "a")).tensors["a"], np.array([1.0, -2.5], np.float32))


def _file(tmp_path: Path, entry: object, data: bytes) -> str:
    header = json.dumps({"a": entry}).encode()
    (tmp_path / "a").write_bytes(len(header).to_bytes(8, "little") + header + data)
    return str(tmp_path / "a")


def test_a_cut_file_is_incomplete_and_says_so(tmp_path: Path) -> None:
    model = open_source(_file(tmp_path, {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}, bytes(12)))
    assert not model.complete
    assert model.files[0].bytes_short == 4
    with pytest.raises(FormatError, match="ends before"):
        model.tensors["a"]


@pytest.mark.parametrize(
    "entry",
    [
        {"dtype": "F32", "shape": [4], "data_offsets": [0, 12]},
        {"dtype": "F33", "shape": [4], "data_offsets": [0, 16]},
        {"dtype": "F32", "shape": [-4], "data_offsets": [0, 16]},
        {"dtype": "F32", "shape": [4], "data_offsets": [16, 0]},
        {"dtype": ["F32"], "shape": [1 << 60, 1 << 60], "data_offsets": [0, 1]},
        [],
    ],
)
def test_a_header_that_lies_is_refused(tmp_path: Path, entry: object) -> None:
    with pytest.raises(LoadstoneError, match="header"):
        open_source(_file(tmp_path, entry, bytes(16)))
