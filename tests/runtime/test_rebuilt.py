"""`load` with a configuration, another number of classes, other containers; and what is wrong is said in a sentence."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

import loadstone as ls
from loadstone.errors import FormatError, LoadstoneError, RefusedError, SourceError, UnsupportedModelError
from loadstone.formats.checkpoint.bundle_writer import write_bundle
from loadstone.formats.save_weights import save_weights
from tests.blueprint.any_golden import any_config
from tests.runtime.narrow import SUFFIX, checkpoint, config_of, made_up, narrow_config, scene

pytest.importorskip("openvino")
if find_spec("keras") is None:
    # Importing it here would settle its backend for the whole run.
    pytest.skip("no Keras", allow_module_level=True)

from loadstone.runtime.keras.keras_build import keras as keras_on_openvino
from loadstone.runtime.rebuilt import rebuild_source
from loadstone.runtime.wish import Wish

NAME = "ssd_mobilenet_v2_fpnlite_320"
CLASS_HEAD = "model/_box_predictor/_prediction_heads/class_predictions_with_background/_class_predictor_layers/0"
KERNEL = "model/_feature_extractor/classification_backbone/layer_with_weights-0/kernel"


@pytest.fixture(scope="module")
def prefix(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoint(tmp_path_factory.mktemp("narrow"), narrow_config(shared, NAME))


def _wish(prefix: Path, classes: int | None = None) -> Wish:
    return Wish(str(config_of(prefix)), classes)


def test_a_configuration_that_lies_elsewhere(prefix: Path) -> None:
    model = ls.load(prefix, config_of(prefix))
    assert model.notes[0] == "rebuilt natively from pipeline.config: 384 of 384 variables"
    assert model.report.complete
    assert model.input_size is None or model.input_size == (128, 128)
    heads = model.predict_raw([scene(), scene(40, 30)])
    anchors = heads["box_encodings"].shape[1]
    assert heads["box_encodings"].shape == (2, anchors, 4)
    assert heads["class_predictions_with_background"].shape == (2, anchors, 7)
    one = model.predict_raw(scene())
    np.testing.assert_allclose(one["box_encodings"][0], heads["box_encodings"][0], rtol=0, atol=1e-5)


def test_names_and_shapes_stand_for_a_configuration(shared: Path, tmp_path: Path) -> None:
    """The zoo's own widths are told from variables alone; the size of pictures is then assumed, and said to be."""
    source = shared / "exports" / NAME / "checkpoint"
    for name in ("ckpt-0.index", "ckpt-0.data-00000-of-00001"):
        shutil.copy(source / name, tmp_path / name)
    found = rebuild_source(str(tmp_path / "ckpt-0"))
    assert found.origin == "its variables' names and shapes"
    assert found.blueprint.feature_extractor == "ssd_mobilenet_v2_fpn_keras"
    assert "leave no trace" in found.assumed[0]


def test_another_number_of_classes_keeps_all_but_the_class_head(prefix: Path) -> None:
    before, after = rebuild_source(str(prefix), _wish(prefix)), rebuild_source(str(prefix), _wish(prefix, 11))
    assert set(after.report.initialised) == {f"{CLASS_HEAD}/pointwise_kernel", f"{CLASS_HEAD}/bias"}
    assert after.values[f"{CLASS_HEAD}/bias"].shape == (6 * 12,)
    np.testing.assert_array_equal(after.values[f"{CLASS_HEAD}/bias"], np.float32(-4.6))
    kernel = after.values[f"{CLASS_HEAD}/pointwise_kernel"]
    limit = np.sqrt(6 / (16 + 6 * 12))
    assert 0.9 * limit < np.abs(kernel).max() <= limit
    for key, value in before.values.items():
        if key not in after.report.initialised:
            np.testing.assert_array_equal(after.values[key], value)
    again = rebuild_source(str(prefix), _wish(prefix, 11))
    np.testing.assert_array_equal(again.values[f"{CLASS_HEAD}/pointwise_kernel"], kernel)


