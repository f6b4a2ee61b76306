"""The tables hold each step once, and TensorBoard's files are what TensorFlow reads."""

from __future__ import annotations

import csv
import errno
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

import pytest

from loadstone.errors import SourceError
from loadstone.facts.training import EpochFacts, StepFacts
from loadstone.training.run.events import EventLog
from loadstone.training.run.logs import CsvLog
from loadstone.wire.protobuf import Message
from loadstone.wire.schemas.event import EVENT
from loadstone.wire.tfrecord import read_records


def step(number: int, loss: float = 0.5) -> StepFacts:
    return StepFacts(number, 6, number // 3, {"Loss/a": loss, "Loss/total_loss": loss}, 0.01, 2.0, 0.25, 0.05)


def epoch(number: int, **options: Any) -> EpochFacts:
    return EpochFacts(number, number * 3 + 3, {"Loss/total_loss": 0.5}, 0.01, 1.0, **options)


def scalars(event: Message) -> dict[str, float]:
    rows = event.message("summary").messages("value")
    return {value.text("tag"): value.float32("simple_value") for value in rows}


def rows(path: Path) -> list[dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_line_a_step_and_one_an_epoch(tmp_path: Path) -> None:
    log = CsvLog(tmp_path)
    for number in range(3):
        log.stepped(step(number))
    log.epoch_over(epoch(0, validation={"Loss/total_loss": 0.75}, metrics={"mAP": 0.125}, better=True))
    log.close()
    first = rows(tmp_path / "steps.csv")[0]
    assert (first["step"], first["epoch"], first["Loss/a"], first["waited"]) == ("1", "1", "0.5", "0.0500")
    only = rows(tmp_path / "epochs.csv")[0]
    assert (only["steps"], only["val/Loss/total_loss"], only["mAP"], only["better"]) == ("3", "0.75", "0.125", "1")


def test_going_on_drops_what_is_taken_again_and_a_line_that_was_cut(tmp_path: Path) -> None:
    log = CsvLog(tmp_path)
    for number in range(5):
        log.stepped(step(number))
    log.epoch_over(epoch(0))
    log.close()
    path = tmp_path / "steps.csv"
    path.write_text(path.read_text(encoding="utf-8") + "6,2,0.2", encoding="utf-8")
    log = CsvLog(tmp_path, done=3)
    for number in range(3, 6):
        log.stepped(step(number, loss=0.25))
    log.epoch_over(epoch(1))
    log.close()
    assert [row["step"] for row in rows(path)] == ["1", "2", "3", "4", "5", "6"]
    assert [row["Loss/a"] for row in rows(path)] == ["0.5"] * 3 + ["0.25"] * 3
    assert [row["epoch"] for row in rows(tmp_path / "epochs.csv")] == ["1", "2"]


def test_going_on_from_nothing_begins_the_tables_anew(tmp_path: Path) -> None:
    (tmp_path / "steps.csv").write_text("", encoding="utf-8")
    log = CsvLog(tmp_path, done=0)
    log.stepped(step(0))
    log.close()
    assert len(rows(tmp_path / "steps.csv")) == 1


def test_an_event_file_says_what_the_original_logs(tmp_path: Path) -> None:
    log = EventLog(tmp_path, done=3)
    log.stepped(step(3))
    log.epoch_over(epoch(1, validation={"Loss/total_loss": 0.75}, metrics={"DetectionBoxes_Precision/mAP": 0.125}))
    log.close()
    (path,) = tmp_path.glob("events.out.tfevents.*")
    with open(path, "rb") as stream:
        events = [Message(record, EVENT) for record in read_records(stream)]
    assert events[0].text("file_version") == "brain.Event:2"
    assert (events[1].uint("step"), events[1].message("session_log").uint("status")) == (3, 1)
    assert scalars(events[2]) == {
        "Loss/a": 0.5,
        "Loss/total_loss": 0.5,
        "learning_rate": pytest.approx(0.01),
        "steps_per_sec": 4.0,
    }
    assert events[3].uint("step") == 5
    assert scalars(events[3]) == {"eval/Loss/total_loss": 0.75, "DetectionBoxes_Precision/mAP": 0.125}


@pytest.mark.tensorflow
@pytest.mark.skipif(find_spec("tensorflow") is None, reason="no TensorFlow")
def test_tensorflow_reads_the_event_file(tmp_path: Path) -> None:
    log = EventLog(tmp_path)
    log.stepped(step(4))
    log.close()
    import tensorflow as tf

    (path,) = tmp_path.glob("events.out.tfevents.*")
    first, second = tf.compat.v1.train.summary_iterator(str(path))
    assert first.file_version == "brain.Event:2"
    assert second.step == 4
    assert {value.tag: value.simple_value for value in second.summary.value}["Loss/a"] == 0.5


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = EventLog(tmp_path)

    class Full:
        def write(self, data: bytes) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    stream: IO[bytes] = log._stream
    monkeypatch.setattr(log, "_stream", Full())
    with pytest.raises(SourceError, match="the disk is full"):
        log.stepped(step(0))
    stream.close()
