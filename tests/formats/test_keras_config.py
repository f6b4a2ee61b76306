"""Keras configurations: layers, ends, and what a loader would do with them, found without doing it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from loadstone.errors import FormatError
from loadstone.facts import ModelFile
from loadstone.formats.keras.keras_facts import KerasFacts, config_facts
from loadstone.formats.registry import open_source
from tests.support.hdf5 import written


def layer(class_name: str, name: str = "", **config: Any) -> dict[str, Any]:
    return {"class_name": class_name, "config": {"name": name or class_name.lower(), **config}}


def sequential(*layers: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"class_name": "Sequential", "config": {"name": "s", "layers": list(layers)}, **more}


def facts(*layers: dict[str, Any]) -> KerasFacts:
    return config_facts(sequential(layer("InputLayer", batch_shape=[None, 8, 8, 3]), *layers))


def inspect(folder: Path, name: str, text: str) -> ModelFile:
    (folder / name).write_text(text, encoding="utf-8")
    return open_source(str(folder / name))


def test_the_real_one_is_json_in_a_json_string(wild: Path) -> None:
    model = open_source(str(wild / "keras1-json-plus-weights-liucong" / "model.json"))
    assert model.format == "keras-config"
    assert model.complete
    assert model.producer == {"keras": "1.2.1"}
    assert [file.path for file in model.files] == ["model.json", "model.h5"]
    assert len(model.layers) == 28
    assert model.parameters == 552_567
    assert [spec.shape for spec in model.inputs] == [(None, 64, 64, 3)]
    assert any("encoded twice" in note for note in model.notes)
    assert model.custom == ("Lambda",)


def test_weights_are_found_beside_it(tmp_path: Path) -> None:
    data = written(lambda file: file.create_dataset("d/d/kernel:0", data=np.ones(4, "f4")))
    (tmp_path / "net_weights.h5").write_bytes(data)
    model = inspect(tmp_path, "net.json", json.dumps(sequential(layer("Dense", units=1))))
    assert model.complete
    assert model.parameters == 4


def test_without_weights_it_is_not_complete(tmp_path: Path) -> None:
    model = inspect(tmp_path, "net.json", json.dumps(sequential(layer("Dense", units=1))))
    assert model.format == "keras-config"
    assert not model.complete


def test_an_own_class_is_known_by_the_version_at_the_end(tmp_path: Path) -> None:
    text = json.dumps({"class_name": "MyNet", "config": {"x": "y" * 5000}, "keras_version": "2.4.0"})
    model = inspect(tmp_path, "net.json", text)
    assert model.format == "keras-config"
    assert model.custom == ("MyNet",)


@pytest.mark.parametrize("text", ['{"class_name": "Tokenizer", "config": {"num_words": 10}}', '{"a": 1}'])
def test_other_json_is_not_taken(tmp_path: Path, text: str) -> None:
    assert inspect(tmp_path, "x.json", text).format != "keras-config"


YAML = """\
backend: tensorflow
class_name: Model
config:
  layers:
  - class_name: InputLayer
    config: {batch_input_shape: !!python/tuple [null, 4], dtype: float32, name: input_1}
    inbound_nodes: []
    name: input_1
  - class_name: Dense
    config:
      kernel_initializer:
        class_name: VarianceScaling
        config: {distribution: uniform}
      name: dense_1
  - class_name: MyLayer
    config: {name: mine}
  name: model_1
