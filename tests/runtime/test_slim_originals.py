"""TF1's detectors of which there is no golden compute what the original's own graphs computed.

`slim_originals.npz` has 48 values of each output, taken from the graphs that the Object Detection API 2.8.0 with slim's
`nets` builds of these configurations on TensorFlow 2.11.1, for the goldens' picture at 90 × 120 and the goldens'
weights by name, with the powers of two of `power` below.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from loadstone.blueprint.faster_rcnn_parts import FasterRcnnBlueprint
from loadstone.blueprint.parts import Blueprint
from loadstone.blueprint.reader import AnyBlueprint, read_any
from loadstone.runtime.families.faster_rcnn_reading import SAYS, TwoStages
from loadstone.wire.textproto import parse_prefix
from tests.detectors.goldens import recipe

openvino = pytest.importorskip("openvino")

from loadstone.runtime.conversions.convert_rebuilt import anchors_of  # noqa: E402 - needs the optional engine
from loadstone.runtime.families.faster_rcnn_plan import ending_of, networks_of  # noqa: E402
from loadstone.runtime.openvino.openvino_network import attach  # noqa: E402
from loadstone.runtime.pictures.picture_front import picture_front  # noqa: E402
from tests.runtime.test_faster_rcnn import Stage  # noqa: E402

Change = tuple[str, str]
Values = npt.NDArray[np.float32]

KEPT = 48
CLASSES: Change = (r"num_classes: \d+", "num_classes: 3")
PROPOSALS: Change = (r"first_stage_max_proposals: \d+", "first_stage_max_proposals: 12")


def narrow(multiplier: float) -> Change:
    return "depth_multiplier: 1.0", f"depth_multiplier: {multiplier}"


def sized(height: int, width: int) -> Change:
    resizer = f"fixed_shape_resizer {{ height: {height} width: {width} }}"
    return r"(fixed_shape_resizer|keep_aspect_ratio_resizer) \{[^}]*\}", resizer


SSDS: dict[str, tuple[str, tuple[Change, ...]]] = {
    "v3_large": ("ssdlite_mobilenet_v3_large_320x320_coco", (sized(96, 128),)),
    "v3_small": ("ssdlite_mobilenet_v3_small_320x320_coco", (sized(96, 128), narrow(0.75))),
    "v1_fpn": ("ssd_mobilenet_v1_fpn_shared_box_predictor_640x640_coco14_sync", (sized(160, 160), narrow(0.5))),
    "v2_fpnlite": (
        "ssd_mobilenet_v2_fpnlite_quantized_shared_box_predictor_256x256_depthmultiplier_75_coco14_sync",
        (sized(160, 160),),
    ),
    "r50_fpn": ("ssd_resnet50_v1_fpn_shared_box_predictor_640x640_coco14_sync", (sized(160, 160), narrow(0.5))),
    "v2_fullyconv": ("ssd_mobilenet_v2_fullyconv_coco", (sized(96, 128), narrow(0.35))),
}
TWO_STAGES: dict[str, tuple[str, tuple[Change, ...]]] = {
    "rcnn_r50": ("faster_rcnn_resnet50_coco", (sized(128, 160), PROPOSALS)),
    "rcnn_r101_atrous": ("faster_rcnn_resnet101_atrous_coco", (sized(96, 128), PROPOSALS)),
    "rcnn_ir2_atrous": ("faster_rcnn_inception_resnet_v2_atrous_coco", (sized(96, 128), PROPOSALS)),
    "mask_r50_atrous": ("mask_rcnn_resnet50_atrous_coco", (sized(96, 128), PROPOSALS)),
}
"""Case → the configuration of `pipeline_configs/tf1_*`, and what is replaced in it."""

UNSCALED = ("rcnn_ir2_atrous",)
BOUND = 4e-4
"""In units of the output's deviation; 3.0e-4 was the largest. Weights that nobody trained let rounding grow."""


def power(case: str, name: str) -> int:
    """Return the power of two that a kernel is scaled by, so that residual sums do not grow without end."""
    if case in UNSCALED:
        return 0
    if name.endswith("conv3/weights") or "ClassPredictor" in name:
        return -2
    return -1 if name.endswith("shortcut/weights") else 0


def detector(shared: Path, case: str) -> tuple[AnyBlueprint, dict[str, Values]]:
    base, changes = {**SSDS, **TWO_STAGES}[case]
    text = (shared / "pipeline_configs" / f"tf1_{base}.config").read_text()
    for old, new in (*changes, CLASSES):
        text, count = re.subn(old, new, text, count=1)
        assert count == 1, old
    blueprint = read_any(parse_prefix(text.encode())[0])
    formula = recipe(shared)
    values = {key: formula.array_for(key, one.shape, power(case, key)) for key, one in blueprint.variables.items()}
    return blueprint, values


def compare(shared: Path, case: str, tensor: str, ours: npt.NDArray[Any]) -> None:
    with np.load(Path(__file__).with_name("slim_originals.npz")) as kept:
        theirs = kept[f"{case}|{tensor}"]
    places = recipe(shared).sample_indices(tensor, ours.size)[:KEPT]
    assert np.abs(ours.reshape(-1)[places] - theirs).max() <= BOUND * ours.std(), tensor


@pytest.mark.parametrize("case", SSDS)
def test_ssds(case: str, shared: Path) -> None:
    blueprint, values = detector(shared, case)
    assert isinstance(blueprint, Blueprint)
    parameter, tensor = picture_front(blueprint.resizer, blueprint.normalisation)
    heads = attach(blueprint.network, values, tensor)
    run = Stage(openvino.Model([openvino.opset13.result(head) for head in heads.values()], [parameter]))
    for name, output in zip(heads, run(recipe(shared).image(90, 120)[None]), strict=True):
        compare(shared, case, name, output)
    compare(shared, case, "anchors", anchors_of(blueprint))


@pytest.mark.slow
@pytest.mark.parametrize("case", TWO_STAGES)
def test_two_stages(case: str, shared: Path) -> None:
    blueprint, values = detector(shared, case)
    assert isinstance(blueprint, FasterRcnnBlueprint)
    first, *later = (Stage(model) for model in networks_of(blueprint, values))
    outputs = first(recipe(shared).image(90, 120)[None])
    ending = ending_of(blueprint)
    stages = TwoStages(ending.options, np.asarray(ending.arrays["anchors"]), later)
    window = stages.window(90, 120)
    boxes = stages.proposals(outputs, window)
    encodings, logits = stages.look(outputs[2:], stages.relative(boxes), SAYS)
    kept = stages.detect(outputs, window)
    found = {
        "rpn_box_encodings": outputs[0],
        "rpn_objectness_predictions_with_background": outputs[1],
        "proposal_boxes": boxes,
        "refined_box_encodings": encodings,
        "class_predictions_with_background": logits,
        "detection_boxes": kept.boxes,
    }
    for name, array in found.items():
        compare(shared, case, name, array)
    if blueprint.masks:
        probabilities = stages.masks(outputs, kept)
        assert np.abs(probabilities - masks_kept()).max() <= 1e-3


def masks_kept() -> Values:
    with np.load(Path(__file__).with_name("slim_originals.npz")) as kept:
        return np.asarray(kept["mask_r50_atrous|detection_masks"], np.float32)
