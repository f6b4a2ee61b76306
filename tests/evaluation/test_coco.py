"""COCO's numbers: hand-computed cases, and pycocotools' own results file read the way its users read it."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import numpy as np
import pytest

from loadstone.errors import EnvironmentLacksError
from loadstone.evaluation.coco import coco_map, coco_metrics
from loadstone.evaluation.coco_keypoints import coco_keypoint_metrics, keypoint_count
from loadstone.facts.evaluation import Judged, Metrics
from tests.evaluation.pictures import drawn, judged, objects

BOX, OTHER = [10.0, 10.0, 110.0, 60.0], [200.0, 100.0, 240.0, 140.0]


def _pick(metrics: Metrics, name: str) -> float:
    return metrics.values[f"DetectionBoxes_{name}"]


def test_everything_found_is_one_and_what_cannot_be_measured_is_no_number() -> None:
    metrics = coco_metrics([judged(objects([BOX, OTHER], [0, 1]), [(BOX, 0.9, 0), (OTHER, 0.8, 1)])], ["a", "b", "c"])
    assert metrics.mean == _pick(metrics, "Precision/mAP") == pytest.approx(1.0)
    assert _pick(metrics, "Recall/AR@1") == 1.0
    assert math.isnan(_pick(metrics, "Precision/mAP (small)"))
    assert math.isnan(metrics.by_class["c"]["AP"])
    assert metrics.as_json()["by_class"]["c"]["AP"] is None


def test_one_of_two_found_gives_the_share_of_recalls_up_to_a_half() -> None:
    # Of the 101 recalls 0, 0.01, … 1, the 51 up to 0.5 are reached.
    metrics = coco_metrics([judged(objects([BOX, OTHER], [0, 0]), [(BOX, 0.9, 0)])], ["a"])
    assert metrics.mean == pytest.approx(51 / 101)
    assert _pick(metrics, "Recall/AR@100") == pytest.approx(0.5)


def test_a_box_that_overlaps_by_seven_tenths_counts_up_to_there() -> None:
    # 100 of 100 columns, 35 of 50 rows: IoU 0.7, enough for 0.50, 0.55, 0.60, 0.65 and 0.70.
    moved = [10.0, 10.0, 110.0, 45.0]
    metrics = coco_metrics([judged(objects([BOX], [0]), [(moved, 0.9, 0)])], ["a"])
    assert metrics.mean == pytest.approx(0.5)
    assert _pick(metrics, "Precision/mAP@.50IOU") == pytest.approx(1.0)
    assert _pick(metrics, "Precision/mAP@.75IOU") == 0.0


def test_a_crowd_takes_any_number_of_boxes_and_counts_for_none() -> None:
    inside = [(BOX, 0.9, 0), ([10.0, 10.0, 60.0, 60.0], 0.8, 0)]
    truth = objects([BOX, OTHER], [0, 0], crowd=[0])
    assert coco_map([judged(truth, [*inside, (OTHER, 0.5, 0)])], ["a"]) == pytest.approx(1.0)
    assert coco_map([judged(objects([BOX, OTHER], [0, 0]), [*inside, (OTHER, 0.5, 0)])], ["a"]) < 0.9


def test_the_size_is_the_objects_own_area_where_the_file_says_it() -> None:
    # The box has 5,000 square pixels, which is medium; the object itself covers 900, which is small.
    found = [(BOX, 0.9, 0)]
    by_box = coco_metrics([judged(objects([BOX], [0]), found)], ["a"])
    by_area = coco_metrics([judged(objects([BOX], [0], areas=np.array([900.0])), found)], ["a"])
    assert _pick(by_box, "Precision/mAP (medium)") == _pick(by_area, "Precision/mAP (small)") == pytest.approx(1.0)
    assert math.isnan(_pick(by_area, "Precision/mAP (medium)"))
    unsaid = coco_metrics([judged(objects([BOX], [0], areas=np.array([math.nan])), found)], ["a"])
    assert _pick(unsaid, "Precision/mAP (medium)") == pytest.approx(1.0)


def test_only_the_best_of_a_class_count_in_a_picture() -> None:
    found = [(BOX, 0.8, 0), (OTHER, 0.9, 0), (OTHER, 0.95, 1)]
    one = [judged(objects([BOX], [0]), found)]
    assert coco_map(one, ["a", "b"], most=1) == 0.0
    assert coco_map(one, ["a", "b"], most=2) == pytest.approx(0.5)


def test_a_class_that_the_dataset_has_not_is_left_out() -> None:
    truth = objects([BOX, OTHER], [0, -1])
    assert coco_map([judged(truth, [(BOX, 0.5, 0), (OTHER, 0.9, -1)])], ["a"]) == pytest.approx(1.0)


def test_nothing_annotated_and_nothing_found_are_no_number_and_zero() -> None:
    assert math.isnan(coco_map([judged(objects([], []), [(BOX, 0.9, 0)])], ["a"]))
    assert coco_map([judged(objects([BOX], [0]), [])], ["a"]) == 0.0
    assert math.isnan(coco_map([], ["a"]))


def test_lengths_that_do_not_agree_are_refused() -> None:
    with pytest.raises(ValueError, match="2 boxes, 1 scores"):
        Judged(judged(objects([], []), []).example, np.zeros((2, 4)), np.zeros(1), np.zeros(2, np.int64))


@pytest.mark.parametrize("most", [20, 100])
def test_the_numbers_are_those_of_pycocotools_from_files(tmp_path: Path, most: int) -> None:
    """Write truth and results as COCO's JSON files, load them as its users do, and summarise by its own code."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    pictures = drawn(np.random.default_rng(7), classes=3, pictures=40)
    truth: list[dict[str, object]] = []
    results: list[dict[str, object]] = []
    for number, one in enumerate(pictures):
        for box, class_, crowd in zip(one.truth.boxes, one.truth.classes, one.truth.crowd, strict=True):
            x, y, right, bottom = box.tolist()
            sides = {"bbox": [x, y, right - x, bottom - y], "area": (right - x) * (bottom - y)}
            about = {"image_id": number, "category_id": int(class_), "iscrowd": int(crowd)}
            truth.append({"id": len(truth) + 1, **about, **sides})
        for box, score, class_ in zip(one.boxes, one.scores, one.classes, strict=True):
            x, y, right, bottom = box.tolist()
            row = {"image_id": number, "category_id": int(class_), "score": float(score)}
            results.append({**row, "bbox": [x, y, right - x, bottom - y]})
    categories = [{"id": place, "name": str(place)} for place in range(3)]
    images = [{"id": number} for number in range(len(pictures))]
    annotations = tmp_path / "annotations.json"
    annotations.write_text(json.dumps({"images": images, "categories": categories, "annotations": truth, "info": {}}))
    (tmp_path / "results.json").write_text(json.dumps(results))
    gold = COCO(str(annotations))
    run = COCOeval(gold, gold.loadRes(str(tmp_path / "results.json")), "bbox")
    run.params.maxDets = [1, 10, most]
    run.evaluate()
    run.accumulate()
    run.summarize()
    metrics = coco_metrics(pictures, ["0", "1", "2"], most=most)
    theirs = run.stats[0 if most == 100 else 1 :]
    ours = [value for name, value in metrics.values.items() if "ByCategory" not in name][12 - len(theirs) :]
    np.testing.assert_allclose(ours, theirs, atol=1e-12)
    per_class = [np.mean(run.eval["precision"][:, :, row, 0, -1]) for row in range(3)]
    np.testing.assert_allclose([row["AP"] for row in metrics.by_class.values()], per_class)


