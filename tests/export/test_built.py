"""Detectors that were built on a backbone, not rebuilt from a file, have every form that their families have."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import loadstone as ls
from loadstone.blueprint.parts import Blueprint
from loadstone.blueprint.yolo_parts import YoloBlueprint
from loadstone.comparison.pictures import generated
from loadstone.errors import UnsupportedModelError
from loadstone.runtime.raw import RawDetections
from loadstone.runtime.rebuilt import Rebuilt
from tests.export import narrow

pytest.importorskip("keras")
pytest.importorskip("openvino")

from loadstone.export.run import export
from loadstone.export.targets import TARGETS
from loadstone.runtime.conversions.conversion import finish
from loadstone.runtime.conversions.convert_rebuilt import conversion_of
from loadstone.runtime.detector import Detector
from loadstone.runtime.keras.keras_detector import KerasDetector, keras_model_of
from loadstone.runtime.save_keras import save_keras
from tests.builder import small

BACKBONES: dict[str, Callable[[], object]] = {"plain": small.plain, "every": small.every_layer}
HEADS = {
    "ssd": ("none", "every"),
    "retinanet": ("fpn", "plain"),
    "efficientdet": ("bifpn", "every"),
    "faster-rcnn": ("fpn", "plain"),
    "one-map-rcnn": ("none", "every"),
    "yolo": ("pan", "plain"),
    "centernet": ("fpn", "every"),
}
"""What is built: its neck and its backbone."""

NAMES = {"efficientdet": "retinanet", "one-map-rcnn": "faster-rcnn"}
ROWS = ("ssd", "retinanet", "efficientdet", "yolo")

SCORES = re.compile(r"class|object_center|objectness|box_encod", re.IGNORECASE)
"""Last layers whose kernels are made small: scores must neither saturate nor boxes lose their ends."""

EVERY_DAY = {("faster-rcnn", "openvino"), ("one-map-rcnn", "onnx"), ("efficientdet", "tflite"), ("yolo", "saved-model")}


@cache
def built(kind: str) -> Rebuilt:
    """Return a detector of three classes whose scores and boxes, unlike an untrained one's, can be told apart."""
    neck, backbone = HEADS[kind]
    found = ls.build(NAMES.get(kind, kind), BACKBONES[backbone](), 3, small.SIDE, neck, width=16, light=True).rebuilt
    anew = {key: found.blueprint.variables[key] for key in found.report.initialised}
    values = narrow.values_for(anew)
    quiet = {key for key in values if key.endswith("kernel") and SCORES.search(key)}
    values = {key: value * np.float32(0.3 if key in quiet else 1) for key, value in values.items()}
    return replace(found, values={**found.values, **values})


CASES = [
    pytest.param(kind, target, marks=() if (kind, target) in EVERY_DAY else pytest.mark.slow)
    for kind in HEADS
    for target in TARGETS
    if target in ("openvino", "onnx", "saved-model")
    or (target == "tflite" and kind in ROWS)
    or (target == "frozen-graph" and kind == "centernet")
]
"""A frozen graph is written by what writes a SavedModel's, so one of them stands for all."""


@pytest.mark.parametrize(("kind", "target"), CASES)
def test_an_export_gives_the_same_detections(kind: str, target: str, tmp_path: Path) -> None:
    done = export(built(kind), target, tmp_path / "made")
    assert done.detections >= 20
    assert {one.output for one in done.differences} >= {"boxes", "scores"}
    assert all(one.largest <= 1e-4 for one in done.differences)


@pytest.mark.parametrize(("kind", "target"), [("retinanet", "checkpoint"), ("centernet", "tflite")])
def test_what_has_no_form_in_a_target_is_refused(kind: str, target: str, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedModelError, match=r"no configuration|one box a place"):
        export(built(kind), target, tmp_path / "made")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=() if kind == "yolo" else pytest.mark.slow) for kind in HEADS]
)
def test_keras_finds_what_the_plan_finds(kind: str) -> None:
    picture = generated(1)
    ours, theirs = (
        detector.run([picture])[0]
        for detector in (Detector(finish(conversion_of(built(kind)), "CPU")), KerasDetector(built(kind)))
    )
    assert isinstance(ours, RawDetections)
    assert isinstance(theirs, RawDetections)
    assert len(ours) == len(theirs) >= 20
    np.testing.assert_allclose(ours.scores, theirs.scores, atol=1e-4)
    apart = np.abs(ours.boxes - theirs.boxes).max(axis=1)
    # Equal scores may change places.
    assert np.median(apart) < 1e-3 * max(picture.shape)


@pytest.mark.slow
@pytest.mark.parametrize("kind", HEADS)
def test_a_saved_one_is_compared_and_exported_from_its_file_alone(kind: str, tmp_path: Path) -> None:
    own = built(kind)
    if isinstance(own.blueprint, Blueprint | YoloBlueprint):
        rule = replace(own.blueprint.suppression, class_agnostic=True, max_total=40)
        own = replace(own, blueprint=replace(own.blueprint, suppression=rule))
    path = save_keras(own, keras_model_of(own), tmp_path / "saved.keras")
    model = ls.load(path)
    assert model.rebuilt.blueprint == own.blueprint
    compared = ls.compare(path, generated(0))
    assert compared.against == "keras"
    assert compared.agree, compared
    assert sum(pair.comparison.paired for pair in compared.pairs) >= 10
    assert model.export("onnx", tmp_path / "made").detections >= 10