@pytest.mark.parametrize(
    ("source", "origin", "anew"),
    [
        ("ssd_mobilenet_v2_fpnlite_320/saved_model", "its pipeline.config", 2),
        ("tf1_ssd_mobilenet_v1_coco/frozen_inference_graph.pb", "its graph", 12),
    ],
)
def test_saved_variables_and_frozen_constants_too(shared: Path, source: str, origin: str, anew: int) -> None:
    path = str(shared / "exports" / source)
    whole, other = rebuild_source(path), rebuild_source(path, Wish(None, 3))
    assert whole.origin == other.origin == origin
    assert len(other.report.initialised) == anew
    assert len(other.report.matched) + anew == len(whole.report.matched)
    assert other.blueprint.num_classes == 3


def test_the_number_of_classes_that_the_file_has_changes_nothing(prefix: Path) -> None:
    found = rebuild_source(str(prefix), _wish(prefix, 6))
    assert found.report.initialised == ()
    assert len(found.report.matched) == 384


@pytest.mark.parametrize("count", [0, -1, 1.5, True, "7", 10**9])
def test_a_number_of_classes_that_is_none(prefix: Path, count: Any) -> None:
    with pytest.raises(SourceError, match="num_classes"):
        ls.load(prefix, config_of(prefix), count)


def test_other_containers_hold_the_same_detector(prefix: Path, tmp_path: Path) -> None:
    keras_on_openvino()
    config = config_of(prefix)
    model = ls.load(prefix, config, backend="keras")
    wanted = rebuild_source(str(prefix), _wish(prefix)).values
    save_weights(ls.inspect(prefix).tensors, tmp_path / "named.safetensors")
    model.keras.save_weights(tmp_path / "own.weights.h5")
    model.keras.save(tmp_path / "plain.keras")
    model.save(tmp_path / "whole.keras")
    for name in ("named.safetensors", "own.weights.h5", "plain.keras", "whole.keras"):
        found = rebuild_source(str(tmp_path / name), Wish(str(config)))
        assert len(found.report.matched) == 384, name
        assert all(np.array_equal(found.values[key], value) for key, value in wanted.items()), name
    alone = ls.load(tmp_path / "whole.keras")
    assert "its own archive" in alone.notes[0]
    ours, theirs = (one.detect(scene(), conf=0.0) for one in (ls.load(prefix, config), alone))
    np.testing.assert_array_equal(ours.boxes, theirs.boxes)
    facts = ls.inspect(tmp_path / "whole.keras").detector
    assert facts is not None
    assert (facts.meta_architecture, facts.num_classes) == ("ssd", 6)


def test_saving_where_it_may_not_be(prefix: Path, tmp_path: Path) -> None:
    keras_on_openvino()
    model = ls.load(prefix, config_of(prefix), backend="keras")
    with pytest.raises(SourceError, match=r"ends in \.keras"):
        model.save(tmp_path / "x.h5")
    (tmp_path / "mine.keras").write_text("a letter")
    with pytest.raises(RefusedError, match="another kind"):
        model.save(tmp_path / "mine.keras")
    assert (tmp_path / "mine.keras").read_text() == "a letter"
    with pytest.raises(SourceError, match="no such folder"):
        model.save(tmp_path / "nowhere" / "x.keras")
    assert sorted(os.listdir(tmp_path)) == ["mine.keras"]


def test_training_state_is_not_taken_for_weights_and_averages_only_where_they_are_asked_for(
    shared: Path, tmp_path: Path
) -> None:
    text = narrow_config(shared, NAME)
    prefix = checkpoint(tmp_path / "a", text)
    values = made_up(rebuild_source(str(prefix), _wish(prefix)).blueprint.variables)
    tensors = {key + SUFFIX: value for key, value in values.items()}
    slot = "/.OPTIMIZER_SLOT/optimizer/"
    tensors |= {f"{key}{slot}momentum{SUFFIX}": value * 0 for key, value in values.items()}
    tensors |= {f"{key}{slot}average{SUFFIX}": value + 1 for key, value in values.items()}
    write_bundle(tmp_path / "ckpt-9", sorted(tensors.items()))
    for averaged in (False, True):
        ending = "eval_config { use_moving_averages: true }\n" if averaged else ""
        plain = text.replace("use_moving_averages: false", "")
        (tmp_path / "p.config").write_text(plain + ending)
        found = rebuild_source(str(tmp_path / "ckpt-9"), Wish(str(tmp_path / "p.config")))
        np.testing.assert_array_equal(found.values[KERNEL], values[KERNEL] + averaged)


