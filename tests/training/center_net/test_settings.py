"""What a configuration says of a CenterNet's training, and what it may not say."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("keras")

from loadstone.errors import UnsupportedModelError
from loadstone.formats.detection.config import architecture
from loadstone.training.center_net.learner import _norm
from loadstone.training.center_net.settings import (
    COCO_JOINTS,
    USUAL_DEVIATION,
    CenterNetSettings,
    PeakLoss,
    read_settings,
)
from loadstone.wire.textproto import parse

TASK = (
    'keypoint_estimation_task {{ task_name: "pose" task_loss_weight: 2 keypoint_regression_loss_weight: 0.1 '
    'keypoint_label_to_std {{ key: "tail" value: 0.5 }} keypoint_label_to_std {{ key: "head" value: 0.2 }} {} }}'
)


def test_the_defaults_are_the_protos() -> None:
    assert read_settings(parse(b"num_classes: 3")) == CenterNetSettings()


def test_weights_go_with_those_of_their_task() -> None:
    text = "object_detection_task { task_loss_weight: 0.5 scale_loss_weight: 0.2 } " + TASK.format("")
    found = read_settings(parse(text.encode()))
    assert (found.scale_weight, found.offset_weight) == (0.1, 0.5)
    (joints,) = found.joints
    assert (joints.heatmap_weight, joints.offset_weight, joints.regression_weight) == (2, 2, 0.2)
    assert not joints.per_joint


def test_joints_stand_in_the_order_of_the_samples() -> None:
    message = parse(TASK.format("").encode())
    assert read_settings(message).joints[0].deviations == (0.5, 0.2)
    assert read_settings(message, ("head", "tail")).joints[0].deviations == (0.2, 0.5)
    assert read_settings(message, ("head", "wing")).joints[0].deviations == (0.2, USUAL_DEVIATION)
    with pytest.raises(UnsupportedModelError, match="other keypoints"):
        read_settings(message, ("head",))


def test_coco_joints_stand_in_cocos_order_without_a_label_map(shared: Path) -> None:
    path = shared / "pipeline_configs" / "tf2_centernet_resnet50_v1_fpn_512x512_kpts_coco17_tpu-8.config"
    message = architecture(parse(path.read_bytes()))
    assert message is not None
    (joints,) = read_settings(message).joints
    assert joints.deviations[COCO_JOINTS.index("nose")] == pytest.approx(0.26)
    assert joints.deviations[COCO_JOINTS.index("left_hip")] == pytest.approx(1.07)
    assert joints.radius == 3
    assert joints.peaks == PeakLoss(2, 4)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("object_center_params { use_labeled_classes: true }", "labelled"),
        ("object_center_params { keypoint_weights_for_center: 1 }", "keypoints"),
        ("object_center_params { classification_loss { weighted_sigmoid { } } }", "weighted_sigmoid"),
        ("object_detection_task { localization_loss { weighted_smooth_l1 { } } }", "weighted_smooth_l1"),
        (TASK.format("loss { localization_loss { weighted_l2 { } } }"), "weighted_l2"),
    ],
)
def test_what_is_not_trained_here_is_named(text: str, named: str) -> None:
    with pytest.raises(UnsupportedModelError, match=named):
        read_settings(parse(text.encode()))


def test_every_center_net_of_the_zoo_is_read(shared: Path) -> None:
    count = 0
    for path in sorted((shared / "pipeline_configs").glob("tf*.config")):
        message = architecture(parse(path.read_bytes()))
        if message is not None and message.name == "center_net":
            assert read_settings(message).least_overlap == pytest.approx(0.7)
            count += 1
    assert count >= 7


def test_norms_move_as_the_originals_and_faster_under_a_built_backbone() -> None:
    neck, backbone = "model/_feature_extractor/_feature_extractor_model/layer_with_weights-2/gamma", "model/x/gamma"
    assert _norm("mobilenet_v2_fpn", backbone).momentum == 0.9997
    assert _norm("mobilenet_v2_fpn", neck).momentum == 0.99
    assert _norm("hourglass_104", backbone).momentum == 0.1
    assert _norm("resnet_v1_50_fpn", backbone).momentum == 0.99
    assert _norm("mobilenetv2_1.00_96", backbone).momentum == 0.97
