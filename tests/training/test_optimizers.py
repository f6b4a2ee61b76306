"""Optimizers take the steps that the original took, with and without moving averages; and what they are built with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

keras = pytest.importorskip("keras")

from loadstone.errors import UnsupportedModelError  # noqa: E402
from loadstone.training.optimizers import TabulatedRate, adam, adamw, read_optimizer, sgd, warm_cosine  # noqa: E402
from loadstone.wire.textproto import parse  # noqa: E402
from tests.training.running import OTHERS, on_tensorflow, run_check  # noqa: E402


def recorded(shared: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shared / "goldens_train" / "schedules.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("backend", [pytest.param("tensorflow", marks=on_tensorflow), *OTHERS])
def test_five_steps_equal_the_original(backend: str, shared: Path) -> None:
    found = run_check("tests.training.optimizer_check", str(shared), backend=backend)
    assert set(found) == {*recorded(shared)["optimizer_steps"], "clip"}
    wrong = {name: value for name, value in found.items() if not value <= 1e-6}
    assert not wrong


def test_every_optimizer_of_the_zoo_is_read(shared: Path) -> None:
    kinds = set()
    for path in sorted((shared / "pipeline_configs").glob("tf*.config")):
        message = parse(path.read_bytes()).message("train_config").message("optimizer")
        if len(message):
            plan = read_optimizer(message)
            assert plan.rate(0) >= 0
            assert plan.build(3).learning_rate is not None
            kinds.add(plan.kind)
    assert kinds == {"sgd", "adam", "rmsprop"}


def test_averages_are_the_protos_default() -> None:
    text = "adam_optimizer {{ learning_rate {{ constant_learning_rate {{ learning_rate: 1 }} }} }} {}"
    assert read_optimizer(parse(text.format("").encode())).average_decay == 0.9999
    assert read_optimizer(parse(text.format("use_moving_average: false").encode())).average_decay is None


def test_an_unknown_optimizer_is_named() -> None:
    with pytest.raises(UnsupportedModelError, match="optimizer"):
        read_optimizer(parse(b"adagrad_optimizer { }"))


def numbers(rate: Any) -> list[float]:
    return [float(keras.ops.convert_to_numpy(rate(keras.ops.convert_to_tensor(step)))) for step in range(7)]


def test_a_rate_holds_for_the_steps_of_one_update() -> None:
    assert numbers(TabulatedRate([0.5, 0.25, 0.125])) == [0.5, 0.25, 0.125, 0.125, 0.125, 0.125, 0.125]
    assert numbers(TabulatedRate([0.5, 0.25, 0.125], 2)) == [0.5, 0.5, 0.25, 0.25, 0.125, 0.125, 0.125]


def test_a_warm_up_begins_at_a_hundredth_and_the_cosine_ends_at_0() -> None:
    schedule = warm_cosine(1.0, 20, 10)
    assert schedule(0) == pytest.approx(0.01)
    assert schedule(10) == pytest.approx(1)
    assert schedule(15) == pytest.approx(0.5)
    assert schedule(20) == pytest.approx(0)
    assert warm_cosine(1.0, 5, 10)(0) == pytest.approx(0.01)


def test_plans_without_a_configuration() -> None:
    assert sgd(0.1, 9).build(9, clip_norm=2.0).global_clipnorm == 2.0
    assert adam(0.1, 9).build(9, accumulate=4).gradient_accumulation_steps == 4
    assert adamw(0.1, 9, weight_decay=0.05).build(9).weight_decay == 0.05
    assert all(plan.average_decay is None for plan in (sgd(0.1, 9), adam(0.1, 9), adamw(0.1, 9)))
