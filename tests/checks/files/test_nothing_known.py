"""What nobody knows is never called sound: empty folders, folders without a model, bytes of no known kind."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from loadstone.checks import check
from loadstone.facts.environment import Environment

ENVIRONMENT = Environment()
NOISE = bytes([17]) + np.random.default_rng(3).bytes(3000)


@pytest.mark.parametrize(
    "ending", [".pb", ".h5", ".hdf5", ".keras", ".tflite", ".ckpt", ".index", ".meta", ".config", ".zip", ".bin", ""]
)
def test_noise_is_an_error_whatever_its_ending(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"model{ending}"
    path.write_bytes(NOISE)
    report = check(path, ENVIRONMENT)
    assert [finding.severity for finding in report.findings if finding.severity != "info"], report
    assert report.findings[0].help


@pytest.mark.parametrize("names", [(), ("photo.jpg", "notes.md")])
def test_a_folder_without_a_model_is_an_error(names: tuple[str, ...], tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    for name in names:
        (folder / name).write_text("words\n")
    report = check(folder, ENVIRONMENT)
    assert [finding.fault for finding in report.findings] == ["not-a-tensorflow-model"]
    assert "the folder folder holds no" in report.findings[0].fact
    for name in names:
        assert name in report.findings[0].fact


def test_text_before_a_model_is_not_sound(tmp_path: Path) -> None:
    path = tmp_path / "model.pb"
    path.write_bytes(b"data:image/png;base64,AAAA\n" + NOISE)
    assert [finding.fault for finding in check(path, ENVIRONMENT).findings] == ["not-a-tensorflow-model"]