def test_keypoints_count_by_how_near_they_lie() -> None:
    places = np.array([[[20.0, 20.0], [100.0, 50.0]]])
    marks = np.concatenate([places, np.full((1, 2, 1), 2.0)], axis=2)
    truth = objects([BOX], [0], keypoints=marks)
    exact = [judged(truth, [(BOX, 0.9, 0)], keypoints=places)]
    # OKS of one point moved by d: exp(-d² / (2 · area · (2·0.05)²)); d = 10 gives exp(-1) = 0.368, so (1 + 0.368) / 2.
    near = [judged(truth, [(BOX, 0.9, 0)], keypoints=np.add(places, [[[10.0, 0.0], [0.0, 0.0]]]))]
    assert keypoint_count(exact) == 2
    assert coco_keypoint_metrics(exact, ["a"]).mean == pytest.approx(1.0)
    metrics = coco_keypoint_metrics(near, ["a"])
    # 0.684 reaches 0.50, 0.55, 0.60 and 0.65 of the ten.
    assert metrics.mean == pytest.approx(0.4)
    assert metrics.values["Keypoints_Precision/mAP@.50IOU"] == pytest.approx(1.0)
    assert metrics.by_class["a"]["AP"] == pytest.approx(0.4)


def test_keypoints_of_another_number_are_not_compared() -> None:
    truth = objects([BOX], [0], keypoints=np.zeros((1, 3, 3)))
    assert keypoint_count([judged(truth, [(BOX, 0.9, 0)], keypoints=np.zeros((1, 2, 2)))]) == 0
    assert keypoint_count([judged(objects([BOX], [0]), [(BOX, 0.9, 0)], keypoints=np.zeros((1, 2, 2)))]) == 0


def test_a_second_class_of_a_name_keeps_its_own_row() -> None:
    metrics = coco_metrics([judged(objects([BOX, OTHER], [0, 1]), [(BOX, 0.9, 0)])], ["a", "a"])
    assert {name: round(row["AP"], 9) for name, row in metrics.by_class.items()} == {"a": 1.0, "a (1)": 0.0}


def test_without_pycocotools_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pycocotools.cocoeval", None)
    with pytest.raises(EnvironmentLacksError) as caught:
        coco_metrics([], ["a"])
    assert "loadstone[train]" in caught.value.help
