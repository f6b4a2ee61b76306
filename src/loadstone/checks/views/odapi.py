"""What a configuration of the Object Detection API belongs to: TF1's half of the API, or TF2's.

What it is: the types of extractors that each half builds. What it is not: the networks (`blueprint`).
Source: object_detection/builders/model_builder.py of tensorflow/models.
"""

from __future__ import annotations

from loadstone.errors import FormatError
from loadstone.formats.detection.config import architecture
from loadstone.wire.textmessage import TextMessage

KERAS_WORD = "_keras"

TF2_EQUIVALENTS = {
    "ssd_mobilenet_v1": "ssd_mobilenet_v1_fpn_keras (zoo: ssd_mobilenet_v1_fpn_640x640_coco17_tpu-8)",
    "ssd_mobilenet_v1_fpn": "ssd_mobilenet_v1_fpn_keras (zoo: ssd_mobilenet_v1_fpn_640x640_coco17_tpu-8)",
    "ssd_mobilenet_v2": "ssd_mobilenet_v2_keras (zoo: ssd_mobilenet_v2_320x320_coco17_tpu-8)",
    "ssd_mobilenet_v2_fpn": "ssd_mobilenet_v2_fpn_keras (zoo: ssd_mobilenet_v2_fpnlite_320x320_coco17_tpu-8)",
    "ssd_resnet50_v1_fpn": "ssd_resnet50_v1_fpn_keras (zoo: ssd_resnet50_v1_fpn_640x640_coco17_tpu-8)",
    "ssd_resnet101_v1_fpn": "ssd_resnet101_v1_fpn_keras (zoo: ssd_resnet101_v1_fpn_640x640_coco17_tpu-8)",
    "ssd_resnet152_v1_fpn": "ssd_resnet152_v1_fpn_keras (zoo: ssd_resnet152_v1_fpn_640x640_coco17_tpu-8)",
    "ssd_inception_v2": "ssd_mobilenet_v2_fpn_keras (zoo: ssd_mobilenet_v2_fpnlite_320x320_coco17_tpu-8); "
    "Inception V2 was not carried over",
    "faster_rcnn_resnet50": "faster_rcnn_resnet50_keras (zoo: faster_rcnn_resnet50_v1_640x640_coco17_tpu-8)",
    "faster_rcnn_resnet101": "faster_rcnn_resnet101_keras (zoo: faster_rcnn_resnet101_v1_640x640_coco17_tpu-8)",
    "faster_rcnn_resnet152": "faster_rcnn_resnet152_keras (zoo: faster_rcnn_resnet152_v1_640x640_coco17_tpu-8)",
    "faster_rcnn_inception_resnet_v2": "faster_rcnn_inception_resnet_v2_keras "
    "(zoo: faster_rcnn_inception_resnet_v2_640x640_coco17_tpu-8)",
    "faster_rcnn_inception_v2": "faster_rcnn_resnet50_keras (zoo: faster_rcnn_resnet50_v1_640x640_coco17_tpu-8); "
    "Inception V2 was not carried over",
}
"""Extractor of TF1 → the nearest one that TF2's half of the API builds. Its weights do not fit the other's."""


def extractor_of(config: TextMessage) -> tuple[str, TextMessage | None]:
    """Return the feature extractor's type, and its message; an empty type where the configuration has none."""
    try:
        inner = architecture(config)
        if inner is None:
            return "", None
        found = inner.message("feature_extractor")
        return found.text("type"), found
    except FormatError:
        return "", None


def is_tf2(config: TextMessage) -> bool:
    """Whether only TF2's half of the API builds the model: a Keras extractor, or CenterNet."""
    kind, _ = extractor_of(config)
    return KERAS_WORD in kind or (bool(kind) and meta_of(config) == "center_net")


def is_tf1(config: TextMessage) -> bool:
    """Whether only TF1's half of the API builds the model."""
    kind, _ = extractor_of(config)
    return bool(kind) and KERAS_WORD not in kind and meta_of(config) in ("ssd", "faster_rcnn")


def meta_of(config: TextMessage) -> str:
    """Return the meta-architecture's field; empty where there is none."""
    try:
        inner = architecture(config)
    except FormatError:
        return ""
    return inner.name if inner is not None else ""


def equivalent(kind: str) -> str:
    """Return the TF2 extractor that comes nearest to one of TF1, with its place in the zoo; empty: none is known."""
    if kind in TF2_EQUIVALENTS:
        return TF2_EQUIVALENTS[kind]
    near = [name for name in TF2_EQUIVALENTS if name in kind or kind.startswith(name)]
    return TF2_EQUIVALENTS[max(near, key=len)] if near else ""
