"""`loadstone.evaluate`: the embedded detector on pictures whose truth is known."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

import loadstone as ls
from loadstone.api.eval import chosen, evaluate
from loadstone.errors import SourceError
from loadstone.evaluation.judge import judge
from loadstone.facts.dataset import Dataset
from loadstone.facts.detections import Detections
from tests.evaluation.pictures import example, objects
from tests.evaluation.practice import as_dataset, demo_folder, sample, turned

BOX = [10.0, 10.0, 110.0, 60.0]


@pytest.fixture(scope="module")
def model() -> ls.Model:
    return ls.load(demo_folder())


@pytest.fixture(scope="module")
def dataset(model: ls.Model, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    path = tmp_path_factory.mktemp("sample") / "sample.jpg"
    path.write_bytes(sample())
    return as_dataset(model.detect(path))


def test_a_detector_finds_all_that_it_found(model: ls.Model, dataset: Dataset) -> None:
    steps: list[int] = []
    done = evaluate(model, dataset, metrics=("voc", "coco", "voc"), step=steps.append)
    assert [one.kind for one in done.metrics] == ["voc", "coco"]
    assert done.mean == pytest.approx(1.0)
    assert done.metrics[1].mean == pytest.approx(1.0)
    assert (done.pictures, steps) == (1, [1])
    assert done.objects == len(dataset.examples[0].objects) > 2
    assert done.detections >= done.objects
    assert done.threshold is not None
    assert done.threshold.f1 == pytest.approx(1.0)
    assert done.threshold.score >= 0.25
    assert sum(done.mistake_counts.values()) == 0
    assert done.notes[-1] == "6 of the dataset's 6 classes are matched by name"
    assert "1.0000" in repr(done)


def test_what_was_taken_away_and_moved_is_seen(model: ls.Model, dataset: Dataset) -> None:
    first = dataset.examples[0]
    boxes = first.objects.boxes.copy()
    boxes[0] = [0, 0, 12, 12]
    moved = replace(dataset, examples=[replace(first, objects=replace(first.objects, boxes=boxes))])
    done = evaluate(model, moved)
    assert done.mean < 0.95
    assert done.mistake_counts["missed"] == done.mistake_counts["false"] == 1
    missed = next(one for one in done.mistakes if one.kind == "missed")
    assert missed.truth_box == (0.0, 0.0, 12.0, 12.0)
    assert missed.pixels is not None
    assert missed.pixels().shape == (first.height, first.width, 3)
    document = json.loads(json.dumps(done.as_json(), allow_nan=False))
    assert document["mean"] == round(done.mean, 6)
    assert {"all classes"} < set(document["classes"])


def test_a_picture_that_cannot_be_had_is_listed_and_the_others_count(model: ls.Model, dataset: Dataset) -> None:
    broken = replace(dataset.examples[0], key="broken.jpg", read=lambda: sample()[:2000])
    done = evaluate(model, replace(dataset, examples=[broken, *dataset.examples], skipped=("line 3: no box",)))
    assert done.pictures == 1
    assert done.mean == pytest.approx(1.0)
    assert done.skipped[0] == "line 3: no box"
    assert done.skipped[1].startswith("broken.jpg: ")
    with pytest.raises(SourceError, match="none of the pictures could be had"):
        evaluate(model, replace(dataset, examples=[broken]))


def test_a_picture_on_its_side_is_turned_as_its_annotation_is(model: ls.Model, dataset: Dataset) -> None:
    upright = replace(dataset.examples[0], read=lambda: turned(sample()))
    assert evaluate(model, replace(dataset, examples=[upright])).mean > 0.99
    # An annotation of the picture as it is stored: its boxes are on their side, too.
    boxes = upright.objects.boxes
    x1, y1, x2, y2 = boxes.T
    sideways = np.stack([y1, upright.width - x2, y2, upright.width - x1], axis=1)
    truth = replace(upright.objects, boxes=sideways)
    stored = replace(upright, width=upright.height, height=upright.width, objects=truth)
    done = evaluate(model, replace(dataset, examples=[stored]))
    assert not any("another size" in note for note in done.notes)
    missed = [one for one in done.mistakes if one.pixels is not None]
    assert all(one.pixels is not None and one.pixels().shape[:2] == (stored.height, stored.width) for one in missed)


def test_an_annotation_of_another_size_is_scaled_and_said(model: ls.Model, dataset: Dataset) -> None:
    first = dataset.examples[0]
    half = replace(first, width=first.width // 2, height=first.height // 2)
    halved = replace(half, objects=replace(half.objects, boxes=half.objects.boxes / 2))
    done = evaluate(model, replace(dataset, examples=[halved]))
    assert done.mean == pytest.approx(1.0)
    assert done.notes[-1].startswith("1 pictures have another size")


def test_a_box_without_numbers_is_left_out_with_all_that_belongs_to_it() -> None:
    masks = (None, ((0.0, 1.0),))
    truth = objects([[0, 0, np.nan, 20], BOX], [0, 1], areas=np.array([1.0, 2.0]), masks=masks, crowd=[1])
    found = Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64), (), "p", 400, 300)
    kept = judge(example(truth), found, {1: 0}).truth
    assert (kept.boxes.tolist(), kept.classes.tolist(), kept.crowd.tolist()) == ([BOX], [1], [True])
    assert kept.areas is not None
    assert (kept.areas.tolist(), kept.masks) == ([2.0], (((0.0, 1.0),),))


def test_everything_of_an_object_is_scaled() -> None:
    points, areas = np.array([[[10.0, 20.0, 2.0]]]), np.array([50.0])
    truth = objects([[0, 0, 10, 20]], [0], keypoints=points, areas=areas, masks=(((0.0, 0.0, 10.0, 20.0, 4.0, 2.0),),))
    found = Detections(np.zeros((1, 4), np.float32), np.ones(1, np.float32), np.array([9]), ("x",), "p", 800, 900)
    one = judge(example(truth), found, {1: 0})
    assert one.truth.boxes.tolist() == [[0, 0, 20, 60]]
    assert one.truth.keypoints is not None
    assert one.truth.keypoints.tolist() == [[[20, 60, 2]]]
    assert one.truth.areas is not None
    assert one.truth.areas.tolist() == [300]
    assert one.truth.masks == (((0.0, 0.0, 20.0, 60.0, 8.0, 6.0),),)
    assert len(one.scores) == 0


@pytest.mark.parametrize(
    ("split", "expected"), [(None, ("val", 2)), ("train", ("train", 1)), ("test", "no split 'test'")]
)
def test_the_split_is_the_one_named_or_the_usual_one(
    dataset: Dataset, split: str | None, expected: tuple[str, int] | str
) -> None:
    some = replace(dataset, examples=list(dataset.examples) * 3, splits={"train": [0], "val": [1, 2], "test": []})
    if isinstance(expected, str):
        with pytest.raises(SourceError, match=expected) as caught:
            chosen(some, split)
        assert caught.value.expected == "train, val"
    else:
        name, examples, notes = chosen(some, split)
        assert (name, len(examples), notes) == (*expected, ())


def test_without_splits_all_is_taken_and_nothing_is_refused(dataset: Dataset) -> None:
    many = replace(dataset, examples=[replace(dataset.examples[0], key=str(number)) for number in range(40)])
    name, examples, notes = chosen(many, None)
    assert (name, len(examples)) == ("", 40)
    assert notes[0].startswith("all pictures are taken")
    assert chosen(replace(many, splits={"train": [0, 1]}), None)[0] == ""
    # What training would hold out is told by the pictures' names.
    held, rest = chosen(many, "val"), chosen(many, "train")
    assert (held[0], rest[0]) == ("val", "train")
    assert len(held[1]) + len(rest[1]) == 40
    assert 0 < len(held[1]) < len(rest[1])
    assert not {one.key for one in held[1]} & {one.key for one in rest[1]}
    assert "held out by a hash" in held[2][0]
    with pytest.raises(SourceError, match="no annotated pictures"):
        chosen(replace(dataset, examples=[]), None)


def test_bad_input_is_told_before_anything_runs(dataset: Dataset) -> None:
    with pytest.raises(SourceError, match="no such metrics") as caught:
        evaluate("no such model", dataset, metrics=("coco", "f1"))
    assert caught.value.found == "f1"
    with pytest.raises(SourceError, match="no such metrics"):
        evaluate("no such model", dataset, metrics=())
    with pytest.raises(SourceError, match="only a detector"):
        evaluate(_classifier(), dataset)


def test_labels_that_leave_classes_out_are_told(model: ls.Model, dataset: Dataset) -> None:
    names = [model.labels[id_] for id_ in sorted(model.labels)]
    done = evaluate(demo_folder(), dataset, labels=names[:1])
    said = f"the labels given name 1 of the model's {len(names)} classes, and not {names[1]}"
    assert any(note.startswith(said) for note in done.notes)
    done = evaluate(demo_folder(), dataset, labels=[*names, "another"])
    assert any(note.endswith(f"; the model lists no class {len(names) + 1}") for note in done.notes)
    assert not any("labels given" in note for note in evaluate(demo_folder(), dataset, labels=names).notes)
    with pytest.raises(SourceError, match="opened already") as caught:
        evaluate(model, dataset, labels=names, streams=2)
    assert caught.value.found == "labels, streams"


def _classifier() -> ls.Model:
    class Classifier:
        task, labels = "classification", {0: "cat"}

    model = object.__new__(ls.Model)
    model._detector, model.source = Classifier(), "cats"  # type: ignore[assignment]
    return model


def test_streams_and_batches_give_the_same(model: ls.Model, dataset: Dataset) -> None:
    many = replace(dataset, examples=list(dataset.examples) * 5)
    one = evaluate(model, many)
    with_streams = evaluate(demo_folder(), many, streams=2)
    assert one.pictures == with_streams.pictures == 5
    assert one.mean == pytest.approx(with_streams.mean)
    assert one.detections == with_streams.detections
