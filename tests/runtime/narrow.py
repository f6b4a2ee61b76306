"""Small detectors of the real architectures: a golden's configuration made narrow, and made-up weights for it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from loadstone.blueprint.network import Variable
from loadstone.blueprint.reader import read_any
from loadstone.formats.checkpoint.bundle_writer import write_bundle
from loadstone.wire.textproto import parse
from tests.blueprint.any_golden import any_config

SUFFIX = "/.ATTRIBUTES/VARIABLE_VALUE"

CHANGES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "ssd_mobilenet_v2_fpnlite_320": (
        (r"height: 320\s+width: 320", "height: 128 width: 128"),
        (r"\bdepth_multiplier: 1.0", "depth_multiplier: 0.25"),
        (r"additional_layer_depth: 128", "additional_layer_depth: 16"),
        (r"\bdepth: 128", "depth: 16"),
        (r"num_classes: 90", "num_classes: 6"),
    ),
    "efficientdet_d0": (
        (r"min_dimension: 512\s+max_dimension: 512", "min_dimension: 128 max_dimension: 128"),
        (r"num_classes: 90", "num_classes: 6"),
    ),
    "centernet_mobilenetv2_fpn_od": (
        (r"min_dimension: 512\s+max_dimension: 512", "min_dimension: 128 max_dimension: 128"),
        (r"num_classes: 90", "num_classes: 6"),
    ),
    "faster_rcnn_resnet50_v1_640": (
        (r"min_dimension: 640\s+max_dimension: 640", "min_dimension: 96 max_dimension: 96"),
        (r"first_stage_max_proposals: 300", "first_stage_max_proposals: 30"),
        (r"num_classes: 90", "num_classes: 6"),
    ),
    "faster_rcnn_resnet50_v1_fpn_640": (
        (r"min_dimension: 640\s+max_dimension: 640", "min_dimension: 128 max_dimension: 128"),
        (r"first_stage_max_proposals: \d+", "first_stage_max_proposals: 30"),
    ),
    "mask_rcnn_inception_resnet_v2_1024": (
        (r"height: 1024\s+width: 1024", "height: 96 width: 96"),
        (r"first_stage_max_proposals: \d+", "first_stage_max_proposals: 10"),
        (r"max_total_detections: \d+", "max_total_detections: 5"),
        (r"num_classes: 90", "num_classes: 6"),
    ),
}
"""Golden → (pattern, replacement) that make its configuration small; each must be found."""


QUIET: Mapping[str, float] = {"faster_rcnn_resnet50_v1_640": 1e-4}
"""Golden → what its second stage's kernels are scaled by: sums over made-up residuals reach 70,000 there, and a box of
such an encoding has no end, so that nothing would be detected."""


def quietened(name: str, text: str) -> dict[str, npt.NDArray[np.float32]]:
    """Return the made-up values that `QUIET` changes, by key."""
    scale = np.float32(QUIET.get(name, 1.0))
    values = made_up(read_any(parse(text.encode())).variables) if name in QUIET else {}
    return {
        key: value * scale
        for key, value in values.items()
        if "_mask_rcnn_box_predictor/" in key and key.endswith("kernel")
    }


def narrow_config(shared: Path, name: str) -> str:
    """Return a golden's configuration, made small."""
    text = any_config(shared, name).decode()
    for pattern, replacement in CHANGES[name]:
        text, count = re.subn(pattern, replacement, text)
        assert count, pattern
    return text


def made_up(variables: Mapping[str, Variable]) -> dict[str, npt.NDArray[np.float32]]:
    """Return values by key that keep a network's numbers of the order of one."""
    random = np.random.default_rng(11)
    return {key: _value(key.rpartition("/")[2], variable.shape, random) for key, variable in variables.items()}


def _value(leaf: str, shape: tuple[int, ...], random: np.random.Generator) -> npt.NDArray[np.float32]:
    if leaf in ("moving_variance", "gamma"):
        return random.uniform(0.8, 1.2, shape).astype(np.float32)
    if "kernel" in leaf or "weights" in leaf:
        fan = math.prod(shape[:2]) if "depthwise" in leaf else math.prod(shape[:-1])
        return (random.standard_normal(shape) * math.sqrt(2 / max(fan, 1))).astype(np.float32)
    return random.normal(0, 0.1, shape).astype(np.float32)


def checkpoint(folder: Path, text: str, changed: Mapping[str, npt.NDArray[Any]] | None = None) -> Path:
    """Write made-up weights of a configuration as a bare checkpoint, and it beside them under another folder.

    Returns the prefix; `folder/config/pipeline.config` is the configuration, out of the checkpoint's sight.
    """
    for inner in ("weights", "config"):
        (folder / inner).mkdir(parents=True)
    (folder / "config" / "pipeline.config").write_text(text)
    values = made_up(read_any(parse(text.encode())).variables) | dict(changed or {})
    write_bundle(folder / "weights" / "ckpt-1", sorted((key + SUFFIX, value) for key, value in values.items()))
    return folder / "weights" / "ckpt-1"


def config_of(prefix: Path) -> Path:
    """Return the configuration of a checkpoint that `checkpoint` wrote."""
    return prefix.parents[1] / "config" / "pipeline.config"


def scene(height: int = 60, width: int = 90) -> npt.NDArray[np.uint8]:
    """Return a picture with a bright square on grey noise."""
    picture = np.random.default_rng(5).integers(90, 140, (height, width, 3)).astype(np.uint8)
    picture[height // 4 : height // 2, width // 4 : width // 2] = [230, 60, 20]
    return picture
