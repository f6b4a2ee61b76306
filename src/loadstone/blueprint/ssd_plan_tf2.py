"""What names and shapes of a TF2 SSD's weights say, and the `pipeline.config` that they fit.

Names are object-graph keys or variable names, whichever a file has. What weights cannot show (sizes of pictures,
anchors' scales, thresholds) is the zoo's usual for the extractor.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from loadstone.blueprint.initial_values import CLASS_BIAS
from loadstone.blueprint.mobilenet_widths import multiplier_of
from loadstone.wire.textdump import build
from loadstone.wire.textmessage import TextMessage
from loadstone.wire.textscalar import Word

Shapes = Mapping[str, tuple[int | None, ...]]
Field = tuple[str, int | float | bool | str | TextMessage]

_TOWER = re.compile(r"/((?:Box|Class)?PredictionTower)/(?:conv2d_)?(\d{1,4})/(?:depthwise_|pointwise_)?kernel$")
_BOX_BIAS = re.compile(r"(?:_box_encoder_layers/\d+|Box(?:Encoding)?Predictor)/bias$")
_BOX_KERNEL = re.compile(r"(?:_box_encoder_layers/\d+|BoxEncodingPredictor)/kernel$")
_BOX_DEPTHWISE = re.compile(r"(?:_box_encoder_layers/\d+|BoxEncodingPredictor_depthwise)/depthwise_kernel$")
_ADDED_DEPTHWISE = re.compile(r"(?:feature_map_generator/|_s2_\d+_depthwise_conv/).*depthwise_kernel$")
_PYRAMID_KERNEL = re.compile(r"(?:_fpn_features_generator/top_layers/0|top_down/projection_\d+)/kernel$")
_SMOOTHING = re.compile(r"(?:_fpn_features_generator/conv_layers/|top_down/smoothing_).*depthwise_kernel$")

BIFPN = {
    # iterations, filters, side of the pictures
    "b0": (3, 64, 512),
    "b1": (4, 88, 640),
    "b2": (5, 112, 768),
    "b3": (6, 160, 896),
    "b4": (7, 224, 1024),
    "b5": (7, 288, 1280),
    "b6": (8, 384, 1408),
    "b7": (8, 384, 1536),
}
"""EfficientDet (Tan et al., 2020), table 1."""

SIDES = {"ssd_mobilenet_v2_keras": 300, "ssd_mobilenet_v2_fpn_keras": 320}
USUAL_SIDE = 640


@dataclass(frozen=True, slots=True)
class _Seen:
    """Shapes by name, asked by pattern."""

    shapes: Shapes

    def first(self, pattern: re.Pattern[str]) -> tuple[int | None, ...]:
        """Return the shape of the first name that matches, empty where none does."""
        return next((shape for name, shape in self.shapes.items() if pattern.search(name)), ())

    def any(self, pattern: re.Pattern[str]) -> bool:
        """Whether any name matches."""
        return any(pattern.search(name) for name in self.shapes)


def config_of_keras_ssd(extractor: str, classes: int, shapes: Shapes, size: tuple[int, int] | None) -> TextMessage:
    """Return the usual configuration of an extractor with what the shapes say put in."""
    seen = _Seen(shapes)
    variant = re.search(r"efficientnet-(b\d)", extractor)
    if variant:
        fields = _efficientdet(extractor, seen, variant[1])
    elif "_fpn_" in extractor:
        fields = _pyramid(extractor, seen, size)
    else:
        fields = _plain(extractor, seen, size)
    ssd = build([("num_classes", classes), ("box_coder", _one("faster_rcnn_box_coder")), *fields])
    return build([("model", build([("ssd", ssd)]))])


def _one(name: str, *fields: Field) -> TextMessage:
    """Return a message whose one field is a message."""
    return build([(name, build(fields))])


def _hyperparameters(activation: str, *more: Field) -> TextMessage:
    norm = build([("scale", True), ("epsilon", 0.001)])
    return build([("activation", Word(activation)), ("batch_norm", norm), *more])


def _square(extractor: str, size: tuple[int, int] | None) -> TextMessage:
    side = SIDES.get(extractor, USUAL_SIDE)
    height, width = size or (side, side)
    return _one("fixed_shape_resizer", ("height", height), ("width", width))


def _multiplier(extractor: str, seen: _Seen, *, light: bool) -> float:
    return multiplier_of(extractor, lambda pattern: (seen.first(pattern) or (None,))[-1], light=light)


def _suppression(iou: float, converter: str = "SIGMOID") -> TextMessage:
    fields: list[Field] = [("score_threshold", 1e-8), ("iou_threshold", iou)]
    fields += [("max_detections_per_class", 100), ("max_total_detections", 100)]
    return build([("batch_non_max_suppression", build(fields)), ("score_converter", Word(converter))])


def _multiscale(seen: _Seen) -> TextMessage:
    """Three aspect ratios, and as many scales as make the number of boxes at a place."""
    bias = seen.first(_BOX_BIAS)
    scales = max((bias[0] or 24) // 12, 1) if bias else 2
    ratios: list[Field] = [("aspect_ratios", ratio) for ratio in (1.0, 2.0, 0.5)]
    levels: list[Field] = [("min_level", 3), ("max_level", 7), ("anchor_scale", 4.0)]
    return _one("multiscale_anchor_generator", *levels, *ratios, ("scales_per_octave", scales))


def _towers(seen: _Seen) -> tuple[int, int, bool, bool]:
    """Return (layers, depth, separable, one tower for both) of a predictor shared by all levels."""
    found = [(match, name, shape) for name, shape in seen.shapes.items() if (match := _TOWER.search(name))]
    layers = {int(match[2]) for match, _, _ in found}
    depths = [shape[-1] for _, name, shape in found if not name.endswith("depthwise_kernel") and shape]
    separable = any(name.endswith("depthwise_kernel") for _, name, _ in found)
    return (
        len(layers),
        (depths[0] if depths else None) or 256,
        separable,
        any(m[1] == "PredictionTower" for m, _, _ in found),
    )


def _shared_predictor(seen: _Seen, hyperparameters: TextMessage) -> TextMessage:
    layers, depth, separable, one_tower = _towers(seen)
    return _one(
        "weight_shared_convolutional_box_predictor",
        ("depth", depth),
        ("num_layers_before_predictor", layers),
        ("kernel_size", 3),
        ("use_depthwise", separable),
        ("share_prediction_tower", one_tower),
        ("class_prediction_bias_init", CLASS_BIAS),
        ("conv_hyperparams", hyperparameters),
    )


def _pyramid(extractor: str, seen: _Seen, size: tuple[int, int] | None) -> list[Field]:
    depth = (seen.first(_PYRAMID_KERNEL) or (256,))[-1] or 256
    light = seen.any(_SMOOTHING)
    multiplier = _multiplier(extractor, seen, light=light)
    depth = round(depth / multiplier)
    fpn = build([("min_level", 3), ("max_level", 7), ("additional_layer_depth", depth)])
    inner: list[Field] = [
        ("type", extractor),
        ("depth_multiplier", multiplier),
        ("min_depth", 16),
        ("use_depthwise", light),
        ("conv_hyperparams", _hyperparameters("RELU_6")),
        ("override_base_feature_extractor_hyperparams", True),
        ("fpn", fpn),
    ]
    return [
        ("image_resizer", _square(extractor, size)),
        ("feature_extractor", build(inner)),
        ("box_predictor", _shared_predictor(seen, _hyperparameters("RELU_6"))),
        ("anchor_generator", _multiscale(seen)),
        ("post_processing", _suppression(0.6)),
    ]


def _plain(extractor: str, seen: _Seen, size: tuple[int, int] | None) -> list[Field]:
    """Maps of the SSD paper, each with its own predictor."""
    depthwise = seen.any(_BOX_DEPTHWISE)
    window = (seen.first(_BOX_DEPTHWISE if depthwise else _BOX_KERNEL) or (1,))[0] or 1
    inner: list[Field] = [
        ("type", extractor),
        ("depth_multiplier", _multiplier(extractor, seen, light=False)),
        ("min_depth", 16),
        ("use_depthwise", seen.any(_ADDED_DEPTHWISE)),
        ("conv_hyperparams", _hyperparameters("RELU_6")),
        ("override_base_feature_extractor_hyperparams", True),
    ]
    ratios: list[Field] = [("aspect_ratios", ratio) for ratio in (1.0, 2.0, 0.5, 3.0, 0.3333)]
    scales: list[Field] = [("num_layers", 6), ("min_scale", 0.2), ("max_scale", 0.95)]
    predictor: list[Field] = [("kernel_size", window), ("use_depthwise", depthwise)]
    predictor.append(("conv_hyperparams", _hyperparameters("RELU_6")))
    return [
        ("image_resizer", _square(extractor, size)),
        ("feature_extractor", build(inner)),
        ("box_predictor", _one("convolutional_box_predictor", *predictor)),
        ("anchor_generator", _one("ssd_anchor_generator", *scales, *ratios)),
        ("post_processing", _suppression(0.6)),
    ]


def _efficientdet(extractor: str, seen: _Seen, variant: str) -> list[Field]:
    iterations, filters, side = BIFPN.get(variant, BIFPN["b0"])
    combine = "sum" if variant in ("b6", "b7") else "fast_attention"
    bifpn: list[Field] = [("min_level", 3), ("max_level", 7), ("num_iterations", iterations), ("num_filters", filters)]
    inner: list[Field] = [
        ("type", extractor),
        ("conv_hyperparams", _hyperparameters("SWISH", ("force_use_bias", True))),
        ("bifpn", build([*bifpn, ("combine_method", combine)])),
    ]
    sides: list[Field] = [("min_dimension", side), ("max_dimension", side), ("pad_to_max_dimension", True)]
    return [
        ("add_background_class", False),
        ("image_resizer", _one("keep_aspect_ratio_resizer", *sides)),
        ("feature_extractor", build(inner)),
        ("box_predictor", _shared_predictor(seen, _hyperparameters("SWISH", ("force_use_bias", True)))),
        ("anchor_generator", _multiscale(seen)),
        ("post_processing", _suppression(0.5)),
    ]
