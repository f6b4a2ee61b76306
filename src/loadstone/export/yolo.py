"""A YOLO in a target's vocabulary, from uint8 picture to final boxes; rules: runtime's `yolo_plan`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from loadstone.blueprint.yolo_parts import BOXES, CLASSES, OBJECTNESS, YoloBlueprint
from loadstone.export.boxes import decoded, final, put_detections
from loadstone.export.dialect import Dialect, Values
from loadstone.export.front import front
from loadstone.runtime.yolo_plan import UNSCALED, anchors_of


def write_yolo(ops: Dialect, blueprint: YoloBlueprint, values: Values) -> None:
    """Write the whole detector. Raises `UnsupportedModelError` for an input without a fixed size."""
    way = front(ops, blueprint.resizer, blueprint.normalisation)
    heads = ops.network(blueprint.network, values, way.tensor)
    anchors, classes, rule = anchors_of(blueprint), blueprint.num_classes, blueprint.suppression
    count = len(anchors)
    boxes = decoded(ops, ops.reshape(heads[BOXES], [count, 4]), ops.constant(anchors), UNSCALED)
    objects = ops.unary("sigmoid", ops.reshape(heads[OBJECTNESS], [count, 1]))
    scores = ops.binary("multiply", objects, ops.unary("sigmoid", ops.reshape(heads[CLASSES], [count, classes])))
    size = ops.constant(np.array(blueprint.resizer.output or (1, 1), np.float32))
    share = ops.binary("divide", way.size, size)
    frame = ops.concat([share, share])
    found = final(ops, boxes, scores, rule, shape=(count, classes), frame=frame)
    put_detections(ops, replace(found, boxes=ops.binary("divide", found.boxes, frame)), rule.max_total)
    ops.output("raw_detection_boxes", boxes, [1, count, 4])
    ops.output("raw_detection_scores", scores, [1, count, classes])
