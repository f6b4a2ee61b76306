"""The fields of `ssd { … }` from an SSD's variables."""

from __future__ import annotations

import re

from loadstone.blueprint.initial_values import CLASS_BIAS
from loadstone.blueprint.mobilenet_widths import multiplier_of
from loadstone.blueprint.recovered.traces import Pairs, Traces, Value, repeated
from loadstone.errors import UnsupportedModelError
from loadstone.facts import DetectorFacts
from loadstone.wire.textproto import Word

EFFICIENTDET_SIDES = {"b0": 512, "b1": 640, "b2": 768, "b3": 896, "b4": 1024, "b5": 1280, "b6": 1408, "b7": 1536}
"""The zoo's picture sizes; b6 with 1,536 is D7, which has the same variables."""

RATIOS = (1.0, 2.0, 0.5)
BIFPN_NODES = 8
"""Nodes of one iteration over five levels: four on the way down, four on the way up."""

_HEADS = r"_box_predictor/(?:_box_prediction_head|_prediction_heads/class_predictions_with_background)"
_TOWER = r"_head_scope_conv_layers/(?:Box)?PredictionTower"


def ssd_fields(traces: Traces, facts: DetectorFacts) -> Pairs:
    """Return the message's fields."""
    kind = facts.feature_extractor or ""
    efficient = re.search(r"efficientnet-(b\d)", kind)
    shared = traces.has(r"_box_predictor/_head_scope_conv_layers/")
    side = EFFICIENTDET_SIDES.get(efficient[1], 512) if efficient else 640 if shared else 300
    keep: Pairs = [("min_dimension", side), ("max_dimension", side), ("pad_to_max_dimension", True)]
    fixed: Pairs = [("height", side), ("width", side)]
    resizer: Pairs = [("keep_aspect_ratio_resizer", keep) if efficient else ("fixed_shape_resizer", fixed)]
    return [
        ("num_classes", facts.num_classes or 0),
        *([("add_background_class", False)] if efficient else []),
        ("image_resizer", resizer),
        ("feature_extractor", _extractor(traces, kind, pyramid=shared)),
        ("box_coder", [("faster_rcnn_box_coder", _scales())]),
        ("anchor_generator", _multiscale(traces) if shared else _spread(traces)),
        ("box_predictor", _weight_shared(traces) if shared else _convolutional(traces)),
        ("post_processing", _suppression(0.5 if efficient else 0.6)),
    ]


def _scales() -> Pairs:
    return [("y_scale", 10.0), ("x_scale", 10.0), ("height_scale", 5.0), ("width_scale", 5.0)]


def _suppression(iou: float) -> Pairs:
    inner: Pairs = [
        ("score_threshold", 1e-8),
        ("iou_threshold", iou),
        ("max_detections_per_class", 100),
        ("max_total_detections", 100),
    ]
    return [("batch_non_max_suppression", inner), ("score_converter", Word("SIGMOID"))]


def _hyperparameters(traces: Traces, *, biased: bool = False) -> Pairs:
    efficient = traces.has("_bifpn_stage")
    norm: Pairs = [("epsilon", 0.001)]
    fields: list[tuple[str, Value]] = [("activation", Word("SWISH" if efficient else "RELU_6")), ("batch_norm", norm)]
    return [*fields, ("force_use_bias", True)] if biased else fields


def _levels(traces: Traces) -> tuple[int, int]:
    """Return (lowest, highest) level: a tower has batch norms for each; laterals reach from the fifth level down."""
    count = len(traces.numbers(r"_base_tower_layers_for_heads/box_encodings/(\d+)/"))
    laterals = len(traces.numbers(r"_fpn_features_generator/residual_blocks/(\d+)/"))
    low = 5 - laterals if laterals else 3
    return low, low + count - 1


def _extractor(traces: Traces, kind: str, *, pyramid: bool) -> Pairs:
    fields: list[tuple[str, Value]] = [("type", kind)]
    biased = traces.has(r"_bifpn_stage") and traces.has(_TOWER + r"/0/bias$")
    fields.append(("conv_hyperparams", _hyperparameters(traces, biased=biased)))
    if "mobilenet" in kind:
        light = traces.has(r"_fpn_features_generator/.*/depthwise_kernel$")
        lite = traces.has(r"feature_map_generator/.*/depthwise_kernel$")
        fields += [("depth_multiplier", _multiplier(traces, kind)), ("min_depth", 16), ("use_depthwise", light or lite)]
    if not traces.has("_bifpn_stage"):
        fields.append(("override_base_feature_extractor_hyperparams", True))
    if pyramid:
        fields.append(_bifpn(traces) if traces.has("_bifpn_stage") else _fpn(traces, kind))
    return fields


