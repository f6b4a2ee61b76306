"""How a training goes, on standard error: a bar with losses and remaining time on a terminal, lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

    from loadstone.facts.training import EpochFacts, StepFacts

LINE_SECONDS = 30.0
"""Seconds between two lines where there is no terminal."""

SMOOTH = 0.95
"""Share of the shown losses that stays from one step to the next."""

TOTAL = "Loss/total_loss"


class TrainProgress:
    """See `loadstone.training.run.loop.Watcher`."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._bar: tuple[Bar, TaskID] | None = None
        self._losses: dict[str, float] = {}
        self._steps = 0
        self._seconds = 0.0
        self._waited = 0.0
        self._line_at = time.perf_counter()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar[0].stop()

    def stepped(self, facts: StepFacts) -> None:
        """Show a step."""
        if self._quiet:
            return
        self._steps += 1
        for name, value in facts.losses.items():
            self._losses[name] = SMOOTH * self._losses.get(name, value) + (1 - SMOOTH) * value
        # The first step compiles, and says nothing about the next ones.
        fresh = facts.seconds if self._seconds == 0 or self._seconds > 5 * facts.seconds else None
        self._seconds = fresh or 0.9 * self._seconds + 0.1 * facts.seconds
        self._waited = 0.9 * self._waited + 0.1 * facts.waited
        if sys.stderr.isatty():
            self._show(facts)
        elif facts.step == 0 or time.perf_counter() - self._line_at > LINE_SECONDS:
            self._line_at = time.perf_counter()
            print(self._line(facts), file=sys.stderr)

    def epoch_over(self, facts: EpochFacts) -> None:
        """Print an epoch's line."""
        if not self._quiet:
            print(epoch_line(facts), file=sys.stderr)

    def _line(self, facts: StepFacts) -> str:
        pace = f"{self._rate()}  {self._left(facts)} left" if self._steps > 1 else f"{_clock(facts.seconds)} to begin"
        done = f"step {facts.step + 1:,}/{facts.of:,}  epoch {facts.epoch + 1}"
        return f"{done}  {self._shown()}  lr {facts.rate:.3g}  {pace}"

    def _rate(self) -> str:
        return f"{1 / max(self._seconds, 1e-9):.2f} steps/s{self._input()}"

    def _left(self, facts: StepFacts) -> str:
        """Return the time that the other steps take; the first one, which compiles, tells nothing of it."""
        return _clock((facts.of - facts.step - 1) * self._seconds) if self._steps > 1 else "?"

    def _shown(self) -> str:
        parts = [f"{word} {self._losses[name]:.3g}" for name, word in words_of(self._losses).items() if name != TOTAL]
        return f"loss {self._losses.get(TOTAL, 0.0):.3g} ({' '.join(parts)})"

    def _input(self) -> str:
        """Say how much of the time goes into waiting for the input, where that is worth a word."""
        share = self._waited / max(self._seconds, 1e-9)
        return f", {share:.0%} of it waiting for the input" if share > 0.1 else ""

    def _show(self, facts: StepFacts) -> None:
        bar, task = self._bar = self._bar or self._start(facts)
        rate = self._rate() if self._steps > 1 else ""
        bar.update(
            task,
            completed=facts.step + 1,
            description=f"epoch {facts.epoch + 1}",
            told=f"{self._shown()}  lr {facts.rate:.3g}  {rate}",
            left=self._left(facts),
        )

    def _start(self, facts: StepFacts) -> tuple[Bar, TaskID]:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
        from rich.progress import Progress as Bar

        columns = (
            TextColumn("{task.description}"),
            BarColumn(20),
            MofNCompleteColumn(),
            TextColumn("{task.fields[left]} left"),
            TextColumn("{task.fields[told]}"),
        )
        # Lines for standard output go above the bar on a terminal; a pipe must get them untouched.
        bar = Bar(*columns, console=Console(stderr=True), redirect_stdout=sys.stdout.isatty(), redirect_stderr=True)
        task = bar.add_task("", total=facts.of, told="", left="")
        bar.start()
        return bar, task


def epoch_line(facts: EpochFacts) -> str:
    """Return what an epoch's end tells."""
    parts = [f"epoch {facts.epoch + 1}", f"loss {facts.losses.get(TOTAL, 0.0):.4g}"]
    if facts.validation:
        parts.append(f"validation {sum(facts.validation.values()):.4g}")
    if facts.metrics:
        parts.append(shown_metrics(facts.metrics) + ("  best so far" if facts.better else ""))
    return "  ".join([*parts, _clock(facts.seconds)])


def shown_metrics(metrics: Mapping[str, float]) -> str:
    """Return the two numbers that people ask for."""
    found = [(name, metrics.get(f"DetectionBoxes_Precision/{name}")) for name in ("mAP", "mAP@.50IOU")]
    return "  ".join(f"{name} {value:.4f}" for name, value in found if value is not None)


def words_of(names: Iterable[str]) -> dict[str, str]:
    """Return each loss's name in as few words as tell it from the others.

    `Loss/localization_loss` is `localization`; of the two of a Faster R-CNN, one is `RPN localization`.
    """
    words = {
        name: [part.removesuffix("_loss").removesuffix("Loss") for part in name.removeprefix("Loss/").split("/")]
        for name in names
    }
    return {
        name: next(
            " ".join(own[-count:])
            for count in range(1, len(own) + 1)
            if count == len(own) or sum(each[-count:] == own[-count:] for each in words.values()) == 1
        )
        for name, own in words.items()
    }


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
