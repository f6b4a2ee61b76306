"""A built detector that was saved opens again as the same one, with its training words and names."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import loadstone as ls
from loadstone.blueprint.class_count import dependent_on_classes
from loadstone.blueprint.reclassed import reclassed
from loadstone.errors import FormatError, LoadstoneError
from loadstone.training.run.folder import create_run
from loadstone.wire.textdump import dump

pytest.importorskip("keras")
pytest.importorskip("openvino")

from tests.builder import small

HEADS = ("ssd", "retinanet", "faster-rcnn", "yolo", "centernet")
EVERY_DAY = ("retinanet", "yolo")
PICTURE = np.random.default_rng(2).integers(0, 256, (50, 70, 3), np.uint8)


def built(head: str, **options: Any) -> ls.Model:
    """Build a detector of two classes; one of them on a backbone with every kind of layer."""
    backbone = small.every_layer() if head == "retinanet" else small.plain()
    return ls.build(head, backbone, 2, small.SIDE, width=16, light=True, **options)


@pytest.mark.parametrize(
    "head", [pytest.param(head, marks=() if head in EVERY_DAY else pytest.mark.slow) for head in HEADS]
)
def test_a_saved_detector_opens_as_the_same_one(head: str, tmp_path: Path) -> None:
    model = built(head, labels=["cat", "dog"], freeze=8)
    path = model.save(tmp_path / "built.keras")
    again = ls.load(path)
    assert again.rebuilt.blueprint == model.rebuilt.blueprint
    assert dump(again.rebuilt.config) == dump(model.rebuilt.config)
    assert again.labels == {1: "cat", 2: "dog"}
    assert again.rebuilt.values.keys() == model.rebuilt.values.keys()
    assert all(np.array_equal(again.rebuilt.values[key], value) for key, value in model.rebuilt.values.items())
    ours, theirs = (each.detect(PICTURE, conf=0.0) for each in (model, again))
    # A new YOLO's scores, two priors multiplied, lie below the threshold that its models are read with.
    assert (len(ours) > 0) == (head != "yolo")
    assert np.array_equal(ours.boxes, theirs.boxes)
    assert np.array_equal(ours.scores, theirs.scores)
    heads, others = (each.predict_raw(PICTURE) for each in (model, again))
    assert all(np.array_equal(value, others[name]) for name, value in heads.items())


def test_a_run_s_weights_are_described_by_their_folder(tmp_path: Path) -> None:
    model = built("yolo", labels=["cat", "dog"])
    folder = create_run(tmp_path / "run", {}, model.rebuilt)
    again = ls.load(folder.start)
    assert again.rebuilt.blueprint == model.rebuilt.blueprint
    assert again.notes[0].startswith("rebuilt natively from its run's folder")
    assert again.labels == {1: "cat", 2: "dog"}


def test_it_opens_without_keras(tmp_path: Path) -> None:
    path = built("ssd").save(tmp_path / "built.keras")
    code = (
        "import sys, numpy as np, loadstone as ls\n"
        f"found = ls.load({str(path)!r}).detect(np.zeros((40, 40, 3), np.uint8), conf=0.0)\n"
        "assert len(found) > 0 and not {'keras', 'tensorflow', 'jax', 'torch'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.parametrize("head", HEADS)
def test_another_number_of_classes_changes_the_class_layers_alone(head: str) -> None:
    first, wanted = (ls.build(head, small.plain(), count, small.SIDE, width=16).rebuilt for count in (2, 5))
    assert reclassed(first.blueprint, 5) == wanted.blueprint
    shapes = {key: one.shape for key, one in first.blueprint.variables.items()}
    changed = {key for key, one in wanted.blueprint.variables.items() if shapes[key] != one.shape}
    assert changed == dependent_on_classes(first.config, first.blueprint)
    assert 1 <= len(changed) <= 12


def test_a_saved_detector_opens_with_another_number_of_classes(tmp_path: Path) -> None:
    first, wanted = (ls.build("yolo", small.plain(), count, small.SIDE, width=16) for count in (2, 5))
    other = ls.load(first.save(tmp_path / "built.keras"), num_classes=5).rebuilt
    assert other.blueprint == wanted.rebuilt.blueprint
    anew = other.report.initialised
    assert len(anew) == 6
    assert all(np.array_equal(other.values[key], wanted.rebuilt.values[key]) for key in anew)


def test_inspect_says_what_it_is(tmp_path: Path) -> None:
    found = ls.inspect(built("yolo").save(tmp_path / "built.keras"))
    assert found.detector is not None
    assert (found.detector.meta_architecture, found.detector.num_classes, found.detector.input_size) == (
        "yolo",
        2,
        (64, 64),
    )


def with_member(path: Path, change: Any) -> Path:
    """Return a copy of the archive whose description was changed."""
    other = path.with_name("changed.keras")
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(other, "w") as after:
        for name in before.namelist():
            data = before.read(name)
            if name == "loadstone.json":
                record = json.loads(data)
                change(record)
                data = json.dumps(record).encode()
            after.writestr(name, data)
    return other


def test_a_description_that_lies_is_an_error_and_nothing_runs(tmp_path: Path) -> None:
    path = built("yolo").save(tmp_path / "built.keras")

    def change(record: dict[str, Any]) -> None:
        record["blueprint"]["network"]["nodes"][3]["shape"] = [1, 1, 1]

    with pytest.raises(LoadstoneError, match=r"not one that can be built"):
        ls.load(with_member(path, change), backend="keras")
    with pytest.raises(LoadstoneError):
        ls.load(with_member(path, change))
    with pytest.raises(FormatError, match="not of this version"):
        ls.load(with_member(path, lambda record: record["blueprint"].update(schema=99)), backend="keras")
