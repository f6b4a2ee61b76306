"""Run by itself on a backend: what a step does to the tiny learner, as one line of JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from loadstone.training.averages import MovingAverages
from loadstone.training.optimizers import sgd
from loadstone.training.steps import Step, make_step
from tests.training.tiny_learner import TinyLearner, batch

UPDATES = 10


InKerasWords: Any = type("InKerasWords", (keras.optimizers.SGD,), {})
"""The same optimizer, but of a class that no backend's step has kernels for."""


def made(*, frozen: bool = False) -> tuple[TinyLearner, Step]:
    learner = TinyLearner(frozen=frozen)
    averages = MovingAverages(learner.model.trainable_variables, 0.5)
    optimizer = sgd(0.1, UPDATES, warmup=3).build(UPDATES, clip_norm=1.0)
    return learner, make_step(learner, optimizer, averages)


def seed(number: int) -> Any:
    return np.asarray([7, number], np.int32)


def run(step: Step, first: int, last: int) -> list[dict[str, float]]:
    """Take steps, with an average after each, and return what they tell."""
    found = []
    for number in range(first, last):
        result = step(batch(number), seed(number))
        step.average(number + 1)
        found.append({**result.losses, "norm": result.gradient_norm})
    return found


def kept(learner: TinyLearner, step: Step) -> dict[str, Any]:
    """Return the values that would be saved, which are the averages."""
    with step.settled():
        return dict(learner.values())


def averaged(state: dict[str, Any]) -> bool:
    """Whether the averages are others than the weights, and near them."""
    far = [np.abs(state["averages/0"] - state["weights/0/first/kernel"]).max()]
    return all(0 < value < 0.1 for value in far)


def equal(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(array, other[name]) for name, array in one.items())


def accumulated() -> dict[str, float]:
    """Return how far an update moves the weights, and how far from there two halves of its batch do."""
    whole, parts = batch(0, 8), (slice(0, 4), slice(4, 8))
    found = []
    for count in (1, 2):
        learner = TinyLearner()
        learner.model.get_layer("norm").trainable = False
        optimizer = sgd(0.1, UPDATES).build(UPDATES, accumulate=count)
        step = make_step(learner, optimizer)
        begun = learner.values()
        for part in parts[:count]:
            step(whole if count == 1 else {name: array[part] for name, array in whole.items()}, seed(0))
        found.append(kept(learner, step))
    moved = max(float(np.abs(found[0][name] - begun[name]).max()) for name in begun)
    return {"moved": moved, "accumulated": max(float(np.abs(found[0][name] - found[1][name]).max()) for name in begun)}


def beside_keras() -> dict[str, Any]:
    """Return how far Keras's own update is from the step's after ten steps, one of them no number, relative to each.

    And how many of the steps were clipped.
    """
    states, norms = [], []
    for kind in (keras.optimizers.SGD, InKerasWords):
        learner = TinyLearner()
        plan = sgd(0.1, UPDATES, warmup=3).build(UPDATES, clip_norm=1.0)
        step = make_step(learner, kind.from_config(plan.get_config()))
        for number in range(UPDATES):
            arrays = batch(number)
            if number == 4:
                arrays["image"][0, 0, 0, 0] = np.inf
            norms.append(step(arrays, seed(number)).gradient_norm)
        states.append({name: array for name, array in step.state().items() if "moving" not in name})
    one, other = states
    apart = [float(np.abs(one[name] - other[name]).max() / np.abs(other[name]).max()) for name in other]
    return {
        "names in keras's words": list(one) == list(other),
        "apart from keras": max(apart),
        "clipped": sum(norm > 1 for norm in norms),
    }


def main() -> None:
    """Print the losses of ten steps; whether a restored state goes on alike; what a step that is no number does."""
    learner, step = made()
    losses = run(step, 0, 5)
    state = step.state()
    losses += run(step, 5, 10)
    after, saved = step.state(), kept(learner, step)

    again_learner, again = made()
    again.restore(state)
    resumed = run(again, 5, 10)
    moved = {name.split("/")[-1]: array.tolist() for name, array in after.items() if "moving" in name}
    answers = {
        "moved statistics": moved,
        "backend": keras.backend.backend(),
        "losses": losses,
        "resumed": resumed == losses[5:],
        "same": equal(after, again.state()),
        "saved": equal(saved, kept(again_learner, again)),
        "unmoved": equal(after, step.state()),
        "averaged": averaged(after),
    }
    broken = batch(11)
    broken["image"][1, 0, 0, 0] = np.nan
    answers["bad is finite"] = again(broken, seed(11)).finite
    answers["weights stay finite"] = all(
        bool(np.isfinite(array).all()) for name, array in again.state().items() if "moving" not in name
    )
    _, still = made(frozen=True)
    run(still, 0, 2)
    answers["names"] = sorted(still.state())
    print(json.dumps({**answers, **accumulated(), **beside_keras()}))


if __name__ == "__main__":
    main()
