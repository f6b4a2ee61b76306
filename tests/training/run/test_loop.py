"""A training that was stopped anywhere goes on to the same result; it ends, saves and tells as it should."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from loadstone.datasets.samples import Samples
from loadstone.datasets.stream import Stream
from loadstone.errors import LoadstoneError
from loadstone.facts.training import EpochFacts, StepFacts
from loadstone.training.run.checkpoint import load_checkpoint
from loadstone.training.run.loop import Course, Loop, Validated
from loadstone.training.run.signals import Asked
from loadstone.training.steps.engine import TOTAL
from tests.training.run.numpy_step import LOSS, NumpyStep, example, prepared, stream


class KilledError(Exception):
    """Stands for the end of the process: nothing is saved after it."""


@dataclass
class Watch:
    """Remembers what it is told, and does something at a step."""

    at: int = -1
    does: Any = None
    steps: list[StepFacts] = field(default_factory=list)
    epochs: list[EpochFacts] = field(default_factory=list)

    def stepped(self, facts: StepFacts) -> None:
        self.steps.append(facts)
        if facts.step == self.at:
            self.does()

    def epoch_over(self, facts: EpochFacts) -> None:
        self.epochs.append(facts)


def loop(folder: Path, *, steps: int = 9, **options: Any) -> Loop:
    """Return a loop of three epochs of three steps, which goes on where a checkpoint lies."""
    course = Course(steps, lambda updates: 1 / (1 + updates), **options.pop("course", {}))
    made = Loop(NumpyStep(), options.pop("stream", stream()), course, folder / "last.safetensors", **options)
    if made.last.exists():
        state, made.progress = load_checkpoint(made.last)
        made.step.restore(state)
    return made


def killed() -> None:
    raise KilledError


@pytest.mark.parametrize("at", range(9))
def test_a_training_that_was_killed_goes_on_to_the_same_result(at: int, tmp_path: Path) -> None:
    whole = loop(tmp_path / "..")
    whole.last = tmp_path / "whole.safetensors"
    assert whole.run(Asked()) == "done"
    course = {"save_seconds": 0.0 if at % 2 else 600.0}
    with pytest.raises(KilledError):
        loop(tmp_path, watchers=[Watch(at, killed)], course=course).run(Asked())
    again = loop(tmp_path, course=course)
    # Without a checkpoint within the epoch it begins again; with one, no step but the last is taken twice.
    assert again.progress.step == (at if at % 2 else at // 3 * 3)
    assert again.run(Asked()) == "done"
    assert whole.last.read_bytes() == again.last.read_bytes()


def test_somebody_who_asks_gets_a_checkpoint_at_the_very_step(tmp_path: Path) -> None:
    asked = Asked()
    first = loop(tmp_path, watchers=[Watch(4, lambda: asked(signal.SIGTERM, None))])
    assert first.run(asked) == "interrupted"
    again = loop(tmp_path)
    assert again.progress.step == 5
    watch = Watch()
    again.watchers = [watch]
    assert again.run(Asked()) == "done"
    assert [facts.step for facts in watch.steps] == [5, 6, 7, 8]
    # The mean of the epoch is that of all its steps, those before the stop too.
    assert watch.epochs[0].losses[LOSS] == pytest.approx(
        np.mean([facts.losses[LOSS] for facts in [*_steps_of(first), *watch.steps] if facts.epoch == 1])
    )


def _steps_of(done: Loop) -> list[StepFacts]:
    watch = done.watchers[0]
    assert isinstance(watch, Watch)
    return watch.steps


def test_an_interruption_at_the_end_of_an_epoch_leaves_its_validation_to_be_done(tmp_path: Path) -> None:
    asked = Asked()
    loop(tmp_path, watchers=[Watch(2, lambda: asked(signal.SIGINT, None))]).run(asked)
    epochs: list[int] = []

    def validate(epoch: int) -> Validated:
        epochs.append(epoch)
        return Validated()

    loop(tmp_path, validate=validate).run(Asked())
    assert epochs == [0, 1, 2]


SIGNALLED = """
import os, signal
from loadstone.training.run.signals import asked_to_stop
with asked_to_stop() as asked:
    os.kill(os.getpid(), signal.SIGINT)
    print(asked.signal == signal.SIGINT)
    try:
        os.kill(os.getpid(), signal.SIGINT)
    except KeyboardInterrupt:
        print("does not wait")
with asked_to_stop() as asked:
    os.kill(os.getpid(), signal.SIGTERM)
    print(asked.signal == signal.SIGTERM, flush=True)
