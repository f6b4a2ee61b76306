"""`loadstone data show`: a sheet of annotated pictures, and what augmentation makes of them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import loadstone as ls
from loadstone import cli
from loadstone.augmentation.flips import RandomHorizontalFlip, flip_order
from tests.augmentation.painted import painted

COCO_NAMES = ("nose", "left_eye", "right_eye")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A COCO dataset of three pictures with keypoints."""
    document: dict[str, list[dict[str, object]]] = {
        "images": [],
        "annotations": [],
        "categories": [{"id": 1, "name": "box", "keypoints": COCO_NAMES}],
    }
    for number in range(3):
        sample = painted(np.random.default_rng(number), 50, 60, 1)
        Image.fromarray(sample.image.astype(np.uint8)).save(tmp_path / f"{number}.png")
        top, left, bottom, right = (sample.boxes[0] * (50, 60, 50, 60)).tolist()
        document["images"].append({"id": number, "file_name": f"{number}.png", "width": 60, "height": 50})
        annotation = {
            "id": number,
            "image_id": number,
            "category_id": 1,
            "bbox": [left, top, right - left, bottom - top],
        }
        points = [left, top, 2, right, top, 2, right, bottom, 2]
        document["annotations"].append({**annotation, "keypoints": points, "num_keypoints": 3, "iscrowd": 0})
    (tmp_path / "annotations.json").write_text(json.dumps(document))
    return tmp_path


def show(folder: Path, *words: str) -> tuple[int, Path]:
    sheet = folder / "sheet.png"
    return cli.main(["data", "show", str(folder), "--preview", str(sheet), *words]), sheet


def width(path: Path) -> int:
    with Image.open(path) as picture:
        return picture.width


def test_a_preset_is_drawn_and_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, sheet = show(folder, "--augment", "yolox", "--size", "64", "--count", "2", "--variants", "2")
    assert code == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.partition("(")[0] for line in said[:-1]] == [
        *("Mosaic", "RandomAffine", "MixUp", "HsvJitter", "RandomHorizontalFlip")
    ]
    assert "keypoint_flip_permutation=(0, 2, 1)" in said[-2]
    assert width(sheet) == 3 * 320 + 4 * 8
    first = sheet.read_bytes()
    show(folder, "--augment", "yolox", "--size", "64", "--count", "2", "--variants", "2")
    assert sheet.read_bytes() == first


def test_without_augmentation_pictures_stand_alone(folder: Path) -> None:
    code, sheet = show(folder, "--count", "9")
    assert code == 0
    assert width(sheet) == 320 + 2 * 8


def test_a_configuration_is_honoured_and_its_faults_are_placed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = folder / "pipeline.config"
    text = "model { ssd { num_classes: 1 } }\ntrain_config { data_augmentation_options { %s { } } }"
    config.write_text(text % "random_adjust_hue")
    assert show(folder, "--augment", str(config))[0] == 0
    assert "RandomAdjustHue(max_delta=0.02)" in capsys.readouterr().out
    config.write_text(text % "random_imgaug")
    assert show(folder, "--augment", str(config))[0] == 4
    said = capsys.readouterr().err
    assert "preprocessor.proto has no step random_imgaug" in said
    assert "pipeline.config: line 2, column 44" in said


def test_what_is_not_ours_is_not_overwritten_and_what_is_unknown_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "sheet.png").write_bytes(b"mine")
    assert show(folder)[0] == 3
    assert (folder / "sheet.png").read_bytes() == b"mine"
    assert "not one of ours" in capsys.readouterr().err
    (folder / "sheet.png").unlink()
    assert show(folder, "--augment", "strong")[0] == 3
    assert "no such preset" in capsys.readouterr().err
    assert show(folder, "--count", "1000")[0] == 2
    assert "'1000' is not a whole number up to 100" in capsys.readouterr().err


def test_python_draws_the_same_sheet() -> None:
    sample = painted(np.random.default_rng(0), 50, 60, 2)
    steps = ls.augmentations("ssd", keypoint_names=COCO_NAMES)
    sheets = [
        ls.preview_sheet([sample], steps, np.random.default_rng(3), classes=("a", "b"), variants=2) for _ in range(2)
    ]
    assert sheets[0].tobytes() == sheets[1].tobytes()
    assert sheets[0].width == 3 * 320 + 4 * 8
    assert steps[0] == RandomHorizontalFlip((0, 2, 1))


def test_left_and_right_change_places_by_their_names() -> None:
    assert flip_order(()) == ()
    assert flip_order(("nose", "Left_Eye", "right_eye", "left_ear", "tail")) == (0, 2, 1, 3, 4)
