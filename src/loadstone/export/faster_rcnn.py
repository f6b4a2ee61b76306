"""A rebuilt Faster or Mask R-CNN in a target's vocabulary, all stages in one graph, with the original's outputs.

The numbers of proposals and of detections are fixed, as in the original's exports: rows of nothing fill them up.
Boxes are yxyx in pixels of the resized, padded picture until the end. Rules: runtime's `faster_rcnn_boxes`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from loadstone.blueprint.faster_rcnn_parts import FasterRcnnBlueprint, GridAnchors
from loadstone.blueprint.parts import Suppression
from loadstone.detectors.two_stage_anchors import anchor_rule, whole_anchors
from loadstone.export.boxes import Final, clipped, decoded, final, least, put_detections, scored
from loadstone.export.dialect import Dialect, Tensor, Values, columns
from loadstone.export.front import front
from loadstone.runtime.families.faster_rcnn_boxes import UNIT_SIDE
from loadstone.runtime.families.faster_rcnn_plan import anchors_of

WITHIN = 1 - 1e-6
"""What boxes are multiplied with so that samples on a map's last row and column count, wherever rounding puts them: a
millionth of a map is far below what float32 keeps of a feature."""


def with_edges(blueprint: FasterRcnnBlueprint) -> FasterRcnnBlueprint:
    """Return the detector that an export is: samples on a map's edge count.

    In the original a sample is nothing where rounding puts it beyond the edge, by the last bit of a division. Engines
    divide each in its own way, OpenVINO by a reciprocal, so that no export could say which samples those are.
    """
    return replace(blueprint, crops=replace(blueprint.crops, by_matrix=True))


@dataclass(frozen=True, slots=True)
class _Site:
    """What all stages need: the vocabulary, the description, the weights, the maps, and the picture's window (4,)."""

    ops: Dialect
    blueprint: FasterRcnnBlueprint
    values: Values
    maps: list[Tensor]
    size: Tensor
    window: Tensor


def write_faster_rcnn(ops: Dialect, blueprint: FasterRcnnBlueprint, values: Values) -> None:
    """Write the whole detector. Raises `UnsupportedModelError` for a pyramid on an input without a fixed size."""
    way = front(ops, blueprint.resizer, blueprint.normalisation, open_size=isinstance(blueprint.anchors, GridAnchors))
    found = ops.network(blueprint.first_stage, values, way.tensor)
    maps = [found[name] for name in found if name.startswith("features_")]
    window = ops.concat([way.size, way.size])
    size = blueprint.resizer.output
    whole = ops.constant(np.array([*size, *size], np.float32)) if size else window
    site = _Site(ops, blueprint, values, maps, whole, window)
    proposals = _proposals(site, found["box_encodings"], found["objectness"])
    look = _look(site, ops.binary("divide", proposals.boxes, whole), blueprint.proposals.count)
    kept = _detections(site, look, proposals)
    put_detections(ops, kept, blueprint.suppression.max_total)
    if blueprint.third_stage is not None:
        _masks(site, kept)


def _proposals(site: _Site, encodings: Tensor, objectness: Tensor) -> Final:
    """Suppress the first stage's boxes without classes."""
    ops, blueprint = site.ops, site.blueprint
    anchors = _anchors(site)
    rule = blueprint.proposals
    boxes = decoded(ops, ops.reshape(encodings, [-1, 4]), anchors, blueprint.box_coder.scales)
    scores = columns(ops, ops.softmax(ops.reshape(objectness, [-1, 2])), 1, 2)
    clip_first = blueprint.suppression.clip_first
    limits = Suppression(
        rule.score_threshold, rule.iou_threshold, rule.count, rule.count, "IDENTITY", clip_first=clip_first
    )
    return final(ops, boxes, scores, limits, shape=(-1, 1), frame=site.size if rule.within_padding else site.window)


def _anchors(site: _Site) -> Tensor:
    """Return the anchors (N, 4) in pixels, clipped to the input; on the map that the picture makes, if it is open."""
    ops, rule = site.ops, site.blueprint.anchors
    if site.blueprint.resizer.output or not isinstance(rule, GridAnchors):
        return ops.constant(anchors_of(site.blueprint))
    shapes = ops.constant(whole_anchors(anchor_rule(rule), (0, 0), (1, 1))[None])
    sides = ops.sides(site.maps[0])
    high, wide = (ops.gather(sides, ops.constant(np.array([at]))) for at in (0, 1))
    places = ops.numbers(ops.binary("multiply", high, wide))
    rows = ops.binary("quotient", places, wide)
    columns_of = ops.binary("subtract", places, ops.binary("multiply", rows, wide))
    steps = [
        ops.reshape(ops.binary("multiply", ops.real(at), ops.constant(np.float32(stride))), [-1, 1])
        for at, stride in zip((rows, columns_of), rule.stride, strict=True)
    ]
    moved = ops.binary("add", ops.reshape(ops.concat(steps * 2, 1), [-1, 1, 4]), shapes)
    return clipped(ops, ops.reshape(moved, [-1, 4]), site.size)


def _look(site: _Site, boxes: Tensor, count: int) -> dict[str, Tensor]:
    """Run the second stage on `count` boxes relative to the padded picture, each on the map of its level."""
    ops, crops = site.ops, site.blueprint.crops
    boxes = ops.binary("multiply", boxes, ops.constant(np.float32(WITHIN)))
    sampled = ops.crops(site.maps[0], boxes, crops.size) if len(site.maps) == 1 else _by_level(site, boxes, count)
    if crops.pool_window > 1:
        sampled = ops.pool(sampled, crops.pool_window, crops.pool_stride)
    return ops.network(site.blueprint.second_stage, site.values, sampled, count)


