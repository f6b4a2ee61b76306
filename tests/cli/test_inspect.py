"""`loadstone inspect` as it is called: exit codes, and files written only where there is something to write."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from loadstone.cli import main
from loadstone.formats.checkpoint.bundle_writer import write_bundle


def checkpoint(folder: Path) -> Path:
    write_bundle(folder / "ckpt-1", [("a", np.arange(3, dtype=np.float32)), ("b", np.ones(5, np.float32))])
    return folder / "ckpt-1"


def test_a_source_without_tensors_writes_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "labels.txt").write_text("cat\ndog\n")
    target = tmp_path / "out.safetensors"
    assert main(["inspect", str(tmp_path / "labels.txt"), "--save-weights", str(target)]) == 3
    assert "there are no tensors to write" in capsys.readouterr().err
    assert not target.exists()


def test_what_could_not_be_saved_is_in_the_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, target = str(checkpoint(tmp_path)), str(tmp_path / "out.safetensors")
    assert main(["inspect", source, "--verify", "--save-weights", target]) == 0
    data = next(tmp_path.glob("*.data-*"))
    data.write_bytes(data.read_bytes()[:20])
    capsys.readouterr()
    assert main(["inspect", source, "--save-weights", target]) == 1
    assert "b: left out, it cannot be read" in capsys.readouterr().err
    assert main(["inspect", source, "--verify"]) == 1
