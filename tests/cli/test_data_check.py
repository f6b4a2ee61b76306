"""`loadstone data check` on folders: what it prints, what it writes, and its exit codes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import loadstone as ls
from loadstone.cli import main
from loadstone.errors import UnsupportedModelError
from tests.support.practice import Practice, write_dataset

SMALL = Practice(size=96, smallest=0.15, easy=True)
CONFIG = """model { ssd { num_classes: 3 feature_extractor { type: "ssd_mobilenet_v2_fpn_keras" use_depthwise: true
    fpn { min_level: 3 max_level: 7 additional_layer_depth: 128 } conv_hyperparams { }
    override_base_feature_extractor_hyperparams: true }
  image_resizer { fixed_shape_resizer { height: 320 width: 320 } }
  anchor_generator { multiscale_anchor_generator { min_level: 3 max_level: 7 anchor_scale: 4 aspect_ratios: [1, 2, 0.5]
    scales_per_octave: 2 } }
  box_predictor { weight_shared_convolutional_box_predictor { depth: 128 num_layers_before_predictor: 4 kernel_size: 3
    use_depthwise: true } }
  post_processing { score_converter: SIGMOID } } }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A dataset of practice pictures without a fault: 40 for training, 6 for validation."""
    write_dataset(tmp_path / "photos", SMALL, train=40, val=6)
    return tmp_path / "photos"


def _annotations(folder: Path, name: str = "train") -> tuple[Path, dict[str, list[dict[str, object]]]]:
    path = folder / "annotations" / f"instances_{name}.json"
    return path, json.loads(path.read_text(encoding="utf-8"))


def test_a_sound_dataset_is_ok(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "check", str(folder)]) == 0
    assert capsys.readouterr().out.startswith("ok ")


def test_faults_are_told_with_their_places_and_the_code_is_1(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, document = _annotations(folder)
    document["annotations"][0]["bbox"] = [5, 5, 0, 9]
    document["images"][3]["width"] = 500
    path.write_text(json.dumps(document), encoding="utf-8")
    shutil.copy(folder / "images" / "train_00001.jpg", folder / "images" / "val_00002.jpg")
    (folder / "images" / "train_00008.jpg").unlink()
    (folder / "images" / "other.jpg").write_bytes((folder / "images" / "train_00009.jpg").read_bytes())
    assert main(["data", "check", str(folder)]) == 1
    shown = capsys.readouterr().out
    for name in (
        *("data-box-empty", "data-picture-size", "data-split-leak", "data-picture-missing"),
        "data-picture-not-annotated",
    ):
        assert name in shown
    assert "train_00004.jpg" in shown


def test_json_is_the_document_of_check_with_numbers(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "check", str(folder), "--json", "--input-size", "320x240"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema_version"] == 1
    assert document["findings"] == []
    assert document["statistics"]["pictures"] == {"train": 40, "val": 6}
    assert document["statistics"]["input_size"] == [320, 240]


def test_the_page_is_written(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.html"
    assert main(["data", "check", str(folder), "--html", str(page)]) == 0
    assert "road sign" in page.read_text(encoding="utf-8")


def test_another_dataset_that_shares_pictures_is_told(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_dataset(tmp_path / "apart", Practice(size=96, smallest=0.15, easy=True, seed=9), train=12, val=0)
    (tmp_path / "apart" / "annotations" / "instances_val.json").unlink()
    assert main(["data", "check", str(folder), "--against", str(tmp_path / "apart")]) == 0
    shutil.copytree(folder, tmp_path / "same")
    capsys.readouterr()
    assert main(["data", "check", str(folder), "--against", str(tmp_path / "same")]) == 1
    assert f"40 of 40 pictures in {tmp_path / 'same'}: train are also in train" in capsys.readouterr().out


def test_the_anchors_of_a_configuration_are_compared(folder: Path, tmp_path: Path) -> None:
    config = tmp_path / "pipeline.config"
    config.write_text(CONFIG, encoding="utf-8")
    small = Practice(size=96, smallest=0.03, largest=0.05, easy=True)
    write_dataset(tmp_path / "small", small, train=10, val=2)
    found = {one.fault: one for one in ls.check_data(tmp_path / "small", config=config).findings}
    assert "smaller than all" in found["data-box-no-anchor"].fact
    assert "pipeline.config" in found["data-box-no-anchor"].fact
    assert "data-box-no-anchor" not in {one.fault for one in ls.check_data(folder, config=config).findings}


def test_a_configuration_without_a_size_asks_for_one(folder: Path, tmp_path: Path) -> None:
    config = tmp_path / "pipeline.config"
    config.write_text(CONFIG.replace("fixed_shape_resizer { height: 320 width: 320 }", "identity_resizer { }"))
    with pytest.raises(UnsupportedModelError, match="what size"):
        ls.check_data(folder, config=config)


def test_without_pictures_none_is_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (folder / "images").iterdir():
        path.write_bytes(b"no picture")
    assert main(["data", "check", str(folder), "--no-pictures"]) == 0
    assert "were not read (--no-pictures)" in capsys.readouterr().out


def test_a_folder_without_annotations_and_a_wrong_size_are_usage_and_input_errors(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "check", str(tmp_path)]) == 3
    assert "no annotated pictures were found" in capsys.readouterr().err
    assert main(["data", "check", str(tmp_path), "--input-size", "0"]) == 2
    assert main(["data"]) == 2


@pytest.mark.parametrize("name", ["voc", "yolo", "csv", "tfrecord"])
def test_every_format_is_checked_alike(folder: Path, tmp_path: Path, name: str) -> None:
    path, document = _annotations(folder)
    document["annotations"][0]["bbox"] = [70, 5, 60, 9]
    path.write_text(json.dumps(document), encoding="utf-8")
    ls.convert_dataset(folder, output=tmp_path / name, to=name)
    findings = ls.check_data(tmp_path / name).findings
    assert [one.fault for one in findings] == ["data-box-outside"]
