"""A model's classes and a dataset's: matched by name, then by id, and what does not match is said."""

from __future__ import annotations

import pytest

from loadstone.errors import SourceError
from loadstone.evaluation.classes import match_classes


def test_names_match_by_their_letters_and_what_is_left_is_named() -> None:
    labels = {1: "Traffic Light", 2: "diningtable", 3: "cat", 7: "unicorn"}
    match = match_classes(labels, 1, ["traffic_light", "dining table", "dog"], [1, 2, 3])
    assert match.positions == {1: 0, 2: 1}
    assert match.notes == (
        "2 of the dataset's 3 classes are matched by name",
        "the model does not know, and so never finds: dog",
        "the dataset does not have, and so is not counted: cat, unicorn",
    )


def test_pascal_vocs_own_names_are_those_of_coco() -> None:
    labels = {5: "airplane", 4: "motorcycle", 63: "couch", 72: "tv"}
    names = ["aeroplane", "motorbike", "sofa", "tvmonitor"]
    assert match_classes(labels, 1, names, [1, 2, 3, 4]).positions == {5: 0, 4: 1, 63: 2, 72: 3}


def test_two_ids_of_one_name_are_the_same_class() -> None:
    assert match_classes({1: "cat", 2: "Cat"}, 1, ["cat"], [1]).positions == {1: 0, 2: 0}


@pytest.mark.parametrize(
    ("first_id", "ids", "positions"),
    [
        (1, [1, 3], {1: 0, 3: 1}),  # TensorFlow's detector, COCO's ids with a gap
        (0, [1, 3], {0: 0, 2: 1}),  # TensorFlow Lite counts from 0
        (1, [0, 1], {1: 0, 2: 1}),  # YOLO's files count from 0
        (0, [0, 1], {0: 0, 1: 1}),
    ],
)
def test_ids_match_where_the_model_names_nothing(first_id: int, ids: list[int], positions: dict[int, int]) -> None:
    match = match_classes({}, first_id, ["cat", "dog"], ids)
    assert match.positions == positions
    assert "by id, because the model names none" in match.notes[0]


def test_ids_match_where_no_name_is_in_both_and_the_pairs_are_said() -> None:
    match = match_classes({1: "Katze", 2: "Hund", 3: "Maus"}, 1, ["cat", "dog"], [1, 2])
    assert match.positions == {1: 0, 2: 1}
    assert match.notes[0].endswith("by id, because no name is in both: Katze = cat, Hund = dog")
    assert match.notes[1].endswith("Maus")


def test_nothing_that_matches_is_an_error_with_both_lists() -> None:
    with pytest.raises(SourceError, match="none of the model's classes") as caught:
        match_classes({1: "Katze"}, 1, [f"kind {number}" for number in range(10)], range(20, 30))
    assert caught.value.found == "Katze"
    assert caught.value.expected.endswith("kind 7 and 2 more")
    with pytest.raises(SourceError, match="no classes"):
        match_classes({1: "cat"}, 1, [], [])
