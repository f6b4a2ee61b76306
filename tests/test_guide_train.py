"""The guide from photographs to a detector, run as it stands, with fewer pictures, fewer epochs and a smaller input."""

from __future__ import annotations

import csv
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.export.narrow import FPNLITE, checkpoint

ROOT = Path(__file__).resolve().parents[1]
GUIDE = ROOT / "docs" / "guide-train.md"
ZOO = "ssd_mobilenet_v2_fpnlite_320x320_coco17_tpu-8"

SMALLER = {
    "--train 400 --val 100": "--train 24 --val 8 --size 128 --smallest 0.2 --easy",
    "python tools/": f"{shlex.quote(sys.executable)} {shlex.quote(str(ROOT))}/tools/",
    # Nothing is downloaded: the backbone's weights are random, and the zoo's checkpoint is a narrow one made here.
    "--num-classes 1 --input-size 320": "--num-classes 1 --input-size 128 --weights none",
    f"--model {ZOO}": "--model zoo",
    "--epochs 30": "--epochs 6 --optimizer adam --lr 0.002",
    "--epochs 10": "--epochs 3",
    # After a few steps nothing is found yet; the gate is there to be passed.
    "--min-map 0.3": "--min-map 0",
    "faces --input-size 320": "faces --input-size 128",
    "--conf 0.3": "--conf 0.001",
}
"""What the guide says → what is run here."""

SECONDS = 600


def blocks() -> list[str]:
    """Return the guide's blocks of commands, in order."""
    return re.findall(r"^```sh\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def smaller(text: str) -> str:
    """Return a block as it is run here."""
    for said, done in SMALLER.items():
        text = text.replace(said, done)
    return re.sub(r"^loadstone ", f"{shlex.quote(sys.executable)} -m loadstone ", text, flags=re.MULTILINE)


def test_the_guide_says_what_is_made_smaller_here() -> None:
    whole = "".join(blocks())
    assert [said for said in SMALLER if said not in whole] == []


@pytest.mark.slow
def test_the_guide_runs(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow")
    checkpoint(tmp_path / "zoo", FPNLITE)
    for text in blocks():
        _run(smaller(text), tmp_path)
    for run in ("backbone", "zoo"):
        folder = tmp_path / "runs" / run
        assert {"best.keras", "curves.svg", "run.json"} <= {path.name for path in folder.iterdir()}
        losses = _losses(folder / "epochs.csv")
        assert len(losses) in (3, 6)
        assert losses[-1] < losses[0]
    assert "The worst mistakes" in (tmp_path / "backbone.html").read_text(encoding="utf-8")
    assert (tmp_path / "face.onnx").stat().st_size > 10_000
    assert (tmp_path / "face-saved-model" / "saved_model.pb").is_file()
    assert (tmp_path / "found" / "val_00001.jpg").is_file()


def _run(text: str, folder: Path) -> None:
    """Run a block line by line, and fail with what a line printed where it fails."""
    env = os.environ | {
        "KERAS_BACKEND": "tensorflow",
        "PYTHONPATH": str(ROOT / "src"),
        "LOADSTONE_HOME": str(folder / "home"),
        "LOADSTONE_OFFLINE": "1",
    }
    for words in map(shlex.split, text.splitlines()):
        done = subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=SECONDS)
        assert done.returncode == 0, f"{shlex.join(words)}\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}"


def _losses(path: Path) -> list[float]:
    """Return the total loss of each epoch."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    name = next(column for column in rows[0] if column.endswith("total_loss"))
    return [float(row[name]) for row in rows]
