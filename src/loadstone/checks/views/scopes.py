"""Parts of a detector by the names of their variables: backbone, neck, heads.

What it is: a table of patterns for object-graph keys and TF1 names, first match counts. What it is not: a list of
variables (`blueprint`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

PARTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("optimizer", re.compile(r"^_?optimizer/|/\.OPTIMIZER_SLOT/|/(?:Momentum|RMSProp(?:_1)?|Adam(?:_1)"
                             r"?)$|beta[12]_power")),
    ("averages", re.compile(r"/ExponentialMovingAverage$")),
    ("counters", re.compile(r"^(?:global_step|save_counter|step)(?:/|$)|_CHECKPOINTABLE")),
    ("quantization ranges", re.compile(r"/(?:act_quant|weights_quant|\w+_quant)/(?:min|max)")),
    ("mask head", re.compile(r"_third_stage_heads|mask_predict|MaskPredictor|SecondStageBoxPredictor/C"
                             r"onv(?:_\d+)?/|mrcnn_mask")),
    ("proposal head", re.compile(r"_first_stage_box_predictor|FirstStageBoxPredictor|_rpn_|^rpn_|^Conv"
                                 r"/(?:weights|biases)")),
    ("head tower", re.compile(r"_head_scope_conv_layers|_base_tower|PredictionTower")),
    (
        "box head",
        re.compile(r"box_encodings|_box_prediction_head|BoxEncodingPredictor|_box_encoder|mrcnn_bbox|bbox_pred|"
                   r"_prediction_head_dict/(?:box/)?(?:object_)?(?:scale|offset)|conv_loc|mbox_loc"),
    ),
    (
        "class head",
        re.compile(r"class_predictions|_class_prediction|ClassPredictor|_class_predictor|mrcnn_class|cls_score|conv_cls|"
                   r"object_center|mbox_conf|class_net|class-predict"),
    ),
    ("keypoint head", re.compile(r"_prediction_head_dict/")),
    ("head tower", re.compile(r"_head_scope_conv_layers|_base_tower|PredictionTower|_box_predictor/|BoxPredictor")),
    (
        "neck",
        re.compile(r"_fpn_features|fpn_features|_bifpn|_coarse|/fpn/|FeatureMaps|_feature_map_gen|_1_Conv2d_\d|_2_Conv2d_\d|"
                   r"_feature_extractor_model/"),
    ),
    ("second stage", re.compile(r"_box_classifier_features|SecondStageFeatureExtractor|_second_stage")),
    (
        "backbone",
        re.compile(r"_feature_extractor|FeatureExtractor|classification_backbone|_efficientnet|MobilenetV\d|resnet_v\d|Inception"),
    ),
)  # fmt: skip

HEADS = frozenset({"class head", "box head", "mask head", "keypoint head"})
HARMLESS = frozenset({"optimizer", "averages", "counters"})


def part_of(name: str) -> str:
    """Return the part that a variable belongs to; `other` where no pattern fits."""
    return next((part for part, pattern in PARTS if pattern.search(name)), "other")


def grouped(names: Iterable[str]) -> dict[str, list[str]]:
    """Return names by part, in the order in which the parts occur."""
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(part_of(name), []).append(name)
    return found


def told(names: Iterable[str], shown: int = 3) -> str:
    """Return `12 of backbone, 4 of class head`, and the first names."""
    listed = list(names)
    groups = ", ".join(f"{len(members):,} of {part}" for part, members in grouped(listed).items())
    first = ", ".join(listed[:shown]) + (", …" if len(listed) > shown else "")
    return f"{groups}: {first}" if listed else "none"
