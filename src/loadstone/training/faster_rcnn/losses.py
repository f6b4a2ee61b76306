"""The four losses of a Faster R-CNN, in Keras operations. Shapes: B pictures, K anchors or S proposals drawn of each.

Source: `_loss_rpn` and `_loss_box_classifier` of faster_rcnn_meta_arch.py, as facts; Ren et al., Faster R-CNN, 2015.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from keras import ops

from loadstone.training.faster_rcnn.settings import FasterRcnnSettings, StageSettings
from loadstone.training.losses import huber
from loadstone.training.ssd.rows import softmax_rows


@dataclass(frozen=True, slots=True)
class Drawn:
    """What was drawn of a batch, and what it is to say: columns int32 (B, K) of the class head, codes (B, K, 4).

    `counts` (B, K) is 1 for what was drawn and 0 for what only fills the shape; `class_weights` and `box_weights`
    (B, K) are 0 there. `rows` (B, K) is the ground truth that each proposal answers for.
    """

    counts: Any
    columns: Any
    class_weights: Any
    codes: Any
    box_weights: Any
    rows: Any = None


def first_stage_losses(codes: Any, logits: Any, drawn: Drawn, stage: StageSettings) -> tuple[Any, Any]:
    """Return localization and objectness loss of the drawn anchors: codes (B, K, 4), logits (B, K, 2).

    Both are divided by each picture's number of drawn anchors, not by its positives, and averaged over the pictures.
    """
    number = ops.maximum(ops.sum(drawn.counts, axis=-1), 1.0)
    boxes = ops.sum(huber(codes, drawn.codes) * drawn.box_weights, axis=-1) / number
    objects = ops.sum(softmax_rows(logits, drawn.columns) * drawn.class_weights, axis=-1) / number
    return stage.box_weight * ops.mean(boxes), stage.class_weight * ops.mean(objects)


def second_stage_losses(
    codes: Any, logits: Any, drawn: Drawn, settings: FasterRcnnSettings, boxes: Any
) -> tuple[Any, Any]:
    """Return localization and classification loss of the drawn proposals: codes (B, S, boxes, 4), logits (B, S, C + 1).

    Where each class has its own box, the one of the ground truth's class counts. Of the proposals `boxes` (B, S, 4) a
    hard example miner chooses those whose losses count; both are divided by the number of all of them nevertheless.
    """
    stage = settings.second
    number = ops.maximum(ops.sum(drawn.counts, axis=-1), 1.0)
    own = codes[..., 0, :]
    if codes.shape[2] > 1:
        places = ops.maximum(drawn.columns - 1, 0)[..., None, None]
        own = ops.take_along_axis(codes, places, axis=2)[..., 0, :]
    refined = huber(own, drawn.codes) * drawn.box_weights
    classes = settings.classification(logits, drawn.columns) * drawn.class_weights
    if settings.miner is not None:
        losses = settings.miner.measured(refined, classes, weights=(stage.box_weight, stage.class_weight))
        # What only fills the shape comes last.
        losses = ops.where(drawn.counts > 0, losses, -1.0)
        chosen = settings.miner.chosen(losses, boxes, drawn.columns)
        refined, classes = refined * chosen, classes * chosen
    refined, classes = (ops.sum(rows, axis=-1) / number for rows in (refined, classes))
    return stage.box_weight * ops.mean(refined), stage.class_weight * ops.mean(classes)