def _says(prefix: Path, config: Path | str) -> str:
    with pytest.raises(LoadstoneError) as caught:
        ls.load(prefix, config)
    return f"{caught.value} {caught.value.help}"


def test_a_configuration_of_another_detector(prefix: Path, shared: Path, tmp_path: Path) -> None:
    for name, words in (
        ("ssd_resnet50_v1_fpn_640", "ssd_resnet50_v1_fpn_keras with 90 classes"),
        ("faster_rcnn_resnet50_v1_640", "faster_rcnn_resnet50_keras with 90 classes"),
    ):
        (tmp_path / "other.config").write_bytes(any_config(shared, name))
        said = _says(prefix, tmp_path / "other.config")
        assert "the weights are not those of other.config" in said
        assert words in said
        assert "ssd_mobilenet_v2" in said


def test_a_configuration_with_another_number_of_classes(prefix: Path, shared: Path, tmp_path: Path) -> None:
    text = narrow_config(shared, NAME).replace("num_classes: 6", "num_classes: 9")
    (tmp_path / "nine.config").write_text(text)
    said = _says(prefix, tmp_path / "nine.config")
    assert "nine.config says 9 classes" in said
    assert "num_classes=9" in said
    found = rebuild_source(str(prefix), Wish(str(tmp_path / "nine.config"), 9))
    assert len(found.report.initialised) == 2


RESIZER = "image_resizer { fixed_shape_resizer { height: 64 width: 64 } }"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("model { ssd {", "line"),
        ("train_config { batch_size: 1 }", "describes no model"),
        (
            f"model {{ ssd {{ num_classes: 3 {RESIZER} feature_extractor {{ type: 'ssd_vgg' }} }} }}",
            "ssd_vgg is not rebuilt here",
        ),
        ("model { deeplab { num_classes: 3 } }", "deeplab is not rebuilt here"),
        ("", "describes no model"),
    ],
)
def test_a_configuration_that_is_none(prefix: Path, tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "bad.config").write_text(text)
    said = _says(prefix, tmp_path / "bad.config")
    assert words in said
    assert "bad.config" in said


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.replace("num_classes: 6", "num_classes: 9"), "its pipeline.config says 9 classes"),
        (lambda text: text.replace("num_classes", "num_clases"), "num_clases, which is no field"),
        (lambda text: text[: text.index("box_coder")], "pipeline.config is broken where it describes the model"),
    ],
)
def test_a_configuration_beside_weights_without_a_graph(prefix: Path, tmp_path: Path, change: Any, words: str) -> None:
    """Nothing else could be run there, so that the reason is the answer."""
    for file in prefix.parent.glob(f"{prefix.name}.*"):
        shutil.copy(file, tmp_path)
    (tmp_path / "pipeline.config").write_text(change(config_of(prefix).read_text()))
    with pytest.raises(UnsupportedModelError) as caught:
        ls.load(tmp_path)
    assert words in f"{caught.value} {caught.value.found}"


def test_a_configuration_that_is_broken_behind_its_model(prefix: Path, tmp_path: Path) -> None:
    for file in prefix.parent.glob(f"{prefix.name}.*"):
        shutil.copy(file, tmp_path)
    (tmp_path / "pipeline.config").write_text(config_of(prefix).read_text() + "\ntrain_config { batch_size: 3")
    said = rebuild_source(str(tmp_path)).assumed
    assert len(said) == 1
    assert "the text ends inside the message train_config" in said[0]


def test_a_configuration_that_is_not_there(prefix: Path, tmp_path: Path) -> None:
    assert "no such configuration" in _says(prefix, tmp_path / "none.config")


def test_a_missing_shard(prefix: Path, tmp_path: Path) -> None:
    shutil.copy(f"{prefix}.index", tmp_path / "ckpt-1.index")
    said = _says(tmp_path / "ckpt-1", config_of(prefix))
    assert "not complete" in said
    assert "ckpt-1.data-00000-of-00001 is missing" in said


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_no_numbers(shared: Path, tmp_path: Path, value: float) -> None:
    kernel = np.zeros((3, 3, 3, 16), np.float32)
    kernel[1, 1, 1, 1] = value
    prefix = checkpoint(tmp_path, narrow_config(shared, NAME), {KERNEL: kernel})
    backends: tuple[Any, ...] = ("openvino", "keras")
    for backend in backends:
        with pytest.raises(FormatError, match="NaN or infinity in 1 of 384") as caught:
            ls.load(prefix, config_of(prefix), backend=backend)
        assert KERNEL in caught.value.where


