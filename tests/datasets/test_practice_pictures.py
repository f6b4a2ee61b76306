"""The project's own data: the same seed gives the same bytes, boxes lie on their objects, and the task has variety."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.support.practice import Practice, practice_dataset, practice_scene, write_dataset

SMALL = Practice(size=96)


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("first", "second"):
        write_dataset(tmp_path / name, SMALL, train=4, val=2)
    files = {path.relative_to(tmp_path / "first"): path.read_bytes() for path in (tmp_path / "first").rglob("*.*")}
    assert len(files) == 8
    assert all((tmp_path / "second" / path).read_bytes() == data for path, data in files.items())


def test_another_seed_or_split_gives_another_picture() -> None:
    first = practice_scene(SMALL, 0, 0).picture
    assert not np.array_equal(first, practice_scene(SMALL, 1, 0).picture)
    assert not np.array_equal(first, practice_scene(Practice(size=96, seed=2), 0, 0).picture)


def test_the_annotations_are_of_the_pictures(tmp_path: Path) -> None:
    write_dataset(tmp_path, Practice(("face",), size=96), train=6, val=1)
    document = json.loads((tmp_path / "annotations" / "instances_train.json").read_text(encoding="utf-8"))
    assert document["categories"] == [{"id": 1, "name": "face"}]
    assert [image["id"] for image in document["images"]] == [1, 2, 3, 4, 5, 6]
    boxes: dict[int, list[list[float]]] = {image["id"]: [] for image in document["images"]}
    for annotation in document["annotations"]:
        boxes[annotation["image_id"]].append(annotation["bbox"])
    for image in document["images"]:
        assert (tmp_path / "images" / image["file_name"]).is_file()
        for left, top, width, height in boxes[image["id"]]:
            assert 0 <= left < left + width <= image["width"]
            assert 0 <= top < top + height <= image["height"]


def test_a_folder_with_annotations_is_left_alone(tmp_path: Path) -> None:
    write_dataset(tmp_path, SMALL, train=1, val=0)
    with pytest.raises(FileExistsError):
        write_dataset(tmp_path, SMALL, train=1, val=0)


def test_the_task_has_variety() -> None:
    dataset = practice_dataset(SMALL, train=60, val=0)
    counts = np.bincount(np.concatenate([example.objects.classes for example in dataset.examples]))
    assert len(counts) == 3
    assert counts.min() > 20
    sides = [
        (example.objects.boxes[:, 2:] - example.objects.boxes[:, :2]).max(1) / min(example.width, example.height)
        for example in dataset.examples
    ]
    assert np.concatenate(sides).min() < 0.1
    assert np.concatenate(sides).max() > 0.5
    assert {len(example.objects) for example in dataset.examples} >= {0, 1, 2, 3}
    assert {(example.width, example.height) for example in dataset.examples} == {(96, 96), (96, 72), (72, 96)}


def test_an_easy_picture_is_not_empty_and_nothing_in_it_is_cut() -> None:
    easy = Practice(size=96, smallest=0.2, largest=0.6, easy=True)
    dataset = practice_dataset(easy, train=20)
    assert min(len(example.objects) for example in dataset.examples) == 1
    assert min(float(example.objects.boxes.min()) for example in dataset.examples) >= 0
