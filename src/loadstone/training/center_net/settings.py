"""`model { center_net { … } }` of a `pipeline.config` → what training takes of it (center_net.proto)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from loadstone.blueprint.fields import Fields
from loadstone.errors import UnsupportedModelError
from loadstone.wire.textmessage import TextMessage

USUAL_DEVIATION = 5.0
"""What a joint has that `keypoint_label_to_std` does not name; in cells of the map, times the box's own."""

COCO_JOINTS = (
    "nose",
    *("left_eye", "right_eye", "left_ear", "right_ear"),
    *("left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist"),
    *("left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle"),
)
"""COCO's order, which is that of the zoo's label map; its configurations list the names by the alphabet."""


@dataclass(frozen=True, slots=True)
class PeakLoss:
    """`penalty_reduced_logistic_focal_loss`: powers of the probability (alpha) and of a target's distance from 1."""

    alpha: float = 2.0
    beta: float = 4.0


@dataclass(frozen=True, slots=True)
class JointSettings:
    """One `keypoint_estimation_task`. `deviations`: each joint's, times that of its box; weights: with the task's own.

    `radius`: in cells around a joint and a centre where they are said.
    """

    name: str
    deviations: tuple[float, ...]
    per_joint: bool = False
    heatmap_weight: float = 1.0
    offset_weight: float = 1.0
    regression_weight: float = 1.0
    radius: int = 0
    peaks: PeakLoss = PeakLoss()


@dataclass(frozen=True, slots=True)
class CenterNetSettings:
    """Weights of the losses, `least_overlap` that a box needs to be not punished for, and the keypoint tasks."""

    center_weight: float = 1.0
    scale_weight: float = 0.1
    offset_weight: float = 1.0
    least_overlap: float = 0.7
    peaks: PeakLoss = PeakLoss()
    joints: tuple[JointSettings, ...] = ()


def read_settings(message: TextMessage, joint_names: Sequence[str] = ()) -> CenterNetSettings:
    """Return the training settings of a `center_net { … }` message.

    `joint_names`: the joints in the order in which samples have them; without them COCO's order where the names are
    COCO's, else that of the configuration. Raises `UnsupportedModelError`, with its place, for a field that asks for
    something not trained here.
    """
    fields = Fields(message, "model.center_net.")
    centers, boxes = fields.message("object_center_params"), fields.message("object_detection_task")
    _refuse(centers)
    _l1(boxes)
    share = boxes.number("task_loss_weight", 1.0)
    tasks = message.messages("keypoint_estimation_task")
    return CenterNetSettings(
        center_weight=centers.number("object_center_loss_weight", 1.0),
        scale_weight=share * boxes.number("scale_loss_weight", 0.1),
        offset_weight=share * boxes.number("offset_loss_weight", 1.0),
        least_overlap=centers.number("min_box_overlap_iou", 0.7),
        peaks=_peaks(centers),
        joints=tuple(_joints(task, joint_names) for task in tasks),
    )


def _refuse(centers: Fields) -> None:
    """Raise `UnsupportedModelError` for centres that are not those of boxes, or are not trained for every class."""
    if centers.flag("use_labeled_classes"):
        fact = "training on labelled classes only is not built here"
        raise UnsupportedModelError(fact, where=centers.place("use_labeled_classes"))
    if "keypoint_weights_for_center" in centers:
        fact = "centres made of keypoints are not trained here"
        raise UnsupportedModelError(fact, where=centers.place("keypoint_weights_for_center"))


def _peaks(fields: Fields) -> PeakLoss:
    loss = fields.message("classification_loss")
    kind = loss.only()
    if kind not in ("penalty_reduced_logistic_focal_loss", ""):
        raise UnsupportedModelError(f"the loss {kind} is not trained on heat maps here", where=loss.place(kind))
    inner = loss.message("penalty_reduced_logistic_focal_loss")
    usual = PeakLoss()
    return PeakLoss(inner.number("alpha", usual.alpha), inner.number("beta", usual.beta))


def _l1(fields: Fields) -> None:
    loss = fields.message("localization_loss")
    kind = loss.only()
    if kind not in ("l1_localization_loss", ""):
        raise UnsupportedModelError(f"the loss {kind} is not trained on centres here", where=loss.place(kind))


def _joints(message: TextMessage, joint_names: Sequence[str]) -> JointSettings:
    fields = Fields(message, "model.center_net.keypoint_estimation_task.")
    loss, share = fields.message("loss"), fields.number("task_loss_weight", 1.0)
    _l1(loss)
    stated = {entry.text("key"): float(entry.number("value")) for entry in message.messages("keypoint_label_to_std")}
    usual = COCO_JOINTS if set(stated) == set(COCO_JOINTS) else tuple(stated)
    if joint_names and len(joint_names) != len(stated):
        raise UnsupportedModelError(
            "the samples have other keypoints than the model",
            where=fields.place("keypoint_label_to_std"),
            expected=f"{len(stated)}: {', '.join(usual[:5])}, …",
            found=f"{len(joint_names)}: {', '.join(list(joint_names)[:5])}, …",
        )
    return JointSettings(
        name=fields.text("task_name"),
        deviations=tuple(stated.get(name, USUAL_DEVIATION) for name in joint_names or usual),
        per_joint=fields.flag("per_keypoint_offset"),
        heatmap_weight=share * fields.number("keypoint_heatmap_loss_weight", 1.0),
        offset_weight=share * fields.number("keypoint_offset_loss_weight", 1.0),
        regression_weight=share * fields.number("keypoint_regression_loss_weight", 1.0),
        radius=fields.integer("offset_peak_radius", 0),
        peaks=_peaks(loss),
    )
