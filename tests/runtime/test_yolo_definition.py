"""A YOLO's prepared network, its Keras model and its heads give what their definition says, box by box in order."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from loadstone.blueprint.yolo_parts import YoloBlueprint
from loadstone.comparison.pictures import generated
from loadstone.errors import UnsupportedModelError
from loadstone.runtime.raw import RawDetections
from loadstone.runtime.rebuilt import Rebuilt
from tests.runtime.test_yolo import rebuilt
from tests.support.yolo import tiny_yolo
from tests.support.yolo_definition import Found, detections, places

pytest.importorskip("openvino")

from loadstone.runtime.cache import write_files
from loadstone.runtime.conversions.conversion import finish
from loadstone.runtime.conversions.convert_rebuilt import conversion_of
from loadstone.runtime.detector import Detector
from loadstone.runtime.heads import raw_heads
from loadstone.runtime.keras.keras_detector import KerasDetector, KerasStages
from loadstone.runtime.openvino.openvino_stages import OpenvinoStages

Picture = npt.NDArray[np.uint8]

KINDS = [(False, False), (True, False), (True, True)]
"""(padded, class-agnostic)."""


@cache
def made(pad: bool, agnostic: bool) -> Rebuilt:
    """Return a YOLO of three levels, about half of whose rows score above the threshold."""
    blueprint = tiny_yolo(size=(96, 96), pad=pad, levels=3)
    rule = replace(blueprint.suppression, score_threshold=0.25, class_agnostic=agnostic)
    return rebuilt(replace(blueprint, suppression=rule))


@cache
def prepared(pad: bool, agnostic: bool) -> Detector:
    return Detector(finish(conversion_of(made(pad, agnostic)), "CPU"))


def blueprint_of(own: Rebuilt) -> YoloBlueprint:
    assert isinstance(own.blueprint, YoloBlueprint)
    return own.blueprint


def found_by(detector: Detector | KerasDetector, picture: Picture) -> RawDetections:
    (found,) = detector.run([picture])
    assert isinstance(found, RawDetections)
    return found


def same(ours: RawDetections, wanted: list[Found], picture: Picture) -> None:
    """Assert that these are the same detections in the same order, boxes to a thousandth of the side."""
    assert ours.class_ids.tolist() == [one.kind for one in wanted]
    np.testing.assert_allclose(ours.scores, [one.score for one in wanted], atol=1e-6)
    height, width = picture.shape[:2]
    sides = np.array([width, height, width, height])
    boxes = np.array([one.box for one in wanted]).reshape(-1, 4)
    np.testing.assert_allclose(ours.boxes / sides, boxes / sides, atol=1e-3)
    assert ours.boxes.dtype == ours.scores.dtype == np.float32
    assert ours.class_ids.dtype == np.int64


def noise(height: int, width: int) -> Picture:
    return np.random.default_rng(height + width).integers(0, 256, (height, width, 3), np.uint8)


SIZES = [(96, 96), (50, 131), (1, 1), (20_000, 20), (20, 20_000)]


@pytest.mark.parametrize(("height", "width"), SIZES)
@pytest.mark.parametrize(("pad", "agnostic"), KINDS)
def test_the_plan_gives_the_boxes_of_the_definition(height: int, width: int, pad: bool, agnostic: bool) -> None:
    picture, own, plan = noise(height, width), made(pad, agnostic), prepared(pad, agnostic)
    encodings, scores = (output[0] for output in plan.outputs(picture))
    wanted = detections(blueprint_of(own), places(blueprint_of(own), encodings), scores, (height, width))
    same(found_by(plan, picture), wanted, picture)
    assert len(wanted) >= 1


@pytest.mark.parametrize(("pad", "agnostic"), [KINDS[0], KINDS[2]])
def test_keras_and_the_plan_find_the_same(pad: bool, agnostic: bool) -> None:
    pytest.importorskip("keras")
    own, plan = made(pad, agnostic), prepared(pad, agnostic)
    theirs = KerasDetector(own)
    stages = KerasStages(own, theirs.model)
    for number in range(2):
        picture = generated(number)
        ours, other = found_by(plan, picture), found_by(theirs, picture)
        heads = raw_heads(own.blueprint, stages, picture)
        assert {name: head.shape for name, head in heads.items()} == {
            "box_encodings": (1, 189, 4),
            "objectness": (1, 189, 1),
            "class_predictions": (1, 189, 3),
        }
        for name, head in raw_heads(own.blueprint, OpenvinoStages(own), picture).items():
            np.testing.assert_allclose(head, heads[name], atol=1e-4)
        logistic = [
            1 / (1 + np.exp(-heads[name][0].astype(np.float64))) for name in ("objectness", "class_predictions")
        ]
        boxes = places(blueprint_of(own), heads["box_encodings"][0])
        scores = (logistic[0] * logistic[1]).astype(np.float32)
        size = picture.shape[0], picture.shape[1]
        wanted = detections(blueprint_of(own), boxes, scores, size)
        assert len(wanted) > 20
        for one in (ours, other):
            assert one.class_ids.tolist() == [found.kind for found in wanted]
            np.testing.assert_allclose(one.scores, [found.score for found in wanted], atol=1e-5)
            apart = one.boxes - np.array([found.box for found in wanted])
            assert np.abs(apart).max() < 1e-3 * max(size)


def test_classes_suppress_each_other_only_where_it_is_asked_for() -> None:
    picture = generated(0)
    apart, together = (found_by(prepared(True, agnostic), picture) for agnostic in (False, True))
    assert len({tuple(box) for box in apart.boxes.round(2).tolist()}) < len(apart)
    assert len({tuple(box) for box in together.boxes.round(2).tolist()}) == len(together)


@pytest.mark.parametrize("agnostic", [False, True])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (20_000, 20), (64, 64)])
def test_a_picture_with_nothing_in_it(height: int, width: int, agnostic: bool) -> None:
    found = found_by(blind(agnostic), noise(height, width))
    assert (found.boxes.shape, found.scores.shape, found.class_ids.shape) == ((0, 4), (0,), (0,))


@cache
def blind(agnostic: bool) -> Detector:
    own = made(False, agnostic)
    # A float32 sigmoid is 0 from -104 on.
    values = {key: value - np.float32(300 * key.endswith("objectness/bias")) for key, value in own.values.items()}
    return Detector(finish(conversion_of(replace(own, values=values)), "CPU"))


def test_no_more_are_kept_than_is_said() -> None:
    own = made(False, False)
    rule = replace(blueprint_of(own).suppression, max_per_class=4, max_total=6)
    few = replace(own, blueprint=replace(blueprint_of(own), suppression=rule))
    plan, picture = Detector(finish(conversion_of(few), "CPU")), generated(1)
    encodings, scores = (output[0] for output in plan.outputs(picture))
    boxes = places(blueprint_of(few), encodings)
    same(found_by(plan, picture), detections(blueprint_of(few), boxes, scores, picture.shape[:2]), picture)
    assert len(found_by(plan, picture)) == 6


def test_several_pictures_at_once_are_several_alone() -> None:
    plan, pictures = prepared(True, False), [generated(0), noise(30, 40), generated(1), noise(1, 1)]
    side_by_side = Detector(finish(conversion_of(made(True, False)), "CPU"), streams=2)
    for one, other, picture in zip(plan.run(pictures), side_by_side.run(pictures), pictures, strict=True):
        assert isinstance(one, RawDetections)
        assert isinstance(other, RawDetections)
        np.testing.assert_array_equal(one.boxes, found_by(plan, picture).boxes)
        np.testing.assert_allclose(one.scores, other.scores, atol=1e-5)


@pytest.mark.parametrize(("precision", "bound"), [("float16", 0.005), ("int8", 0.15)])
def test_fewer_bits_change_scores_a_little(precision: str, bound: float) -> None:
    picture = generated(0)
    exact = prepared(True, False).outputs(picture)[1]
    rounded = Detector(finish(conversion_of(made(True, False)), "CPU", precision)).outputs(picture)[1]
    assert 0 < np.abs(exact - rounded).max() < bound


CHILD = """
import sys
from pathlib import Path
import numpy as np
from loadstone.comparison.pictures import generated
from loadstone.runtime.cache import read_files
from loadstone.runtime.detector import Detector
found = Detector(read_files(Path(sys.argv[1]))).run([generated(0)])[0]
np.savez(sys.argv[2], boxes=found.boxes, scores=found.scores, classes=found.class_ids)
loaded = {"keras", "tensorflow", "loadstone.blueprint.yolo_parts"} & set(sys.modules)
sys.exit(f"imported {loaded}" if loaded else 0)
"""


def test_a_kept_plan_opens_without_keras_and_without_a_blueprint(tmp_path: Path) -> None:
    write_files(tmp_path, finish(conversion_of(made(True, True)), "CPU"))
    out = tmp_path / "found.npz"
    done = subprocess.run([sys.executable, "-c", CHILD, tmp_path, out], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    ours = found_by(prepared(True, True), generated(0))
    with np.load(out) as theirs:
        np.testing.assert_array_equal(theirs["classes"], ours.class_ids)
        np.testing.assert_allclose(theirs["scores"], ours.scores, atol=1e-6)
        np.testing.assert_allclose(theirs["boxes"], ours.boxes, atol=1e-2)


@pytest.mark.parametrize("changed", [{"converter": "SOFTMAX"}, {"logit_scale": 2.0}])
def test_other_scores_are_refused(changed: dict[str, Any]) -> None:
    own = made(False, False)
    rule = replace(blueprint_of(own).suppression, **changed)
    with pytest.raises(UnsupportedModelError, match="products of two sigmoids"):
        conversion_of(replace(own, blueprint=replace(blueprint_of(own), suppression=rule)))


def test_an_input_without_a_size_is_refused() -> None:
    own = made(True, False)
    open_size = replace(own.blueprint, resizer=replace(own.blueprint.resizer, pad=False))
    with pytest.raises(UnsupportedModelError, match=r"resizer|fixed size"):
        conversion_of(replace(own, blueprint=open_size))
    with pytest.raises(UnsupportedModelError, match="fixed size"):
        KerasDetector(replace(own, blueprint=open_size))
