"""What is read without Keras, against what Keras itself makes of the same files."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from loadstone.facts import ModelFile
from loadstone.formats.registry import open_source

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def keras() -> Iterator[Any]:
    """Keras, with its warnings about old files kept to itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield pytest.importorskip("keras")


def same(model: ModelFile, oracle: Any) -> None:
    """Assert that layers, parameters and ends are those of the model that Keras built."""
    names = {layer.name for layer in oracle.layers}
    # The configuration lists input layers and bare operations as well, which Keras leaves out of `layers`.
    listed = [(fact.name, fact.class_name) for fact in model.layers if fact.name in names]
    assert listed == [(layer.name, type(layer).__name__) for layer in oracle.layers]
    assert model.parameters == oracle.count_params()
    assert [spec.name for spec in model.inputs] == [tensor._keras_history.operation.name for tensor in oracle.inputs]
    assert [spec.shape for spec in model.inputs] == [tuple(tensor.shape) for tensor in oracle.inputs]
    assert [spec.dtype for spec in model.inputs] == [str(tensor.dtype) for tensor in oracle.inputs]
    assert [spec.shape for spec in model.outputs] == [tuple(tensor.shape) for tensor in oracle.outputs]
    assert model.custom == ()
    assert model.complete


@pytest.mark.filterwarnings("ignore")
def test_real_files_that_stock_keras_opens(wild: Path, manifest: dict[str, dict[str, Any]], keras: Any) -> None:
    opened = 0
    for name, record in manifest.items():
        if (record["stock_loader"] or {}).get("as") != "keras":
            continue
        for file in record["files"]:
            path = wild / name / file["path"]
            if path.suffix in (".h5", ".keras", ".hdf5") and not path.name.endswith(".weights.h5"):
                same(open_source(str(path)), keras.models.load_model(path, compile=False))
                opened += 1
    assert opened >= 10


def branches(keras: Any) -> Any:
    """Two inputs, a nested model that is used twice, several outputs, and a call of a bare operation."""
    layers = keras.layers
    inner = keras.Sequential([layers.Input((8, 8, 3)), layers.Conv2D(4, 3), layers.GlobalMaxPooling2D()], name="inner")
    one, two = layers.Input((8, 8, 3), name="one"), layers.Input((8, 8, 3), name="two")
    joined = layers.Concatenate()([inner(one), inner(two)])
    scaled = joined * 2.0
    words = layers.Embedding(5, 6)(layers.Input((7,), dtype="int32", name="words"))
    text = layers.Bidirectional(layers.LSTM(3))(words)
    ends = [layers.Dense(2, name="a")(scaled), layers.Dense(3, name="b")(layers.Concatenate()([joined, text]))]
    return keras.Model([one, two, words._keras_history.operation.input], ends)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("suffix", [".keras", pytest.param(".h5", marks=pytest.mark.slow)])
def test_models_that_keras_writes(suffix: str, tmp_path: Path, keras: Any) -> None:
    layers = keras.layers
    small = keras.applications.MobileNetV2(alpha=0.35, weights=None, classes=3, input_shape=(32, 32, 3))
    nested = keras.Sequential([layers.Input((4,)), keras.Sequential([layers.Dense(3), layers.Dropout(0.5, seed=1)])])
    for number, built in enumerate((small, nested, branches(keras))):
        path = tmp_path / f"m{number}{suffix}"
        built.save(path)
        model = open_source(str(path))
        same(model, built)
        assert model.producer["keras"] == keras.__version__


@pytest.mark.filterwarnings("ignore")
def test_weights_of_mixed_precision_alone(tmp_path: Path, keras: Any) -> None:
    built = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(3, dtype="bfloat16")])
    path = tmp_path / "m.weights.h5"
    built.save_weights(path)
    model = open_source(str(path))
    assert model.format == "keras-h5-weights"
    assert {spec.dtype for spec in model.tensors.specs} == {"bfloat16"}
    expected = [keras.ops.convert_to_numpy(keras.ops.cast(weight, "float32")) for weight in built.weights]
    for values, other in zip(model.tensors.values(), expected, strict=True):
        assert values.tobytes() == other.tobytes()
