"""A YOLO as OpenVINO runs it: one network from the uint8 picture to box encodings and scores, read as an SSD's are.

A place with its encoding is a square anchor of one stride's side, whose centre is the place's upper left corner, with
a box coder that divides by nothing: so the readings of anchors serve it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.blueprint.yolo_parts import BOXES, CLASSES, OBJECTNESS
from loadstone.detectors.anchors import Anchors, grid_anchors
from loadstone.errors import UnsupportedModelError
from loadstone.runtime.box_rows import BoxRows
from loadstone.runtime.engine import openvino
from loadstone.runtime.pictures.picture_front import picture_front

if TYPE_CHECKING:
    import numpy.typing as npt

    from loadstone.blueprint.yolo_parts import YoloBlueprint
    from loadstone.runtime.openvino.openvino_network import Values

UNSCALED = (1.0, 1.0, 1.0, 1.0)
"""What encodings are divided by."""


def anchors_of(blueprint: YoloBlueprint) -> Anchors:
    """Return the places as anchors, float32 (N, 4) yxyx relative to the network's input."""
    height, width = blueprint.resizer.output or (1, 1)
    levels = [
        grid_anchors(cells, scales=(1.0,), aspect_ratios=(1.0,), base_size=(stride, stride), stride=(stride, stride))
        for cells, stride in zip(blueprint.maps, blueprint.strides, strict=True)
    ]
    sides = np.array([height, width, height, width], np.float32)
    return np.ascontiguousarray(np.concatenate(levels) / sides)


def scores_of(heads: Mapping[str, npt.NDArray[Any]]) -> npt.NDArray[np.float32]:
    """Return the scores (1, N, classes) of a network's outputs."""
    with np.errstate(over="ignore"):
        objects, classes = (1 / (1 + np.exp(-heads[name])) for name in (OBJECTNESS, CLASSES))
    return np.asarray(objects * classes, np.float32)


def yolo_model(blueprint: YoloBlueprint, values: Values) -> Any:
    """Return the model; its outputs are the box encodings (1, N, 4) and the scores (1, N, classes)."""
    ov = openvino()
    ops = ov.opset13

    from loadstone.runtime.openvino.openvino_network import attach

    picture, tensor = picture_front(blueprint.resizer, blueprint.normalisation)
    heads = attach(blueprint.network, values, tensor)
    scores = ops.multiply(ops.sigmoid(heads[OBJECTNESS]), ops.sigmoid(heads[CLASSES]))
    results = []
    for name, output in ((BOXES, heads[BOXES]), ("scores", scores)):
        result = ops.result(output)
        result.output(0).set_names({name})
        results.append(result)
    return ov.Model(results, [picture], blueprint.feature_extractor)


def yolo_rows(blueprint: YoloBlueprint) -> BoxRows:
    """Return what the model's two outputs are read by.

    Raises `UnsupportedModelError` where scores are asked for that are no product of two sigmoids, or where the picture
    decides the input's size, so that there are no places to count.
    """
    rule = blueprint.suppression
    if rule.converter != "SIGMOID" or rule.logit_scale != 1:
        found = f"{rule.converter} of logits divided by {rule.logit_scale:g}"
        raise UnsupportedModelError("a YOLO's scores are the products of two sigmoids", found=found)
    if blueprint.resizer.output is None:
        raise UnsupportedModelError("a YOLO needs an input of a fixed size", found=blueprint.resizer.kind)
    return BoxRows(anchors_of(blueprint), UNSCALED, False, replace(rule, converter="IDENTITY"))
