"""A detector's facts from its `pipeline.config`.

What it is: the four fields of `DetectorFacts`, as the configuration states them. What it is not: a judgement on them.
Specification: object_detection/protos/{model,ssd,faster_rcnn,center_net,image_resizer}.proto of tensorflow/models.
"""

from __future__ import annotations

from loadstone.facts import DetectorFacts
from loadstone.wire.textproto import TextMessage

ARCHITECTURES = ("ssd", "faster_rcnn", "center_net", "experimental_model")
"""The members of DetectionModel's oneof."""

_LARGEST_SIDE = 1 << 20


def architecture(message: TextMessage) -> TextMessage | None:
    """Return the message inside `model {}`, whose name is the meta-architecture; None where there is none."""
    inner = [value for _, value, _ in message.message("model").entries if isinstance(value, TextMessage)]
    known = [found for found in inner if found.name in ARCHITECTURES]
    # Research forks put extensions (`[package.name] {…}`) beside the architecture.
    named = known or [found for found in inner if not found.name.startswith("[")]
    return named[-1] if named else None


def from_pipeline(message: TextMessage) -> DetectorFacts:
    """Return what a parsed configuration says of the detector; a field is None where it says nothing."""
    inner = architecture(message)
    if inner is None:
        return DetectorFacts()
    return DetectorFacts(
        meta_architecture=_meta_architecture(inner),
        feature_extractor=inner.message("feature_extractor").text("type") or None,
        num_classes=inner.integer("num_classes") or None,
        input_size=_input_size(inner.message("image_resizer"))[0],
    )


def pipeline_notes(message: TextMessage) -> tuple[str, ...]:
    """Return what `from_pipeline` could not put into a field, in sentences."""
    inner = architecture(message)
    if inner is None:
        return ("the configuration describes no model",)
    note = _input_size(inner.message("image_resizer"))[1]
    return (note,) if note else ()


def _meta_architecture(inner: TextMessage) -> str:
    if inner.name != "faster_rcnn":
        return inner.name
    second = inner.message("second_stage_box_predictor")
    if "rfcn_box_predictor" in second:
        return "rfcn"
    if "context_config" in inner:
        return "context_rcnn"
    masks = second.message("mask_rcnn_box_predictor").flag("predict_instance_masks")
    return "mask_rcnn" if masks or inner.integer("number_of_stages", 2) == 3 else "faster_rcnn"


def _input_size(resizer: TextMessage) -> tuple[tuple[int, int] | None, str]:
    """Return ((height, width), "") where every picture comes to one size, else (None, why not).

    Sides that are absent have the default of image_resizer.proto.
    """
    if "fixed_shape_resizer" in resizer:
        fixed = resizer.message("fixed_shape_resizer")
        return _size(fixed.integer("height", 300), fixed.integer("width", 300))
    if "keep_aspect_ratio_resizer" in resizer:
        keep = resizer.message("keep_aspect_ratio_resizer")
        low, high = keep.integer("min_dimension", 600), keep.integer("max_dimension", 1024)
        if keep.flag("pad_to_max_dimension"):
            return _size(high, high)
        return None, f"the input keeps its aspect ratio: the shorter side becomes {low} unless the longer passes {high}"
    kind = ", ".join(resizer.names)
    return None, f"the input size is not fixed ({kind})" if kind else "the configuration names no image_resizer"


def _size(height: int, width: int) -> tuple[tuple[int, int] | None, str]:
    if 0 < height <= _LARGEST_SIDE and 0 < width <= _LARGEST_SIDE:
        return (height, width), ""
    return None, f"the image_resizer asks for {height} × {width} pixels"
