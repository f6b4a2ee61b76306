"""Each check is shown by a dataset that has its fault, and by none that only nearly has it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from loadstone.datasets.check import examine, report, table
from tests.datasets.check.cases import CASES, PLAIN
from tests.datasets.check.told import told
from tests.datasets.made import dataset, example
from tests.support.practice import Practice, practice_dataset


def test_every_check_has_a_case() -> None:
    assert [check.name for check, _ in table()] == list(CASES)


def test_a_sound_dataset_has_no_finding() -> None:
    assert told(PLAIN) == {}


@pytest.mark.parametrize("name", CASES)
def test_a_check_shows_its_fault_and_no_other(name: str) -> None:
    case = CASES[name]
    strays = ("x.jpg", "y.jpg") if name == "data-picture-not-annotated" else ()
    finding = told(case.shows, strays=strays, **case.options)[name]
    assert case.says in finding.fact
    assert finding.help
    assert finding.evidence
    assert name not in told(case.spares, **case.options)


def test_a_file_of_two_parts_is_a_leak_and_no_second_entry() -> None:
    one = replace(example("a.png"), path=__file__)
    both = dataset(one, replace(one, key="a.png#2"), splits={"train": [0], "val": [1]})
    assert "data-split-leak" in told(both)
    assert "data-picture-annotated-twice" not in told(both)
    assert "data-picture-annotated-twice" in told(replace(both, splits={"train": [0, 1]}))


def test_practice_pictures_are_sound() -> None:
    found = told(practice_dataset(Practice(size=96), train=80, val=20))
    assert set(found) <= {"data-picture-without-box", "data-box-tiny"}


def test_what_was_not_looked_at_is_said() -> None:
    unseen = report(examine(PLAIN, pictures=False)).not_examined
    assert ["--no-pictures" in one.reason for one in unseen] == [True, False]


def test_the_gravest_finding_comes_first_and_what_was_skipped_is_an_error() -> None:
    broken = dataset(example("a.png", [(0, (1, 1, 1, 9)), (0, (-5, 1, 20, 20))]), skipped=("b.xml: no root",))
    found = report(examine(broken))
    ranks = [finding.rank for finding in found.findings]
    assert ranks == sorted(ranks)
    assert found.worst == "error"
    assert [failure.message for failure in found.errors] == ["b.xml: no root"]
