"""A whole training on real files: killed and gone on with it ends in the same bytes; its detectors open."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import loadstone as ls
from loadstone.training.run.logs import read_table
from tests.training.run.squares import write_config, write_squares

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("pycocotools") is None, reason="no pycocotools to measure with"),
]
BACKENDS = [
    pytest.param(name, marks=pytest.mark.skipif(find_spec(name) is None, reason=f"no {name}")) for name in ("torch",)
]
"""Three runs of a backend take minutes: `tests.training.run.run_check` does the same by hand on the two others."""


def trained(what: str, data: Path, run: Path, backend: str) -> tuple[int, dict[str, Any]]:
    """Return the exit code of `run_check`, and what it prints."""
    environment = {**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    words = [sys.executable, "-m", "tests.training.run.run_check", what, str(data), str(run)]
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(words, capture_output=True, text=True, env=environment, cwd=root, check=False)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr[-3000:]
    return done.returncode, json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else {}


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_run_that_was_killed_ends_in_the_same_bytes(backend: str, tmp_path: Path) -> None:
    data = write_squares(tmp_path / "data")
    _, whole = trained("whole", data, tmp_path / "whole", backend)
    assert trained("killed", data, tmp_path / "killed", backend)[0] == -signal.SIGKILL
    # What was moved is named again, and a run knows the rest itself.
    _, resumed = trained("resumed", data, tmp_path / "killed", backend)
    assert (whole["ending"], resumed["ending"], resumed["steps"]) == ("done", "done", 9)
    for name in ("last", "best"):
        one, other = (tmp_path / run / f"{name}.safetensors" for run in ("whole", "killed"))
        assert one.read_bytes() == other.read_bytes(), name
    _holds(tmp_path / "killed", whole, resumed, backend)


def _holds(run: Path, whole: dict[str, Any], resumed: dict[str, Any], backend: str) -> None:
    """The folder has all that it should."""
    assert any("startup_delay_steps (line" in sentence for sentence in whole["told"])
    assert "going on after step 3 of 9" in resumed["told"]
    assert [row["step"] for row in read_table(run / "steps.csv")] == [str(step) for step in range(1, 10)]
    assert [row["epoch"] for row in read_table(run / "epochs.csv")] == ["1", "2", "3"]
    assert (run / "curves.svg").read_text(encoding="utf-8").startswith("<svg")
    record = json.loads((run / "run.json").read_text(encoding="utf-8"))
    assert record["surroundings"]["backend"] == backend
    assert len(record["resumed"]) == 1
    assert (record["data"]["pictures"], record["validation"]["pictures"]) == (12, 4)
    for name in ("best.keras", "best.safetensors"):
        opened = ls.load(run / name)
        assert dict(opened.labels) == {1: "red", 2: "green"}
        assert len(opened.detect(run.parent / "data" / "images" / "00.png", conf=0.0)) > 0


def test_ctrl_c_saves_and_other_data_is_refused(tmp_path: Path) -> None:
    if find_spec("torch") is None:
        pytest.skip("no torch")
    data = write_squares(tmp_path / "data")
    _, stopped = trained("interrupted", data, tmp_path / "run", "torch")
    assert (stopped["ending"], stopped["steps"]) == ("interrupted", 5)
    assert Path(stopped["last"]).exists()
    words = [sys.executable, "-m", "loadstone", "train", "--resume", str(tmp_path / "run"), "--data"]
    other = write_squares(tmp_path / "other", seed=2)
    done = subprocess.run([*words, str(other)], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "the data is not what this run began with" in done.stderr
    done = subprocess.run([*words, str(data)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "done after 9 steps" in done.stdout


@pytest.mark.skipif(find_spec("torch") is None, reason="no torch")
def test_what_cannot_be_trained_leaves_no_run_behind(tmp_path: Path) -> None:
    config = write_config(tmp_path / "iou.config")
    config.write_text(
        config.read_text(encoding="utf-8").replace("weighted_smooth_l1", "weighted_iou"), encoding="utf-8"
    )
    data, run = write_squares(tmp_path / "data"), tmp_path / "run"
    words = ["train", "--config", str(config), "--data", str(data), "--output", str(run), "--backend", "torch"]
    done = subprocess.run([sys.executable, "-m", "loadstone", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 4
    assert "the localization loss weighted_iou is not trained here" in done.stderr
    assert f"{config}: line " in done.stderr
    assert list(run.iterdir()) == []
