"""A Keras model that was translated into nodes computes what it computed before."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("keras")
pytest.importorskip("openvino")

import keras

from loadstone.builder.backbone import Backbone, backbone_of
from loadstone.builder.from_keras import translate
from loadstone.errors import SourceError, UnsupportedModelError
from tests.builder import small
from tests.builder.backbone_check import differences, disturb

BOUND = 1e-5
"""Of a tap's largest value."""

DEEP_BOUND = 1e-4
"""Of the deepest EfficientNets' last maps, whose random weights amplify the rounding of the first: their early maps, a
tenth as deep, are within `BOUND` all the same."""

EVERY = [name for name in dir(keras.applications) if name[:1].isupper()]
GROUPS = [
    ["MobileNetV2", "MobileNetV3Small", "ResNet50", "VGG16"],
    ["InceptionV3", "DenseNet121", "ConvNeXtTiny", "EfficientNetB0"],
]
"""One of each family whose layers differ; `tests.builder.backbone_check` compares any of the forty by hand."""


def wrong(found: dict[str, dict[str, float]]) -> list[str]:
    """Return the taps that are not within the bound; NaN is not."""
    return [
        f"{tap} on {engine}: {value}"
        for tap, own in found.items()
        for engine, value in own.items()
        if not value <= BOUND
    ]


def compared(model: Any, backbone: Backbone) -> dict[str, dict[str, float]]:
    """Compare on a picture, RGB 0..255, that the model scales by itself or not at all."""
    picture = np.random.default_rng(5).integers(0, 256, (1, small.SIDE, small.SIDE, 3)).astype(np.float32)
    own = backbone.normalisation
    turned = picture[..., ::-1] if own.bgr else picture
    ours = ((turned - np.array(own.mean)) / np.array(own.deviation)).astype(np.float32)
    return differences(model, backbone, picture, np.ascontiguousarray(ours))


@pytest.mark.parametrize("make", [small.every_layer, small.residual])
def test_every_layer_that_has_a_form_computes_the_same(make: Any) -> None:
    model = make()
    disturb(model)
    backbone = backbone_of(model, (small.SIDE, small.SIDE))
    assert set(backbone.taps) >= {2, 3, 4}
    assert wrong(compared(model, backbone)) == []


def test_there_are_forty_constructors() -> None:
    assert len(EVERY) == 40


