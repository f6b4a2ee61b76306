"""A Faster or Mask R-CNN as one Keras model of its stages: what lies between them is computed with `keras.ops`.

What it is: picture in, raw outputs of both stages out, for any batch. What it is not: final boxes and their masks,
which follow a suppression per class; the third stage is in here to be run on final boxes' features.
Source: object_detection/meta_architectures/faster_rcnn_meta_arch.py (predict).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from loadstone.blueprint.faster_rcnn_parts import Crops, GridAnchors
from loadstone.blueprint.parts import MultiscaleAnchors
from loadstone.detectors.anchors import Anchors
from loadstone.detectors.keras_model import Values, build, fill
from loadstone.detectors.two_stage_anchors import anchor_rule, anchors_for, whole_anchors
from loadstone.detectors.two_stage_ops import best_boxes, crop, decode, grid, sides_of
from loadstone.errors import UnsupportedModelError

if TYPE_CHECKING:
    from loadstone.blueprint.faster_rcnn_parts import FasterRcnnBlueprint

ANCHOR_KINDS = {"grid": GridAnchors, "multiscale": MultiscaleAnchors}


@keras.saving.register_keras_serializable("loadstone")
class TwoStages(keras.Model):
    """Stages, joined. `plan` has plain values: see `plan_of`.

    Call with the preprocessed pictures, float32 (B, height, width, 3), or with a list of them and their sizes before
    padding, (B, 2) in pixels. Outputs: `rpn_box_encodings` (B, N, 4), `rpn_objectness_predictions_with_background`
    (B, N, 2), `proposal_boxes` (B, P, 4) yxyx in pixels, zeros after the first `num_proposals` (B,),
    `refined_box_encodings` (B, P, 1 or classes, 4), `class_predictions_with_background` (B, P, 1 + classes).
    """

    def __init__(
        self,
        first_stage: keras.Model,
        second_stage: keras.Model,
        third_stage: keras.Model | None = None,
        *,
        plan: Mapping[str, Any],
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.first_stage = first_stage
        self.second_stage = second_stage
        self.third_stage = third_stage
        self.plan = dict(plan)
        self._anchors = _anchors(self.plan)
        self._crops = Crops(**self.plan["crops"])
        # Its parts are built before it, and it has no weights of its own.
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> dict[str, Any]:
        """Return the raw outputs of both stages.

        Pictures whose configuration leaves each a size of its own share one within a batch. Raises
        `UnsupportedModelError` for a pyramid of maps on such pictures, whose maps' sizes do not fit each other.
        """
        picture, sizes = inputs if isinstance(inputs, list | tuple) else (inputs, None)
        first = self.first_stage(picture, training=training)
        maps = [first[name] for name in self._map_names(first)]
        size = np.array(self.plan["size"], np.float32) if self._anchors is not None else sides_of(picture)
        padded = sizes is None or self.plan["proposals"].get("within_padding", False)
        boxes, count = self._proposals(first, self._anchors_on(maps, size), size[None] if padded else sizes)
        crops = crop(maps, boxes, size, self._crops)
        second = self.second_stage(crops, training=training)
        most = self.plan["proposals"]["count"]
        logits = second["class_predictions_with_background"]
        return {
            "rpn_box_encodings": first["box_encodings"],
            "rpn_objectness_predictions_with_background": first["objectness"],
            "num_proposals": count,
            "proposal_boxes": boxes,
            "refined_box_encodings": keras.ops.reshape(second["box_encodings"], (-1, most, self.plan["boxes"], 4)),
            "class_predictions_with_background": keras.ops.reshape(logits, (-1, most, logits.shape[-1])),
        }

    @staticmethod
    def _map_names(first: Mapping[str, Any]) -> list[str]:
        return [f"features_{number}" for number in range(sum(name.startswith("features_") for name in first))]

    def _anchors_on(self, maps: list[Any], size: Any) -> Any:
        """Return the anchors (N, 4) in pixels, made for these maps where each picture has a size of its own."""
        if self._anchors is not None:
            return keras.ops.convert_to_tensor(self._anchors)
        rule = _anchor_plan(self.plan)
        if not isinstance(rule, GridAnchors):
            raise UnsupportedModelError(
                "the stages cannot be joined: the configuration leaves each picture a size of its own",
                expected="a resizer that fixes or pads the size, as a pyramid's maps need it",
                found="keep_aspect_ratio_resizer without pad_to_max_dimension",
                help="use detect or predict_raw, which run the stages one after the other",
            )
        shapes = whole_anchors(anchor_rule(rule), (0, 0), (1, 1))
        anchors = grid(shapes, sides_of(maps[0]), rule.stride)
        limits = keras.ops.concatenate([keras.ops.convert_to_tensor(size)] * 2)
        return keras.ops.minimum(keras.ops.maximum(anchors, 0.0), limits)

    def _proposals(self, first: Mapping[str, Any], anchors: Any, sizes: Any) -> tuple[Any, Any]:
        rule = self.plan["proposals"]
        scores = keras.ops.softmax(first["objectness"])[..., 1]
        boxes = decode(first["box_encodings"], anchors[None], self.plan["box_scales"])
        return best_boxes(
            boxes,
            scores,
            keras.ops.cast(keras.ops.convert_to_tensor(sizes), "float32"),
            iou=rule["iou_threshold"],
            least=rule["score_threshold"],
            most=rule["count"],
            clip_first=self.plan.get("clip_first", False),
        )

    def get_config(self) -> dict[str, Any]:
        """Return the stages and the plan."""
        stages = {name: getattr(self, name) for name in ("first_stage", "second_stage", "third_stage")}
        saved = {name: keras.saving.serialize_keras_object(stage) if stage else None for name, stage in stages.items()}
        return {"name": self.name, "plan": self.plan, **saved}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> TwoStages:
        """Return the model of a configuration."""
        own = dict(config)
        for name in ("first_stage", "second_stage", "third_stage"):
            if own.get(name) is not None:
                own[name] = keras.saving.deserialize_keras_object(own[name], custom_objects=custom_objects)
        return cls(**own)


def plan_of(blueprint: FasterRcnnBlueprint) -> dict[str, Any]:
    """Return what joins the stages, as plain values: sizes in pixels, the anchors' generator, thresholds, crops."""
    first = blueprint.first_stage
    shape = first.nodes[first.outputs["features_0"]].shape
    kind = "grid" if isinstance(blueprint.anchors, GridAnchors) else "multiscale"
    return {
        "size": list(blueprint.resizer.output or (0, 0)),
        "map": [shape[0] or 0, shape[1] or 0],
        "anchors": {"kind": kind, **asdict(blueprint.anchors)},
        "box_scales": list(blueprint.box_coder.scales),
        "proposals": asdict(blueprint.proposals),
        "crops": asdict(blueprint.crops),
        "clip_first": blueprint.suppression.clip_first,
        "boxes": 1 if blueprint.shared_boxes else blueprint.num_classes,
    }


