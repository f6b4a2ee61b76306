"""A rebuilt SSD in a target's vocabulary, from uint8 picture to final boxes, with the original's outputs.

What follows the heads (`put_rows`) is the same for all detectors that give a row a box.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from loadstone.blueprint.parts import Blueprint
from loadstone.export.boxes import decoded, final, put_detections, scored
from loadstone.export.dialect import Dialect, Tensor, Values, columns
from loadstone.export.front import front
from loadstone.runtime.box_rows import BoxRows
from loadstone.runtime.conversions.convert_rebuilt import rows_of


def write_ssd(ops: Dialect, blueprint: Blueprint, values: Values) -> None:
    """Write the whole detector. Raises `UnsupportedModelError` for an input without a fixed size."""
    way = front(ops, blueprint.resizer, blueprint.normalisation)
    heads = ops.network(blueprint.network, values, way.tensor)
    rows = rows_of(blueprint)
    share = share_of(ops, way.size, blueprint.resizer.output or (1, 1))
    logits = heads["class_predictions_with_background"]
    put_rows(ops, heads["box_encodings"], logits, rows, share=share, classes=blueprint.num_classes)


def share_of(ops: Dialect, taken: Tensor, size: tuple[int, int]) -> Tensor:
    """Return what the picture takes up of a padded input of this size, (height, width) as reals up to 1."""
    return ops.binary("divide", taken, ops.constant(np.array(size, np.float32)))


def put_rows(ops: Dialect, encodings: Tensor, logits: Tensor, rows: BoxRows, *, share: Tensor, classes: int) -> None:
    """Decode, score, suppress, and name the outputs.

    `encodings` and `logits` are those of N places, what `rows.rule.converter` makes scores of; `share` is `share_of`.
    """
    count, slots, rule = len(rows.anchors), classes + rows.background, rows.rule
    encodings = ops.reshape(encodings, [count, 4])
    boxes = decoded(ops, encodings, ops.constant(rows.anchors), rows.scales)
    every = scored(ops, ops.reshape(logits, [count, slots]), rule.converter, rule.logit_scale)
    scores = columns(ops, every, 1, slots) if rows.background else every
    frame = ops.concat([share, share])
    found = final(ops, boxes, scores, rule, shape=(count, classes), frame=frame)
    put_detections(ops, replace(found, boxes=ops.binary("divide", found.boxes, frame)), rule.max_total)
    ops.output("raw_detection_boxes", boxes, [1, count, 4])
    ops.output("raw_detection_scores", every, [1, count, slots])
