"""Learning rates equal the original's at every recorded step, for every schedule of the zoo."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from loadstone.errors import FormatError, UnsupportedModelError
from loadstone.training.schedules import read_schedule
from loadstone.wire.textproto import parse


def test_every_schedule_of_the_zoo_equals_the_original(shared: Path) -> None:
    recorded = json.loads((shared / "goldens_train" / "schedules.json").read_text(encoding="utf-8"))
    cases = [(config, case) for config, case in recorded["schedules"].items()]
    cases += [(case["config"], case) for case in recorded["extra_schedules"].values()]
    assert len(cases) == 35
    for config, case in cases:
        schedule = read_schedule(parse(config.encode()))
        for step, value in zip(case["steps"], case["values"], strict=True):
            # The original computes in float32: half a unit in the last place of the largest rate passed through.
            assert schedule(step) == pytest.approx(value, rel=2e-6, abs=4e-8), (config, step)


def test_an_unknown_kind_is_named_with_its_place() -> None:
    with pytest.raises(UnsupportedModelError, match="optimizer"):
        read_schedule(parse(b"linear_learning_rate { rate: 1 }"))


def test_steps_have_to_rise() -> None:
    text = b"manual_step_learning_rate { schedule { step: 9 learning_rate: 1 } schedule { step: 3 learning_rate: 2 } }"
    with pytest.raises(FormatError, match="rise"):
        read_schedule(parse(text))


@pytest.mark.parametrize("value", ["-0.01", "nan", "inf"])
def test_a_rate_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(FormatError, match="learning_rate is no rate of learning") as caught:
        read_schedule(parse(f"constant_learning_rate {{ learning_rate: {value} }}".encode()))
    assert caught.value.where.startswith("line 1")


def test_no_steps_at_all_are_refused() -> None:
    with pytest.raises(FormatError, match="above 0"):
        read_schedule(parse(b"cosine_decay_learning_rate { total_steps: 0 }"))
