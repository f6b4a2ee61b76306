"""Pascal VOC's and Open Images' numbers: cases worked out by hand, and drawn pictures against plain Python."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from loadstone.evaluation.open_images import open_images_metrics
from loadstone.evaluation.overlaps import inside, iou
from loadstone.evaluation.voc import ELEVEN, voc_metrics
from loadstone.facts.evaluation import Judged
from tests.evaluation import brute_force
from tests.evaluation.pictures import Row, drawn, judged, objects

BOX, OTHER, THIRD = [10.0, 10.0, 110.0, 60.0], [200.0, 100.0, 240.0, 140.0], [300.0, 200.0, 380.0, 280.0]
NOWHERE = [0.0, 200.0, 40.0, 240.0]
CLASSES = ["a", "b", "c"]

MAP, MAP11 = "PascalBoxes_Precision/mAP@0.5IOU", f"PascalBoxes_Precision/mAP@0.5IOU{ELEVEN}"
WEIGHTED = "WeightedPascalBoxes_Precision/mAP@0.5IOU"
OPEN, CHALLENGE = "OpenImagesV2_Precision/mAP@0.5IOU", "OpenImagesDetectionChallenge_Precision/mAP@0.5IOU"


def test_overlaps_are_areas_of_real_numbers() -> None:
    one, other = np.array([[0.0, 0.0, 2.0, 2.0], [5.0, 5.0, 5.0, 9.0]]), np.array([[1.0, 0.0, 3.0, 2.0]])
    assert iou(one, other).tolist() == [[2 / 6], [0.0]]
    assert inside(one, other).tolist() == [[0.5], [0.0]]


def test_two_of_three_found_with_one_false_between() -> None:
    # Best first: hit (recall 1/3, precision 1), false, hit (2/3, 2/3). Area: 1/3 · 1 + 1/3 · 2/3 = 5/9.
    # Eleven points: 1 at 0, 0.1, 0.2, 0.3; 2/3 at 0.4, 0.5, 0.6; 0 from 0.7: (4 + 2) / 11.
    found: list[tuple[Row, float, int]] = [(BOX, 0.9, 0), (NOWHERE, 0.8, 0), (OTHER, 0.7, 0)]
    metrics = voc_metrics([judged(objects([BOX, OTHER, THIRD], [0, 0, 0]), found)], ["a"])
    assert metrics.values[MAP] == metrics.mean == pytest.approx(5 / 9)
    assert metrics.values[MAP11] == pytest.approx(6 / 11)
    assert metrics.by_class["a"] == {"AP": pytest.approx(5 / 9), f"AP{ELEVEN}": pytest.approx(6 / 11)}


def test_a_tenth_that_is_reached_counts_in_spite_of_rounding() -> None:
    # Three of ten objects, nothing false: 1 at 0, 0.1, 0.2 and 0.3.
    boxes = [[40.0 * place, 0.0, 40.0 * place + 30, 30.0] for place in range(10)]
    metrics = voc_metrics([judged(objects(boxes, [0] * 10), [(box, 0.9, 0) for box in boxes[:3]])], ["a"])
    assert metrics.values[MAP11] == pytest.approx(4 / 11)
    assert metrics.mean == pytest.approx(0.3)


def test_an_object_is_found_once_and_by_what_overlaps_it_most() -> None:
    # The second box overlaps the taken object more than the free one, and so is false, as in Pascal VOC's own code.
    free = [20.0, 10.0, 120.0, 60.0]
    near = [13.0, 10.0, 113.0, 60.0]
    truth = objects([BOX, free], [0, 0])
    metrics = voc_metrics([judged(truth, [(BOX, 0.9, 0), (near, 0.8, 0)])], ["a"])
    assert metrics.mean == pytest.approx(0.5)


def test_difficult_objects_are_left_out_found_or_not() -> None:
    truth = objects([BOX, OTHER], [0, 0], difficult=[0])
    assert voc_metrics([judged(truth, [(BOX, 0.9, 0), (OTHER, 0.8, 0)])], ["a"]).mean == 1.0
    assert voc_metrics([judged(truth, [(OTHER, 0.8, 0)])], ["a"]).mean == 1.0
    assert math.isnan(voc_metrics([judged(objects([BOX], [0], difficult=[0]), [])], ["a"]).mean)


def test_the_weighted_mean_pools_the_classes() -> None:
    # Class a: three objects, all found; class b: one, not found. Mean 1/2, pooled: recall 3/4 at precision 1.
    found: list[tuple[Row, float, int]] = [(box, 0.9, 0) for box in (BOX, OTHER, THIRD)]
    metrics = voc_metrics([judged(objects([BOX, OTHER, THIRD, NOWHERE], [0, 0, 0, 1]), found)], CLASSES)
    assert metrics.mean == pytest.approx(0.5)
    assert metrics.values[WEIGHTED] == pytest.approx(0.75)
    assert math.isnan(metrics.by_class["c"]["AP"])


def test_boxes_without_an_inside_are_not_counted() -> None:
    found: list[tuple[Row, float, int]] = [([50.0, 50.0, 50.0, 80.0], 0.95, 0), (BOX, 0.9, 0)]
    assert voc_metrics([judged(objects([BOX], [0]), found)], ["a"]).mean == 1.0


def test_what_lies_in_a_group_is_left_out() -> None:
    inside_group: list[tuple[Row, float, int]] = [
        ([10.0, 10.0, 40.0, 60.0], 0.95, 0),
        ([50.0, 10.0, 90.0, 50.0], 0.94, 0),
    ]
    truth = objects([BOX, OTHER], [0, 0], group_of=[0])
    pictures = [judged(truth, [*inside_group, (OTHER, 0.5, 0)])]
    metrics = open_images_metrics(pictures, ["a"])
    assert metrics.mean == metrics.values[OPEN] == 1.0
    assert CHALLENGE not in metrics.values
    assert voc_metrics(pictures, ["a"]).mean < 0.5


def test_the_challenge_counts_a_group_as_one_object() -> None:
    # Two objects, one of them a group; the group is found with 0.94, the other not at all.
    truth = objects([BOX, OTHER], [0, 0], group_of=[0])
    found: list[tuple[Row, float, int]] = [([10.0, 10.0, 40.0, 60.0], 0.94, 0), (NOWHERE, 0.9, 0)]
    metrics = open_images_metrics([judged(truth, found, verified=())], ["a"])
    assert metrics.values[CHALLENGE] == pytest.approx(0.5)
    assert metrics.values[OPEN] == 0.0
    assert metrics.by_class["a"] == {"AP": 0.0, "AP (challenge)": 0.5}


def test_the_challenge_counts_only_classes_that_were_looked_for() -> None:
    found: list[tuple[Row, float, int]] = [(NOWHERE, 0.9, 1), (BOX, 0.8, 0), (OTHER, 0.7, 2)]
    truth = objects([BOX], [0])
    elsewhere = judged(objects([BOX], [1]), [(BOX, 0.5, 1)], verified=())
    looked, unlooked = (
        open_images_metrics([judged(truth, found, verified=verified), elsewhere], CLASSES) for verified in ((1,), ())
    )
    # Class b: one object, found at 0.5 behind a false one at 0.9, which counts where somebody looked for b.
    assert looked.by_class["b"]["AP (challenge)"] == pytest.approx(0.5)
    assert unlooked.by_class["b"]["AP (challenge)"] == 1.0
    assert looked.by_class["b"]["AP"] == unlooked.by_class["b"]["AP"] == pytest.approx(0.5)


def _with_verified(pictures: list[Judged], random: np.random.Generator) -> list[Judged]:
    choices = [tuple(np.flatnonzero(random.uniform(size=3) < 0.4).tolist()) for _ in pictures]
    return [
        replace(one, example=replace(one.example, verified=some)) for one, some in zip(pictures, choices, strict=True)
    ]


def _agree(ours: list[float], theirs: list[float]) -> None:
    np.testing.assert_allclose(ours, theirs, atol=1e-12)
    assert any(0 < value < 1 for value in theirs)


@pytest.mark.parametrize("seed", range(6))
def test_drawn_pictures_agree_with_plain_python(seed: int) -> None:
    random = np.random.default_rng(seed)
    pictures = _with_verified(drawn(random, classes=3, pictures=60), random)
    voc = voc_metrics(pictures, CLASSES)
    counts = [brute_force.counts(pictures, class_, difficult=True) for class_ in range(3)]
    _agree([row["AP"] for row in voc.by_class.values()], [brute_force.area(*one) for one in counts])
    _agree([row[f"AP{ELEVEN}"] for row in voc.by_class.values()], [brute_force.eleven(*one) for one in counts])
    together = [row for rows, _ in counts for row in rows]
    assert voc.values[WEIGHTED] == pytest.approx(brute_force.area(together, sum(number for _, number in counts)))
    open_images = open_images_metrics(pictures, CLASSES)
    groups = [brute_force.counts(pictures, class_, groups=True) for class_ in range(3)]
    _agree([row["AP"] for row in open_images.by_class.values()], [brute_force.area(*one) for one in groups])
    rule = {"groups": True, "weight": 1.0, "verified": True}
    challenge = [brute_force.counts(pictures, class_, **rule) for class_ in range(3)]  # type: ignore[arg-type]
    theirs = [brute_force.area(*one) for one in challenge]
    _agree([row["AP (challenge)"] for row in open_images.by_class.values()], theirs)


def test_nothing_at_all_is_no_number() -> None:
    assert math.isnan(voc_metrics([], CLASSES).mean)
    assert math.isnan(voc_metrics([], CLASSES).values[WEIGHTED])
    assert math.isnan(open_images_metrics([], CLASSES).mean)
