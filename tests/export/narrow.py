"""Small detectors for everyday tests: configurations of a few lines, and checkpoints with weights made by chance.

They need no other file. Weights are drawn so that activations neither vanish nor blow up, and so that class logits
spread: a detector that finds nothing compares nothing.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import numpy.typing as npt

from loadstone.blueprint.network import Variable
from loadstone.blueprint.reader import readings_of
from loadstone.blueprint.weights import KEY_SUFFIX
from loadstone.formats.checkpoint.bundle_writer import write_bundle
from loadstone.wire.textproto import parse

QUIET = re.compile(r"(object_center|heatmap)/0/layer_with_weights-1/kernel|_class_predictor_layers/0/pointwise")

HYPERPARAMETERS = "conv_hyperparams { activation: %s batch_norm { scale: true epsilon: 0.001 } }"

FPNLITE = """
model { ssd {
  num_classes: 3
  image_resizer { fixed_shape_resizer { height: 96 width: 128 } }
  feature_extractor {
    type: "ssd_mobilenet_v2_fpn_keras" depth_multiplier: 0.25 min_depth: 8 use_depthwise: true
    override_base_feature_extractor_hyperparams: true
    fpn { min_level: 3 max_level: 5 additional_layer_depth: 16 } HYPER6
  }
  box_coder { faster_rcnn_box_coder { y_scale: 10 x_scale: 10 height_scale: 5 width_scale: 5 } }
  box_predictor { weight_shared_convolutional_box_predictor {
    HYPER6 depth: 16 num_layers_before_predictor: 1 kernel_size: 3 share_prediction_tower: true use_depthwise: true
  } }
  anchor_generator { multiscale_anchor_generator {
    min_level: 3 max_level: 5 anchor_scale: 4 aspect_ratios: 1 aspect_ratios: 2 scales_per_octave: 2
  } }
  post_processing {
    batch_non_max_suppression {
      score_threshold: 1e-8 iou_threshold: 0.6 max_detections_per_class: 30 max_total_detections: 40
    }
    score_converter: SIGMOID
  }
  encode_background_as_zeros: true
} }
"""

EFFICIENTDET = """
model { ssd {
  num_classes: 5
  image_resizer { keep_aspect_ratio_resizer { min_dimension: 128 max_dimension: 128 pad_to_max_dimension: true } }
  feature_extractor {
    type: "ssd_efficientnet-b0_bifpn_keras"
    bifpn { min_level: 3 max_level: 7 num_iterations: 2 num_filters: 24 } HYPERS
  }
  box_coder { faster_rcnn_box_coder { y_scale: 1 x_scale: 1 height_scale: 1 width_scale: 1 } }
  box_predictor { weight_shared_convolutional_box_predictor {
    HYPERS depth: 24 num_layers_before_predictor: 2 kernel_size: 3 use_depthwise: true
  } }
  anchor_generator { multiscale_anchor_generator {
    min_level: 3 max_level: 7 anchor_scale: 4 aspect_ratios: 1 aspect_ratios: 2 aspect_ratios: 0.5 scales_per_octave: 3
  } }
  post_processing {
    batch_non_max_suppression {
      score_threshold: 1e-8 iou_threshold: 0.5 max_detections_per_class: 20 max_total_detections: 50
    }
    score_converter: SIGMOID
  }
  encode_background_as_zeros: true
} }
"""

CENTERNET = """
model { center_net {
  num_classes: 2
  feature_extractor { type: "mobilenet_v2_fpn" }
  image_resizer { keep_aspect_ratio_resizer { min_dimension: 128 max_dimension: 128 pad_to_max_dimension: true } }
  object_detection_task { task_loss_weight: 1 offset_loss_weight: 1 scale_loss_weight: 0.1 }
  object_center_params { max_box_predictions: 20 }
  POINTS
} }
"""

POINTS = """
keypoint_label_map_path: "labels.pbtxt"
keypoint_estimation_task {
  task_name: "human_pose" keypoint_class_name: "/m/01g317"
  keypoint_label_to_std { key: "nose" value: 1 } keypoint_label_to_std { key: "left_eye" value: 1 }
  keypoint_label_to_std { key: "right_eye" value: 1 }
  keypoint_regression_loss_weight: 0.1 keypoint_heatmap_loss_weight: 1 keypoint_offset_loss_weight: 1
  candidate_search_scale: 0.3 keypoint_candidate_score_threshold: 0.1 RANKING
}
"""


def config(text: str) -> str:
    """Return a configuration with its abbreviations written out."""
    for short, kind in (("HYPER6", "RELU_6"), ("HYPERS", "SWISH")):
        text = text.replace(short, HYPERPARAMETERS % kind)
    return text


def values_for(variables: dict[str, Variable], seed: int = 3) -> dict[str, npt.NDArray[np.float32]]:
    """Return weights by key."""
    dice = np.random.default_rng(seed)
    found = {key: _value(dice, variable) for key, variable in sorted(variables.items())}
    # Scores would saturate: equal scores everywhere say nothing of order.
    return {key: value * np.float32(0.2 if QUIET.search(key) else 1) for key, value in found.items()}


def _value(dice: np.random.Generator, variable: Variable) -> npt.NDArray[np.float32]:
    attribute, shape = variable.key.rpartition("/")[2], variable.shape
    if attribute in ("kernel", "pointwise_kernel", "depthwise_kernel"):
        fan = int(np.prod(shape[:2] if attribute == "depthwise_kernel" else shape[:-1]))
        return dice.normal(0, np.sqrt(2 / fan), shape).astype(np.float32)
    if attribute in ("gamma", "moving_variance"):
        return dice.uniform(0.8, 1.2, shape).astype(np.float32)
    if attribute in ("beta", "moving_mean", "bias"):
        return dice.uniform(-0.2, 0.2, shape).astype(np.float32)
    return dice.uniform(0.5, 1.5, shape).astype(np.float32)


def checkpoint(folder: Path, text: str, seed: int = 3) -> Path:
    """Write a checkpoint and its configuration; return the folder."""
    text = config(text)
    blueprint = next(iter(readings_of(parse(text.encode()))))
    assert blueprint.unsupported == (), blueprint.unsupported
    (folder / "checkpoint").mkdir(parents=True)
    (folder / "pipeline.config").write_text(text)
    values = values_for(dict(blueprint.variables), seed)
    write_bundle(folder / "checkpoint" / "ckpt-0", sorted((key + KEY_SUFFIX, value) for key, value in values.items()))
    return folder
