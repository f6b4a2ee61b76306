"""Curves, thresholds, confusion and mistakes: cases worked out by hand, and drawn pictures that have to add up."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from loadstone.evaluation.coco import coco_metrics
from loadstone.evaluation.curves import TOGETHER, curves
from loadstone.evaluation.matching import matched
from loadstone.evaluation.mistakes import mistakes
from loadstone.facts.evaluation import MISTAKES
from tests.evaluation.pictures import Row, drawn, judged, objects

BOX, OTHER, THIRD = [10.0, 10.0, 110.0, 60.0], [200.0, 100.0, 240.0, 140.0], [300.0, 200.0, 380.0, 280.0]
NOWHERE = [0.0, 200.0, 40.0, 240.0]
CLASSES = ["a", "b", "c"]
Found = list[tuple[Row, float, int]]


def test_the_best_score_chooses_first_and_an_object_is_found_once() -> None:
    near = [12.0, 10.0, 112.0, 60.0]
    one = matched(judged(objects([BOX, near], [0, 0]), [(near, 0.5, 0), (BOX, 0.9, 0), (BOX, 0.4, 0), (BOX, 0.8, 1)]))
    assert one.finds.tolist() == [1, 0, -1, -1]
    assert not one.neutral.any()


def test_what_lies_on_a_crowd_a_group_or_a_difficult_object_is_neutral() -> None:
    part = [20.0, 20.0, 60.0, 50.0]
    for mark in ("crowd", "group_of"):
        one = matched(judged(objects([BOX], [0], **{mark: [0]}), [(part, 0.9, 0), (part, 0.9, 1)]))
        assert (one.finds.tolist(), one.neutral.tolist()) == ([-1, -1], [True, False])
    hard = matched(judged(objects([BOX], [0], difficult=[0]), [(part, 0.9, 0), (BOX, 0.9, 0)]))
    assert hard.neutral.tolist() == [False, True]


def test_a_curve_and_its_best_threshold() -> None:
    # Best first: right at 0.9, wrong at 0.8, right and wrong both at 0.7. F1: 2/3; 1/2; 2 · 0.5 · 1 / 1.5 = 2/3.
    found: Found = [(BOX, 0.9, 0), (NOWHERE, 0.8, 0), (OTHER, 0.7, 0), (THIRD, 0.7, 0)]
    each, _, _, together = curves([matched(judged(objects([BOX, OTHER], [0, 0]), found))], CLASSES)
    assert (each.name, each.objects, together.name) == ("a", 2, TOGETHER)
    assert each.precision.tolist() == [1.0, 0.5, pytest.approx(2 / 3), 0.5]
    assert each.recall.tolist() == [0.5, 0.5, 1.0, 1.0]
    assert each.best is not None
    assert (each.best.score, each.best.precision, each.best.recall) == (0.9, 1.0, 0.5)
    assert each.best.f1 == pytest.approx(2 / 3)
    assert together.scores.tolist() == [0.9, 0.8, 0.7, 0.7]


def test_nothing_right_and_nothing_there_have_no_threshold() -> None:
    wrong = curves([matched(judged(objects([BOX], [0]), [(NOWHERE, 0.9, 0), (NOWHERE, 0.9, 1)]))], ["a", "b"])
    assert [one.best for one in wrong] == [None, None, None]
    assert [one.objects for one in curves([], ["a"])] == [0, 0]


def test_the_area_below_a_curve_is_cocos_ap50_without_neutral_objects() -> None:
    """101 recalls of COCO against the curve's own points: less than two hundredths apart."""
    pictures = drawn(np.random.default_rng(3), classes=2, pictures=80)
    plain = [one for one in pictures if not (one.truth.difficult | one.truth.group_of | one.truth.crowd).any()]
    metrics = coco_metrics(plain, ["a", "b"])
    for curve in curves([matched(one) for one in plain], ["a", "b"])[:2]:
        raised = np.maximum.accumulate(curve.precision[::-1])[::-1]
        area = float(np.sum(np.diff(curve.recall, prepend=0.0) * raised))
        assert area == pytest.approx(metrics.by_class[curve.name]["AP50"], abs=0.02)
        assert 0.05 < area < 0.95


def test_each_kind_of_mistake_is_known() -> None:
    moved = [60.0, 10.0, 160.0, 60.0]  # of OTHER's class b, and of BOX's: overlap 50 / 150 = 1/3
    found: Found = [
        (OTHER, 0.95, 1),  # right
        (OTHER, 0.90, 1),  # twice
        (THIRD, 0.85, 0),  # wrong class: c is there
        (moved, 0.80, 0),  # badly placed
        (NOWHERE, 0.75, 2),  # false
        (NOWHERE, 0.10, 0),  # below the score
    ]
    far = [350.0, 10.0, 390.0, 40.0]
    picture = matched(judged(objects([BOX, OTHER, THIRD, far], [0, 1, 2, 0]), found))
    done = mistakes([picture], CLASSES, 0.5)
    assert done.counts == dict.fromkeys(MISTAKES, 1)
    by_kind = {one.kind: one for one in done.worst}
    assert (by_kind["missed"].truth, by_kind["missed"].truth_box, by_kind["missed"].found_box) == (
        "a",
        tuple(far),
        None,
    )
    assert (by_kind["wrong class"].truth, by_kind["wrong class"].found) == ("c", "a")
    assert by_kind["badly placed"].iou == pytest.approx(1 / 3)
    assert by_kind["badly placed"].badness == pytest.approx(0.8 * 2 / 3)
    assert (by_kind["twice"].found_box, by_kind["twice"].iou) == (tuple(OTHER), 1.0)
    assert (by_kind["false"].truth, by_kind["false"].as_json()["truth_box"]) == ("", None)
    # Rows a, b, c, nothing; columns a, b, c, nothing. The badly placed one is both missed and false.
    assert done.confusion.counts.tolist() == [[0, 0, 0, 2], [0, 1, 0, 0], [1, 0, 0, 0], [1, 1, 1, 0]]
    assert done.confusion.as_json()["names"] == [*CLASSES, "background"]


def test_the_worst_of_a_kind_stand_first_and_the_others_are_counted() -> None:
    found: Found = [([5.0 + 40 * row, 200.0, 40.0 + 40 * row, 240.0], 0.5 + row / 100, 0) for row in range(5)]
    done = mistakes([matched(judged(objects([], []), found))], ["a"], 0.0, worst=3)
    assert [one.score for one in done.worst] == [0.54, 0.53, 0.52]
    assert done.counts["false"] == 5


@pytest.mark.parametrize("score", [0.0, 0.4, 0.9])
def test_every_object_and_every_detection_is_accounted_for_once(score: float) -> None:
    pictures = [matched(one) for one in drawn(np.random.default_rng(11), classes=3, pictures=50)]
    done = mistakes(pictures, CLASSES, score, worst=10_000)
    kept = [(one.judged.scores >= score) & ~one.neutral for one in pictures]
    assert Counter(one.kind for one in done.worst) == Counter(done.counts)
    right = int(done.confusion.counts.diagonal().sum())
    detections = sum(int(rows.sum()) for rows in kept)
    said = sum(count for kind, count in done.counts.items() if kind != "missed")
    assert right + said == detections == done.confusion.counts[:, :-1].sum()
    there = sum(int(one.counts.sum()) for one in pictures)
    wrong = sum(done.counts[kind] for kind in ("missed", "wrong class", "badly placed"))
    assert right + wrong == there == done.confusion.counts[:-1].sum()
    assert min(right, done.counts["missed"], done.counts["false"]) > 0
