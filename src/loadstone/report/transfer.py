"""Drawing transfers: a bar on a terminal, a line every tenth elsewhere, JSON lines where a program reads.

Progress is never data: it goes to standard error.
What this is not: the result, which the command prints on standard output.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Literal, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from loadstone.facts.transfer import TransferState

Style = Literal["bar", "lines", "json", "quiet"]
JSON_EVERY_SECONDS = 0.5
LINE_EVERY_SHARE = 10
LINE_EVERY_BYTES = 50_000_000
"""Where the length is not known a line is written every so many bytes."""


def chosen_style(*, quiet: bool, as_json: bool, stream: TextIO | None = None) -> Style:
    """Return how progress is drawn here."""
    import os

    if quiet:
        return "quiet"
    if as_json:
        return "json"
    stream = stream or sys.stderr
    plain = os.environ.get("TERM") == "dumb" or os.environ.get("CI")
    return "bar" if stream.isatty() and not plain else "lines"


def renderer(style: Style, stream: TextIO | None = None) -> Transfers:
    """Return the renderer of a style. Use it as a context manager and call it with each state."""
    stream = stream or sys.stderr
    kinds: dict[Style, Callable[[TextIO], Transfers]] = {"bar": Bars, "lines": Lines, "json": JsonLines}
    return kinds.get(style, Transfers)(stream)


class Transfers:
    """Draws nothing."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def __enter__(self) -> Transfers:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def __call__(self, state: TransferState) -> None:
        """Take the next moment of a transfer."""


class JsonLines(Transfers):
    """One JSON object per line: at each change of phase, and twice a second in between."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._last: dict[str, tuple[str, float]] = {}

    def __call__(self, state: TransferState) -> None:
        phase, at = self._last.get(_key(state), ("", 0.0))
        now = time.monotonic()
        if state.phase == phase and now - at < JSON_EVERY_SECONDS:
            return
        self._last[_key(state)] = (state.phase, now)
        print(json.dumps({"schema_version": 1, "transfer": asdict(state)}), file=self.stream, flush=True)


class Lines(Transfers):
    """A line at each tenth, at each note, and where a transfer goes on from what was here."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._step: dict[str, int] = {}
        self._noted: dict[str, str] = {}

    def __call__(self, state: TransferState) -> None:
        if state.note and self._noted.get(_key(state)) != state.note:
            self._noted[_key(state)] = state.note
            self._say(state, state.note)
        if state.phase != "moving" or not state.have:
            return
        step = state.have * LINE_EVERY_SHARE // state.total if state.total else state.have // LINE_EVERY_BYTES
        if _key(state) not in self._step and state.resumed:
            self._say(state, f"goes on at {megabytes(state.resumed)}{_of(state)}")
        elif step > self._step.get(_key(state), 0):
            share = f"{100 * state.have // state.total:3d}%  " if state.total else ""
            self._say(state, f"{share}{megabytes(state.have)}{_of(state)}")
        self._step[_key(state)] = max(step, self._step.get(_key(state), 0))

    def _say(self, state: TransferState, text: str) -> None:
        print(f"  {state.name}  {text}", file=self.stream, flush=True)


class Bars(Transfers):
    """A bar per transfer with rate, remaining time and what was here already."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._bars: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Bars:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )

        columns = (
            TextColumn("  {task.fields[what]}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
        )
        self._bars = Progress(*columns, console=Console(file=self.stream), transient=True)
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bars is not None:
            self._bars.stop()

    def __call__(self, state: TransferState) -> None:
        if self._bars is None:
            return
        if _key(state) not in self._tasks:
            # What was here already is no progress of this run: it must not count into the rate.
            task = self._bars.add_task(state.name, total=state.total, completed=state.have, what=state.name)
            self._tasks[_key(state)] = task
        what = state.note or (f"{state.name} (from {megabytes(state.resumed)})" if state.resumed else state.name)
        self._bars.update(self._tasks[_key(state)], total=state.total, completed=state.have, what=_cut(what))


def _key(state: TransferState) -> str:
    return state.source or state.name


def megabytes(count: int) -> str:
    """Return a byte count as people compare sizes: `19.4 MB` (millions of bytes)."""
    return f"{count / 1e6:,.1f} MB" if count >= 100_000 else f"{count:,} bytes"


def _of(state: TransferState) -> str:
    return f" of {megabytes(state.total)}" if state.total else ""


def _cut(text: str, width: int = 60) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"
