"""A TensorFlow Lite file, float32, of an SSD, EfficientDet or YOLO, with the operator `TFLite_Detection_PostProcess`.

As such files always have it, the input is the preprocessed picture, float32 (1, height, width, 3); how pixels are
normalised stands in the metadata, the class names in a file packed behind the model.
Specification: tensorflow/lite/schema.fbs, tflite-support's metadata_schema.fbs.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from loadstone.blueprint.parts import Blueprint, Suppression
from loadstone.blueprint.yolo_parts import BOXES, CLASSES, OBJECTNESS, YoloBlueprint
from loadstone.errors import UnsupportedModelError
from loadstone.export.dialect import Values
from loadstone.export.front import fixed_size
from loadstone.export.tflite_graph import Lite, LiteWriter
from loadstone.export.tflite_network import write_network
from loadstone.runtime.box_rows import BoxRows
from loadstone.runtime.conversions.convert_rebuilt import OneStage, rows_of
from loadstone.runtime.conversions.tflite_cut import POST_PROCESS
from loadstone.runtime.rebuilt import Rebuilt
from loadstone.wire.flatbuffer_writer import Numbers, Scalar, Value, flatbuffer, flexbuffer_map

LABELS = "labelmap.txt"
OUTPUTS = ("location", "category", "score", "number of detections")


def write(found: Rebuilt, path: Path) -> None:
    """Write the detector to a new file.

    Raises `UnsupportedModelError` where TensorFlow Lite has no operator for what follows the network.
    """
    blueprint = found.blueprint
    if not isinstance(blueprint, OneStage):
        raise UnsupportedModelError(
            f"TensorFlow Lite's detection operator knows one box a place, and this is a {blueprint.meta_architecture}",
            expected="an SSD, EfficientDet or YOLO",
            help="export it to onnx, openvino or saved-model",
        )
    names = [found.labels.get(number, "???") for number in range(1, blueprint.num_classes + 1)] if found.labels else []
    path.write_bytes(_model(blueprint, found.values, _metadata(blueprint, names)) + _packed(names))


def _model(blueprint: OneStage, values: Values, metadata: bytes) -> bytes:
    to = LiteWriter()
    picture = to.tensor([1, *fixed_size(blueprint.resizer), 3], "normalized_input_image_tensor")
    heads = write_network(to, blueprint.network, values, picture)
    rows = rows_of(blueprint)
    scores = SCORES[type(blueprint)](to, heads, rows.rule)
    corners = rows.anchors
    sides = corners[:, 2:] - corners[:, :2]
    anchors = to.constant(np.concatenate([corners[:, :2] + sides / 2, sides], axis=1).astype(np.float32), "anchors")
    most = blueprint.suppression.max_total
    shapes = ([1, most, 4], [1, most], [1, most], [1])
    results = [
        to.tensor(shape, f"{POST_PROCESS}:{number}" if number else POST_PROCESS) for number, shape in enumerate(shapes)
    ]
    to.add_custom(POST_PROCESS, [heads[BOXES], scores, anchors], results, _options(rows, blueprint.num_classes))
    return to.model([picture], results, metadata)


def _converted(to: LiteWriter, heads: Mapping[str, Lite], rule: Suppression) -> Lite:
    """Return an SSD's scores."""
    logits = heads["class_predictions_with_background"]
    if rule.logit_scale != 1:
        logits = to.add("MUL", [logits, to.constant(np.array([1 / rule.logit_scale], np.float32))], logits.shape)
    if rule.converter == "SIGMOID":
        return to.add("LOGISTIC", [logits], logits.shape)
    return to.add("SOFTMAX", [logits], logits.shape, {0: Scalar("f", 1.0)}) if rule.converter == "SOFTMAX" else logits


def _products(to: LiteWriter, heads: Mapping[str, Lite], _: Suppression) -> Lite:
    """Return a YOLO's scores."""
    objects, classes = (to.add("LOGISTIC", [heads[name]], heads[name].shape) for name in (OBJECTNESS, CLASSES))
    return to.add("MUL", [classes, objects], classes.shape)


SCORES: dict[type[Any], Callable[[LiteWriter, Mapping[str, Lite], Suppression], Lite]] = {
    Blueprint: _converted,
    YoloBlueprint: _products,
}
"""Type of the blueprint → the scores of its rows."""


def _options(rows: BoxRows, classes: int) -> bytes:
    rule, scales = rows.rule, rows.scales
    return flexbuffer_map(
        {
            "max_detections": rule.max_total,
            "max_classes_per_detection": 1,
            "detections_per_class": rule.max_per_class,
            "use_regular_nms": not rule.class_agnostic,
            "nms_score_threshold": float(rule.score_threshold),
            "nms_iou_threshold": float(rule.iou_threshold),
            "num_classes": classes,
            "y_scale": float(scales[0]),
            "x_scale": float(scales[1]),
            "h_scale": float(scales[2]),
            "w_scale": float(scales[3]),
        }
    )


def _metadata(blueprint: OneStage, names: list[str]) -> bytes:
    """Return the flatbuffer `M001`: how pixels are normalised, what the outputs are, and where the names lie."""
    own = blueprint.normalisation
    resizing = "padded below and right to the input's size" if blueprint.resizer.kind == "keep-aspect" else "resized"
    order = "BGR" if own.bgr else "RGB"
    picture: dict[int, Value] = {
        0: "image",
        1: f"{order} picture, {resizing}, normalised",
        # NormalizationOptions is the first member of the union of process units, an image the second of contents.
        4: [{0: Scalar("B", 1), 1: {0: Numbers("f", own.mean), 1: Numbers("f", own.deviation)}}],
        3: {0: Scalar("B", 2), 1: {0: Scalar("b", 1)}},
    }
    outputs: list[dict[int, Value]] = [{0: name} for name in OUTPUTS]
    if names:
        outputs[1][6] = [{0: LABELS, 2: Scalar("b", 3)}]
    root: dict[int, Value] = {0: blueprint.feature_extractor, 3: [{2: [picture], 3: outputs}]}
    return flatbuffer(root, b"M001")


def _packed(names: list[str]) -> bytes:
    """Return the zip with the names, class by class, that is appended to the model; nothing where there are none."""
    if not names:
        return b""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(zipfile.ZipInfo(LABELS), "".join(f"{' '.join(name.split())}\n" for name in names))
    return stream.getvalue()
