"""Splits: the dataset's own, or stable ones by a hash."""

from __future__ import annotations

import pytest

from loadstone.datasets.split import divided, train_and_val
from loadstone.errors import FormatError
from tests.datasets.made import dataset, example

PICTURES = [example(f"{at}.png", data=b"") for at in range(400)]


def test_parts_are_about_as_large_as_asked_and_stay_when_pictures_are_added() -> None:
    parts = {"train": 8.0, "val": 1.0, "test": 1.0}
    before = divided(dataset(*PICTURES[:300]), parts)
    after = divided(dataset(*PICTURES[::-1]), parts)
    assert sorted(at for ats in before.values() for at in ats) == list(range(300))
    assert 200 < len(before["train"]) < 270
    for name, ats in before.items():
        assert {399 - at for at in ats} <= set(after[name])
    assert divided(dataset(*PICTURES), parts, seed=1) != divided(dataset(*PICTURES), parts)


def test_each_part_gets_a_picture_if_there_are_enough() -> None:
    for count in range(2, 6):
        parts = divided(dataset(*PICTURES[:count]), {"train": 0.98, "val": 0.02})
        assert len(parts["train"]) >= 1
        assert len(parts["val"]) >= 1
    assert divided(dataset(*PICTURES[:1]), {"train": 0.8, "val": 0.2}) in (
        {"train": (0,), "val": ()},
        {"train": (), "val": (0,)},
    )


def test_copies_of_one_picture_share_their_side() -> None:
    copies = [example(f"{at}_jpg.rf.{copy:032x}.jpg", data=b"") for at in range(40) for copy in range(3)]
    val = divided(dataset(*copies), {"train": 0.5, "val": 0.5})["val"]
    assert 0 < len(val) < 120
    assert {at // 3 for at in val} == {at // 3 for at in val if sum(other // 3 == at // 3 for other in val) == 3}


def test_the_dataset_s_own_splits_come_first() -> None:
    made = train_and_val(dataset(*PICTURES[:6], splits={"train": (0, 1), "val": (2,), "test": (3,)}))
    assert (made.train, made.val) == ((0, 1), (2,))
    made = train_and_val(dataset(*PICTURES[:6], splits={"train": (0, 1), "test": (3,)}))
    assert (made.train, made.val) == ((0, 1), (3,))
    assert "as it has none for validation" in made.said
    made = train_and_val(dataset(*PICTURES[:6], splits={"val": (3,)}))
    assert made.train == (0, 1, 2, 4, 5)
    made = train_and_val(dataset(*PICTURES[:100], splits={"train": range(50)}))
    assert sorted([*made.train, *made.val]) == list(range(50))
    assert "by a hash of their names" in made.said
    with pytest.raises(FormatError, match="none to train on"):
        train_and_val(dataset(*PICTURES[:2], splits={"val": (0, 1)}))


@pytest.mark.parametrize("parts", [{"train": 0.0}, {"train": -1.0, "val": 3.0}, {"train": float("nan")}])
def test_parts_of_nothing_are_refused(parts: dict[str, float]) -> None:
    with pytest.raises(FormatError, match="positive"):
        divided(dataset(*PICTURES[:3]), parts)
