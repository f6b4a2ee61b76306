"""Layers and models of one's own are taken apart: same values, own names, and what has no form is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("keras")
pytest.importorskip("openvino")

import keras

import loadstone as ls
from loadstone.blueprint.as_json import blueprint_as_json, read_blueprint_json
from loadstone.blueprint.network_rules import check_network
from loadstone.blueprint.parts import Blueprint
from loadstone.builder.backbone import backbone_of
from loadstone.builder.from_keras import translate
from loadstone.builder.site import ROOT
from loadstone.errors import UnsupportedModelError
from loadstone.export.run import export
from tests.builder import own, small
from tests.builder.backbone_check import differences, on_openvino, predicted
from tests.builder.test_exported import shaken
from tests.builder.test_from_keras import compared, wrong


def test_layers_of_ones_own_compute_the_same() -> None:
    model = own.functional()
    backbone = backbone_of(model, (small.SIDE, small.SIDE))
    assert [tap.layer for tap in backbone.taps.values()] == [f"curve_{stride}" for stride in small.CHANNELS]
    assert wrong(compared(model, backbone)) == []


def test_attention_by_hand_and_kerass_own_compute_the_same() -> None:
    model = own.attending()
    backbone = backbone_of(model, (32, 32))
    assert {tap.stride: tap.layer for tap in backbone.taps.values()} == {4: "stem", 8: "attention"}
    picture = np.random.default_rng(5).normal(size=(1, 32, 32, 3)).astype(np.float32)
    check_network(backbone.network)
    assert wrong(differences(model, backbone, picture, picture)) == []


def test_a_model_of_a_class_of_its_own_computes_the_same() -> None:
    model = own.subclassed()
    backbone = backbone_of(model, (small.SIDE, small.SIDE))
    picture = np.random.default_rng(5).integers(0, 256, (1, small.SIDE, small.SIDE, 3)).astype(np.float32)
    given = keras.Input(picture.shape[1:])
    wanted = predicted(keras.Model(given, model(given)), picture)
    found = on_openvino(backbone, (picture - 127.5) / 127.5)
    assert len(wanted) == len(found) == 4
    for level, array in zip(backbone.taps, wanted, strict=True):
        assert np.abs(found[f"C{level}"] - array).max() <= 1e-5 * np.abs(array).max()


def test_weights_are_named_for_their_attributes_each_time_and_the_model_stays_as_it_was() -> None:
    model = own.functional()
    parts = [part for part in model._flatten_layers() if part is not model]
    before = [(len(part._inbound_nodes), len(part._outbound_nodes)) for part in parts]
    first, second = (backbone_of(model, (96, 64)).network.variables for _ in range(2))
    assert list(first) == list(second)
    assert [(len(part._inbound_nodes), len(part._outbound_nodes)) for part in parts] == before
    names = [key.removeprefix(f"{ROOT}/block_8/") for key in first if "/block_8/" in key]
    assert names == [
        *("kernel/kernel", "scales/0/gamma", "mixing/kernel", "offset/beta"),
        *(f"batch_normalization_1/{name}" for name in ("gamma", "beta", "moving_mean", "moving_variance")),
        *("scales/1/gamma", "share/gamma", "conv2d_2/kernel", "conv2d_2/bias"),
    ]


def test_what_a_file_says_of_them_is_believed_and_they_freeze() -> None:
    built = ls.build("retinanet", own.functional(), 2, small.SIDE, width=16, light=True, freeze=8).rebuilt.blueprint
    assert read_blueprint_json(json.loads(json.dumps(blueprint_as_json(built)))) == built
    assert isinstance(built, Blueprint)
    still = {
        variable.key for node in built.network.nodes if node.attributes.get("frozen") for variable in node.variables
    }
    assert f"{ROOT}/block_8/share/gamma" in still
    assert f"{ROOT}/block_16/share/gamma" in built.variables.keys() - still


@pytest.mark.slow
def test_a_detector_on_them_is_saved_and_opens_again_and_is_exported(tmp_path: Path) -> None:
    model = ls.build("ssd", own.functional(), 2, small.SIDE, width=16, light=True)
    model._known = shaken(model.rebuilt)
    again = ls.load(model.save(tmp_path / "built.keras"))
    assert again.rebuilt.blueprint == model.rebuilt.blueprint
    picture = np.random.default_rng(2).integers(0, 256, (50, 70, 3), np.uint8)
    heads, others = (each.predict_raw(picture) for each in (model, again))
    assert all(np.array_equal(value, others[name]) for name, value in heads.items())
    for target in ("openvino", "onnx"):
        assert export(again.rebuilt, target, tmp_path / target).detections > 0


class Spectrum(keras.layers.Layer):  # type: ignore[misc]
    """An operation that no detector has."""

    def call(self, x: Any) -> Any:
        return keras.ops.roll(x, 1, axis=1)


class Borrowing(keras.layers.Layer):  # type: ignore[misc]
    """Takes the weights of a layer within it by themselves."""

    def __init__(self) -> None:
        super().__init__(name="mine")
        self.inner = keras.layers.Conv2D(3, 1)
        self.inner.build((None, None, None, 3))

    def call(self, x: Any) -> Any:
        return keras.ops.conv(x, self.inner.kernel)


class Tower(keras.layers.Layer):  # type: ignore[misc]
    """A layer in a layer."""

    def __init__(self) -> None:
        super().__init__(name="mine")
        self.inner = Spectrum(name="deep")

    def call(self, x: Any) -> Any:
        return self.inner(x) + 1.0


class Eager(keras.layers.Layer):  # type: ignore[misc]
    """Wants numbers, which there are none of yet."""

    def call(self, x: Any) -> Any:
        return x if float(keras.ops.max(x)) > 1 else -x

    def compute_output_shape(self, shape: Any) -> Any:
        return shape


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: Spectrum(name="mine"), "'mine' (Spectrum): within it, keras.ops' Roll"),
        (Borrowing, "kernel' is not used as an attribute of its own layer"),
        (Tower, "'mine' (Tower): within it, the layer 'deep' (Spectrum): within it, keras.ops' Roll"),
        (lambda: Eager(name="mine"), "its call does not run on symbolic tensors (ValueError"),
    ],
)
def test_what_has_no_form_is_named_with_the_layers_that_it_lies_in(make: Callable[[], Any], reason: str) -> None:
    picture = keras.Input((64, 64, 3))
    model = keras.Model(picture, keras.layers.Conv2D(4, 3, strides=8)(make()(picture)))
    with pytest.raises(UnsupportedModelError) as caught:
        backbone_of(model, (64, 64))
    assert reason in str(caught.value)
    assert "keras.ops" in str(caught.value.help)


def test_a_functional_model_with_a_call_of_its_own_is_not_taken_for_its_graph() -> None:
    class Doubled(keras.Model):  # type: ignore[misc]
        def call(self, x: Any) -> Any:
            return super().call(x) * 2.0

    picture = keras.Input((64, 64, 3))
    model = Doubled(picture, keras.layers.Conv2D(4, 3, strides=4, padding="same")(picture))
    operations = [node.operation for node in translate(model, (64, 64)).network.nodes]
    assert operations == ["input", "conv", "affine"]


def test_a_model_that_was_never_built_is_refused() -> None:
    with pytest.raises(UnsupportedModelError, match="never built"):
        translate(own.Subclassed(), (64, 64))
