"""Exports are written, read back by another reader and compared; what does not come out equal is not kept."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import loadstone as ls
from loadstone import cli
from loadstone.cli import export as export_command
from loadstone.errors import RefusedError, SourceError, UnsupportedModelError
from tests.export import narrow
from tests.export.held import LARGEST, holds, run_by_its_engine

pytest.importorskip("openvino")

from loadstone.export import check, reopen, run
from loadstone.export.targets import TARGETS
from loadstone.runtime.rebuilt import rebuild_source

ONE_CLASS = narrow.CENTERNET.replace("POINTS", narrow.POINTS.replace("RANKING", "")).replace("classes: 2", "classes: 1")
DETECTORS = {
    "fpnlite": narrow.FPNLITE,
    "efficientdet": narrow.EFFICIENTDET,
    "centernet": narrow.CENTERNET.replace("POINTS", ""),
    "keypoints": ONE_CLASS,
}


EVERY_DAY = {("fpnlite", "openvino"), ("keypoints", "openvino")}
CASES = [
    pytest.param(name, target, marks=() if (name, target) in EVERY_DAY else pytest.mark.slow)
    for name in DETECTORS
    for target in TARGETS
    if not run_by_its_engine(target) and (target != "tflite" or name in ("fpnlite", "efficientdet"))
]


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Checkpoints of small detectors by name."""
    folder = tmp_path_factory.mktemp("narrow")
    return {name: narrow.checkpoint(folder / name, text) for name, text in DETECTORS.items()}


@pytest.mark.parametrize(("name", "target"), CASES)
def test_an_export_gives_the_same_detections(name: str, target: str, small: dict[str, Path], tmp_path: Path) -> None:
    done = ls.load(small[name]).export(target, tmp_path / "made")
    holds(done)
    assert all(one.largest <= LARGEST for one in done.differences)


def test_the_command_reports_and_refuses_to_overwrite(
    small: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["export", str(small["fpnlite"]), "--to", "openvino", "--output", str(tmp_path / "one.xml"), "--json"]
    assert cli.main(words) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["bytes"] == sum(Path(file).stat().st_size for file in report["files"])
    assert report["detections_compared"] == 80
    assert report["largest_differences"]["boxes"] <= 1e-4
    before = (tmp_path / "one.xml").read_bytes()
    assert cli.main(words) == RefusedError.exit_code
    assert (tmp_path / "one.xml").read_bytes() == before


def test_what_comes_out_different_is_not_kept(
    small: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def moved(*arguments: object) -> reopen.Run:
        run = reopen.reopened(*arguments)  # type: ignore[arg-type]
        return lambda picture: {
            name: value + np.float32(0.01) if name == "detection_boxes" else value
            for name, value in run(picture).items()
        }

    monkeypatch.setattr(check, "reopened", moved)
    with pytest.raises(UnsupportedModelError, match="does not give what the rebuilt detector gives"):
        run.export(rebuild_source(str(small["fpnlite"])), "openvino", tmp_path / "one.xml")
    assert list(tmp_path.iterdir()) == []


def test_an_export_that_loses_an_output_is_not_kept(
    small: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def poorer(*arguments: object) -> reopen.Run:
        run = reopen.reopened(*arguments)  # type: ignore[arg-type]
        return lambda picture: {name: value for name, value in run(picture).items() if "keypoint" not in name}

    monkeypatch.setattr(check, "reopened", poorer)
    with pytest.raises(UnsupportedModelError, match="does not give what the rebuilt detector gives") as caught:
        run.export(rebuild_source(str(small["keypoints"])), "openvino", tmp_path / "one.xml")
    assert caught.value.found == "keypoints: only ours"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("target", ["onnx", "saved-model"])
@pytest.mark.parametrize("path", [".", "..", "/"])
def test_a_destination_without_a_name_is_told(path: str, target: str, small: dict[str, Path]) -> None:
    with pytest.raises(SourceError, match="no name of its own"):
        run.export(rebuild_source(str(small["fpnlite"])), target, path)


def test_the_command_knows_every_target(small: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert tuple(TARGETS) == export_command.TARGETS
    assert cli.main(["export", str(small["fpnlite"]), "--to", "coreml", "--output", "x"]) == 2
    said_of_it = capsys.readouterr().err
    assert all(name in said_of_it for name in TARGETS)


def test_a_target_that_does_not_exist_is_told(small: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such export target") as caught:
        run.export(rebuild_source(str(small["fpnlite"])), "coreml", tmp_path / "x")
    assert set(caught.value.expected.split(", ")) == set(TARGETS)


def test_what_is_not_rebuilt_is_refused(wild: Path, tmp_path: Path) -> None:
    source = wild / "tflite-coco-ssd-mobilenet-v1"
    found = next(iter(source.rglob("*.tflite")), None) if source.is_dir() else None
    model = found or next(wild.rglob("*.tflite"))
    with pytest.raises(UnsupportedModelError, match="rebuilt"):
        ls.load(model).export("openvino", tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


def test_the_page_lists_every_target() -> None:
    page = (Path(__file__).parents[2] / "docs" / "export.md").read_text(encoding="utf-8")
    rows = page.split("| target |")[1].split("\n\n")[0].splitlines()[2:]
    assert [row.split("`")[1] for row in rows] == list(TARGETS)
