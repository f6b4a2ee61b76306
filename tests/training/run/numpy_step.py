"""A step in NumPy, and a stream of little pictures: a training without any framework, to try the loop on."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from loadstone.datasets.samples import Samples
from loadstone.datasets.stream import Stream
from loadstone.facts.dataset import Example, Objects, Sample
from loadstone.training.steps.engine import TOTAL, StepResult

Arrays = Mapping[str, npt.NDArray[Any]]
LOSS = "Loss/tiny_loss"


def example(number: int, side: int = 8) -> Example:
    """Return a picture of one shade and one box."""
    stream = io.BytesIO()
    Image.new("RGB", (side, side), (number * 7 % 256, number * 31 % 256, 9)).save(stream, "PNG")
    data = stream.getvalue()
    flags = np.zeros(1, np.bool_)
    objects = Objects(
        np.asarray([[0.0, 0.0, 4.0, 4.0]]), np.zeros(1, np.int64), flags, flags, flags, np.ones(1, np.float32)
    )
    return Example(f"{number}.png", "here", side, side, objects, lambda: data)


def prepared(sample: Sample, random: np.random.Generator) -> dict[str, npt.NDArray[Any]]:
    """Return the picture's mean colour, and a number that depends on the draw."""
    return {"x": sample.image.mean((0, 1)) / 255, "y": np.asarray(random.normal(), np.float32)}


def stream(count: int = 10, batch_size: int = 4, **options: Any) -> Stream:
    """Return a stream of so many pictures."""
    return Stream(
        Samples([example(number) for number in range(count)]), prepared, batch_size, seed=3, threads=1, **options
    )


@dataclass
class NumpyStep:
    """See `loadstone.training.steps.Step`: a line fitted by momentum, with an average; `swaps` counts `settled`."""

    weights: npt.NDArray[np.float32] = field(default_factory=lambda: np.zeros(3, np.float32))
    velocity: npt.NDArray[np.float32] = field(default_factory=lambda: np.zeros(3, np.float32))
    averages: npt.NDArray[np.float32] = field(default_factory=lambda: np.zeros(3, np.float32))
    swaps: int = 0
    averaged: list[int] = field(default_factory=list)
    seeds: list[tuple[int, ...]] = field(default_factory=list)

    def __call__(self, arrays: Arrays, seed: npt.NDArray[np.int32]) -> StepResult:
        self.seeds.append(tuple(seed.tolist()))
        off = arrays["x"] @ self.weights - arrays["y"]
        loss = float(np.mean(off**2))
        gradient = (arrays["x"] * off[:, None]).mean(0).astype(np.float32)
        norm = float(np.linalg.norm(gradient))
        if np.isfinite(loss + norm):
            self.velocity = np.float32(0.9) * self.velocity - np.float32(0.05) * gradient
            self.weights = self.weights + self.velocity
        return StepResult({LOSS: loss, TOTAL: loss}, norm)

    def average(self, updates: int) -> None:
        self.averaged.append(updates)
        self.averages = self.averages + np.float32(0.1) * (self.weights - self.averages)

    def losses(self, arrays: Arrays, seed: npt.NDArray[np.int32], *, training: bool) -> Mapping[str, float]:
        return {LOSS: float(np.mean((arrays["x"] @ self.weights - arrays["y"]) ** 2))}

    def state(self) -> dict[str, npt.NDArray[Any]]:
        return {"weights/0": self.weights, "optimizer/0": self.velocity, "averages/0": self.averages}

    def restore(self, state: Arrays) -> None:
        self.weights, self.velocity = state["weights/0"], state["optimizer/0"]
        self.averages = state["averages/0"]

    @contextmanager
    def settled(self) -> Iterator[None]:
        self.swaps += 1
        yield