def _multiplier(traces: Traces, kind: str) -> float:
    light = traces.has(r"_fpn_features_generator/.*/depthwise_kernel$")
    return multiplier_of(kind, lambda pattern: traces.last(pattern.pattern), light=light)


def _fpn(traces: Traces, kind: str) -> tuple[str, Value]:
    low, high = _levels(traces)
    depth = round(traces.last(r"_fpn_features_generator/top_layers/0/bias$") / _multiplier(traces, kind))
    return "fpn", [("min_level", low), ("max_level", high), ("additional_layer_depth", depth)]


def _bifpn(traces: Traces) -> tuple[str, Value]:
    low, high = _levels(traces)
    nodes = len(traces.numbers(r"_bifpn_stage/node_post_combine_block/(\d+)/"))
    weighted = traces.has(r"bifpn_combine_weights$")
    return "bifpn", [
        ("min_level", low),
        ("max_level", high),
        ("num_iterations", nodes // BIFPN_NODES),
        ("num_filters", traces.last(r"_bifpn_stage/node_post_combine_block/\d+/1/bias$")),
        ("combine_method", "fast_attention" if weighted else "sum"),
    ]


def _multiscale(traces: Traces) -> Pairs:
    anchors = traces.last(_HEADS + r".*_box_encoder_layers/0/bias$") // 4
    if anchors % len(RATIOS):
        raise UnsupportedModelError(f"{anchors} anchors at each place are no multiple of three aspect ratios")
    low, high = _levels(traces)
    inner: Pairs = [
        ("min_level", low),
        ("max_level", high),
        ("anchor_scale", 4.0),
        *repeated("aspect_ratios", RATIOS),
        ("scales_per_octave", anchors // len(RATIOS)),
    ]
    return [("multiscale_anchor_generator", inner)]


def _spread(traces: Traces) -> Pairs:
    """Six boxes at each place of every map, three on the first one where the heads say so."""
    heads = r"_prediction_heads/box_encodings/"
    maps = traces.numbers(heads + r"(\d+)/")
    first = traces.last(heads + r"0/_box_encoder_layers/[03]/bias$") // 4
    inner: Pairs = [
        ("num_layers", len(maps)),
        ("min_scale", 0.2),
        ("max_scale", 0.95),
        *repeated("aspect_ratios", (1.0, 2.0, 0.5, 3.0, 0.3333)),
        ("reduce_boxes_in_lowest_layer", first == 3),
    ]
    return [("ssd_anchor_generator", inner)]


def _weight_shared(traces: Traces) -> Pairs:
    layers = traces.numbers(_TOWER + r"/(\d+)/(?:depthwise_)?kernel$")
    separable = traces.has(_TOWER + r"/0/depthwise_kernel$")
    window = traces.shape(_TOWER + r"/0/(?:depthwise_)?kernel$")[0]
    depth = traces.last(_TOWER + r"/0/(?:pointwise_kernel|kernel)$")
    inner: Pairs = [
        ("conv_hyperparams", _hyperparameters(traces, biased=traces.has(_TOWER + r"/0/bias$"))),
        ("depth", depth),
        ("num_layers_before_predictor", len(layers)),
        ("kernel_size", window),
        ("share_prediction_tower", traces.has(r"_head_scope_conv_layers/PredictionTower/")),
        ("use_depthwise", separable),
        ("class_prediction_bias_init", CLASS_BIAS),
    ]
    return [("weight_shared_convolutional_box_predictor", inner)]


def _convolutional(traces: Traces) -> Pairs:
    first = r"_prediction_heads/box_encodings/0/_box_encoder_layers/0/"
    depthwise = traces.has(first + "depthwise_kernel$")
    window = traces.shape(first + "(?:depthwise_)?kernel$")[0]
    inner: Pairs = [
        ("conv_hyperparams", _hyperparameters(traces)),
        ("kernel_size", window),
        ("use_depthwise", depthwise),
    ]
    return [("convolutional_box_predictor", inner)]