@pytest.mark.slow
@pytest.mark.tensorflow
@pytest.mark.skipif(find_spec("tensorflow") is None, reason="no TensorFlow")
@pytest.mark.parametrize("names", GROUPS, ids=[f"{group[0]} to {group[-1]}" for group in GROUPS])
def test_constructors_of_keras_applications_compute_the_same(names: list[str]) -> None:
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    words = [sys.executable, "-m", "tests.builder.backbone_check", "96", *names]
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(words, capture_output=True, text=True, env=environment, cwd=root, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert list(found) == names
    assert {name: wrong(own) for name, own in found.items() if not name.startswith("EfficientNet") and wrong(own)} == {}
    for name in (name for name in found if name.startswith("EfficientNet")):
        first, *others = found[name].values()
        assert max(first.values()) <= BOUND, name
        assert all(value <= DEEP_BOUND for own in others for value in own.values()), name
    assert all(set(own[tap]) == {"keras", "openvino"} and len(own) == 4 for own in found.values() for tap in own)


def test_scaling_in_front_becomes_the_normalisation() -> None:
    backbone = backbone_of(small.residual(), (64, 64))
    assert np.allclose(backbone.normalisation.mean, 127.5)
    assert np.allclose(backbone.normalisation.deviation, 127.5)
    assert not any(node.operation == "affine" for node in backbone.network.nodes)


def test_channels_turned_round_in_front_become_bgr() -> None:
    inner = small.plain()
    picture = keras.Input((64, 64, 3))
    model = keras.Model(picture, inner(keras.applications.resnet.preprocess_input(picture)))
    disturb(model)
    backbone = backbone_of(model, (64, 64))
    assert backbone.normalisation.bgr
    assert np.allclose(backbone.normalisation.mean, (103.939, 116.779, 123.68))
    assert [tap.layer for tap in backbone.taps.values()] == [f"plain/relu_{stride}" for stride in (4, 8, 16, 32)]


def test_a_preprocessing_that_was_asked_for_stands_for_the_models_own() -> None:
    backbone = backbone_of(small.residual(), (64, 64), preprocessing="torch")
    assert backbone.normalisation.deviation == (58.395, 57.12, 57.375)
    assert any("left out: torch was asked for" in note for note in backbone.notes)
    with pytest.raises(SourceError, match="no such preprocessing"):
        backbone_of(small.residual(), (64, 64), preprocessing="imagenet")


def test_a_model_that_says_no_scaling_is_told_of() -> None:
    assert any("RGB 0..255" in note for note in backbone_of(small.plain(), (64, 64)).notes)


def test_names_that_keras_counted_are_counted_anew() -> None:
    keys = [list(backbone_of(small.every_layer(), (64, 64)).network.variables) for _ in range(2)]
    assert keys[0] == keys[1]


def test_slow_batch_norms_follow_the_pictures_at_the_zoo_s_pace() -> None:
    inputs = keras.Input((64, 64, 3))
    x = inputs
    for momentum in (0.999, 0.9):
        x = keras.layers.BatchNormalization(momentum=momentum)(keras.layers.Conv2D(4, 3, 2, "same")(x))
    nodes = backbone_of(keras.Model(inputs, x), (64, 64)).network.nodes
    assert [node.attributes["momentum"] for node in nodes if node.operation == "batch_norm"] == [0.97, 0.9]


def test_the_classifier_behind_the_maps_is_left_out() -> None:
    backbone = backbone_of(small.plain(top=True), (96, 64))
    assert {level: tap.shape[:2] for level, tap in backbone.taps.items()} == {
        2: (24, 16),
        3: (12, 8),
        4: (6, 4),
        5: (3, 2),
    }


@pytest.mark.parametrize(
    ("layer", "reason"),
    [
        (lambda: keras.layers.Conv2D(4, 3, strides=(2, 1)), "strides of two sides that differ"),
        (lambda: keras.layers.UpSampling2D(2, interpolation="bilinear"), "interpolation 'bilinear'"),
        (lambda: keras.layers.LayerNormalization(axis=(1, 2)), "axis"),
        (lambda: keras.layers.ReLU(threshold=1.0), "threshold"),
        (lambda: keras.layers.Conv2D(4, 1, activation=keras.ops.sin), "the activation sin"),
        (lambda: keras.layers.Reshape((8, 8, 64, 3)), "to (8, 8, 64, 3)"),
        (lambda: keras.layers.GlobalMaxPooling2D(keepdims=True), "within it, keras.ops' Max"),
    ],
)
def test_what_a_layer_asks_for_in_vain_is_said(layer: Any, reason: str) -> None:
    picture = keras.Input((64, 64, 3))
    made = layer()
    found = translate(keras.Model(picture, made(picture)), (64, 64))
    assert reason in found.refused[made.name]
    assert made.name not in found.network.outputs


def test_a_model_that_takes_no_picture_is_refused() -> None:
    row = keras.Input((10,))
    with pytest.raises(UnsupportedModelError, match="does not take one picture"):
        translate(keras.Model(row, keras.layers.Dense(3)(row)), (64, 64))


def test_a_backbone_for_grey_pictures_is_told_how_it_takes_coloured_ones() -> None:
    grey = keras.Input((None, None, 1))
    model = keras.Model(grey, keras.layers.Conv2D(4, 3, strides=2, name="maps")(grey))
    with pytest.raises(UnsupportedModelError, match="of three channels") as refused:
        translate(model, (64, 64))
    given: dict[str, Any] = {"keras": keras, "model": model}
    *before, last = refused.value.help.split("; ")
    exec("; ".join(before), given)
    assert translate(eval(last, given), (64, 64)).network.outputs
    first = keras.Input((3, 64, 64))
    with pytest.raises(UnsupportedModelError) as refused:
        translate(keras.Model(first, keras.layers.Conv2D(4, 3, data_format="channels_first")(first)), (64, 64))
    assert "channels_last" in refused.value.help


def test_a_layer_that_leaves_nothing_of_the_picture_is_refused() -> None:
    model = keras.Sequential([keras.Input((None, None, 3)), keras.layers.MaxPooling2D(64, name="all")])
    assert translate(model, (32, 32)).refused == {
        "all": "the layer 'all' (MaxPooling2D): nothing is left of a picture of this size"
    }


def test_a_detector_is_no_backbone() -> None:
    name = "model--_feature_extractor--classification_backbone--stem"
    model = keras.Sequential([keras.Input((None, None, 3)), keras.layers.Conv2D(4, 3, name=name)])
    with pytest.raises(UnsupportedModelError, match="a detector already"):
        translate(model, (32, 32))