keras_version: 2.2.4
"""


def test_yaml_is_recognised_by_its_lines(tmp_path: Path) -> None:
    model = inspect(tmp_path, "model.yaml", YAML)
    assert model.format == "keras-config"
    assert model.producer == {"keras": "2.2.4", "backend": "tensorflow"}
    assert [(fact.class_name, fact.name) for fact in model.layers] == [
        ("InputLayer", "input_1"), ("Dense", "dense_1"), ("MyLayer", "mine"),
    ]  # fmt: skip
    assert model.custom == ("MyLayer",)
    assert any("!!python/tuple" in note for note in model.notes)


@pytest.mark.parametrize(
    ("inner", "output"),
    [
        ([layer("Conv2D", filters=4, kernel_size=[3, 3], strides=[2, 2], padding="same")], (None, 4, 4, 4)),
        ([layer("Conv2D", filters=4, kernel_size=[3, 3], padding="valid", dilation_rate=[2, 2])], (None, 4, 4, 4)),
        ([layer("DepthwiseConv2D", kernel_size=3, padding="valid", depth_multiplier=2)], (None, 6, 6, 6)),
        ([layer("MaxPooling2D", pool_size=[3, 3], padding="valid")], (None, 2, 2, 3)),
        ([layer("ZeroPadding2D", padding=[[0, 1], [2, 3]])], (None, 9, 13, 3)),
        ([layer("UpSampling2D", size=[2, 2])], (None, 16, 16, 3)),
        ([layer("Resizing", height=5, width=6)], (None, 5, 6, 3)),
        ([layer("Flatten"), layer("Dense", units=7)], (None, 7)),
        ([layer("GlobalAveragePooling2D"), layer("Dropout"), layer("Dense", units=7)], (None, 7)),
        ([layer("Reshape", target_shape=[-1, 3])], (None, 64, 3)),
        ([layer("Reshape", target_shape=[-1, 3]), layer("LSTM", units=5)], (None, 5)),
        ([layer("Reshape", target_shape=[64, 3]), layer("GRU", units=5, return_sequences=True)], (None, 64, 5)),
        ([layer("Conv2DTranspose", filters=4, kernel_size=3, padding="same")], None),
        ([layer("Conv2D", filters=4, kernel_size=[3, 3], padding="same", data_format="channels_first")], None),
        ([layer("Lambda", function="f")], None),
        ([layer("Conv2D", filters=4, kernel_size=[3, 3], strides=[0, 0], padding="odd")], None),
        ([layer("Dense", units=10**400)], None),
    ],
)
def test_output_shapes_are_worked_out_only_where_certain(inner: list[dict[str, Any]], output: Any) -> None:
    assert facts(*inner).outputs[0].shape == output


def functional(layers: list[dict[str, Any]], outputs: list[str]) -> dict[str, Any]:
    ends = {"input_layers": [["x", 0, 0]], "output_layers": [[name, 0, 0] for name in outputs]}
    return {"class_name": "Functional", "config": {"name": "f", "layers": layers, **ends}}


def node(class_name: str, name: str, feeds: list[str], **config: Any) -> dict[str, Any]:
    inbound = [[[feed, 0, 0, {}] for feed in feeds]] if feeds else []
    return {**layer(class_name, name, **config), "name": name, "inbound_nodes": inbound}


def test_branches_join() -> None:
    layers = [
        node("InputLayer", "x", [], batch_input_shape=[None, 6], dtype="int32"),
        node("Dense", "a", ["x"], units=2),
        node("Dense", "b", ["x"], units=5),
        node("Concatenate", "c", ["a", "b"], axis=-1),
        node("Add", "d", ["c", "c"]),
        node("Add", "odd", ["a", "b"]),
    ]
    found = config_facts(functional(layers, ["d", "odd", "none"]))
    assert [(spec.name, spec.dtype, spec.shape) for spec in found.inputs] == [("x", "int32", (None, 6))]
    assert [spec.shape for spec in found.outputs] == [(None, 7), None, None]


def test_layers_that_feed_themselves_end() -> None:
    layers = [node("Dense", "a", ["b"], units=2), node("Dense", "b", ["a"], units=2)]
    assert config_facts(functional(layers, ["a"])).outputs[0].shape is None


def test_wrappers_show_what_they_wrap() -> None:
    inner = layer("LSTM", units=4, return_sequences=True)
    found = config_facts(sequential(layer("Bidirectional", layer=inner), layer("RNN", cells=[layer("MyCell")])))
    assert [[held.class_name for held in fact.inner] for fact in found.layers] == [["LSTM"], ["MyCell"]]
    assert found.custom == ("MyCell",)
    assert found.details["layers"] == 4


def keras3(module: str, class_name: str, **more: Any) -> dict[str, Any]:
    return {"module": module, "class_name": class_name, "config": {"name": "n"}, **more}


LAMBDA = {"class_name": "__lambda__", "config": {"value": "4wEAAAA=", "defaults": None, "closure": None}}
HAZARDS: list[tuple[dict[str, Any], tuple[str, ...], str]] = [
    (layer("Lambda", function=["4wEAAAA=", None, None]), ("Lambda",), "layer Lambda lambda holds code"),
    (layer("Lambda", function=LAMBDA), ("Lambda", "__lambda__"), "holds code"),
    (layer("Lambda", function="my_function"), ("Lambda",), "calls the Python function 'my_function'"),
    (layer("Dense", kernel_initializer=LAMBDA), ("__lambda__",), "layers[1].config.kernel_initializer holds code"),
    (keras3("os", "system"), ("system",), "names the class 'os.system'; it is not imported"),
    (keras3("keras.src.evil", "Hidden"), ("Hidden",), "which is no class of Keras"),
    (
        layer("Dense", activation={"module": "os", "class_name": "function", "config": "system"}),
        ("system",),
        "names the function 'os.system'",
    ),
    (
        layer("Dense", activation={"module": "builtins", "class_name": "function", "config": "mine"}),
        ("mine",),
        "names the function 'mine', which the file does not hold",
    ),
    (layer("Dense", activation_quantizer=keras3("keras.quantizers", "AbsMaxQuantizer")), (), ""),
    (layer("Dense", activation="my_swish"), ("my_swish",), ""),
    (layer("StringLookup", vocabulary="/etc/passwd"), (), "names a file to read, '/etc/passwd'; it is not opened"),
    (layer("TFSMLayer", filepath="https://a/b"), ("TFSMLayer",), "wants the SavedModel 'https://a/b'"),
    (layer("TorchModuleWrapper", module="gASV"), ("TorchModuleWrapper",), "code of another framework"),
    (keras3("keras.layers", "Dense", registered_name="Mine>Dense"), (), "calls itself 'Mine>Dense'"),
    (keras3("custom", "Anchors", registered_name="Mine>Anchors"), ("Anchors",), "'custom.Anchors'"),
]


@pytest.mark.parametrize(("hazard", "custom", "note"), HAZARDS)
def test_what_would_run_is_named_at_any_depth(hazard: dict[str, Any], custom: tuple[str, ...], note: str) -> None:
    for depth in range(3):
        config: dict[str, Any] = sequential(layer("Dense", units=1), hazard)
        for _ in range(depth):
            config = sequential(config)
        found = config_facts(config)
        assert found.custom == custom
        assert any(note in line for line in found.notes) or not note
        assert bool(found.notes) == bool(note)


def test_a_lambda_in_the_compile_configuration_is_found() -> None:
    found = config_facts(sequential(layer("Dense", units=1), compile_config={"loss": LAMBDA, "optimizer": "adam"}))
    assert found.custom == ("__lambda__",)
    assert found.details["training"]["optimizer"] == "adam"


@pytest.mark.parametrize("value", [[], {}, 3, None, {"class_name": 3, "config": {}}, {"class_name": "Model"}])
def test_what_is_no_model_is_refused(value: Any) -> None:
    with pytest.raises(FormatError):
        config_facts(value)


@pytest.mark.parametrize(
    "config",
    [
        {"class_name": "Model", "config": {"input_layers": 3, "output_layers": {"a": [[]]}, "layers": [1, {}]}},
        {"class_name": "Sequential", "config": {"layers": [{"class_name": "Dense", "config": 3, "name": 4}]}},
        {"class_name": "Sequential", "config": [{"class_name": "Dense", "config": {"units": "x", "name": []}}]},
        {
            "class_name": "Sequential",
            "config": {"layers": [{"class_name": "Dense", "config": {"dtype": {"config": 1}}}]},
        },
        functional([{**node("Dense", "a", []), "inbound_nodes": [[[["x"]]]]}], ["a"]),
        functional(
            [{**node("Dense", "a", []), "inbound_nodes": [{"args": [{"config": {"keras_history": []}}]}]}], ["a"]
        ),
    ],
)
def test_odd_values_are_passed_over(config: dict[str, Any]) -> None:
    config_facts(config, {"loss": 3, "metrics": {"a": [None]}, "optimizer_config": []})
