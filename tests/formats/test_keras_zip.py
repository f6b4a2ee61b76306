"""Keras archives: real zips, folders of the same files, and archives that are incomplete or ambiguous."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from loadstone.errors import ChecksumError
from loadstone.facts import ModelFile
from loadstone.formats import keras_zip
from loadstone.formats.registry import Candidate, open_source
from loadstone.formats.trees.tree import DiskTree
from tests.support.hdf5 import written
from tests.support.hostile import bit_flips, survives, truncations

REAL = {
    # file → (Keras, parameters, layers, inputs, output shape, custom)
    "keras-zip-214-lstm/my_model.keras": ("2.14.0", 12_451, 4, [(None, 1, 11)], (None, 1), ()),
    "keras-zip-310-cnn/best_model.keras": ("3.10.0", 57_494, 9, [(None, 28, 28, 1)], (None, 22), ()),
    "keras-zip-313-multiinput/best_model.keras": (
        "3.13.0", 141_057, 28, [(None, 200), (None, 4, 4, 1)], (None, 1), (),
    ),
    "keras-zip-32-bank/best_model.keras": ("3.2.1", 274_977, 11, [(None, 28)], (None, 1), ()),
    "keras-zip-333-potato/best_model.keras": ("3.3.3", 183_747, 17, [(32, 256, 256, 3)], (32, 3), ()),
    "keras-zip-36-customlayers/best_model.keras": (
        "3.6.0", 340, 11, [(None, 11)], None, ("FuzzyLayer", "RuleLayer", "NormLayer", "DefuzzLayer", "SummationLayer"),
    ),
}  # fmt: skip


def layer(class_name: str, **config: Any) -> dict[str, Any]:
    return {"module": "keras.layers", "class_name": class_name, "config": {"name": class_name.lower(), **config}}


CONFIG = {
    "module": "keras",
    "class_name": "Sequential",
    "config": {"name": "s", "layers": [layer("InputLayer", batch_shape=[None, 2]), layer("Dense", units=3)]},
}
MEMBERS: dict[str, bytes] = {
    "metadata.json": b'{"keras_version": "3.5.0", "date_saved": "2026-01-01@00:00:00"}',
    "config.json": json.dumps(CONFIG).encode(),
    "model.weights.h5": written(lambda file: file.create_dataset("layers/dense/vars/0", data=np.ones((2, 3), "f4"))),
}


def packed(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def inspect(members: dict[str, bytes], folder: Path, name: str = "m.keras") -> ModelFile:
    (folder / name).write_bytes(packed(members))
    return open_source(str(folder / name))


@pytest.mark.parametrize("name", REAL)
def test_real_archives(wild: Path, name: str) -> None:
    keras, parameters, layers, taken, given, custom = REAL[name]
    model = open_source(str(wild / name))
    assert model.format == "keras-zip"
    assert model.complete
    assert model.producer == {"keras": keras}
    assert model.parameters == parameters
    assert len(model.layers) == layers
    assert [spec.shape for spec in model.inputs] == taken
    assert [spec.shape for spec in model.outputs] == [given]
    assert model.custom == custom


def test_values_equal_those_of_the_unpacked_file(wild: Path) -> None:
    path = wild / "keras-zip-310-cnn" / "best_model.keras"
    model = open_source(str(path))
    with h5py.File(io.BytesIO(zipfile.ZipFile(path).read("model.weights.h5"))) as oracle:
        for name in model.tensors:
            np.testing.assert_array_equal(model.tensors[name], oracle[name][()])
    first = model.tensors.all[0]
    assert first.verify is not None
    first.verify()


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_stored_and_deflated_members_read_alike(tmp_path: Path, method: int) -> None:
    path = tmp_path / "m.keras"
    path.write_bytes(packed(MEMBERS, method))
    model = open_source(str(path))
    assert model.tensors["layers/dense/vars/0"].sum() == 6
    assert [file.path for file in model.files] == [
        "m.keras/config.json", "m.keras/metadata.json", "m.keras/model.weights.h5",
    ]  # fmt: skip
    assert model.details["date_saved"] == "2026-01-01@00:00:00"


def test_another_name_does_not_matter(tmp_path: Path) -> None:
    assert inspect(MEMBERS, tmp_path, "model.bin").format == "keras-zip"


def test_an_unzipped_folder_is_the_same_model(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    for name, content in MEMBERS.items():
        (folder / name).write_bytes(content)
    model = open_source(str(folder))
    assert model.format == "keras-zip"
    assert model.complete
    assert model.parameters == 6
    assert [spec.shape for spec in model.outputs] == [(None, 3)]


@pytest.mark.parametrize("absent", ["config.json", "model.weights.h5"])
def test_a_member_that_is_missing_is_named(tmp_path: Path, absent: str) -> None:
    model = inspect({name: content for name, content in MEMBERS.items() if name != absent}, tmp_path)
    assert not model.complete
    assert [file.path for file in model.files if file.state == "missing"] == [f"m.keras/{absent}"]
    assert any(absent in note for note in model.notes)


def test_pickled_weights_are_not_read(tmp_path: Path) -> None:
    members = {**MEMBERS, "model.weights.npz": b"PK"}
    del members["model.weights.h5"]
    model = inspect(members, tmp_path)
    assert len(model.tensors) == 0
    assert any("pickled" in note for note in model.notes)


def test_assets_are_listed(tmp_path: Path) -> None:
    model = inspect({**MEMBERS, "assets/layers/lookup/vocabulary.txt": b"a\nb"}, tmp_path)
    assert ("m.keras/assets/layers/lookup/vocabulary.txt", "asset") in [(f.path, f.role) for f in model.files]


def test_a_wrong_checksum_is_found_once_for_all_tensors(tmp_path: Path) -> None:
    data = bytearray(packed(MEMBERS))
    at = data.index(np.ones((2, 3), "f4").tobytes())
    data[at] ^= 1
    (tmp_path / "m.keras").write_bytes(data)
    tensor = open_source(str(tmp_path / "m.keras")).tensors.all[0]
    assert tensor.verify is not None
    for _ in range(2):
        with pytest.raises(ChecksumError):
            tensor.verify()


def test_two_members_of_one_name_are_not_chosen_between(tmp_path: Path) -> None:
    data = packed({**MEMBERS, "confiX.json": b"{}"}).replace(b"confiX.json", b"config.json")
    (tmp_path / "m.keras").write_bytes(data)
    model = open_source(str(tmp_path / "m.keras"))
    assert not model.complete
    assert any("disagree" in note for note in model.notes)


def test_damage_ends_in_a_description_or_an_error(tmp_path: Path) -> None:
    data = packed(MEMBERS)

    def read(broken: bytes) -> ModelFile:
        path = tmp_path / "m.keras"
        path.write_bytes(broken)
        return keras_zip.read(Candidate("m.keras", DiskTree(tmp_path), "m.keras", is_folder=False))

    for broken in (*truncations(data, at_most=100), *bit_flips(data, 150)):
        survives(read, broken)
