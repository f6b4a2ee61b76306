"""What cannot be trained on is refused in a sentence; what can, is told what is worth knowing."""

from __future__ import annotations

import math

import pytest

from loadstone.datasets.ready import refuse_unready
from loadstone.errors import FormatError
from loadstone.facts.dataset import Dataset
from tests.datasets.made import dataset, example

SPLITS = {"train": [0, 1], "val": [2]}


def _sound() -> Dataset:
    return dataset(
        example("a.png", [(0, (1, 1, 9, 9)), (1, (3, 3, 30, 30))]),
        example("b.png", [(1, (1, 1, 9, 9))]),
        example("c.png"),
        classes=("face", "ball"),
        splits=SPLITS,
    )


def _refused(given: Dataset, **options: object) -> FormatError:
    with pytest.raises(FormatError) as caught:
        refuse_unready(given, **options)  # type: ignore[arg-type]
    assert "loadstone data check made" in caught.value.help
    return caught.value


def test_a_sound_dataset_has_nothing_to_say() -> None:
    assert refuse_unready(_sound()) == ()
    assert refuse_unready(_sound(), classes=["face", "ball"], num_classes=2) == ()


def test_an_empty_dataset_is_refused() -> None:
    assert "no picture to train on" in _refused(dataset()).fact
    assert "no picture to train on" in _refused(dataset(example("a.png"), splits={"train": []})).fact
    assert "names no class" in _refused(dataset(example("a.png", []), classes=())).fact


def test_pictures_without_any_box_are_refused() -> None:
    error = _refused(dataset(example("a.png", []), example("b.png", [])))
    assert "none of its 2 pictures has a box" in error.fact


@pytest.mark.parametrize(
    ("box", "said"),
    [
        ((5.0, 5.0, 5.0, 9.0), "1 box without an area"),
        ((9.0, 5.0, 5.0, 9.0), "1 box without an area"),
        ((math.nan, 5.0, 7.0, 9.0), "1 box with a side that is not a number"),
        ((1.0, 5.0, math.inf, 9.0), "1 box with a side that is not a number"),
    ],
)
def test_a_box_that_is_none_is_refused_with_its_place(box: tuple[float, float, float, float], said: str) -> None:
    error = _refused(dataset(example("a.png"), example("b.png", [(0, (1, 1, 2, 2)), (0, box)])))
    assert said in error.fact
    assert error.where == "b.png: box 2"


def test_only_the_split_is_examined() -> None:
    broken = example("c.png", [(0, (5, 5, 5, 5))])
    given = dataset(example("a.png"), broken, splits={"train": [0], "val": [1]})
    assert refuse_unready(given) == ("there is one class, 'face': the detector tells it from background only",)
    assert "1 box without an area" in _refused(given, split="val").fact


def test_all_obstacles_are_told_at_once() -> None:
    error = _refused(dataset(example("a.png", [(0, (5, 5, 5, 9)), (0, (5, 5, 5, 9)), (7, (1, 1, 9, 9))])))
    assert "2 boxes without an area; 1 box of a class that it does not list" in error.fact
    assert error.found == "face (5, 5, 5, 9)"


def test_a_label_map_that_does_not_match_is_refused() -> None:
    assert "does not have its class 'ball', but 'face', 'balls'" in _refused(_sound(), classes=["face", "balls"]).fact
    assert "class 1 is 'face' in it and 'ball' in the label map" in _refused(_sound(), classes=["ball", "face"]).fact
    assert "the model tells 1 apart" in _refused(_sound(), num_classes=1).fact


def test_what_is_no_obstacle_is_said() -> None:
    notes = refuse_unready(
        dataset(example("a.png"), example("b.png", []), classes=("face", "ball")), classes=["face", "ball", "dog"]
    )
    assert notes == (
        "1 of 2 pictures have no box: they show background only",
        "no picture shows the class 'ball': it cannot be learned",
        "the dataset does not tell which pictures are for train: all 2 are",
        "the label map has 'dog', which the dataset does not: it cannot be learned",
    )
    assert refuse_unready(dataset(example("a.png"), splits={"train": [0]}))[-1].startswith("there are no pictures to")
    assert "the model tells 90 classes apart, and the dataset has 2" in refuse_unready(_sound(), num_classes=90)
