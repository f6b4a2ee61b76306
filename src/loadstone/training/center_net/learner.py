"""The learner of CenterNets, with boxes and keypoints."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from keras import ops

from loadstone.blueprint.center_net_extractors import CENTER_NET_EXTRACTORS
from loadstone.blueprint.center_net_parts import CenterNetBlueprint
from loadstone.facts.dataset import Sample
from loadstone.formats.detection.config import architecture
from loadstone.runtime.families.center_net_plan import class_of
from loadstone.training.center_net.losses import box_sum, cells_mask, offset_terms, peak_sum, regression_terms
from loadstone.training.center_net.settings import CenterNetSettings, JointSettings, read_settings
from loadstone.training.center_net.stacks import all_stacks
from loadstone.training.center_net.targets import Centers, center_targets, joint_targets
from loadstone.training.dropout import drawing
from loadstone.training.norms import NormRule
from loadstone.training.pictures import Prepared, prepare, refuse_open_sizes, to_float32
from loadstone.training.trainable import Values, make_trainable
from loadstone.wire.textmessage import TextMessage

if TYPE_CHECKING:
    from loadstone.training.learner import Arrays

MOST_OBJECTS = 100
"""Objects of one picture that are trained on, the first ones: `max_number_of_boxes` of the original's input reader."""

MOMENTUM = (("hourglass", 0.1), ("mobilenet", 0.9997))
"""Batch norms of backbones by what the extractor's type contains; all others have Keras's 0.99."""

BUILT_MOMENTUM = 0.97
"""Those of detectors on other backbones, as the configurations of built SSDs have it: they train for fewer steps."""

NECK = "/_feature_extractor_model/"


def _norm(kind: str, key: str) -> NormRule:
    """Return how the batch norm with the variable `key` trains under an extractor of this type."""
    if kind not in CENTER_NET_EXTRACTORS:
        return NormRule(BUILT_MOMENTUM)
    own = next((value for name, value in MOMENTUM if name in kind), 0.99)
    return NormRule(0.99 if NECK in key else own)


