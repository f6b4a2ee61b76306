"""Built detectors leave for other engines by the exports that the rebuilt ones have, which compare what they wrote."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import loadstone as ls
from loadstone.export.run import export
from loadstone.runtime.rebuilt import Rebuilt

pytest.importorskip("keras")
pytest.importorskip("openvino")

import keras

from tests.builder import small

HEADS = ("ssd", "retinanet", "faster-rcnn", "yolo", "centernet")
PAIRS = [
    *((head, "MobileNetV2") for head in HEADS),
    *(("ssd", backbone) for backbone in ("ResNet50", "EfficientNetB0", "InceptionV3")),
]
"""Random weights of a deep backbone amplify rounding until engines keep other boxes of a pyramid: `ssd` alone."""

DEEP = {
    "MobileNetV2": ("block_12_add", "out_relu"),
    "ResNet50": ("conv4_block6_out", "conv5_block3_out"),
    "EfficientNetB0": ("block5c_add", "top_activation"),
    "InceptionV3": ("mixed7", "mixed10"),
}
"""Taps of stride 16 and 32, for the same reason: an `ssd` of small pictures would have ten times as many boxes."""


def shaken(rebuilt: Rebuilt) -> Rebuilt:
    """Return the detector with heads that tell places apart: new ones score every box alike."""
    random = np.random.default_rng(3)
    values = dict(rebuilt.values)
    for key in rebuilt.report.initialised:
        shape = values[key].shape
        if key.endswith(("kernel", "bias")) and ("redict" in key or "yolo_head" in key or "/_box_" in key):
            fan = max(int(np.prod(shape[:-1])), 1)
            values[key] = random.normal(0, 1.5 / np.sqrt(fan), shape).astype(np.float32)
    return replace(rebuilt, values=values)


@pytest.mark.parametrize("target", ["openvino", "onnx"])
def test_a_small_one_comes_out_the_same(target: str, tmp_path: Path) -> None:
    found = shaken(ls.build("ssd", small.plain(), 2, small.SIDE, width=16).rebuilt)
    assert export(found, target, tmp_path / "made").detections > 0


@pytest.mark.slow
@pytest.mark.parametrize(("head", "backbone"), PAIRS)
def test_each_head_and_each_backbone_detects_is_saved_and_exported(head: str, backbone: str, tmp_path: Path) -> None:
    keras.utils.set_random_seed(1)
    model = ls.build(head, backbone, 3, 96, weights=None, width=32, taps=DEEP[backbone] if head == "ssd" else None)
    model._known = shaken(model.rebuilt)
    again = ls.load(model.save(tmp_path / "built.keras"))
    assert again.rebuilt.blueprint == model.rebuilt.blueprint
    assert len(again.detect(np.random.default_rng(1).integers(0, 256, (90, 120, 3), np.uint8), conf=0.0)) > 0
    for target in ("openvino", "onnx"):
        assert export(again.rebuilt, target, tmp_path / target).detections > 0
