"""HDF5 as we write it, read by the HDF5 library and by our own reader."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hn

from loadstone.errors import UnsupportedModelError
from loadstone.wire.hdf5 import Dataset, Hdf5File
from loadstone.wire.hdf5.writer import OutArray, OutGroup, write_hdf5


def written(root: OutGroup) -> bytes:
    out = BytesIO()
    write_hdf5(out, root)
    return out.getvalue()


DTYPES = ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?", "V2")


@given(st.sampled_from(DTYPES), hn.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4), st.integers(0, 255))
def test_an_array_comes_back_byte_for_byte(dtype: str, shape: tuple[int, ...], seed: int) -> None:
    count = int(np.prod(shape)) * np.dtype(dtype).itemsize
    raw = np.random.default_rng(seed).integers(0, 2 if dtype == "?" else 256, count, dtype=np.uint8)
    array = np.frombuffer(raw.tobytes(), dtype).reshape(shape)
    data = written(OutGroup({"a": OutGroup({"b:0": OutArray(lambda: array)})}))
    with h5py.File(BytesIO(data)) as theirs:
        assert theirs["a/b:0"][()].tobytes() == array.tobytes()
        assert theirs["a/b:0"].shape == shape
    ours = Hdf5File(data).find("a/b:0")
    assert isinstance(ours, Dataset)
    assert ours.read().tobytes() == array.tobytes()


ATTRIBUTES: dict[str, Any] = {
    "text": "Keras",
    "unicode": "Größe ×",
    "long": "x" * 200_000,
    "names": ["conv/kernel:0", "b"],
    "many": [f"layer_{number}" * 3 for number in range(3_700)],
    "empty": [],
    "numbers": np.arange(3),
}


def test_attributes_are_what_the_library_reads() -> None:
    data = written(OutGroup(attributes=dict(ATTRIBUTES)))
    with h5py.File(BytesIO(data)) as theirs:
        found = dict(theirs.attrs)
    assert _text(found["text"]) == "Keras"
    assert _text(found["unicode"]) == "Größe ×"
    assert _text(found["long"]) == "x" * 200_000
    assert [_text(name) for name in found["names"]] == ATTRIBUTES["names"]
    assert [_text(name) for name in found["many"]] == ATTRIBUTES["many"]
    assert list(found["empty"]) == []
    assert list(found["numbers"]) == [0, 1, 2]


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def test_attributes_are_what_our_reader_reads() -> None:
    found = Hdf5File(written(OutGroup(attributes=dict(ATTRIBUTES)))).root.attributes
    assert {name: found[name].value for name in ("text", "unicode", "long", "names", "many")} == {
        name: ATTRIBUTES[name] for name in ("text", "unicode", "long", "names", "many")
    }


def test_a_group_of_thousands_is_listed_whole() -> None:
    members = {f"layer_{number}": OutArray(lambda: np.ones(1, "f4")) for number in range(3_000)}
    with h5py.File(BytesIO(written(OutGroup(dict(members))))) as theirs:
        assert len(theirs) == 3_000
        assert theirs["layer_2999"][0] == 1


def test_a_type_that_is_not_known_is_refused(tmp_path: Path) -> None:
    strange = np.zeros(2, dtype=[("a", "f4"), ("b", "i4")])
    with pytest.raises(UnsupportedModelError, match="not rewritten"):
        written(OutGroup({"a": OutArray(lambda: strange)}))


def test_a_list_that_no_attribute_holds_is_refused() -> None:
    with pytest.raises(UnsupportedModelError, match="too long for one HDF5 attribute"):
        written(OutGroup(attributes={"names": ["a_long_name_of_a_layer"] * 10_000}))


def test_a_dataset_does_not_become_a_group() -> None:
    root = OutGroup({"a": OutArray(lambda: np.ones(1))})
    with pytest.raises(UnsupportedModelError, match="where a group is wanted"):
        root.put("a/b", OutArray(lambda: np.ones(1)))


@pytest.mark.parametrize(("value", "words"), [(np.zeros(30_000), "too long"), ([[1, 2], [3]], "several lengths")])
def test_an_attribute_that_cannot_be_written_is_refused(value: Any, words: str) -> None:
    with pytest.raises(UnsupportedModelError, match=words):
        written(OutGroup(attributes={"strange": value}))