class CenterNetLearner:
    """See `learner.Learner`. A batch holds, for maps of h · w cells, C classes, G boxes at most and K joints: `image`;
    `inside` int32 (2,), rows and columns that show the picture; `heatmap` (h, w, C); `cells` int32 (G, 2); `sizes` and
    `offsets` (G, 2); `weights` (G,), 0 where there is no box. For each keypoint task, behind its name: `/heatmap` and
    `/mask` (h, w, K), `/joints` (G, K, 2), `/weights` (G, K) and `/counted` int32 (K,); see `targets.Joints`.
    """

    def __init__(
        self,
        blueprint: CenterNetBlueprint,
        config: TextMessage,
        values: Values,
        *,
        labels: Mapping[int, str] | None = None,
        joint_names: Sequence[str] = (),
        most_objects: int = MOST_OBJECTS,
        frozen: Callable[[str], bool] = lambda key: False,
    ) -> None:
        """Build the network, all stacks of it, and fill it.

        `labels`, from 1, tell which class has keypoints; `joint_names` are those of the samples, see `read_settings`.
        `frozen` as in `make_trainable`. Raises `UnsupportedModelError` for what is not trained here.
        """
        refuse_open_sizes(blueprint.resizer)
        self.settings: CenterNetSettings = read_settings(architecture(config) or TextMessage(), joint_names)
        self._blueprint = blueprint
        self._most = most_objects
        tasks = blueprint.keypoint_tasks
        self._point_class = class_of(tasks[0], blueprint.num_classes, labels or {}) if tasks else None
        network, self._heads = all_stacks(blueprint.network)
        self.loss_names: Sequence[str] = self._named()
        height, width, _ = network.nodes[network.outputs["object_center"]].shape
        self._size = (height or 0, width or 0)
        self._trainable = make_trainable(
            network,
            values,
            norm=lambda key: _norm(blueprint.feature_extractor, key),
            decayed={},
            frozen=frozen,
        )
        self.model = self._trainable.model

    def _named(self) -> tuple[str, ...]:
        """Return the original's names of the losses, in its order."""
        boxes = ("Loss/box/scale", "Loss/box/offset") if "box/scale" in self._heads else ()
        parts = ("heatmap", "offset", "regression")
        joints = (f"Loss/{task.name}/keypoint/{part}" for task in self.settings.joints for part in parts)
        return ("Loss/object_center", *boxes, *joints)

    def encode(self, sample: Sample, random: np.random.Generator) -> Arrays:
        """Return the preprocessed picture and what its maps are to show; see the class."""
        blueprint, settings = self._blueprint, self.settings
        prepared = prepare(sample, blueprint.resizer, blueprint.normalisation, blueprint.num_classes)
        boxes = (prepared.boxes * np.asarray(self._size * 2, np.float32))[: self._most]
        found = center_targets(
            boxes,
            prepared.classes[: self._most],
            prepared.weights[: self._most],
            size=self._size,
            num_classes=blueprint.num_classes,
            least_overlap=settings.least_overlap,
        )
        # A cell of a box whose centre lies on the lower or right edge would be the one beyond the map.
        last = np.asarray(self._size, np.int32) - 1
        arrays: dict[str, npt.NDArray[Any]] = {
            "image": prepared.image,
            "inside": -(-np.asarray(prepared.true_shape, np.int32) // blueprint.stride),
            "heatmap": found.heatmap,
            "cells": self._filled(np.clip(found.cells, 0, last)),
            "sizes": self._filled(found.sizes),
            "offsets": self._filled(found.offsets),
            "weights": self._filled(prepared.weights[: self._most]),
        }
        for task in settings.joints:
            arrays |= self._joints(task, prepared, boxes, found)
        return arrays

    def _joints(
        self, task: JointSettings, prepared: Prepared, boxes: npt.NDArray[np.float32], centers: Centers
    ) -> dict[str, npt.NDArray[Any]]:
        count = len(task.deviations)
        points = prepared.keypoints
        if points is None:
            points = np.full((len(prepared.boxes), count, 2), np.nan, np.float32)
        points = (points * np.asarray(self._size, np.float32))[: self._most]
        mine = np.ones(len(boxes), bool)
        if self._point_class is not None:
            mine = prepared.classes[: self._most] == self._point_class
        weights = (prepared.weights[: self._most] * mine).astype(np.float32)
        spread = centers.deviations[:, None] * np.asarray(task.deviations, np.float32)
        found = joint_targets(points, boxes, weights, spread, size=self._size)
        return {
            f"{task.name}/heatmap": found.heatmap,
            f"{task.name}/mask": found.mask,
            f"{task.name}/joints": self._filled(found.joints),
            f"{task.name}/weights": self._filled(found.weights),
            f"{task.name}/counted": found.counted,
        }

    def _filled(self, rows: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return rows with zeros behind them, so that every picture has as many."""
        return np.concatenate([rows, np.zeros((self._most - len(rows), *rows.shape[1:]), rows.dtype)])

    def losses(self, batch: Mapping[str, Any], *, training: bool, seed: Any) -> Mapping[str, Any]:
        """Return the losses of all heads, each the mean of its stacks; dropouts draw from `seed`."""
        with drawing(seed):
            outputs = to_float32(self.model(batch["image"], training=training))
        found = dict.fromkeys(self.loss_names, 0.0)
        stacks = len(self._heads["object_center"])
        for number in range(stacks):
            maps = {head: outputs[names[number]] for head, names in self._heads.items()}
            each = self._boxes(maps, batch)
            for task in self.settings.joints:
                each |= self._keypoints(task, maps, batch)
            found = {name: found[name] + each[name] / stacks for name in found}
        return found

    def _boxes(self, maps: Mapping[str, Any], batch: Mapping[str, Any]) -> dict[str, Any]:
        """Return the losses of centres and boxes; all are divided by the number of boxes that count."""
        settings, weights = self.settings, batch["weights"]
        count = ops.maximum(ops.sum(ops.cast(weights != 0, "float32")), 1.0)
        mask = cells_mask(batch["inside"], self._size)
        peaks = peak_sum(maps["object_center"], batch["heatmap"], mask, settings.peaks)
        found = {"Loss/object_center": settings.center_weight * peaks / count}
        if "box/scale" in maps:
            cells = batch["cells"][..., 0] * self._size[1] + batch["cells"][..., 1]
            for head, target, share in (
                ("scale", "sizes", settings.scale_weight),
                ("offset", "offsets", settings.offset_weight),
            ):
                each = box_sum(maps[f"box/{head}"], cells, batch[target], weights)
                found[f"Loss/box/{head}"] = share * each / count
        return found

    def _keypoints(self, task: JointSettings, maps: Mapping[str, Any], batch: Mapping[str, Any]) -> dict[str, Any]:
        """Return the losses of joints: of their maps by their number, of the ways to them by the weights' sum."""
        place = f"{task.name}/keypoint"
        joints, weights = batch[f"{task.name}/joints"], batch[f"{task.name}/weights"]
        mask = cells_mask(batch["inside"], self._size) * ops.cast(batch[f"{task.name}/mask"], "float32")
        count = ops.cast(ops.maximum(ops.sum(batch[f"{task.name}/counted"]), 1), "float32")
        peaks = peak_sum(maps[f"{place}/heatmap"], batch[f"{task.name}/heatmap"], mask, task.peaks)
        offset, offset_weights = offset_terms(maps[f"{place}/offset"], joints, weights, task.radius)
        centres = ops.cast(batch["cells"], "float32")
        way, way_weights = regression_terms(maps[f"{place}/regression"], centres, joints, weights, task.radius)
        return {
            f"Loss/{place}/heatmap": task.heatmap_weight * peaks / count,
            f"Loss/{place}/offset": task.offset_weight * offset / ops.maximum(offset_weights, 1.0),
            f"Loss/{place}/regression": task.regression_weight * way / ops.maximum(way_weights, 1.0),
        }

    def l2(self) -> Sequence[tuple[Any, float]]:
        """Return nothing: no CenterNet has decay."""
        return []

    def values(self) -> Mapping[str, npt.NDArray[Any]]:
        """Return every variable by key."""
        return self._trainable.values()
