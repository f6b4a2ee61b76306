"""TensorBoard's event file of a run, written without TensorFlow: losses, rate, validation, under the original's tags.

Source: tensorflow/core/util/events_writer.cc: a TFRecord file of `Event`s, the first of which says `brain.Event:2`.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from loadstone.facts.training import EpochFacts, StepFacts
from loadstone.training.run.files import unwritable
from loadstone.wire.protobuf_writer import encode
from loadstone.wire.schemas.event import EVENT, START
from loadstone.wire.tfrecord import frame

VERSION = "brain.Event:2"
FLUSH_SECONDS = 10.0
"""TensorBoard looks every 30 seconds."""


class EventLog:
    """See `loop.Watcher`. Each process writes a file of its own; `done` steps were logged before."""

    def __init__(self, folder: Path, done: int = 0) -> None:
        now = time.time()
        # TensorBoard reads the files of a folder in the order of the time in their names.
        self._path = folder / f"events.out.tfevents.{int(now):010d}.{socket.gethostname()}.{os.getpid()}.v2"
        try:
            self._stream = open(self._path, "wb")  # noqa: SIM115 - kept open for the run
        except OSError as error:
            raise unwritable(error, self._path) from error
        self._flushed = time.perf_counter()
        self._write({"wall_time": now, "file_version": VERSION})
        if done:
            self._write({"wall_time": now, "step": done, "session_log": {"status": START}})

    def stepped(self, facts: StepFacts) -> None:
        """Write a step's losses, rate and speed."""
        speed = {"steps_per_sec": 1 / facts.seconds} if facts.seconds else {}
        self._scalars(facts.step, {**facts.losses, "learning_rate": facts.rate, **speed})
        if time.perf_counter() - self._flushed > FLUSH_SECONDS:
            self._flush()

    def epoch_over(self, facts: EpochFacts) -> None:
        """Write what was measured after an epoch, at the number of its last step."""
        validation = {f"eval/{name}": value for name, value in facts.validation.items()}
        if measured := {**validation, **facts.metrics}:
            self._scalars(facts.steps - 1, measured)
        self._flush()

    def _scalars(self, step: int, values: Mapping[str, float]) -> None:
        rows = [{"tag": name, "simple_value": value} for name, value in values.items()]
        self._write({"wall_time": time.time(), "step": step, "summary": {"value": rows}})

    def _write(self, event: Mapping[str, Any]) -> None:
        try:
            self._stream.write(frame(encode(EVENT, event)))
        except OSError as error:
            raise unwritable(error, self._path) from error

    def _flush(self) -> None:
        self._flushed = time.perf_counter()
        try:
            self._stream.flush()
        except OSError as error:
            raise unwritable(error, self._path) from error

    def close(self) -> None:
        """Close the file."""
        self._flush()
        self._stream.close()