def _by_level(site: _Site, boxes: Tensor, count: int) -> Tensor:
    """Crop each box from its own map, and bring the crops back into the boxes' order."""
    ops = site.ops
    level = _levels(site, boxes)
    rows, parts = [], []
    for number, features in enumerate(site.maps):
        mine = ops.nonzero(ops.binary("equal", level, ops.constant(np.float32(number))))
        rows.append(mine)
        parts.append(ops.crops(features, ops.gather(boxes, mine), site.blueprint.crops.size))
    order = ops.real(ops.concat(rows))
    # The places of the numbers 0, 1, 2, ... in the order: what is sorted is their negative.
    _, back = ops.top(ops.binary("multiply", order, ops.constant(np.float32(-1))), count)
    return ops.gather(ops.concat(parts), back)


def _levels(site: _Site, boxes: Tensor) -> Tensor:
    """Return each box's map, 0 for the finest, as reals (M,)."""
    ops, last = site.ops, len(site.maps) - 1
    sides = ops.binary("subtract", columns(ops, boxes, 2, 4), columns(ops, boxes, 0, 2))
    areas = ops.binary("multiply", columns(ops, sides, 0, 1), columns(ops, sides, 1, 2))
    size = site.blueprint.resizer.output or (1, 1)
    ratio = np.sqrt(np.float32(size[0] * size[1])) / np.float32(UNIT_SIDE)
    scaled = ops.binary("multiply", ops.unary("sqrt", areas), ops.constant(np.float32(ratio)))
    octaves = ops.binary("divide", ops.unary("log", scaled), ops.constant(np.log(np.float32(2))))
    found = ops.binary("add", ops.unary("floor", octaves), ops.constant(np.float32(last - 1)))
    found = ops.binary(
        "minimum", ops.binary("maximum", found, ops.constant(np.float32(0))), ops.constant(np.float32(last))
    )
    return ops.reshape(found, [-1])


def _detections(site: _Site, look: dict[str, Tensor], proposals: Final) -> Final:
    """Decode and suppress the second stage's boxes; a proposal that is none has no score. Relative to the picture."""
    ops, blueprint, rule = site.ops, site.blueprint, site.blueprint.suppression
    count, classes = blueprint.proposals.count, blueprint.num_classes
    logits = ops.reshape(look["class_predictions_with_background"], [count, classes + 1])
    every = scored(ops, logits, rule.converter, rule.logit_scale)
    chosen = columns(ops, every, 1, classes + 1)
    nothing = ops.constant(np.float32(least(rule.score_threshold)))
    scores = ops.where(ops.reshape(proposals.valid, [count, 1]), chosen, nothing)
    boxes = _second_boxes(site, look["box_encodings"], proposals.boxes)
    own = not blueprint.shared_boxes
    found = final(ops, boxes, scores, rule, shape=(count, classes), frame=site.window, own_boxes=own)
    _put_raw(site, boxes, chosen, every)
    return replace(found, boxes=ops.binary("divide", found.boxes, site.window))


def _second_boxes(site: _Site, encodings: Tensor, proposals: Tensor) -> Tensor:
    """Return decoded boxes (M, 4), or (M, C, 4) where each class has its own."""
    ops, blueprint = site.ops, site.blueprint
    each = 1 if blueprint.shared_boxes else blueprint.num_classes
    flat = ops.reshape(encodings, [-1, 4])
    if each > 1:
        rows = np.repeat(np.arange(blueprint.proposals.count), each)
        proposals = ops.gather(proposals, ops.constant(rows))
    boxes = decoded(ops, flat, proposals, blueprint.box_coder.scales)
    return boxes if blueprint.shared_boxes else ops.reshape(boxes, [blueprint.proposals.count, each, 4])


def _put_raw(site: _Site, boxes: Tensor, chosen: Tensor, every: Tensor) -> None:
    """Name the second stage's boxes before suppression, of the best class, relative to the picture; and all scores."""
    ops, blueprint = site.ops, site.blueprint
    count, classes = blueprint.proposals.count, blueprint.num_classes
    if not blueprint.shared_boxes:
        first = ops.constant(np.arange(count) * classes)
        boxes = ops.gather(ops.reshape(boxes, [-1, 4]), ops.binary("add", ops.best(chosen), first))
    raw = ops.binary("divide", clipped(ops, boxes, site.window), site.window)
    ops.output("raw_detection_boxes", raw, [1, count, 4])
    ops.output("raw_detection_scores", every, [1, count, classes + 1])


def _masks(site: _Site, kept: Final) -> None:
    """Name the masks (1, N, height, width): probabilities over each final box.

    The original crops the final boxes as if they were relative to the padded picture; so it is done here.
    """
    ops, blueprint = site.ops, site.blueprint
    if blueprint.third_stage is None or blueprint.masks is None:
        return
    most = blueprint.suppression.max_total
    features = _look(site, kept.boxes, most)["features"]
    logits = ops.network(blueprint.third_stage, site.values, features, most)["masks"]
    height, width = blueprint.masks.size
    columns_each = 1 if blueprint.masks.agnostic else blueprint.num_classes
    flat = ops.reshape(ops.transpose(logits, [0, 3, 1, 2]), [most * columns_each, height * width])
    rows = ops.constant(np.arange(most) * columns_each)
    if columns_each > 1:
        rows = ops.binary("add", rows, kept.classes)
    masks = ops.unary("sigmoid", ops.gather(flat, rows))
    ops.output("detection_masks", masks, [1, most, height, width])
