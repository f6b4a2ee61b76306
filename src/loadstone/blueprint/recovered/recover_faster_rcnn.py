"""The fields of `faster_rcnn { … }` from a Faster or Mask R-CNN's variables."""

from __future__ import annotations

from loadstone.blueprint.recovered.traces import Pairs, Traces, Value, repeated
from loadstone.errors import UnsupportedModelError
from loadstone.facts import DetectorFacts
from loadstone.wire.textproto import Word

GRID = ((0.25, 0.5, 1.0, 2.0), (0.5, 1.0, 2.0))
"""The zoo's scales and aspect ratios: twelve boxes at each place."""

RATIOS = (1.0, 2.0, 0.5)

_RPN_BOXES = r"_first_stage_box_predictor/_prediction_heads/box_encodings/0/_box_encoder_layers/0/bias$"
_MASKS = r"_third_stage_heads/mask_predictions/_mask_predictor_layers/"


def faster_rcnn_fields(traces: Traces, facts: DetectorFacts) -> Pairs:
    """Return the message's fields."""
    kind = facts.feature_extractor or ""
    inception = "inception" in kind
    masks = traces.has(_MASKS)
    rpn = traces.shape(r"_first_stage_box_predictor_first_conv/layer_with_weights-0/kernel$")
    return [
        ("number_of_stages", 3 if masks else 2),
        ("num_classes", facts.num_classes or 0),
        ("image_resizer", _resizer(640)),
        ("feature_extractor", _extractor(traces, kind)),
        ("first_stage_anchor_generator", _anchors(traces)),
        ("first_stage_box_predictor_depth", rpn[3]),
        ("first_stage_box_predictor_kernel_size", rpn[0]),
        ("first_stage_nms_score_threshold", 0.0),
        ("first_stage_nms_iou_threshold", 0.7),
        ("first_stage_max_proposals", 300),
        ("initial_crop_size", 17 if inception else 14),
        ("maxpool_kernel_size", 1 if inception else 2),
        ("maxpool_stride", 1 if inception else 2),
        ("second_stage_box_predictor", [("mask_rcnn_box_predictor", _predictor(traces, facts, masks=masks))]),
        ("second_stage_post_processing", _suppression()),
    ]


def _resizer(side: int) -> Pairs:
    keep: Pairs = [("min_dimension", side), ("max_dimension", side), ("pad_to_max_dimension", True)]
    return [("keep_aspect_ratio_resizer", keep)]


def _suppression() -> Pairs:
    inner: Pairs = [
        ("score_threshold", 0.0),
        ("iou_threshold", 0.6),
        ("max_detections_per_class", 100),
        ("max_total_detections", 300),
    ]
    return [("batch_non_max_suppression", inner), ("score_converter", Word("SOFTMAX"))]


def _pyramid_levels(traces: Traces) -> tuple[int, int]:
    maps = len(traces.numbers(r"_first_stage_box_predictor/_prediction_heads/box_encodings/(\d+)/"))
    low = 5 - len(traces.numbers(r"fpn_features_generator/residual_blocks/(\d+)/"))
    return low, low + maps - 1


def _extractor(traces: Traces, kind: str) -> Pairs:
    fields: list[tuple[str, Value]] = [("type", kind)]
    if "_fpn_" in kind:
        low, high = _pyramid_levels(traces)
        depth = traces.last(r"fpn_features_generator/top_layers/0/bias$")
        fields.append(("fpn", [("min_level", low), ("max_level", high), ("additional_layer_depth", depth)]))
        norm: Pairs = [("epsilon", 0.001)]
        fields.append(("conv_hyperparams", [("activation", Word("RELU_6")), ("batch_norm", norm)]))
        fields.append(("override_base_feature_extractor_hyperparams", True))
    return fields


def _anchors(traces: Traces) -> Pairs:
    count = traces.last(_RPN_BOXES) // 4
    if traces.has(r"fpn_features_generator/"):
        low, high = _pyramid_levels(traces)
        levels: Pairs = [
            ("min_level", low),
            ("max_level", high),
            ("anchor_scale", 4.0),
            *repeated("aspect_ratios", RATIOS),
            ("scales_per_octave", count // len(RATIOS)),
            ("normalize_coordinates", False),
        ]
        return [("multiscale_anchor_generator", levels)]
    scales, ratios = GRID
    if count != len(scales) * len(ratios):
        raise UnsupportedModelError(f"{count} anchors at each place; the zoo's grids have {len(scales) * len(ratios)}")
    grid: Pairs = [
        *repeated("scales", scales),
        *repeated("aspect_ratios", ratios),
        ("height_stride", 16),
        ("width_stride", 16),
    ]
    return [("grid_anchor_generator", grid)]


def _predictor(traces: Traces, facts: DetectorFacts, *, masks: bool) -> Pairs:
    boxes = traces.last(r"_box_prediction_head/_box_encoder_layers/\d+/bias$")
    dropout = traces.has(r"_box_prediction_head/_box_encoder_layers/2/bias$")
    fields: list[tuple[str, Value]] = [
        ("share_box_across_classes", boxes == 4 and facts.num_classes != 1),
        ("use_dropout", dropout),
    ]
    if masks:
        layers = traces.numbers(_MASKS + r"(\d+)/kernel$")
        last = traces.last(_MASKS + rf"{layers[-1]}/bias$")
        fields += [
            ("predict_instance_masks", True),
            ("mask_height", 33),
            ("mask_width", 33),
            ("mask_prediction_num_conv_layers", len(layers)),
            ("mask_prediction_conv_depth", traces.last(_MASKS + r"0/bias$") if len(layers) > 1 else 0),
            ("masks_are_class_agnostic", last == 1 and facts.num_classes != 1),
        ]
    return fields
