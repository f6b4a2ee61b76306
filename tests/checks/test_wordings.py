"""Messages as the libraries' sources print them, of many releases: each gives its fault, without any environment."""

from __future__ import annotations

import pytest

import loadstone as ls
from tests.checks.wordings import WORDINGS


@pytest.mark.parametrize(("fault", "text"), WORDINGS, ids=[f"{number}-{one[0]}" for number, one in enumerate(WORDINGS)])
def test_a_wording_gives_its_fault(fault: str, text: str) -> None:
    assert [finding.fault for finding in ls.explain(text, files=False).findings][:1] == [fault]


def test_the_wordings_are_of_most_faults() -> None:
    assert len({fault for fault, _ in WORDINGS}) > 90
