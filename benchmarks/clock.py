"""What every benchmark here shares: whole processes timed in turns, medians, ratios."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence


def process(words: Sequence[str]) -> Callable[[], object]:
    """Return a call that runs one command to its end, output thrown away."""

    def call() -> None:
        subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)

    return call


def python(*words: str) -> Callable[[], object]:
    """Return a call that runs this interpreter with the given arguments."""
    return process([sys.executable, *words])


def medians(sides: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Run every side once to warm up, then all sides in turn `rounds` times; return the median seconds of each.

    Taking turns lets the noise of a shared machine fall on all sides alike.
    """
    for call in sides.values():
        call()
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, call in sides.items():
            start = time.perf_counter()
            call()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(row) for name, row in seconds.items()}