@pytest.mark.parametrize("how", [{"backend": "keras"}, {"isolated": True}, {"custom": "mine.py"}])
def test_settings_that_only_openvino_has(prefix: Path, how: dict[str, Any]) -> None:
    with pytest.raises(SourceError, match="no such setting") as caught:
        ls.load(prefix, config_of(prefix), precision="int8", streams=2, **how)
    assert caught.value.found == "precision int8, streams 2"


def test_what_is_no_detector(tmp_path: Path) -> None:
    write_bundle(tmp_path / "ckpt", [("dense/kernel", np.zeros((2, 2), np.float32))])
    with pytest.raises(UnsupportedModelError, match="no detector that is rebuilt"):
        ls.load(tmp_path / "ckpt", backend="keras")
    with pytest.raises(SourceError, match="no such backend"):
        ls.load(tmp_path / "ckpt", backend="onnx")  # type: ignore[arg-type]


def _modes() -> dict[str, Image.Image]:
    rgb = Image.fromarray(scene())
    deep = (np.asarray(rgb.convert("L")).astype(np.uint16) * 257).astype(np.uint16)
    return {
        "grey": rgb.convert("L"),
        "alpha": rgb.convert("RGBA"),
        "palette": rgb.convert("P"),
        "cmyk": rgb.convert("CMYK"),
        "deep": Image.fromarray(deep),
        "bits": rgb.convert("1"),
        "dot": Image.new("RGB", (1, 1), (200, 10, 10)),
        "strip": Image.new("RGB", (20000, 20), (200, 10, 10)),
        "tower": Image.new("RGB", (20, 20000), (200, 10, 10)),
    }


@pytest.mark.parametrize("backend", ["openvino", "keras"])
def test_pictures_of_every_kind(prefix: Path, tmp_path: Path, backend: Any) -> None:
    keras_on_openvino()
    model = ls.load(prefix, config_of(prefix), backend=backend)
    for name, image in _modes().items():
        path = tmp_path / (f"{name}.tif" if image.mode == "CMYK" else f"{name}.png")
        image.save(path)
        for given in (path, image):
            found = model.detect(given, conf=0.0)
            assert np.isfinite(found.boxes).all(), name
            assert (found.boxes >= 0).all(), name
            assert (found.boxes <= np.array([*image.size, *image.size]) + 1e-3).all(), name
    np.testing.assert_array_equal(
        model.detect(tmp_path / "alpha.png", conf=0.0).boxes, model.detect(scene(), conf=0.0).boxes
    )


ARRAYS: dict[str, npt.NDArray[Any]] = {
    "float": np.zeros((8, 8, 3), np.float32),
    "deep": np.zeros((8, 8, 3), np.uint16),
    "channels": np.zeros((8, 8, 5), np.uint8),
    "batch": np.zeros((1, 8, 8, 3), np.uint8),
    "nothing": np.zeros((0, 8, 3), np.uint8),
    "line": np.zeros((8,), np.uint8),
}


@pytest.mark.parametrize("kind", ARRAYS)
def test_an_array_that_is_no_picture(prefix: Path, kind: str) -> None:
    model = ls.load(prefix, config_of(prefix))
    for ask in (model.detect, model.predict_raw, model.raw):
        with pytest.raises(SourceError, match="array"):
            ask(ARRAYS[kind])


def test_a_pyramid_whose_pictures_keep_their_size_is_not_joined(shared: Path, tmp_path: Path) -> None:
    text = narrow_config(shared, "faster_rcnn_resnet50_v1_fpn_640").replace("pad_to_max_dimension: true", "")
    prefix = checkpoint(tmp_path / "model", text)
    model = ls.load(prefix, config=config_of(prefix))
    with pytest.raises(UnsupportedModelError, match="a size of its own"):
        model.keras(np.zeros((1, 128, 128, 3), np.float32))
