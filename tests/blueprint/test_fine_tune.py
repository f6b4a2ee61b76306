"""What a checkpoint type takes is what the original's own objects hold (TRAINING.md, section 8)."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadstone.blueprint.fine_tune import TYPES, taken_variables
from loadstone.errors import UnsupportedModelError
from tests.blueprint.any_golden import any_blueprint

COUNTS = {
    "ssd_mobilenet_v2_320": (260, 300, 324),
    "ssd_resnet50_v1_fpn_640": (265, 291, 463),
    "efficientdet_d0": (311, 539, None),
    "faster_rcnn_resnet50_v1_640": (265, 265, None),
    "centernet_resnet50_v1_fpn_512": (318, 344, 356),
}
"""Golden → variables of a classification, detection and full checkpoint, counted in the original's lists."""


@pytest.mark.parametrize("name", COUNTS)
def test_each_type_takes_the_original_s_objects(name: str, shared: Path) -> None:
    blueprint = any_blueprint(shared, name)
    taken = {kind: taken_variables(blueprint, kind) for kind in TYPES}
    classification, detection, full = COUNTS[name]
    assert len(taken["classification"]) == classification
    assert len(taken["detection"]) == detection
    assert len(taken["full"]) == (len(blueprint.variables) if full is None else full)
    assert taken["classification"].keys() <= taken["detection"].keys() < taken["full"].keys()
    assert not any("redict" in key for key in taken["detection"])


def test_tf1_takes_the_classifier_without_the_added_maps(shared: Path) -> None:
    taken = taken_variables(any_blueprint(shared, "tf1_ssd_mobilenet_v1_coco"), "classification")
    assert len(taken) == 27 * 5
    assert all(key.startswith("FeatureExtractor/MobilenetV1/Conv2d_") for key in taken)


@pytest.mark.parametrize("kind", ["fine_tune", "Full", ""])
def test_a_type_that_the_original_refuses(kind: str, shared: Path) -> None:
    with pytest.raises(UnsupportedModelError, match="fine_tune_checkpoint_type"):
        taken_variables(any_blueprint(shared, "ssd_mobilenet_v2_320"), kind)


def test_an_hourglass_has_no_classifier(shared: Path) -> None:
    blueprint = any_blueprint(shared, "centernet_hourglass104_512")
    with pytest.raises(UnsupportedModelError, match="hourglass"):
        taken_variables(blueprint, "classification")
    assert len(taken_variables(blueprint, "detection")) == 800
