"""A YOLO's places as anchors, its scores as products, and one reading for the prepared network and the plain heads."""

from __future__ import annotations

import numpy as np
import pytest

from loadstone.blueprint.yolo_parts import YoloBlueprint
from loadstone.comparison.pictures import generated
from loadstone.facts.filling import WeightReport
from loadstone.runtime.raw import RawDetections
from loadstone.runtime.rebuilt import Rebuilt
from loadstone.wire.textmessage import TextMessage
from tests.support.yolo import tiny_yolo, values_of

pytest.importorskip("openvino")

from loadstone.runtime.conversions.conversion import finish
from loadstone.runtime.conversions.convert_rebuilt import conversion_of
from loadstone.runtime.detector import Detector
from loadstone.runtime.families.yolo_plan import anchors_of, scores_of
from loadstone.runtime.heads import reader_of
from loadstone.runtime.openvino.openvino_stages import OpenvinoStages


def rebuilt(blueprint: YoloBlueprint) -> Rebuilt:
    values = values_of(blueprint)
    report = WeightReport("tiny", {key: key for key in values})
    return Rebuilt("tiny", "built", blueprint, TextMessage(), values, {1: "one", 2: "two"}, report, "a test")


@pytest.mark.parametrize("pad", [False, True])
def test_the_prepared_network_finds_what_the_heads_say(pad: bool) -> None:
    blueprint = tiny_yolo(size=(96, 96), pad=pad)
    own = rebuilt(blueprint)
    detector = Detector(finish(conversion_of(own), "CPU"))
    read = reader_of(blueprint, OpenvinoStages(own), own.labels)
    for number in range(2):
        picture = generated(number)
        (ours,) = detector.run([picture])
        assert isinstance(ours, RawDetections)
        theirs = read(picture)
        assert len(ours.scores) == len(theirs.scores) > 0
        np.testing.assert_allclose(ours.scores, theirs.scores, rtol=1e-4)
        np.testing.assert_allclose(ours.boxes, theirs.boxes, atol=1e-2)


def test_places_are_squares_of_a_stride_about_their_corners() -> None:
    blueprint = tiny_yolo(size=(32, 64), levels=2)
    pixels = anchors_of(blueprint) * np.array([32, 64, 32, 64], np.float32)
    assert pixels[0].tolist() == [-4, -4, 4, 4]
    assert pixels[9].tolist() == [4, 4, 12, 12]
    assert pixels[32].tolist() == [-8, -8, 8, 8]
    assert len(pixels) == 4 * 8 + 2 * 4


def test_a_score_is_the_product_of_both() -> None:
    heads = {
        "objectness": np.array([[[0.0]]], np.float32),
        "class_predictions": np.array([[[0, 100, -100]]], np.float32),
    }
    assert scores_of(heads)[0, 0].tolist() == [0.25, 0.5, 0.0]
