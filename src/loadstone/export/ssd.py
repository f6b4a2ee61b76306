"""A rebuilt SSD in a target's vocabulary, from uint8 picture to final boxes, with the original's outputs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from loadstone.blueprint.parts import Blueprint
from loadstone.export.boxes import decoded, final, put_detections, scored
from loadstone.export.dialect import Dialect, Values, columns
from loadstone.export.front import front
from loadstone.runtime.convert_rebuilt import anchors_of


def write_ssd(ops: Dialect, blueprint: Blueprint, values: Values) -> None:
    """Write the whole detector. Raises `UnsupportedModelError` for an input without a fixed size."""
    way = front(ops, blueprint.resizer, blueprint.normalisation)
    heads = ops.network(blueprint.network, values, way.tensor)
    anchors = anchors_of(blueprint)
    slots = blueprint.num_classes + blueprint.background
    encodings = ops.reshape(heads["box_encodings"], [len(anchors), 4])
    logits = ops.reshape(heads["class_predictions_with_background"], [len(anchors), slots])
    rule = blueprint.suppression
    boxes = decoded(ops, encodings, ops.constant(anchors), blueprint.box_coder.scales)
    every = scored(ops, logits, rule.converter, rule.logit_scale)
    scores = columns(ops, every, 1, slots) if blueprint.background else every
    size = ops.constant(np.array(blueprint.resizer.output or (1, 1), np.float32))
    share = ops.binary("divide", way.size, size)
    frame = ops.concat([share, share])
    found = final(ops, boxes, scores, rule, shape=(len(anchors), blueprint.num_classes), frame=frame)
    put_detections(ops, replace(found, boxes=ops.binary("divide", found.boxes, frame)), rule.max_total)
    ops.output("raw_detection_boxes", boxes, [1, len(anchors), 4])
    ops.output("raw_detection_scores", every, [1, len(anchors), slots])
