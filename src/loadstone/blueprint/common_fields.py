"""Parts of `pipeline.config` that several meta-architectures share: resizer, hyperparameters, coder, suppression."""

from __future__ import annotations

from dataclasses import dataclass

from loadstone.blueprint.fields import Fields
from loadstone.blueprint.parts import BoxCoder, Resizer, Suppression
from loadstone.errors import UnsupportedModelError

ACTIVATIONS = {"NONE": "linear", "RELU": "relu", "RELU_6": "relu6", "SWISH": "swish"}


@dataclass(frozen=True, slots=True)
class Hyperparameters:
    """`hyperparams.proto`, as far as detecting needs it."""

    activation: str
    epsilon: float
    force_bias: bool
    batch_norm: bool
    scale: bool = True
    """Whether batch norms multiply by a gamma."""


def read_hyperparameters(fields: Fields) -> Hyperparameters:
    """Read a `conv_hyperparams` message; initialisers and regularisers are training's."""
    fields.training("regularizer", "initializer", "op", "regularize_depthwise")
    norm = fields.message("batch_norm") if "batch_norm" in fields else None
    epsilon = norm.number("epsilon", 0.001) if norm else 0.001
    if norm:
        norm.training("decay", "center", "train")
    kind = fields.word("activation", "RELU")
    if kind not in ACTIVATIONS:
        raise UnsupportedModelError(f"activation {kind} is not known", where=fields.place("activation"))
    scale = norm is not None and norm.flag("scale")
    return Hyperparameters(ACTIVATIONS[kind], epsilon, fields.flag("force_use_bias"), norm is not None, scale)


def read_resizer(fields: Fields) -> Resizer:
    """Read an `image_resizer` message."""
    kind = fields.only()
    inner = fields.message(kind) if kind else fields
    method = inner.word("resize_method", "BILINEAR")
    if kind == "fixed_shape_resizer":
        return Resizer("fixed", (inner.integer("height", 300), inner.integer("width", 300)), method)
    if kind == "keep_aspect_ratio_resizer":
        size = (inner.integer("min_dimension", 600), inner.integer("max_dimension", 1024))
        value = inner.numbers("per_channel_pad_value", (0.0, 0.0, 0.0))
        return Resizer(
            "keep-aspect",
            size,
            method,
            pad=inner.flag("pad_to_max_dimension"),
            pad_value=(value[0], value[1], value[2]),
        )
    if kind == "conditional_shape_resizer":
        threshold = inner.integer("size_threshold", 300)
        return Resizer(
            "conditional", (threshold, threshold), method, greater=inner.word("condition", "GREATER") == "GREATER"
        )
    if kind == "pad_to_multiple_resizer":
        return Resizer("pad-to-multiple", (inner.integer("multiple", 1),) * 2)
    if kind == "identity_resizer":
        return Resizer("identity")
    raise UnsupportedModelError(f"image resizer {kind or 'unset'} is not known", where=fields.place(kind))


def read_box_coder(fields: Fields) -> BoxCoder:
    """Read a `box_coder` message; only `faster_rcnn_box_coder` is known."""
    kind = fields.only()
    if kind not in ("faster_rcnn_box_coder", ""):
        raise UnsupportedModelError(f"box coder {kind} is not built here", where=fields.place(kind))
    inner = fields.message("faster_rcnn_box_coder")
    return BoxCoder(
        (
            inner.number("y_scale", 10.0),
            inner.number("x_scale", 10.0),
            inner.number("height_scale", 5.0),
            inner.number("width_scale", 5.0),
        )
    )


def read_suppression(fields: Fields, *, one_stage: bool = False) -> Suppression:
    """Read a `post_processing` message; what lowers scores or keeps the padded frame is not built here.

    Suppression across classes is built for one-stage detectors, as class_agnostic_non_max_suppression has it for one
    class a box; elsewhere the field is not read, and so among what is not supported.
    """
    inner = fields.message("batch_non_max_suppression")
    inner.training("use_static_shapes", "use_combined_nms", "use_cpu_nms")
    inner.training("use_partitioned_nms", "use_hard_nms")
    if inner.number("soft_nms_sigma", 0.0) != 0:
        raise UnsupportedModelError("soft suppression is not built here", where=inner.place("soft_nms_sigma"))
    if not inner.flag("change_coordinate_frame", True):
        fact = "boxes relative to the padded picture are not built here"
        raise UnsupportedModelError(fact, where=inner.place("change_coordinate_frame"))
    agnostic = one_stage and inner.flag("use_class_agnostic_nms")
    if agnostic and inner.integer("max_classes_per_detection", 1) != 1:
        fact = "suppression across classes with several classes a box is not built here"
        raise UnsupportedModelError(fact, where=inner.place("max_classes_per_detection"))
    return Suppression(
        score_threshold=inner.number("score_threshold", 0.0),
        iou_threshold=inner.number("iou_threshold", 0.6),
        max_per_class=inner.integer("max_detections_per_class", 100),
        max_total=inner.integer("max_total_detections", 100),
        converter=fields.word("score_converter", "IDENTITY"),
        logit_scale=fields.number("logit_scale", 1.0),
        class_agnostic=agnostic,
    )
