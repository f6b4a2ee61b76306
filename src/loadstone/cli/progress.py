"""How far long work has come, on standard error: a bar on a terminal, a line for every tenth part elsewhere.

Work that is over within a second shows nothing, and does not pay for importing the bar.
"""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

QUIET_SECONDS = 1.0
FEWEST_FOR_LINES = 20
"""Below this many items, a line for every tenth part says less than the results themselves."""

FRAMES_A_LINE = 100
"""Items between two lines where the end is not known, as for a camera."""


class Progress:
    """Counts items; `total` None means that the end is not known."""

    def __init__(self, total: int | None, *, what: str, quiet: bool = False) -> None:
        self._total, self._what, self._quiet = total, what, quiet
        self._done = 0
        self._began = time.perf_counter()
        self._bar: tuple[Bar, TaskID] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar[0].stop()

    def step(self) -> None:
        """Count one item, and show it if it is time to."""
        self._done += 1
        if self._quiet:
            return
        if sys.stderr.isatty():
            self._show()
        elif self._due():
            print(self._line(), file=sys.stderr)

    def _show(self) -> None:
        if self._bar is None and time.perf_counter() - self._began > QUIET_SECONDS and self._done != self._total:
            self._bar = self._start()
        if self._bar is not None:
            bar, task = self._bar
            bar.update(task, completed=self._done, rate=f"{self._rate():.1f}")

    def _start(self) -> tuple[Bar, TaskID]:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]} " + f"{self._what}/s"),
            TimeRemainingColumn(),
        )
        # Lines for standard output go above the bar on a terminal; a pipe must get them untouched.
        bar = Bar(*columns, console=Console(stderr=True), redirect_stdout=sys.stdout.isatty(), redirect_stderr=True)
        task = bar.add_task(self._what, total=self._total, rate="")
        bar.start()
        return bar, task

    def _due(self) -> bool:
        if self._total is None:
            return self._done % FRAMES_A_LINE == 0
        if self._total < FEWEST_FOR_LINES or self._done == self._total:
            return False
        if time.perf_counter() - self._began <= QUIET_SECONDS:
            return False
        return self._done * 10 // self._total > (self._done - 1) * 10 // self._total

    def _line(self) -> str:
        if self._total is None:
            return f"{self._done:,} {self._what}  {self._rate():.1f} {self._what}/s"
        left = round((self._total - self._done) / self._rate())
        minutes, seconds = divmod(left, 60)
        done = f"{self._done:,}/{self._total:,} {self._what}"
        return f"{done}  {self._rate():.1f} {self._what}/s  {minutes}:{seconds:02} left"

    def _rate(self) -> float:
        return self._done / max(time.perf_counter() - self._began, 1e-9)
