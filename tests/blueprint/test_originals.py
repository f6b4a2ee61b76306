"""Variables of configurations that no golden covers are those that the original builds from the same text.

The digests were taken from the graphs (TF1) and checkpoints (TF2) that the Object Detection API 2.8.0 itself makes of
these configurations on TensorFlow 2.11.1: SHA-256 over the sorted lines "name 3x3x32x64".
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from loadstone.blueprint.reader import AnyBlueprint, read_any
from loadstone.blueprint.recovered.recover import recover, variables_of
from loadstone.blueprint.weights import match
from loadstone.errors import UnsupportedModelError
from loadstone.facts import TensorSpec
from loadstone.wire.textproto import parse_prefix

TF1 = {
    "facessd_mobilenet_v2_quantized_320x320_open_image_v4": (324, "3b57a0a95a47c0e9"),
    "faster_rcnn_inception_resnet_v2_atrous_coco": (906, "714c7aa3fe097b7b"),
    "faster_rcnn_resnet101_atrous_coco": (580, "9a398079028a3feb"),
    "faster_rcnn_resnet101_coco": (580, "9a398079028a3feb"),
    "faster_rcnn_resnet101_kitti": (580, "a01e1a5606b5cd53"),
    "faster_rcnn_resnet152_coco": (835, "e28af5aec0a36456"),
    "faster_rcnn_resnet50_coco": (325, "64a8b5058965812d"),
    "mask_rcnn_inception_resnet_v2_atrous_coco": (914, "5cf2d4c9c17d7e99"),
    "mask_rcnn_inception_v2_coco": (360, "f771f21d030648e1"),
    "mask_rcnn_resnet101_atrous_coco": (588, "1fca9a9dbdc152d4"),
    "mask_rcnn_resnet101_pets": (584, "cd76e7899bd9a030"),
    "mask_rcnn_resnet50_atrous_coco": (333, "6b482dfd1c4fc03b"),
    "ssd_mobilenet_v1_fpn_shared_box_predictor_640x640_coco14_sync": (333, "c0eb3f962fd39053"),
    "ssd_mobilenet_v2_fpnlite_quantized_shared_box_predictor_256x256_depthmultiplier_75_coco14_sync": (
        384,
        "29c385b694afcc0e",
    ),
    "ssd_mobilenet_v2_fullyconv_coco": (324, "1732cc028a0c0289"),
    "ssd_resnet101_v1_fpn_shared_box_predictor_oid_512x512_sync": (657, "bca4eed9f4f8dfbc"),
    "ssd_resnet50_v1_fpn_shared_box_predictor_640x640_coco14_sync": (463, "2417985b1b50f4e7"),
    "ssdlite_mobilenet_v3_large_320x320_coco": (406, "7af11a8f0d3d3c7a"),
    "ssdlite_mobilenet_v3_small_320x320_coco": (350, "a3609a9b58a67a6f"),
}
"""Configuration of `pipeline_configs/tf1_*` → how many variables, and their digest."""

LITE = ("kernel_size: 1", "kernel_size: 3 use_depthwise: true")
V1 = ("ssd_mobilenet_v2_keras", "ssd_mobilenet_v1_keras")
PLAIN, LIGHT = "ssd_mobilenet_v2_320x320_coco17_tpu-8", "ssd_mobilenet_v2_fpnlite_320x320_coco17_tpu-8"
V1_FPN, RESNET = "ssd_mobilenet_v1_fpn_640x640_coco17_tpu-8", "ssd_resnet50_v1_fpn_640x640_coco17_tpu-8"


def widened(multiplier: float, more: str = "") -> tuple[str, str]:
    """Return a replacement of the zoo's multiplier."""
    return "depth_multiplier: 1.0", f"depth_multiplier: {multiplier} {more}"


