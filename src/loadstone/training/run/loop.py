"""The loop: batch after batch, epoch after epoch, watched, saved, and taken up where it was left.

What happens at step k depends on the state after step k - 1, the batch k of the stream and the seed only, so that a
training that was stopped anywhere goes on to the same result. An epoch ends with its validation and a checkpoint.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from loadstone.datasets.stream import Batch, Stream
from loadstone.facts.training import Ending, EpochFacts, StepFacts
from loadstone.training.run.checkpoint import save_checkpoint
from loadstone.training.run.culprit import blame, refuse_diverged
from loadstone.training.run.progress import Progress
from loadstone.training.run.signals import Asked

if TYPE_CHECKING:
    import numpy.typing as npt

    from loadstone.training.steps import Step

SAVE_SECONDS = 600.0
"""Within a long epoch a checkpoint is written after so many seconds: no more is lost to a `kill -9`."""


@dataclass(frozen=True, slots=True)
class Course:
    """What is to be done: `steps` batches altogether, `rate` the learning rate by finished updates, as it is told.

    Every `accumulate` steps make one update. `patience`: epochs without a better result after which it ends early.
    """

    steps: int
    rate: Callable[[int], float]
    seed: int = 0
    accumulate: int = 1
    patience: int | None = None
    save_seconds: float = SAVE_SECONDS


@dataclass(frozen=True, slots=True)
class Validated:
    """What an epoch's model does on the validation pictures; `best` is the number by which the best is chosen."""

    losses: Mapping[str, float] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    best: float | None = None


class Watcher(Protocol):
    """Whoever is told of a training as it runs."""

    def stepped(self, facts: StepFacts) -> None:
        """Take a step's facts."""

    def epoch_over(self, facts: EpochFacts) -> None:
        """Take an epoch's facts."""


@dataclass(slots=True)
class Loop:
    """A training. `last` is the checkpoint's path.

    `validate` is called after an epoch, `keep_best` when it was the best, both with what is to be saved in the model's
    variables. `begin_epoch` is called before an epoch's batches are made, also where one is gone on with.
    """

    step: Step
    stream: Stream
    course: Course
    last: Path
    watchers: Sequence[Watcher] = ()
    validate: Callable[[int], Validated] | None = None
    keep_best: Callable[[], object] | None = None
    begin_epoch: Callable[[int], object] | None = None
    progress: Progress = field(default_factory=Progress)
    _epoch_began: float = 0.0
    _saved_at: float = 0.0

    def run(self, asked: Asked) -> Ending:
        """Go on from `progress` to the end, or until somebody asks to stop; a checkpoint is written either way.

        Raises `LoadstoneError` where a loss is no number (the checkpoint stays the last good one), where the data
        cannot be read, and where the disk is full.
        """
        self._epoch_began = self._saved_at = time.perf_counter()
        while True:
            if self._epoch_is_over():
                self._end_epoch()
            if self.progress.step >= self.course.steps:
                return "done"
            if self.course.patience is not None and self.progress.since >= self.course.patience:
                return "early"
            if not self._steps(asked):
                self.save()
                return "interrupted"

    def _epoch_is_over(self) -> bool:
        """Whether an epoch's last step was taken and its end was not: sums are emptied there."""
        step = self.progress.step
        return bool(self.progress.sums) and (step % self.stream.steps == 0 or step >= self.course.steps)

    def _steps(self, asked: Asked) -> bool:
        """Take the steps that are left of an epoch; return whether nobody asked to stop."""
        epoch, start = divmod(self.progress.step, self.stream.steps)
        if self.begin_epoch:
            self.begin_epoch(epoch)
        before = time.perf_counter()
        with closing(self.stream.epoch(epoch, start)) as batches:
            for batch in batches:
                self._one(batch, time.perf_counter() - before, before)
                if asked.signal:
                    return False
                if self.progress.step >= self.course.steps:
                    break
                before = time.perf_counter()
                if before - self._saved_at > self.course.save_seconds:
                    self.save()
        return True

    def _one(self, batch: Batch, waited: float, before: float) -> None:
        number, every = self.progress.step, self.course.accumulate
        seed = step_seed(self.course.seed, number)
        result = self.step(batch.arrays, seed)
        if not result.finite:
            raise blame(self.step, batch, seed, result, self.last).at(f"step {number + 1:,}, epoch {batch.epoch + 1:,}")
        if (number + 1) % every == 0:
            self.step.average((number + 1) // every)
        self.progress = self.progress.stepped(result.losses)
        facts = StepFacts(
            number,
            self.course.steps,
            batch.epoch,
            result.losses,
            self.course.rate(number // every),
            result.gradient_norm,
            time.perf_counter() - before,
            waited,
        )
        for watcher in self.watchers:
            watcher.stepped(facts)

    def _end_epoch(self) -> None:
        step = self.progress.step
        epoch = (step - 1) // self.stream.steps
        count = step - epoch * self.stream.steps
        means = {name: value / count for name, value in self.progress.sums.items()}
        refuse_diverged(self.step.state(), self.last)
        with self.step.settled():
            found = self.validate(epoch) if self.validate else Validated()
            self.progress = self.progress.judged(epoch, found.best)
            better = self.progress.best_epoch == epoch
            if better and self.keep_best:
                self.keep_best()
        self.save()
        now = time.perf_counter()
        rate = self.course.rate((step - 1) // self.course.accumulate)
        facts = EpochFacts(
            epoch, step, means, rate, now - self._epoch_began, found.losses, found.metrics, better=better
        )
        self._epoch_began = now
        for watcher in self.watchers:
            watcher.epoch_over(facts)

    def save(self) -> None:
        """Write the checkpoint; raises `LoadstoneError` where the training has diverged, and keeps the one before."""
        state = self.step.state()
        refuse_diverged(state, self.last)
        save_checkpoint(self.last, state, self.progress)
        self._saved_at = time.perf_counter()


def step_seed(seed: int, step: int) -> npt.NDArray[np.int32]:
    """Return the seed of what is drawn within a step, int32 (2,)."""
    return np.asarray([seed % 2**31, step % 2**31], np.int32)
