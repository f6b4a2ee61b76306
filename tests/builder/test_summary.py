"""The summary and the command say what was built."""

from __future__ import annotations

from pathlib import Path

import pytest

import loadstone as ls
from loadstone import cli

pytest.importorskip("keras")
pytest.importorskip("openvino")

from loadstone.runtime.summary import summary
from tests.builder import small


@pytest.mark.parametrize(
    ("head", "lines"),
    [
        (
            "ssd",
            (
                "map          stride 4   16 × 16   768 anchors, 3 a place",
                "map          stride 32   2 × 2   24 anchors, 6",
            ),
        ),
        ("retinanet", ("ssd on plain, 2 classes", "map          stride 8   8 × 8   384 anchors, 6 a place")),
        ("faster-rcnn", ("map          stride 4   16 × 16   1,536 anchors, 6 a place", "second stage")),
        ("yolo", ("map          stride 8   8 × 8   64 places, no anchors",)),
        ("centernet", ("map          stride 4   16 × 16   no anchors: centres",)),
    ],
)
def test_the_summary_tells_maps_strides_and_anchors(head: str, lines: tuple[str, ...]) -> None:
    rebuilt = ls.build(head, small.plain(), 2, 64, width=16, freeze=8).rebuilt
    text = summary(rebuilt)
    assert [line for line in lines if line not in text] == []
    assert "the map of stride 8 is 'relu_8', 8 × 8 × 12" in text
    assert "of them frozen" in text
    total = sum(value.size for value in rebuilt.values.values())
    assert f"all          {total:,} parameters" in text


def test_the_command_builds_shows_and_saves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small.plain().save(tmp_path / "backbone.keras")
    (tmp_path / "names.txt").write_text("cat\ndog\n")
    words = ["build", "--head", "retinanet", "--backbone", str(tmp_path / "backbone.keras"), "--input-size", "64x96"]
    words += ["--anchor-ratios", "0.25,1", "--anchor-scales", "3", "--scales-per-octave", "1", "--class-agnostic"]
    words += ["--width", "16", "--labels", str(tmp_path / "names.txt"), "--taps", "relu_8,relu_16", "--freeze", "16"]
    assert cli.main([*words, "--summary", "--output", str(tmp_path / "built.keras")]) == 0
    told = capsys.readouterr().out
    assert "map          stride 8   8 × 12" in told
    assert "anchors      width by height 0.25, 1   sides 3 strides" in told
    assert "suppression  across classes   above IoU 0.6" in told
    assert f"wrote {tmp_path / 'built.keras'}" in told
    again = ls.load(tmp_path / "built.keras")
    assert again.labels == {1: "cat", 2: "dog"}
    assert any("'relu_16'" in note for note in again.notes)
    again.summary()
    assert capsys.readouterr().out.splitlines()[:9] == told.splitlines()[:9]


def test_the_command_needs_a_number_of_classes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["build", "--head", "ssd", "--backbone", "VGG16", "--weights", "none"]) != 0
    assert "how many classes" in capsys.readouterr().err