VARIANTS = {
    "ResNet narrowed": (RESNET, widened(0.5), 463, "d5c7ca6379c7a0ad"),
    "SSDLite": (PLAIN, widened(1.0, "use_depthwise: true"), LITE, 404, "17884c25c29e922f"),
    "SSDLite narrowed": (PLAIN, widened(0.5, "use_depthwise: true"), LITE, 404, "9d624c319f62233f"),
    "MobileNet v1 FPN narrowed": (V1_FPN, widened(0.5), 333, "76312e0f5f9ea60b"),
    "MobileNet v1 FPNLite": (V1_FPN, widened(1.0, "use_depthwise: true"), 337, "f971c506d4e282ef"),
    "MobileNet v1 FPNLite narrowed": (V1_FPN, widened(0.5, "use_depthwise: true"), 337, "b8914fe6aae9af62"),
    "MobileNet v1": (PLAIN, V1, 199, "e92d1312bb6f10f3"),
    "MobileNet v1 SSDLite narrowed": (
        PLAIN,
        V1,
        widened(0.5, "use_depthwise: true"),
        LITE,
        279,
        "59671f24c379f4e3",
    ),
    "MobileNet v2 FPN narrowed": (LIGHT, widened(0.5), ("use_depthwise: true", ""), 378, "a9779a041ee0f085"),
    "MobileNet v2 FPNLite narrowed": (LIGHT, widened(0.75), 384, "705c244dec307875"),
    "MobileNet v2 FPNLite widened": (LIGHT, widened(1.25), 384, "e7bc656a32e44c2e"),
}
"""TF2 configurations made of the zoo's: the base, what is replaced in it once, how many variables, their digest."""


def digest(blueprint: AnyBlueprint) -> tuple[int, str]:
    lines = sorted(f"{key} {'x'.join(map(str, one.shape))}" for key, one in blueprint.variables.items())
    return len(lines), sha256("\n".join(lines).encode()).hexdigest()[:16]


def read(path: Path, *changes: tuple[str, str]) -> AnyBlueprint:
    text = path.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return read_any(parse_prefix(text.encode())[0])


@pytest.mark.parametrize("name", TF1)
def test_variables_of_tf1_configurations(name: str, shared: Path) -> None:
    blueprint = read(shared / "pipeline_configs" / f"tf1_{name}.config")
    assert digest(blueprint) == TF1[name]
    assert blueprint.unsupported == ()


def variant(shared: Path, name: str) -> AnyBlueprint:
    base, *changes, _, _ = VARIANTS[name]
    pairs = [change for change in changes if isinstance(change, tuple)]
    return read(shared / "pipeline_configs" / f"tf2_{base}.config", *pairs)


@pytest.mark.parametrize("name", VARIANTS)
def test_variables_of_other_widths(name: str, shared: Path) -> None:
    assert digest(variant(shared, name)) == VARIANTS[name][-2:]


@pytest.mark.parametrize("name", [name for name in VARIANTS if name != "ResNet narrowed"])
def test_other_widths_are_told_from_the_variables_alone(name: str, shared: Path) -> None:
    blueprint = variant(shared, name)
    found = recover(dict(variables_of(blueprint)))
    assert variables_of(found.blueprint) == variables_of(blueprint)


@pytest.mark.parametrize("stride", [8, 16, 32])
def test_a_stride_that_a_network_lacks_is_refused(stride: int, shared: Path) -> None:
    path = shared / "pipeline_configs" / "tf1_faster_rcnn_resnet50_coco.config"
    change = ("first_stage_features_stride: 16", f"first_stage_features_stride: {stride}")
    if stride == 32:
        with pytest.raises(UnsupportedModelError, match="first_stage_features_stride"):
            read(path, change)
    else:
        assert read(path, change).variables.keys() == read(path).variables.keys()


def test_variables_of_the_unread_fourth_block_are_matched_too(shared: Path) -> None:
    blueprint = read(shared / "pipeline_configs" / "tf1_faster_rcnn_resnet50_coco.config")
    specs = [TensorSpec(key, "float32", one.shape, role="weight") for key, one in blueprint.variables.items()]
    found = match(blueprint, specs)
    assert found.complete
    assert found.unused == ()
    assert any("/block4/" in key and key.startswith("FirstStage") for key in found.matched)
