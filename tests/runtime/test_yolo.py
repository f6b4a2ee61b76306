"""A YOLO's boxes and scores, worked out place by place; and the same from the prepared network and the plain heads."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from loadstone.blueprint.yolo_parts import YoloBlueprint
from loadstone.comparison.pictures import generated
from loadstone.facts.filling import WeightReport
from loadstone.runtime.raw import RawDetections
from loadstone.runtime.rebuilt import Rebuilt
from loadstone.wire.textmessage import TextMessage
from tests.support.yolo import tiny_yolo, values_of

pytest.importorskip("openvino")

from loadstone.runtime.conversion import finish
from loadstone.runtime.convert_rebuilt import conversion_of
from loadstone.runtime.detector import Detector
from loadstone.runtime.heads import raw_heads, reader_of
from loadstone.runtime.openvino_stages import OpenvinoStages
from loadstone.runtime.yolo_plan import anchors_of, scores_of

Array = npt.NDArray[Any]


def rebuilt(blueprint: YoloBlueprint) -> Rebuilt:
    values = values_of(blueprint)
    report = WeightReport("tiny", {key: key for key in values})
    return Rebuilt("tiny", "built", blueprint, TextMessage(), values, {1: "one", 2: "two"}, report, "a test")


def by_hand(blueprint: YoloBlueprint, heads: dict[str, Array], picture: tuple[int, int]) -> list[Any]:
    """Return (score, class from 1, box xyxy in pixels of the picture) of every place and class, before suppression."""
    found, row = [], 0
    side = blueprint.resizer.size[1]
    scale = min(side / picture[0], side / picture[1])
    for (high, wide), stride in zip(blueprint.maps, blueprint.strides, strict=True):
        for place in range(high * wide):
            y, x, log_height, log_width = heads["box_encodings"][0, row].astype(np.float64)
            centre_y, centre_x = (place // wide + y) * stride, (place % wide + x) * stride
            half_height, half_width = np.exp(log_height) * stride / 2, np.exp(log_width) * stride / 2
            corners = [centre_x - half_width, centre_y - half_height, centre_x + half_width, centre_y + half_height]
            box = np.clip(np.array(corners) / scale, 0, [picture[1], picture[0]] * 2)
            for kind in range(blueprint.num_classes):
                logits = heads["objectness"][0, row, 0], heads["class_predictions"][0, row, kind]
                score = np.prod([1 / (1 + np.exp(-np.float64(one))) for one in logits])
                found.append((score, kind + 1, box))
            row += 1
    return found


def test_every_detection_is_a_places_own_box_and_score() -> None:
    blueprint = tiny_yolo(size=(96, 96), pad=True)
    own = rebuilt(blueprint)
    stages, picture = OpenvinoStages(own), generated(0)
    heads = raw_heads(blueprint, stages, picture)
    assert {name: array.shape for name, array in heads.items()} == {
        "box_encodings": (1, 180, 4),
        "objectness": (1, 180, 1),
        "class_predictions": (1, 180, 3),
    }
    every = by_hand(blueprint, heads, picture.shape[:2])
    found = reader_of(blueprint, stages, own.labels)(picture)
    assert len(found) > 10
    assert found.scores[0] == pytest.approx(max(score for score, _, _ in every), rel=1e-5)
    for box, score, kind in zip(found.boxes, found.scores, found.class_ids, strict=True):
        near = [one for one in every if one[1] == kind and abs(one[0] - score) < 1e-5]
        assert any(np.abs(one[2] - box).max() < 0.05 for one in near), (box, score, kind)


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
