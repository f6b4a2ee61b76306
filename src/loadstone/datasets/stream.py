"""Samples on their way to training: shuffled, prepared in parallel, in batches, and the same ones every time.

The k-th sample of an epoch depends on the seed, the epoch and k only: on the order that `default_rng([seed, epoch])`
shuffles the pictures into, and on random numbers of its own, `default_rng([seed, epoch, k])`. So threads may be any
number, and a stream goes on from any epoch and step as if it had never stopped.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from loadstone.datasets.samples import Samples
from loadstone.errors import FormatError
from loadstone.facts.dataset import Sample

if TYPE_CHECKING:
    import numpy.typing as npt

    Arrays = Mapping[str, npt.NDArray[Any]]

Prepare = Callable[[Sample, np.random.Generator], "Arrays"]
"""What is done with a sample within a thread: augmentation, the resizer, targets. Shapes are the same for all."""

MOST_THREADS = 16


@dataclass(frozen=True, slots=True)
class Batch:
    """`arrays` are stacked, (B, …) each; `keys` name their pictures; `epoch` and `step` count from 0."""

    arrays: Arrays
    keys: tuple[str, ...]
    epoch: int
    step: int


@dataclass(frozen=True, slots=True)
class Stream:
    """Batches of prepared samples.

    The last batch of an epoch, where pictures do not fill it, is filled with the first of the same epoch's order,
    prepared with other random numbers (`last="wrap"`), or left out (`last="drop"`). A picture that cannot be read gives
    its place to the next one in the order, and is told in `samples.bad`: every epoch has the same number of steps.
    `ahead` batches are prepared before they are asked for, by `threads` threads (0: as many as there are cores).
    """

    samples: Samples
    prepare: Prepare
    batch_size: int
    seed: int = 0
    shuffle: bool = True
    last: Literal["wrap", "drop"] = "wrap"
    threads: int = 0
    ahead: int = 2

    def __post_init__(self) -> None:
        """Raise `FormatError` where no batch could ever be made."""
        count = len(self.samples)
        if count == 0:
            raise FormatError("there are no pictures to make batches of")
        if self.steps == 0:
            raise FormatError(
                "there are fewer pictures than a batch takes, and what does not fill one is left out",
                expected=f"at least {self.batch_size:,}",
                found=f"{count:,}",
                help="take a smaller batch",
            )

    @property
    def steps(self) -> int:
        """Batches in an epoch."""
        whole, rest = divmod(len(self.samples), self.batch_size)
        return whole + (1 if rest and self.last == "wrap" else 0)

    def order(self, epoch: int) -> npt.NDArray[np.int64]:
        """Return the positions of an epoch's pictures, in their order."""
        count = len(self.samples)
        return np.random.default_rng([self.seed, epoch]).permutation(count) if self.shuffle else np.arange(count)

    def epoch(self, epoch: int, start: int = 0) -> Generator[Batch]:
        """Yield the batches of an epoch, from step `start` on. Raises `FormatError` where no picture can be read.

        What `prepare` raises is raised here, when its batch is asked for.
        """
        order = self.order(epoch)
        with _threads(self.threads or min(MOST_THREADS, os.cpu_count() or 1)) as (workers, stacker):
            waiting: deque[Future[Batch]] = deque()
            for step in range(start, self.steps + self.ahead):
                if step < self.steps:
                    first = step * self.batch_size
                    places = range(first, first + self.batch_size)
                    parts = [workers.submit(self._prepared, order, epoch, place) for place in places]
                    waiting.append(stacker.submit(_stacked, parts, epoch, step))
                if waiting and step - start >= self.ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()

    def _prepared(self, order: npt.NDArray[np.int64], epoch: int, place: int) -> tuple[str, Arrays]:
        """Return the key and the arrays of the sample at a place of an epoch; places go on past the last picture."""
        sample = self.samples.first(order, place % len(order))  # type: ignore[arg-type]
        return sample.key, self.prepare(sample, np.random.default_rng([self.seed, epoch, place]))


def _stacked(parts: list[Future[tuple[str, Arrays]]], epoch: int, step: int) -> Batch:
    found = [part.result() for part in parts]
    names = found[0][1].keys()
    arrays = {name: np.stack([arrays[name] for _, arrays in found]) for name in names}
    return Batch(arrays, tuple(key for key, _ in found), epoch, step)


@contextmanager
def _threads(count: int) -> Iterator[tuple[ThreadPoolExecutor, ThreadPoolExecutor]]:
    """Give the threads that prepare and the one that stacks; what is still to do when they are left is dropped."""
    workers = ThreadPoolExecutor(count, "loadstone-input")
    # Stacking waits for what is prepared, so that it needs a thread of its own.
    stacker = ThreadPoolExecutor(1, "loadstone-batch")
    try:
        yield workers, stacker
    finally:
        workers.shutdown(wait=True, cancel_futures=True)
        stacker.shutdown(wait=True, cancel_futures=True)
