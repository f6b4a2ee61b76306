"""A rebuilt detector's head outputs by the original's names, and the boxes that are read from them, on any engine.

What it is: NumPy around a detector's networks, which an engine gives as `Stages`. What it is not: the prepared plan,
which does more of this inside its network and hands out less.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from loadstone.blueprint.center_net_parts import CenterNetBlueprint
from loadstone.blueprint.faster_rcnn_parts import FasterRcnnBlueprint
from loadstone.blueprint.parts import Blueprint
from loadstone.blueprint.yolo_parts import BOXES, YoloBlueprint
from loadstone.runtime.conversions.convert_rebuilt import OneStage, rows_of
from loadstone.runtime.families.center_net_heads import center_net_rows
from loadstone.runtime.families.center_net_plan import settings_of as center_net_settings
from loadstone.runtime.families.center_net_reading import CenterNet
from loadstone.runtime.families.faster_rcnn_plan import anchors_of, settings_of
from loadstone.runtime.families.faster_rcnn_reading import FEATURES, SAYS, TwoStages, faster_rcnn_detections, in_rows
from loadstone.runtime.families.ssd_reading import ssd_detections
from loadstone.runtime.families.yolo_plan import scores_of as products

if TYPE_CHECKING:
    import numpy.typing as npt

    from loadstone.blueprint.reader import AnyBlueprint
    from loadstone.runtime.raw import RawDetections
    from loadstone.runtime.readings import Infer

    Array = npt.NDArray[Any]

FIRST = {"box_encodings": "rpn_box_encodings", "objectness": "rpn_objectness_predictions_with_background"}
"""What the original calls the first stage's outputs."""


class Stages(Protocol):
    """A detector's networks on one engine."""

    def first(self, picture: Array) -> Mapping[str, Array]:
        """Return the first network's outputs for one picture, uint8 (height, width, 3), by the blueprint's names."""

    @property
    def later(self) -> Sequence[Infer]:
        """The networks after it, each a function of the inputs that `faster_rcnn_network` describes."""


def raw_heads(blueprint: AnyBlueprint, stages: Stages, picture: Array) -> dict[str, Array]:
    """Return the head outputs for one picture, each with a batch axis of 1; see `Model.predict_raw`."""
    found = stages.first(picture)
    if not isinstance(blueprint, FasterRcnnBlueprint):
        return dict(found)
    outputs = in_order(found)
    two = TwoStages(settings_of(blueprint), anchors_of(blueprint), stages.later)
    two = two.at(picture.shape[0], picture.shape[1], outputs)
    window = two.window(*picture.shape[:2])
    boxes = two.proposals(outputs, window)
    heads = {FIRST[name]: found[name] for name in FIRST}
    heads |= _second(blueprint, two, outputs, boxes)
    if blueprint.masks is not None:
        kept = two.detect(outputs, window)
        heads["mask_predictions"] = _masks(blueprint, two, outputs, kept.boxes)
    return heads


def in_order(found: Mapping[str, Array]) -> list[Array]:
    """Return the first stage's outputs as `TwoStages` takes them: encodings, objectness, the maps finest first."""
    return [found["box_encodings"], found["objectness"], *(found[name] for name in found if name.startswith("feat"))]


def _second(blueprint: FasterRcnnBlueprint, two: TwoStages, outputs: Sequence[Array], boxes: Array) -> dict[str, Array]:
    """Return the second stage's outputs for all rows; rows without a proposal are the original's: those of a box of 0.

    Such a box's crop is one place of the map, so that it is looked at once for all of them.
    """
    most = blueprint.proposals.count
    asked = boxes if len(boxes) >= most else np.concatenate([boxes, np.zeros((1, 4), np.float32)])
    encodings, logits = two.look(outputs[2:], two.relative(asked), SAYS)
    return {
        "num_proposals": np.array([len(boxes)], np.float32),
        "proposal_boxes": filled(boxes, most)[None],
        "refined_box_encodings": repeated(encodings.reshape(len(asked), -1, 4), most)[None],
        "class_predictions_with_background": repeated(logits, most)[None],
    }


def repeated(rows: Array, count: int) -> Array:
    """Return the rows, the last one again and again until there are `count`."""
    return rows[np.minimum(np.arange(count), len(rows) - 1)]


def _masks(blueprint: FasterRcnnBlueprint, two: TwoStages, outputs: Sequence[Array], boxes: Array) -> Array:
    """Return (1, detections, classes, height, width) logits of the final boxes' masks; zeros for rows without a box."""
    masks = blueprint.masks
    height, width = masks.size if masks else (0, 0)
    channels = 1 if masks and masks.agnostic else blueprint.num_classes
    logits = np.zeros((0, height, width, channels), np.float32)
    if len(boxes):
        (features,) = two.look(outputs[2:], boxes, FEATURES)
        (logits,) = in_rows(two.later[1], [features], rows=two.rows, wanted=slice(None))
    return filled(logits.transpose(0, 3, 1, 2), blueprint.suppression.max_total)[None]


def filled(rows: Array, count: int) -> Array:
    """Return the rows with zeros after them, so that there are `count`, as the original pads."""
    missing = max(count - len(rows), 0)
    return np.concatenate([rows, np.zeros((missing, *rows.shape[1:]), rows.dtype)])


Read = Callable[["Array"], "RawDetections"]


def _center_net(blueprint: CenterNetBlueprint, stages: Stages, labels: Mapping[int, str]) -> Read:
    center = CenterNet(center_net_settings(blueprint, labels))

    def read(picture: Array) -> RawDetections:
        height, width = picture.shape[:2]
        rows = center_net_rows(blueprint, stages.first(picture), (height, width))
        return center.detect(rows, height, width)

    return read


def _faster_rcnn(blueprint: FasterRcnnBlueprint, stages: Stages, _: Mapping[int, str]) -> Read:
    read = faster_rcnn_detections(settings_of(blueprint), {"anchors": anchors_of(blueprint)}, stages.later)
    return lambda picture: read(in_order(stages.first(picture)), *picture.shape[:2])


def _one_stage(blueprint: OneStage, stages: Stages, _: Mapping[int, str]) -> Read:
    ending = rows_of(blueprint).ending(blueprint.resizer)
    read = ssd_detections(ending.options, ending.arrays)

    def read_rows(picture: Array) -> RawDetections:
        found = stages.first(picture)
        scores = products(found) if isinstance(blueprint, YoloBlueprint) else found["class_predictions_with_background"]
        return read([found[BOXES], scores], *picture.shape[:2])

    return read_rows


READERS: dict[type[Any], Callable[[Any, Stages, Mapping[int, str]], Read]] = {
    Blueprint: _one_stage,
    CenterNetBlueprint: _center_net,
    FasterRcnnBlueprint: _faster_rcnn,
    YoloBlueprint: _one_stage,
}
"""Type of the blueprint → (blueprint, stages, labels) → its reader."""


def reader_of(blueprint: AnyBlueprint, stages: Stages, labels: Mapping[int, str]) -> Read:
    """Return the function that finds objects in one picture, uint8 (height, width, 3). `labels` count from 1."""
    return READERS[type(blueprint)](blueprint, stages, labels)
