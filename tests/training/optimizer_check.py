"""Run by itself, with a KERAS_BACKEND: our optimizers beside the original's, as one line of JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np

from loadstone.training.averages import MovingAverages
from loadstone.training.optimizers import read_optimizer
from loadstone.wire.textproto import parse

FIRST = np.asarray([1, -2, 0.5, 0], np.float32)


def gradient(number: int) -> Any:
    """Return the gradient of step 1..5, as the recipe of the goldens says."""
    return np.asarray([0.1, -0.2, 0.3, 0.05]) * number + np.asarray([0.01, 0, -0.02, 0])


def main(shared: Path) -> None:
    """Print the largest difference of each case."""
    recorded = json.loads((shared / "goldens_train" / "schedules.json").read_text(encoding="utf-8"))
    found = {name: _steps(case) for name, case in recorded["optimizer_steps"].items()}
    found["clip"] = max(_clipped(float(norm), wanted) for norm, wanted in recorded["clip_by_global_norm"].items())
    print(json.dumps(found))


def _steps(case: dict[str, Any]) -> float:
    plan = read_optimizer(parse(case["config"].encode()))
    variable = keras.Variable(FIRST)
    optimizer = plan.build(5)
    optimizer.build([variable])
    averages = None
    if plan.average_decay is not None:
        averages = MovingAverages([variable], plan.average_decay, from_zero=plan.average_from_zero)
    assert (averages is not None) == ("average" in case["steps"][0])
    worst = 0.0
    for number, wanted in enumerate(case["steps"], 1):
        optimizer.apply([keras.ops.convert_to_tensor(gradient(number), "float32")], [variable])
        worst = max(worst, _apart(variable, wanted["w"]))
        if averages is not None:
            averages.update(optimizer.iterations)
            worst = max(worst, _apart(averages.averages[0], wanted["average"]))
    return worst


def _clipped(norm: float, wanted: list[list[float]]) -> float:
    """Return what plain steps of rate 1 with clipped gradients differ by."""
    rate = b"learning_rate { constant_learning_rate { learning_rate: 1 } }"
    text = b"momentum_optimizer { " + rate + b" momentum_optimizer_value: 0 }"
    optimizer = read_optimizer(parse(text)).build(1, clip_norm=norm)
    variables = [keras.Variable(np.zeros(2, np.float32)), keras.Variable(np.zeros(1, np.float32))]
    optimizer.build(variables)
    given = ([3.0, 4.0], [12.0])
    optimizer.apply([keras.ops.convert_to_tensor(np.asarray(one, np.float32)) for one in given], variables)
    return max(_apart(-variable, one) for variable, one in zip(variables, wanted, strict=True))


def _apart(ours: Any, wanted: list[float]) -> float:
    return float(np.abs(keras.ops.convert_to_numpy(ours) - np.asarray(wanted)).max())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
