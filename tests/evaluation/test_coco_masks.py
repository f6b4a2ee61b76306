"""COCO's numbers of masks: those of pycocotools from files; masks of boxes in the picture; objects without one."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest

pytest.importorskip("pycocotools")

from loadstone.errors import FormatError
from loadstone.evaluation.coco_masks import coco_mask_metrics, has_masks
from loadstone.evaluation.found_masks import masks_of
from loadstone.evaluation.judge import judge
from loadstone.evaluation.matching import matched
from loadstone.evaluation.mistakes import mistakes
from loadstone.evaluation.whole import About, evaluation_of
from loadstone.facts.dataset import Example
from loadstone.facts.detections import Detections
from loadstone.facts.evaluation import Judged
from loadstone.facts.masks import Mask, PixelMask, pasted
from tests.evaluation.pictures import drawn, example, objects

BOX, OTHER = [10.0, 10.0, 110.0, 60.0], [200.0, 100.0, 240.0, 140.0]
ROUND = (np.hypot(*np.meshgrid(np.linspace(-1, 1, 9), np.linspace(-1, 1, 7))) < 1.1).astype(np.float32)


def rhombus(box: list[float]) -> Mask:
    left, top, right, bottom = box
    x, y = (left + right) / 2, (top + bottom) / 2
    return ((x, top, right, y, x, bottom, left, y),)


def filled(box: list[float]) -> Mask:
    rows, columns = np.mgrid[:300, :400]
    inside = (rows >= box[1]) & (rows < box[3]) & (columns >= box[0]) & (columns < box[2])
    return PixelMask(partial(np.asarray, inside))


def masked(random: np.random.Generator, one: Judged) -> Judged:
    """Return the picture with a mask for each object and each detection."""
    kinds = random.integers(0, 2, len(one.truth))
    boxes = one.truth.boxes.tolist()
    masks = tuple(rhombus(box) if kind else filled(box) for box, kind in zip(boxes, kinds, strict=True))
    shown = replace(one.example, objects=replace(one.truth, masks=masks))
    found = ROUND * random.uniform(0.7, 1.4, (len(one.scores), 7, 9)).astype(np.float32)
    return replace(one, example=shown, masks=masks_of(shown, one.boxes, found))


def test_the_numbers_are_those_of_pycocotools() -> None:
    from pycocotools import mask as tools
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    random = np.random.default_rng(7)
    pictures = [masked(random, one) for one in drawn(random, classes=3, pictures=25)]
    truth: list[dict[str, Any]] = []
    found: list[dict[str, Any]] = []
    for number, one in enumerate(pictures, 1):
        assert one.masks is not None
        for row, runs in enumerate(one.masks.truth):
            left, top, right, bottom = one.truth.boxes[row].tolist()
            about = {"image_id": number, "category_id": int(one.truth.classes[row]), "segmentation": runs}
            sides = {"bbox": [left, top, right - left, bottom - top], "area": (right - left) * (bottom - top)}
            truth.append({**about, **sides, "iscrowd": int(one.truth.crowd[row])})
        for row, runs in enumerate(one.masks.found):
            about = {"image_id": number, "category_id": int(one.classes[row]), "segmentation": runs}
            area = {"area": float(tools.area(runs)), "iscrowd": 0}
            found.append({**about, "score": float(one.scores[row]), "bbox": tools.toBbox(runs).tolist(), **area})
    documents = COCO(), COCO()
    for document, rows in zip(documents, (truth, found), strict=True):
        images = [{"id": number, "height": 300, "width": 400} for number in range(1, len(pictures) + 1)]
        categories = [{"id": number} for number in range(3)]
        annotations = [{**row, "id": at} for at, row in enumerate(rows, 1)]
        document.dataset = {"images": images, "categories": categories, "annotations": annotations}
        document.createIndex()
    run = COCOeval(*documents, "segm")
    run.evaluate()
    run.accumulate()
    run.summarize()
    assert has_masks(pictures)
    values = list(coco_mask_metrics(pictures, ["a", "b", "c"]).values.values())[:12]
    np.testing.assert_array_equal([-1 if math.isnan(value) else value for value in values], run.stats)
    assert 0.03 < values[0] < 0.95


@pytest.mark.slow
@pytest.mark.tensorflow
def test_a_mask_in_its_box_is_what_the_original_makes_of_it() -> None:
    tensorflow = pytest.importorskip("tensorflow")
    random = np.random.default_rng(3)
    for _ in range(20):
        mask = random.random((5, 8)).astype(np.float32)
        low = random.uniform(-10, 50, 2)
        box = np.concatenate([low, low + random.uniform(2, 40, 2)])
        left, top, right, bottom = box / (61, 47, 61, 47)
        back = [
            [-top / (bottom - top), -left / (right - left), (1 - top) / (bottom - top), (1 - left) / (right - left)]
        ]
        theirs = tensorflow.image.crop_and_resize(
            mask[None, ..., None], np.array(back, np.float32), [0], (47, 61)
        ).numpy()
        ours, sure = pasted(mask, box.tolist(), 47, 61), np.abs(theirs[0, ..., 0] - 0.5) > 1e-3
        np.testing.assert_array_equal(ours[sure], theirs[0, ..., 0][sure] > 0.5)


def detections(boxes: list[list[float]], masks: np.ndarray[Any, Any] | None, *, size: tuple[int, int]) -> Detections:
    count = len(boxes)
    return Detections(
        np.array(boxes, np.float32),
        np.full(count, 0.9, np.float32),
        np.ones(count, np.int64),
        ("a",) * count,
        "p",
        *size,
        masks=masks,
    )


def shown(masks: tuple[Mask | None, ...], boxes: list[list[float]] | None = None) -> Example:
    return example(objects(boxes or [BOX, OTHER], [0] * len(masks), masks=masks))


def test_what_is_found_by_its_mask_counts_and_an_object_without_one_does_not() -> None:
    ones = np.ones((1, 4, 4), np.float32)
    right = judge(shown((filled(BOX), None)), detections([BOX], ones, size=(400, 300)), {1: 0}, masks=True)
    assert coco_mask_metrics([right], ["a"]).mean == pytest.approx(1.0)
    on_the_other = judge(
        shown((filled(BOX), None)), detections([BOX, OTHER], ones.repeat(2, 0), size=(400, 300)), {1: 0}, masks=True
    )
    assert coco_mask_metrics([on_the_other], ["a"]).mean == pytest.approx(1.0)
    done = evaluation_of([on_the_other], ["a"], About("m", "d"))
    assert [one.kind for one in done.metrics] == ["coco", "coco-masks"]
    assert "DetectionMasks_Recall/AR@100 (medium)" in done.metrics[1].values


def test_a_picture_of_another_size_has_its_masks_scaled() -> None:
    ones = np.ones((2, 4, 4), np.float32)
    twice = [[2 * side for side in box] for box in (BOX, OTHER)]
    one = judge(shown((filled(BOX), rhombus(OTHER))), detections(twice, ones, size=(800, 600)), {1: 0}, masks=True)
    values = coco_mask_metrics([one], ["a"]).values
    # The rhombus is half of the box that is found.
    assert values["DetectionMasks_Precision/mAP@.50IOU"] == pytest.approx(1.0)
    assert values["DetectionMasks_Precision/mAP@.75IOU"] == pytest.approx(51 / 101)


def test_without_masks_only_boxes_are_measured() -> None:
    found = detections([BOX], None, size=(400, 300))
    assert judge(shown((filled(BOX), None)), found, {1: 0}, masks=True).masks is None
    nothing = detections([], None, size=(400, 300))
    assert has_masks([judge(shown((filled(BOX), None)), nothing, {1: 0}, masks=True)])
    assert not has_masks([judge(shown((None, None)), nothing, {1: 0}, masks=True)])


@pytest.mark.parametrize("mask", [PixelMask(lambda: np.ones((3, 3), bool)), ((0.0, 0.0, math.nan, 1.0, 1e9, 5.0),)])
def test_a_mask_that_cannot_be_drawn_is_said(mask: Mask) -> None:
    with pytest.raises(FormatError):
        judge(shown((mask, None)), detections([], None, size=(400, 300)), {1: 0}, masks=True)


def test_a_mistake_has_the_masks_of_its_objects() -> None:
    pictures = [masked(np.random.default_rng(7), one) for one in drawn(np.random.default_rng(7), classes=3, pictures=9)]
    found = mistakes([matched(one) for one in pictures], ["a", "b", "c"], 0.3).worst
    assert {one.kind for one in found} >= {"missed", "false", "badly placed"}
    for one in found:
        for mask, box in ((one.truth_mask, one.truth_box), (one.found_mask, one.found_box)):
            assert (mask is None) == (box is None)
            if mask is not None and box is not None:
                rows, columns = np.nonzero(mask())
                assert rows.size
                assert columns.min() >= box[0] - 1
                assert rows.max() <= box[3] + 1
