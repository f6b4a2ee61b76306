"""A checkpoint comes back bit for bit; what is none is refused in a sentence; a full disk leaves the old one whole."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from loadstone.errors import FormatError, LoadstoneError, SourceError
from loadstone.formats.registry import open_source
from loadstone.training.run.checkpoint import load_checkpoint, save_arrays, save_checkpoint
from loadstone.training.run.progress import Progress

STATE: dict[str, Any] = {
    "weights/0/a/kernel": np.arange(6, dtype=np.float32).reshape(2, 3),
    "optimizer/0/iteration": np.asarray(7, np.int32),
    "optimizer/1/step": np.asarray([2**40], np.int64),
    "averages/0": np.full((2, 3), 0.25, np.float32).T,
}
PROGRESS = Progress(7, {"Loss/total_loss": 1.5}, 0.25, 1, 3)


def test_arrays_and_progress_come_back(tmp_path: Path) -> None:
    path = tmp_path / "last.safetensors"
    save_checkpoint(path, STATE, PROGRESS)
    state, progress = load_checkpoint(path)
    assert progress == PROGRESS
    assert state.keys() == STATE.keys()
    for name, array in STATE.items():
        assert state[name].dtype == array.dtype
        np.testing.assert_array_equal(state[name], array)
    assert os.listdir(tmp_path) == [path.name]


def test_progress_judges() -> None:
    fresh = Progress().stepped({"a": 1.0}).stepped({"a": 2.0})
    assert (fresh.step, fresh.sums) == (2, {"a": 3.0})
    first = fresh.judged(0, 0.1)
    assert first == Progress(2, {}, 0.1, 0, 0)
    assert first.judged(1, 0.1) == Progress(2, {}, 0.1, 0, 1)
    assert first.judged(1, None) == Progress(2, {}, 0.1, 0, 0)


@pytest.mark.parametrize(
    ("metadata", "match"),
    [
        ({}, "not of a training that can go on"),
        ({"loadstone.training.progress": "{"}, "not of a training that can go on"),
        ({"loadstone.training.progress": '{"step": 1}'}, "how far it had come"),
        ({"loadstone.training.progress": "[]"}, "how far it had come"),
    ],
)
def test_a_file_that_is_no_checkpoint_is_refused(metadata: dict[str, str], match: str, tmp_path: Path) -> None:
    path = tmp_path / "last.safetensors"
    save_arrays(path, STATE, metadata)
    with pytest.raises(FormatError, match=match):
        load_checkpoint(path)


@pytest.mark.parametrize("length", [0, 8, 40, 400, -1])
def test_a_checkpoint_that_was_cut_is_refused(length: int, tmp_path: Path) -> None:
    path = tmp_path / "last.safetensors"
    save_checkpoint(path, STATE, PROGRESS)
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(LoadstoneError):
        load_checkpoint(path)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES])
def test_a_disk_that_takes_no_more_leaves_the_old_one_whole(
    code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "last.safetensors"
    save_checkpoint(path, STATE, PROGRESS)

    def full(descriptor: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SourceError, match="what was saved before is untouched") as caught:
        save_checkpoint(path, STATE, Progress(9))
    assert ("disk is full" in caught.value.fact) == (code == errno.ENOSPC)
    monkeypatch.undo()
    assert load_checkpoint(path)[1] == PROGRESS
    assert os.listdir(tmp_path) == [path.name]


def test_a_checkpoint_is_a_file_of_weights_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "best.safetensors"
    save_arrays(path, {"model/_feature_extractor/a/kernel": STATE["weights/0/a/kernel"]}, {})
    assert open_source(str(path)).format == "safetensors"
