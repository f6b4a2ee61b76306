"""The tables of a run: `steps.csv`, a line a step, and `epochs.csv`, a line an epoch.

A training that goes on drops the lines of steps that it takes again, so that each step has one line.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from loadstone.facts.training import EpochFacts, StepFacts
from loadstone.training.run.files import unwritable, write_text

FLUSH_STEPS = 50
"""Steps between two times that lines are handed to the operating system."""

STEP_COLUMNS = ("step", "epoch", "seconds", "waited", "learning_rate", "gradient_norm")
EPOCH_COLUMNS = ("epoch", "steps", "seconds", "learning_rate", "better")
"""The first columns; the losses follow, then for epochs validation losses (`val/…`) and metrics."""


class CsvLog:
    """See `loop.Watcher`. Steps and epochs count from 1 in the tables. `done` is how many steps are kept."""

    def __init__(self, folder: Path, done: int = 0) -> None:
        self._steps = _Table(folder / "steps.csv", STEP_COLUMNS, "step", done)
        self._epochs = _Table(folder / "epochs.csv", EPOCH_COLUMNS, "steps", done)

    def stepped(self, facts: StepFacts) -> None:
        """Write a step's line."""
        first = (facts.step + 1, facts.epoch + 1, f"{facts.seconds:.4f}", f"{facts.waited:.4f}")
        values = {name: f"{value:.7g}" for name, value in facts.losses.items()}
        self._steps.add((*first, f"{facts.rate:.7g}", f"{facts.gradient_norm:.7g}"), values)
        if (facts.step + 1) % FLUSH_STEPS == 0:
            self._steps.flush()

    def epoch_over(self, facts: EpochFacts) -> None:
        """Write an epoch's line."""
        first = (facts.epoch + 1, facts.steps, f"{facts.seconds:.2f}", f"{facts.rate:.7g}", int(facts.better))
        values = {**facts.losses, **{f"val/{name}": value for name, value in facts.validation.items()}, **facts.metrics}
        self._epochs.add(first, {name: f"{value:.7g}" for name, value in values.items()})
        self._epochs.flush()
        self._steps.flush()

    def close(self) -> None:
        """Close both files."""
        self._steps.close()
        self._epochs.close()


class _Table:
    """A CSV file whose columns are known with its first line."""

    def __init__(self, path: Path, columns: Sequence[str], by: str, done: int) -> None:
        self._path, self._columns = path, tuple(columns)
        self._stream: IO[str] | None = None
        self._names: tuple[str, ...] = ()
        if path.exists():
            self._names = _kept(path, by, done)[len(self._columns) :]

    def add(self, first: Sequence[Any], values: dict[str, str]) -> None:
        """Write a line; a column that this line has not stays empty."""
        try:
            if self._stream is None:
                self._stream = self._opened(tuple(values))
            row = [*first, *(values.get(name, "") for name in self._names)]
            csv.writer(self._stream, lineterminator="\n").writerow(row)
        except OSError as error:
            raise unwritable(error, self._path) from error

    def _opened(self, names: tuple[str, ...]) -> IO[str]:
        fresh = not self._names
        self._names = self._names or names
        stream = open(self._path, "w" if fresh else "a", encoding="utf-8", newline="")  # noqa: SIM115 - kept open
        if fresh:
            csv.writer(stream, lineterminator="\n").writerow([*self._columns, *self._names])
        return stream

    def flush(self) -> None:
        """Hand the lines to the operating system."""
        try:
            if self._stream is not None:
                self._stream.flush()
        except OSError as error:
            raise unwritable(error, self._path) from error

    def close(self) -> None:
        """Close the file, if it was opened."""
        self.flush()
        if self._stream is not None:
            self._stream.close()


def _kept(path: Path, by: str, done: int) -> tuple[str, ...]:
    """Drop the lines of steps beyond `done`, and one that a crash cut; return the columns."""
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8", errors="replace"))))
    if not rows or by not in rows[0]:
        return ()
    place = rows[0].index(by)
    good = [row for row in rows[1:] if len(row) == len(rows[0]) and row[place].isdigit() and int(row[place]) <= done]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([rows[0], *good])
    write_text(path, text.getvalue())
    return tuple(rows[0])


def read_table(path: Path) -> list[dict[str, str]]:
    """Return a table's lines by column; none where there is no table. A line that a crash cut is left out."""
    if not path.exists():
        return []
    with open(path, encoding="utf-8", errors="replace", newline="") as stream:
        return [row for row in csv.DictReader(stream) if None not in row.values() and None not in row]