def _anchor_plan(plan: Mapping[str, Any]) -> GridAnchors | MultiscaleAnchors:
    own = dict(plan["anchors"])
    made: GridAnchors | MultiscaleAnchors = ANCHOR_KINDS[own.pop("kind")](**own)
    return made


def _anchors(plan: Mapping[str, Any]) -> Anchors | None:
    """Return the anchors (N, 4) in pixels, clipped to the padded picture; None where each has a size of its own."""
    size, cells = ((plan[name][0], plan[name][1]) for name in ("size", "map"))
    return anchors_for(anchor_rule(_anchor_plan(plan)), size, cells) if all(size) else None


def build_two_stages(blueprint: FasterRcnnBlueprint) -> TwoStages:
    """Return the detector as one model; weights have Keras's initial values."""
    third = build(blueprint.third_stage) if blueprint.third_stage is not None else None
    return TwoStages(build(blueprint.first_stage), build(blueprint.second_stage), third, plan=plan_of(blueprint))


def fill_two_stages(model: TwoStages, blueprint: FasterRcnnBlueprint, values: Values) -> None:
    """Assign every stage's variables, by object-graph key; raises as `keras_model.fill`."""
    fill(model.first_stage, blueprint.first_stage, values)
    fill(model.second_stage, blueprint.second_stage, values)
    if blueprint.third_stage is not None and model.third_stage is not None:
        fill(model.third_stage, blueprint.third_stage, values)
