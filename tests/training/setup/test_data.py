"""What tells a training's data from other data."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from loadstone.datasets.masks import run_mask
from loadstone.datasets.other_sizes import LOOKED_AT, note_on_other_sizes
from loadstone.datasets.pictures import missing
from loadstone.errors import FormatError, SourceError
from loadstone.facts.dataset import Dataset, Example
from loadstone.facts.masks import Mask, PixelMask
from loadstone.training.setup.data import fingerprint, refuse_other_data, train_data
from tests.datasets.made import dataset, example

OUTLINE = ((8.0, 8.0, 24.0, 8.0, 16.0, 24.0),)
MOVED = ((8.0, 8.0, 24.0, 8.0, 16.0, 23.0),)
RUNS = np.array([100, 5, 48 * 64 - 105])
OTHER_RUNS = np.array([101, 5, 48 * 64 - 106])


def masked(mask: Mask | None) -> Dataset:
    one = example("one")
    return dataset(replace(one, objects=replace(one.objects, masks=(mask,))))


PAIRS: tuple[tuple[Mask, Mask | None], ...] = (
    (OUTLINE, MOVED),
    (OUTLINE, None),
    (run_mask(RUNS, 48, 64), run_mask(OTHER_RUNS, 48, 64)),
    (run_mask(b"PPYo0", 48, 64), run_mask(b"PPYo1", 48, 64)),
    (PixelMask(lambda: np.ones((48, 64), bool)), PixelMask(lambda: np.zeros((48, 64), bool))),
)


@pytest.mark.parametrize(("mask", "edited"), PAIRS)
def test_edited_masks_are_noticed_where_masks_train(mask: Mask, edited: Mask | None) -> None:
    begun = fingerprint(masked(mask), masks=True)
    refuse_other_data(masked(mask), begun)
    with pytest.raises(FormatError, match="masks are not those"):
        refuse_other_data(masked(edited), begun)
    # A detector of boxes goes on, and so does a run from before masks were looked at.
    refuse_other_data(masked(edited), fingerprint(masked(mask)))


@pytest.mark.parametrize(
    "edited",
    [
        {"crowd": np.ones(1, bool)},
        {"areas": np.array([9.0])},
        {"keypoints": np.array([[[9.0, 9.0, 2.0]]])},
    ],
)
def test_edited_crowds_areas_and_keypoints_are_noticed(edited: dict[str, Any]) -> None:
    one = example("one")
    begun = fingerprint(dataset(one))
    other = dataset(replace(one, objects=replace(one.objects, **edited)))
    refuse_other_data(dataset(one), begun)
    with pytest.raises(FormatError, match="the crowds, keypoints or areas are not those"):
        refuse_other_data(other, begun)
    # A run from before they were looked at goes on.
    del begun["marks_sha256"]
    refuse_other_data(other, begun)


def test_other_boxes_are_told_as_such() -> None:
    begun = fingerprint(masked(OUTLINE), masks=True)
    other = dataset(example("one", [(0, (8, 8, 24, 25))]))
    with pytest.raises(FormatError, match="the data is not what"):
        refuse_other_data(other, begun)


def _lost(key: str) -> Example:
    return replace(example(key), read=missing(SourceError("there is no picture of this name", where=key)))


def test_pictures_that_are_not_there_are_told_before_the_first_step() -> None:
    here, lost = example("a"), _lost("b")
    found = train_data(dataset(here, lost, example("c"), splits={"train": [0, 1], "val": [2]}))
    assert "1 of 2 pictures to train on are not there, such as b" in found.notes
    with pytest.raises(FormatError, match="none of the 1 pictures to train on is there"):
        train_data(dataset(lost, here, splits={"train": [0], "val": [1]}))
    with pytest.raises(FormatError, match="none of the 1 pictures to validate on is there"):
        train_data(dataset(lost, here, splits={"train": [1], "val": [0]}))


def test_pictures_of_another_size_than_annotated_are_told() -> None:
    whole, scaled = example("a"), replace(example("b"), width=5000)
    unsaid = replace(example("d"), width=0, height=0)
    found = train_data(dataset(whole, scaled, unsaid, example("c"), splits={"train": [0, 1, 2], "val": [3]}))
    (note,) = (note for note in found.notes if "another size" in note)
    assert note.startswith("1 of 3 pictures to train on has another size than annotated, such as b (64 × 48, stated as")
    found = train_data(dataset(whole, scaled, splits={"train": [0], "val": [1]}))
    assert any(note.startswith("1 of 1 pictures to validate on has another size") for note in found.notes)


def test_of_many_pictures_some_are_asked_for_their_size() -> None:
    many = [replace(one, width=65) for one in [example("a")] * (2 * LOOKED_AT)]
    (note,) = note_on_other_sizes(many, "to train on")
    assert note.startswith("1,000 of 1,000 that were looked at, among 2,000 pictures to train on, have another size")


def test_pictures_that_both_train_and_validate_are_told() -> None:
    one, two = (replace(example(key), path=f"/far/{key}") for key in "ab")
    again = replace(one, key="a#2")
    found = train_data(dataset(one, two, again, splits={"train": [0, 1], "val": [2]}))
    assert any(note.startswith("1 of 1 pictures to validate on train as well") for note in found.notes)
    found = train_data(dataset(one, two, splits={"train": [0], "val": [1]}))
    assert not any("as well" in note for note in found.notes)


def test_boxes_that_nothing_can_find_are_told_of_validation() -> None:
    lost = example("b", [(0, (8.0, 8.0, float("nan"), 24.0)), (0, (8.0, 8.0, 24.0, 24.0))])
    found = train_data(dataset(example("a"), lost, splits={"train": [0], "val": [1]}))
    assert any(note.startswith("1 box has a side that is no finite number") for note in found.notes)


def test_classes_that_are_validated_and_never_trained_are_told() -> None:
    box = (8.0, 8.0, 24.0, 24.0)
    first, second = example("a", [(0, box)]), example("b", [(0, box), (1, box)])
    classes, splits = ("face", "ball"), {"train": [0], "val": [1]}
    found = train_data(dataset(first, second, classes=classes, splits=splits))
    assert any("show 'ball', and those to train on never do" in note for note in found.notes)
    other = example("c", [(1, box)])
    with pytest.raises(FormatError, match="no class that is validated is one that trains") as caught:
        train_data(dataset(first, other, classes=classes, splits=splits))
    assert (caught.value.expected, caught.value.found) == ("objects of 'face'", "'ball'")
    # What is held out by a hash is nobody's choice.
    few = [example(f"{at}", [(at % 2, box)]) for at in range(5)]
    held = train_data(dataset(*few, classes=classes))
    assert held.validation is not None
    kept = {one.key for one in held.validation.examples}
    lone = [replace(first if one.key not in kept else other, key=one.key) for one in few]
    assert any("never do" in note for note in train_data(dataset(*lone, classes=classes)).notes)
    # Another dataset's classes go by name, whatever their order.
    turned = dataset(example("d", [(1, box)]), classes=("ball", "face"))
    assert not any("never do" in note for note in train_data(dataset(first, classes=classes), turned).notes)
