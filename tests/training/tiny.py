"""A detector small enough for everyday tests: an SSD on a thin MobileNetV2, with values of its own."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from loadstone.blueprint.parts import Blueprint
from loadstone.blueprint.reader import read_blueprint
from loadstone.facts.dataset import Sample
from loadstone.facts.filling import WeightReport
from loadstone.runtime.rebuilt import Rebuilt
from loadstone.wire.textmessage import TextMessage
from loadstone.wire.textproto import parse

HYPERPARAMETERS = (
    "conv_hyperparams { activation: RELU_6 regularizer { l2_regularizer { weight: 0.001 } } "
    "batch_norm { scale: true decay: 0.9 epsilon: 0.001 } }"
)
TEXT = f"""
model {{ ssd {{
  num_classes: 3 add_background_class: true encode_background_as_zeros: true
  image_resizer {{ keep_aspect_ratio_resizer {{ min_dimension: 64 max_dimension: 64 pad_to_max_dimension: true }} }}
  feature_extractor {{
    type: "ssd_mobilenet_v2_fpn_keras" depth_multiplier: 0.25 min_depth: 8 use_depthwise: true
    override_base_feature_extractor_hyperparams: true
    fpn {{ min_level: 4 max_level: 5 additional_layer_depth: 8 }} {HYPERPARAMETERS}
  }}
  box_coder {{ faster_rcnn_box_coder {{ }} }}
  matcher {{ argmax_matcher {{ force_match_for_each_row: true }} }}
  box_predictor {{ weight_shared_convolutional_box_predictor {{
    depth: 8 num_layers_before_predictor: 1 kernel_size: 3 use_depthwise: true {HYPERPARAMETERS}
  }} }}
  anchor_generator {{ multiscale_anchor_generator {{
    min_level: 4 max_level: 5 anchor_scale: 4 aspect_ratios: 1 aspect_ratios: 2 scales_per_octave: 1
  }} }}
  post_processing {{ batch_non_max_suppression {{ }} score_converter: SIGMOID }}
  loss {{ classification_loss {{ weighted_sigmoid_focal {{ alpha: 0.25 gamma: 2 }} }}
    localization_loss {{ weighted_smooth_l1 {{ }} }} %s }} %s
}} }} %s
"""


def config(loss: str = "", ssd: str = "", beside: str = "") -> TextMessage:
    """Return the configuration with more words in its `loss`, in `ssd`, and beside `model`."""
    return parse((TEXT % (loss, ssd, beside)).encode())


@cache
def blueprint() -> Blueprint:
    """Return the detector's blueprint."""
    return read_blueprint(config())


@cache
def values() -> dict[str, npt.NDArray[np.float32]]:
    """Return a value for each variable: kernels that keep the scale, norms that change nothing."""
    random = np.random.default_rng(4)
    found: dict[str, npt.NDArray[np.float32]] = {}
    for key, variable in blueprint().variables.items():
        attribute = key.rpartition("/")[2]
        if attribute in ("gamma", "moving_variance"):
            found[key] = np.ones(variable.shape, np.float32)
        elif attribute in ("beta", "moving_mean", "bias"):
            found[key] = np.zeros(variable.shape, np.float32)
        else:
            fan = np.prod(variable.shape[:-1]) if "depthwise" not in attribute else 9
            found[key] = (random.standard_normal(variable.shape) * np.sqrt(2 / fan)).astype(np.float32)
    return found


def rebuilt(**words: str) -> Rebuilt:
    """Return the detector as training gets it; words as in `config`."""
    return Rebuilt("tiny", "built", blueprint(), config(**words), values(), {}, WeightReport("tiny", {}), "a test")


def sample(*boxes: tuple[float, float, float, float], classes: Any = None, seed: int = 0) -> Sample:
    """Return a picture of noise, twice as wide as high, with these boxes."""
    image = np.random.default_rng(seed).uniform(0, 255, (40, 80, 3)).astype(np.float32)
    kinds = np.zeros(len(boxes), np.int64) if classes is None else np.asarray(classes, np.int64)
    rows = np.asarray(boxes, np.float32).reshape(-1, 4)
    return Sample("noise", image, rows, kinds, np.ones(len(boxes), np.float32))
