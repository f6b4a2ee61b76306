"""Keras models and weights in HDF5: real files of every Keras, and files made for one purpose each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from loadstone.errors import FormatError, RefusedError
from loadstone.facts import ModelFile
from loadstone.formats import keras_h5
from loadstone.formats.registry import Candidate, open_source
from loadstone.formats.trees.tree import DiskTree
from tests.support.hdf5 import written
from tests.support.hostile import bit_flips, inflated, survives, truncations

LEGACY = {
    # file → (Keras, parameters, layers, input shape, output shape)
    "dl4j-keras110-lstm/lstm_tf_model.h5": ("1.1.0", 129, 4, (None, 10, 2), (None, 10, 3)),
    "dl4j-keras122-theano/model.h5": ("1.2.2", 18_690, 3, (None, 70), (None, 2)),
    "keras-fer-mini-xception-21/fer2013_mini_XCEPTION.102-0.66.hdf5": (
        "2.0.5",
        58_423,
        46,
        (None, 64, 64, 1),
        (None, 7),
    ),
    "keras-29-dense-h5/model-3.h5": ("2.9.0", 739, 5, (None, 18), (None, 3)),
    "keras-vww-mobilenet/vww_96.h5": ("2.4.0", 221_794, 85, (None, 96, 96, 3), (None, 2)),
    "tm-keras-h5-elio/keras_model.h5": ("2.4.0", 539_108, 3, (None, 224, 224, 3), (None, 8)),
    "keras3-h5-pair-cifar/model_cifar10.h5": ("3.8.0", 161_098, 15, (None, 32, 32, 3), (None, 10)),
}


def inspect(data: bytes, folder: Path, name: str = "m.h5") -> ModelFile:
    (folder / name).write_bytes(data)
    return open_source(str(folder / name))


def sequential(*layers: dict[str, Any]) -> str:
    return json.dumps({"class_name": "Sequential", "config": {"name": "s", "layers": list(layers)}})


def whole(config: str, **attributes: str) -> bytes:
    def fill(file: h5py.File) -> None:
        file.attrs.update({"model_config": config, "keras_version": "2.9.0", **attributes})
        file["model_weights/d/d/kernel:0"] = np.ones((2, 3), "f4")

    return written(fill)


@pytest.mark.parametrize("name", LEGACY)
def test_real_models(wild: Path, name: str) -> None:
    keras, parameters, layers, taken, given = LEGACY[name]
    model = open_source(str(wild / name))
    assert model.format == "keras-h5"
    assert model.complete
    assert model.producer["keras"] == keras
    assert model.parameters == parameters
    assert len(model.layers) == layers
    assert [spec.shape for spec in model.inputs] == [taken]
    assert [spec.shape for spec in model.outputs] == [given]
    assert model.custom == ()


def test_values_come_from_the_file_itself(wild: Path) -> None:
    path = wild / "keras-29-dense-h5" / "model-3.h5"
    model = open_source(str(path))
    with h5py.File(path) as oracle:
        for name in model.tensors:
            np.testing.assert_array_equal(model.tensors[name], oracle[name][()])
    roles = {tensor.spec.name.partition("/")[0]: tensor.spec.role for tensor in model.tensors.all}
    assert roles == {"model_weights": "weight", "optimizer_weights": "optimizer"}


def test_weights_stand_in_the_order_that_keras_recorded(wild: Path) -> None:
    model = open_source(str(wild / "keras-29-dense-h5" / "model-3.h5"))
    assert list(model.tensors)[:2] == ["model_weights/dense/dense/kernel:0", "model_weights/dense/dense/bias:0"]


@pytest.mark.parametrize(
    ("name", "keras"),
    [
        ("keras-ssd7-wang/ssd7_weights.h5", "2.1.1"),
        ("keras1-json-plus-weights-liucong/model.h5", None),
        ("keras-zip-310-mlp/checkpoint.weights.h5", None),
        ("keras-zip-214-lstm/lstm_model_checkpoint.h5", "2.14.0"),
    ],
)
def test_weights_alone(wild: Path, name: str, keras: str | None) -> None:
    model = open_source(str(wild / name))
    assert model.format == "keras-h5-weights"
    assert model.producer.get("keras") == keras
    assert model.layers == ()
    assert model.parameters > 0


def test_content_decides_not_the_name(wild: Path) -> None:
    model = open_source(str(wild / "keras-h5-in-dotkeras-aswin" / "best_model.keras"))
    assert model.format == "keras-h5"
    assert any(".keras" in note for note in model.notes)


def test_lambdas_and_custom_layers_are_named(wild: Path) -> None:
    model = open_source(str(wild / "keras-ssd7-wang" / "ssd7.h5"))
    assert set(model.custom) == {"Lambda", "AnchorBoxes", "compute_loss"}
    assert any("lambda1 holds code" in note for note in model.notes)
    assert {layer.class_name for layer in model.layers if layer.custom} == {"Lambda", "AnchorBoxes"}


def test_nested_models_keep_their_layers(wild: Path) -> None:
    model = open_source(str(wild / "tm-keras-h5-elio" / "keras_model.h5"))
    assert [layer.class_name for layer in model.layers] == ["InputLayer", "Sequential", "Sequential"]
    assert model.details["layers"] == 164
    assert len(model.layers[1].inner[1].inner) > 100


def test_names_split_into_parts_are_joined(tmp_path: Path) -> None:
    def fill(file: h5py.File) -> None:
        file.attrs["layer_names0"] = np.array([b"z", b"a"])
        file.attrs["layer_names1"] = np.array([b"m"])
        for name in "zam":
            file[f"{name}/w:0"] = np.zeros(1, "f4")
            file[name].attrs["weight_names"] = np.array([b"w:0"])

    model = inspect(written(fill), tmp_path)
    assert model.format == "keras-h5-weights"
    assert list(model.tensors) == ["z/w:0", "a/w:0", "m/w:0"]


def test_listed_weights_that_are_not_there_are_missed(tmp_path: Path) -> None:
    def fill(file: h5py.File) -> None:
        file.attrs["layer_names"] = [b"d"]
        file.create_group("d").attrs["weight_names"] = [b"d/kernel:0"]

    model = inspect(written(fill), tmp_path)
    assert not model.complete
    assert any("d/d/kernel:0" in note for note in model.notes)


def test_a_user_block_before_the_model_does_not_hide_it(tmp_path: Path) -> None:
    def fill(file: h5py.File) -> None:
        file.attrs["layer_names"] = [b"d"]
        file["d/w"] = [1.0]

    assert inspect(written(fill, userblock_size=1024), tmp_path).format == "keras-h5-weights"


def test_half_a_model_is_not_complete(tmp_path: Path) -> None:
    config = sequential({"class_name": "Dense", "config": {"units": 1}})
    alone = inspect(written(lambda file: file.attrs.update({"model_config": config})), tmp_path)
    assert not alone.complete
    assert any("not its weights" in note for note in alone.notes)
    orphan = inspect(written(lambda file: file.create_dataset("model_weights/d/w", data=[1.0])), tmp_path, "w.h5")
    assert not orphan.complete
    assert any("no model_config" in note for note in orphan.notes)


def test_a_layer_without_its_group_is_missed(tmp_path: Path) -> None:
    model = inspect(written(lambda file: file.attrs.update({"layer_names": [b"gone"]})), tmp_path)
    assert not model.complete
    assert any("listed but not there: gone" in note for note in model.notes)


def test_a_cut_file_is_described_as_far_as_it_goes(wild: Path, tmp_path: Path) -> None:
    data = (wild / "keras-29-dense-h5" / "model-3.h5").read_bytes()
    model = inspect(data[:-3000], tmp_path)
    assert model.format == "keras-h5"
    assert not model.complete
    assert model.files[0].state == "truncated"
    assert model.files[0].bytes_short == 3000
    assert any("3,000 bytes short" in note for note in model.notes)


def test_bfloat16_without_its_name(tmp_path: Path) -> None:
    path = tmp_path / "model.h5"
    with h5py.File(path, "w") as file:
        file["model_weights/d/kernel"] = np.array([0x3F80, 0x4000], np.uint16).view("V2")
        file["other"] = np.zeros(2, np.uint16).view("V2")
    tensors = open_source(str(path)).tensors
    assert {spec.name: spec.dtype for spec in tensors.specs} == {
        "model_weights/d/kernel": "bfloat16",
        "other": "opaque2",
    }
    assert tensors["model_weights/d/kernel"].astype(np.float32).tolist() == [1.0, 2.0]


def test_bfloat16_of_keras_3(tmp_path: Path) -> None:
    def fill(file: h5py.File) -> None:
        file["layers/d/vars/0"] = np.array([0x3F80, 0xC000], "<u2").view("V2")
        file["layers/d/vars/0"].attrs["dtype"] = "bfloat16"

    model = inspect(written(fill), tmp_path)
    assert model.tensors.specs[0].dtype == "bfloat16"
    assert list(model.tensors["layers/d/vars/0"]) == [1.0, -2.0]


def test_what_leads_out_of_the_file_is_named(tmp_path: Path) -> None:
    def fill(file: h5py.File) -> None:
        file.attrs["layer_names"] = [b"d"]
        file["d"] = h5py.ExternalLink("/etc/passwd", "/x")
        file.create_dataset("stored", shape=(4,), dtype="f4", external=[("/etc/passwd", 0, 16)])

    model = inspect(written(fill), tmp_path)
    assert not model.complete
    assert any("external link to '/etc/passwd:/x'" in note for note in model.notes)
    assert any("external storage" in note for note in model.notes)
    with pytest.raises(RefusedError):
        _ = model.tensors["stored"]


def test_checksums_of_chunks_are_verified(tmp_path: Path) -> None:
    values = np.arange(64, dtype="u1")

    def fill(file: h5py.File) -> None:
        file.attrs["layer_names"] = [b"d"]
        file.create_dataset("d/w:0", data=values, chunks=(64,), fletcher32=True)

    data = written(fill)
    good = inspect(data, tmp_path).tensors.lazy("d/w:0")
    assert good.verify is not None
    good.verify()
    at = data.index(values.tobytes())
    bad = inspect(data[:at] + b"\xff" + data[at + 1 :], tmp_path, "b.h5").tensors.lazy("d/w:0")
    assert bad.verify is not None
    with pytest.raises(FormatError, match="checksum"):
        bad.verify()


def test_a_configuration_that_is_broken_leaves_the_weights_readable(tmp_path: Path) -> None:
    model = inspect(whole('{"class_name": "Sequential", '), tmp_path)
    assert model.format == "keras-h5"
    assert not model.complete
    assert any("line 1, column" in note for note in model.notes)
    assert model.parameters == 6


def test_training_is_told_by_name(tmp_path: Path) -> None:
    training = json.dumps(
        {
            "optimizer_config": {"class_name": "Adam", "config": {}},
            "loss": {"a": "mse", "b": "focal"},
            "metrics": ["accuracy", {"class_name": "MeanMetricWrapper", "config": {"name": "top5"}}],
        }
    )
    model = inspect(whole(sequential(), training_config=training), tmp_path)
    assert model.details["training"] == {"optimizer": "Adam", "loss": ["mse", "focal"], "metrics": ["accuracy", "top5"]}
    assert model.custom == ("focal",)


def test_hdf5_of_others_is_named(tmp_path: Path) -> None:
    model = inspect(written(lambda file: file.create_dataset("x", data=[1.0])), tmp_path)
    assert model.format == "hdf5"
    assert len(model.tensors) == 1


def test_damage_ends_in_a_description_or_an_error(tmp_path: Path) -> None:
    config = sequential({"class_name": "Dense", "config": {"name": "d", "units": 3, "batch_input_shape": [None, 2]}})
    data = whole(config)

    def read(broken: bytes) -> ModelFile:
        path = tmp_path / "m.h5"
        path.write_bytes(broken)
        return keras_h5.read(Candidate("m.h5", DiskTree(tmp_path), "m.h5", is_folder=False))

    for broken in (*truncations(data), *bit_flips(data, 100), *inflated(data, 100)):
        survives(read, broken)
