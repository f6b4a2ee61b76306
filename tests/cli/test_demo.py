"""`loadstone demo`, as a newcomer runs it: in a process of its own, in a folder of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from loadstone import demo
from loadstone.cli import main

pytest.importorskip("openvino")

MOST_BYTES = 2 * 1024 * 1024


def test_shows_the_whole_path_on_one_screen(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "loadstone", "demo"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert len(lines) <= 24
    stations = [line.split()[0] for line in lines if line[:1].strip()]
    assert list(dict.fromkeys(stations)) == [
        "source",
        "format",
        "facts",
        "plan",
        "run",
        "detections",
        "picture",
        "next",
    ]
    assert {"ball", "mug", "key", "clock", "bottle"} <= set(done.stdout.split())
    with Image.open(tmp_path / "loadstone-demo.jpg") as image:
        assert image.size == (640, 480)


def test_replaces_its_own_picture_and_no_other(tmp_path: Path) -> None:
    (tmp_path / "loadstone-demo.jpg").write_bytes(b"somebody's own")
    for _ in range(2):
        assert main(["demo", "--output", str(tmp_path)]) == 0
    assert (tmp_path / "loadstone-demo.jpg").read_bytes() == b"somebody's own"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["loadstone-demo-2.jpg", "loadstone-demo.jpg"]


def test_a_folder_that_cannot_be_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert main(["demo", "--output", str(tmp_path / "file")]) == 0
    assert (tmp_path / "loadstone-demo.jpg").is_file()
    assert str(tmp_path / "loadstone-demo.jpg") in capsys.readouterr().out


def test_what_is_embedded_stays_small() -> None:
    assert sum(path.stat().st_size for path in demo.FOLDER.iterdir() if path.is_file()) <= MOST_BYTES
