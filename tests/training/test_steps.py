"""A step does the same on every backend; it is taken up again where it was left; what is no number moves no weight."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from typing import Any

import pytest

from tests.training.running import OTHERS, run_check

BACKENDS = [
    pytest.param("tensorflow", marks=pytest.mark.skipif(find_spec("tensorflow") is None, reason="no tensorflow")),
    *OTHERS,
]


@cache
def checked(backend: str) -> dict[str, Any]:
    """Return what `step_check` prints on a backend."""
    found = run_check("tests.training.step_check", backend=backend)
    assert found["backend"] == backend
    return found


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_step_is_taken_up_where_it_was_left(backend: str) -> None:
    found = checked(backend)
    assert found["resumed"]
    assert found["same"]
    assert found["averaged"]
    # What is saved are the averages; reading them moves nothing.
    assert found["saved"]
    assert found["unmoved"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_is_no_number_is_told_and_moves_no_weight(backend: str) -> None:
    found = checked(backend)
    assert found["bad is finite"] is False
    assert found["weights stay finite"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_is_frozen_has_no_momentum_and_two_halves_make_a_whole(backend: str) -> None:
    found = checked(backend)
    assert [name for name in found["names"] if "momentum" in name and "first" in name] == []
    assert len([name for name in found["names"] if "momentum" in name]) == 4
    assert found["moved"] > 1e-4
    assert found["accumulated"] < 1e-6


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_update_is_that_of_keras(backend: str) -> None:
    found = checked(backend)
    assert found["names in keras's words"]
    assert found["apart from keras"] < 1e-5
    assert found["clipped"] >= 4


@pytest.mark.parametrize("backend", OTHERS)
def test_ten_losses_are_those_of_tensorflow(backend: str) -> None:
    if find_spec("tensorflow") is None:
        pytest.skip("no TensorFlow to compare with")
    ours, theirs = checked(backend)["losses"], checked("tensorflow")["losses"]
    assert len(ours) == 10
    for one, other in zip(ours, theirs, strict=True):
        assert list(one) == list(other)
        assert one == pytest.approx(other, rel=1e-3)
    statistics = checked("tensorflow")["moved statistics"]
    assert set(statistics) == {"moving_mean", "moving_variance"}
    for name, values in checked(backend)["moved statistics"].items():
        assert values == pytest.approx(statistics[name], rel=1e-4, abs=1e-6), name
    assert list(ours[0])[:3] == ["Loss/localization_loss", "Loss/classification_loss", "Loss/regularization_loss"]
