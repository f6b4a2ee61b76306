"""Keras files mended: what changes is what the plan names, and every other tensor is the same byte for byte."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import loadstone as ls
from loadstone.facts.environment import Environment
from loadstone.facts.plan import Fixed
from loadstone.repairs import fix, plans
from tests.support.keras_files import (
    Array,
    Config,
    dense,
    keras_h5,
    keras_zip,
    kernels,
    layer,
    sequential,
    start,
    weights_group,
    write,
)

KERAS3 = Environment(python="3.11.7", packages={"keras": "3.15.1", "tensorflow": "2.21.0"})
TF215 = Environment(python="3.11.7", packages={"keras": "2.15.0", "tensorflow": "2.15.0"})
BATCH = layer("InputLayer", "start", batch_shape=[None, 3], dtype="float32", sparse=False)


def mended(path: Path, environment: Environment = KERAS3) -> tuple[Fixed, Path]:
    done = fix(path, environment=environment)
    assert done.output is not None
    return done, Path(done.output)


def tensors(path: Path) -> dict[str, bytes]:
    return {name: np.asarray(array).tobytes() for name, array in ls.inspect(path).tensors.items()}


def config_of(path: Path) -> Config:
    import h5py

    with h5py.File(path) as file:
        found: Config = json.loads(file.attrs["model_config"])
    return found


def test_a_dropped_key_leaves_every_tensor_as_it_was(tmp_path: Path) -> None:
    model = sequential(start(4, 4, 3), layer("DepthwiseConv2D", "dw", groups=1, kernel_size=3), dense())
    path = keras_h5(tmp_path / "model.h5", model, {"dw": kernels((3, 3, 3, 1), (3,)), "dense": kernels((3, 2), (2,))})
    before = path.read_bytes()
    done, new = mended(path)
    assert [plan.repair for plan in done.applied] == ["keras-dialect"]
    assert [(edit.where, edit.before, edit.after) for edit in done.applied[0].edits] == [
        ("model_config: DepthwiseConv2D dw: groups", "1", None)
    ]
    assert done.applied[0].touched == ()
    assert tensors(new) == tensors(path)
    assert path.read_bytes() == before
    assert done.remaining == ()
    assert "groups" not in json.dumps(config_of(new))


def test_tensors_that_change_are_named_and_the_others_are_the_same(tmp_path: Path) -> None:
    model = sequential(
        start(4, 3), layer("LSTM", "rnn", units=2, recurrent_activation="hard_sigmoid", activation="tanh"), dense()
    )
    weights = {"rnn": kernels((3, 8), (2, 8), (8,)), "dense": kernels((2, 2), (2,))}
    path = keras_h5(tmp_path / "model.h5", model, weights)
    done, new = mended(path)
    old, made = tensors(path), tensors(new)
    assert old.keys() == made.keys()
    assert {name for name in old if old[name] != made[name]} == set(done.applied[0].touched)
    assert done.applied[0].touched == tuple(f"model_weights/rnn/rnn/weight_{number}:0" for number in range(3))


def test_a_keras_1_lstm_has_three_weights_afterwards(tmp_path: Path) -> None:
    shapes = [shape for _ in range(4) for shape in ((3, 2), (2, 2), (2,))]
    rnn = layer(
        "LSTM", "rnn", output_dim=2, inner_activation="sigmoid", activation="tanh", batch_input_shape=[None, 4, 3]
    )
    path = keras_h5(
        tmp_path / "m.h5", {"class_name": "Sequential", "config": [rnn]}, {"rnn": kernels(*shapes)}, version="1.2.2"
    )
    _, new = mended(path)
    found = ls.inspect(new)
    assert [spec.shape for spec in found.tensors.specs] == [(3, 8), (2, 8), (8,)]
    assert found.complete


def test_an_archive_keeps_its_weights(tmp_path: Path) -> None:
    model = sequential(BATCH, dense(batch_input_shape=[None, 3]))
    model |= {"module": "keras", "registered_name": None}
    model["config"]["layers"] = [{**one, "module": "keras.layers"} for one in model["config"]["layers"]]
    arrays = dict(zip(("layers/dense/vars/0", "layers/dense/vars/1"), kernels((3, 2), (2,)), strict=True))
    path = keras_zip(tmp_path / "model.keras", model, arrays, "2.14.0")
    done, new = mended(path)
    assert tensors(new) == tensors(path)
    assert done.remaining == ()
    assert new.name == "model.fixed.keras"


def test_weights_that_windows_wrote_are_moved(tmp_path: Path) -> None:
    model = {**sequential(BATCH, dense()), "module": "keras"}
    names = ("_layer_checkpoint_dependencies\\dense/vars/0", "_layer_checkpoint_dependencies\\dense/vars/1")
    path = keras_zip(tmp_path / "model.keras", model, dict(zip(names, kernels((3, 2), (2,)), strict=True)), "2.14.0")
    _, new = mended(path)
    assert list(tensors(new)) == ["layers/dense/vars/0", "layers/dense/vars/1"]
    assert sorted(tensors(new).values()) == sorted(tensors(path).values())


def test_an_archive_of_keras_3_becomes_hdf5_for_keras_2(tmp_path: Path) -> None:
    model = {**sequential(BATCH, dense()), "module": "keras"}
    arrays = dict(zip(("layers/dense/vars/0", "layers/dense/vars/1"), kernels((3, 2), (2,)), strict=True))
    path = keras_zip(tmp_path / "model.keras", model, arrays, "3.8.0")
    _, new = mended(path, TF215)
    assert new.suffix == ".h5"
    assert config_of(new)["config"]["layers"][0]["config"]["batch_input_shape"] == [None, 3]
    assert list(tensors(new).values()) == list(tensors(path).values())


def test_a_training_configuration_of_the_authors_own_is_taken_out(tmp_path: Path) -> None:
    training = {"loss": "my_loss", "loss_weights": None, "optimizer_config": {"class_name": "Adam", "config": {}}}
    path = keras_h5(
        tmp_path / "m.h5", sequential(start(3), dense()), {"dense": kernels((3, 2), (2,))}, training=training
    )
    done, new = mended(path)
    assert [plan.repair for plan in done.applied] == ["keras-training-config"]
    assert tensors(new) == tensors(path)
    assert "training" not in ls.inspect(new).details


def test_hdf5_named_as_an_archive_gets_its_ending(tmp_path: Path) -> None:
    path = keras_h5(tmp_path / "model.keras", sequential(start(3), dense()), {"dense": kernels((3, 2), (2,))})
    done, new = mended(path)
    assert [plan.repair for plan in done.applied] == ["right-ending"]
    assert new.name == "model.fixed.h5"
    assert new.read_bytes() == path.read_bytes()


@pytest.mark.parametrize("given", ["net.json", "net.h5"])
def test_weights_and_the_configuration_beside_them_become_one_model(given: str, tmp_path: Path) -> None:
    arrays = {"dense": kernels((3, 2), (2,))}
    write(tmp_path / "net.h5", weights_group(arrays, "2.4.0"))
    (tmp_path / "net.json").write_text(json.dumps({**sequential(start(3), dense()), "keras_version": "2.4.0"}))
    done, new = mended(tmp_path / given)
    assert [plan.repair for plan in done.applied] == ["keras-config-join"]
    model = ls.inspect(new)
    assert (model.format, model.complete) == ("keras-h5", True)
    assert [array.tobytes() for array in model.tensors.values()] == [array.tobytes() for array in arrays["dense"]]


def test_weights_of_another_model_are_not_joined(tmp_path: Path) -> None:
    write(tmp_path / "net.h5", weights_group({"other": kernels((3, 2), (2,))}, "2.4.0"))
    (tmp_path / "net.json").write_text(json.dumps(sequential(start(3), dense())))
    assert plans(tmp_path / "net.h5", KERAS3) == ()


@pytest.mark.parametrize("version", ["2.1.6", "2.4.0", "3.8.0"])
@pytest.mark.parametrize("listed", [False, True])
def test_a_sequential_model_gets_the_shape_of_its_kernel(version: str, listed: bool, tmp_path: Path) -> None:
    net = sequential(dense())
    if listed:
        net = {**net, "config": net["config"]["layers"]}
    path = keras_h5(tmp_path / "m.h5", net, {"dense": kernels((3, 2), (2,))}, version=version)
    done, new = mended(path)
    assert done.applied[0].repair == "sequential-input-shape"
    assert "[null, 3]" in json.dumps(config_of(new))
    assert tensors(new) == tensors(path)
    assert done.remaining == ()


def test_what_no_rule_mends_waits_for_a_word(tmp_path: Path) -> None:
    model = sequential(
        start(4, 4, 4), layer("DepthwiseConv2D", "dw", groups=2, kernel_size=3), layer("GRU", time_major=False)
    )
    path = keras_h5(tmp_path / "m.h5", model, {"dense": kernels((3, 2), (2,))})
    assert [(plan.repair, plan.grade) for plan in plans(path, KERAS3)] == [("keras-dialect", "ask")]
    assert fix(path, environment=KERAS3).output is None


def test_a_file_that_needs_nothing_has_no_plan(tmp_path: Path) -> None:
    path = keras_h5(tmp_path / "m.h5", sequential(start(3), dense()), {"dense": kernels((3, 2), (2,))})
    assert plans(path, KERAS3) == ()


def outputs(path: Path, inputs: Array) -> Array:
    """What our own runtime of the tests, NumPy, makes of one dense layer."""
    arrays = list(ls.inspect(path).tensors.values())
    return np.asarray(inputs @ arrays[0] + arrays[1])


def test_the_mended_model_computes_what_the_file_says(tmp_path: Path) -> None:
    first = dense(batch_input_shape=[None, 3])
    path = keras_h5(
        tmp_path / "m.h5", {"class_name": "Sequential", "config": [first]}, {"dense": kernels((3, 2), (2,))}
    )
    _, new = mended(path)
    inputs = kernels((4, 3), seed=2)[0]
    np.testing.assert_array_equal(outputs(new, inputs), outputs(path, inputs))