os.kill(os.getpid(), signal.SIGTERM)
"""


def test_a_signal_asks_and_a_second_does_not_wait() -> None:
    """In a process of its own: a signal that is not taken ends it, and afterwards SIGTERM means what it meant."""
    done = subprocess.run([sys.executable, "-c", SIGNALLED], capture_output=True, text=True, check=False)
    assert done.stdout.split("\n") == ["True", "does not wait", "True", ""]
    assert done.returncode == -signal.SIGTERM


def test_the_best_is_kept_and_patience_ends_it_early(tmp_path: Path) -> None:
    scores, kept = [0.1, 0.3, 0.2, 0.3, 0.9], []
    watch = Watch()
    made = loop(
        tmp_path,
        steps=15,
        course={"patience": 2},
        watchers=[watch],
        validate=lambda epoch: Validated({LOSS: 1.0}, {"mAP": scores[epoch]}, scores[epoch]),
        keep_best=lambda: kept.append(1),
    )
    assert made.run(Asked()) == "early"
    assert [facts.better for facts in watch.epochs] == [True, True, False, False]
    assert (len(kept), made.progress.best, made.progress.best_epoch) == (2, 0.3, 1)
    assert loop(tmp_path, steps=15, course={"patience": 2}).run(Asked()) == "early"
    assert watch.epochs[1].validation == {LOSS: 1.0}


def test_steps_that_are_no_whole_epoch_end_within_one(tmp_path: Path) -> None:
    watch = Watch()
    made = loop(tmp_path, steps=5, watchers=[watch])
    assert made.run(Asked()) == "done"
    assert [facts.steps for facts in watch.epochs] == [3, 5]
    assert watch.epochs[1].losses[TOTAL] == pytest.approx(np.mean([facts.losses[TOTAL] for facts in watch.steps[3:]]))


def test_updates_come_after_every_second_step_and_the_rate_follows_them(tmp_path: Path) -> None:
    watch = Watch()
    made = loop(tmp_path, steps=6, watchers=[watch], course={"accumulate": 2, "seed": 2**40 + 5})
    made.run(Asked())
    step = made.step
    assert isinstance(step, NumpyStep)
    assert step.averaged == [1, 2, 3]
    assert [facts.rate for facts in watch.steps] == [1, 1, 1 / 2, 1 / 2, 1 / 3, 1 / 3]
    assert step.seeds[:2] == [(5, 0), (5, 1)]


def test_a_picture_that_makes_a_loss_no_number_is_named_and_the_checkpoint_is_kept(tmp_path: Path) -> None:
    made = loop(tmp_path, steps=3)
    made.run(Asked())
    before = made.last.read_bytes()

    def broken(sample: Any, random: np.random.Generator) -> Any:
        arrays = prepared(sample, random)
        return {**arrays, "y": np.asarray(np.nan, np.float32)} if sample.key == "7.png" else arrays

    bad = Stream(Samples([example(number) for number in range(10)]), broken, 4, seed=3, threads=1)
    with pytest.raises(LoadstoneError, match="no number any more") as caught:
        loop(tmp_path, stream=bad).run(Asked())
    assert "7.png (their pictures or targets hold NaN" in caught.value.where
    assert str(made.last) in caught.value.fact
    assert f"{LOSS} nan" in caught.value.found
    assert made.last.read_bytes() == before


def test_weights_that_are_no_numbers_are_not_saved(tmp_path: Path) -> None:
    made = loop(tmp_path, steps=3)
    made.run(Asked())
    before, best = made.last.read_bytes(), []
    again = loop(tmp_path, keep_best=lambda: best.append(1), validate=lambda epoch: Validated({}, {}, 1.0))
    assert isinstance(again.step, NumpyStep)
    again.step.averages = np.full(3, np.nan, np.float32)
    with pytest.raises(LoadstoneError, match="the training has diverged") as caught:
        again.run(Asked())
    assert caught.value.where == "averages/0"
    assert str(made.last) in caught.value.fact
    assert made.last.read_bytes() == before
    assert not best


def test_a_loss_that_overflows_for_one_picture_names_it_and_one_for_all_names_the_batch(tmp_path: Path) -> None:
    def huge(sample: Any, random: np.random.Generator) -> Any:
        arrays = prepared(sample, random)
        return {**arrays, "y": np.asarray(3e38, np.float32)} if sample.key == "2.png" else arrays

    data = Stream(Samples([example(number) for number in range(4)]), huge, 4, seed=3, threads=1)
    with np.errstate(over="ignore"), pytest.raises(LoadstoneError, match="no checkpoint had been written") as caught:
        loop(tmp_path, stream=data).run(Asked())
    assert caught.value.where.endswith("2.png (their own loss is no number)")

    made = loop(tmp_path)
    assert isinstance(made.step, NumpyStep)
    # The loss is finite for each, and the norm of the gradient is not.
    made.step.losses = lambda *_, **__: {LOSS: 1.0}  # type: ignore[method-assign]
    made.step.weights = np.full(3, np.inf, np.float32)
    with np.errstate(invalid="ignore"), pytest.raises(LoadstoneError) as caught:
        made.run(Asked())
    assert "none alone: the training has diverged" in caught.value.where

    # Where every picture's loss is none, it is not the pictures.
    made = loop(tmp_path)
    assert isinstance(made.step, NumpyStep)
    made.step.losses = lambda *_, **__: {LOSS: np.nan}  # type: ignore[method-assign]
    made.step.weights = np.full(3, np.inf, np.float32)
    with np.errstate(invalid="ignore"), pytest.raises(LoadstoneError) as caught:
        made.run(Asked())
    assert "each alone: the training has diverged" in caught.value.where
