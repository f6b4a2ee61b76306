"""The learner of Faster and Mask R-CNNs, with one map or a pyramid of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from keras import ops

from loadstone.blueprint.faster_rcnn_parts import FasterRcnnBlueprint
from loadstone.blueprint.network import Network
from loadstone.detectors.two_stage_ops import best_boxes, crop, decode
from loadstone.detectors.two_stages import TwoStages, plan_of
from loadstone.facts.dataset import Sample
from loadstone.formats.detection.config import architecture
from loadstone.training.draws import uniform
from loadstone.training.dropout import drawing, inserted
from loadstone.training.faster_rcnn.anchors import assigned, training_anchors
from loadstone.training.faster_rcnn.losses import Drawn, first_stage_losses, second_stage_losses
from loadstone.training.faster_rcnn.masks import cropped, mask_loss, packed
from loadstone.training.faster_rcnn.matching import encoded, matched
from loadstone.training.faster_rcnn.padding import padded
from loadstone.training.faster_rcnn.sampling import Sampler, balanced, first_rows, static_balanced
from loadstone.training.faster_rcnn.settings import FasterRcnnRules, FasterRcnnSettings, read_settings
from loadstone.training.pairs import rows_of
from loadstone.training.pictures import prepare, refuse_open_sizes, to_float32
from loadstone.training.samplers import balanced as balanced_anchors
from loadstone.training.trainable import Trainable, Values, make_trainable
from loadstone.wire.textmessage import TextMessage

if TYPE_CHECKING:
    from loadstone.training.learner import Arrays

LOSSES = (
    "Loss/RPNLoss/localization_loss",
    "Loss/RPNLoss/objectness_loss",
    "Loss/BoxClassifierLoss/localization_loss",
    "Loss/BoxClassifierLoss/classification_loss",
)
MASK_LOSS = "Loss/BoxClassifierLoss/mask_loss"

MOST_BOXES = 100
"""`max_number_of_boxes` of input_reader.proto: what a batch holds of each picture; more are cut off."""

HEADS = ("box_encodings", "class_predictions_with_background")
"""The second stage's outputs that `use_dropout` is about: each head's layer has a dropout of its own before it."""

DrawAnchors = Callable[[npt.NDArray[np.bool_], npt.NDArray[np.bool_], np.random.Generator], npt.NDArray[np.bool_]]
"""(candidates (N,), positives (N,), random numbers) → which anchors are drawn, (N,)."""


class FasterRcnnLearner:
    """See `learner.Learner`. A batch holds `image`; `true_size` (2,), its height and width without padding; for the K
    anchors drawn: `rpn_rows` int32 (K,), among all anchors, `rpn_objects` int32 (K,), 1 for an object, `rpn_counts`,
    `rpn_codes` (K, 4) and `rpn_box_weights`; and the ground truth, padded with zeros: `boxes` (G, 4) in pixels of the
    padded picture, `classes` int32 (G,), `weights` (G,). For a Mask R-CNN also `masks`, as `masks.packed` has them, and
    `mask_weights` (G,), 0 for an object without one.

    `draw_anchors` and `draw_proposals` stand for the samplers; tests put recorded draws there. `notes` says what the
    configuration asks for and is not done. `masks`: samples are to have masks.
    """

    def __init__(
        self,
        blueprint: FasterRcnnBlueprint,
        config: TextMessage,
        values: Values,
        *,
        settings: FasterRcnnSettings | None = None,
        frozen: Callable[[str], bool] = lambda key: False,
    ) -> None:
        """Build the stages and fill them; `settings` stand for the configuration's where they are given.

        `frozen` tells by a variable's key whether its layer is not to train. Raises `UnsupportedModelError` for what
        is not trained here, and as `make_trainable` does.
        """
        blueprint, self.notes = padded(blueprint, config)
        refuse_open_sizes(blueprint.resizer)
        inner = architecture(config)
        model = inner if inner is not None and inner.name == "faster_rcnn" else None
        self.settings = read_settings(model) if settings is None else settings
        rules = FasterRcnnRules(model, blueprint.feature_extractor, norms_train=self.settings.norms_train)
        decays = config.message("train_config").flag("add_regularization_loss", True)
        self._decayed = rules.decayed(blueprint.variables.values()) if decays else {}
        self._blueprint = blueprint
        self._anchors = training_anchors(blueprint)
        self._size = blueprint.resizer.output or (0, 0)
        made = partial(make_trainable, values=values, norm=rules.norm)
        self._stages: list[Trainable] = [
            made(stage, decayed=self._decayed, frozen=frozen)
            for stage in (blueprint.first_stage, _dropped(blueprint.second_stage, self.settings.dropout))
        ]
        self.masks = blueprint.third_stage is not None
        if blueprint.third_stage is not None:
            self._stages.append(made(blueprint.third_stage, decayed=self._decayed, frozen=frozen))
        self.loss_names: Sequence[str] = (*LOSSES, MASK_LOSS) if self.masks else LOSSES
        self.model = TwoStages(*(stage.model for stage in self._stages), plan=plan_of(blueprint))
        self.draw_anchors: DrawAnchors = self._drawn_anchors
        kind = static_balanced if self.settings.static_sampler else balanced
        second = self.settings.second
        self.draw_proposals: Sampler = partial(kind, size=second.size, positive_share=second.positive_share)

    @property
    def _looked_at(self) -> int:
        """How many proposals of each picture the second stage sees."""
        return self.settings.second.size if self.settings.miner is None else self._blueprint.proposals.count

    def _drawn_anchors(
        self, candidates: npt.NDArray[np.bool_], positives: npt.NDArray[np.bool_], random: np.random.Generator
    ) -> npt.NDArray[np.bool_]:
        stage = self.settings.first
        return balanced_anchors(candidates, positives, random, size=stage.size, positive_share=stage.positive_share)

    def encode(self, sample: Sample, random: np.random.Generator) -> Arrays:
        """Return the preprocessed picture, its drawn anchors' targets and its ground truth; see the class."""
        blueprint = self._blueprint
        prepared = prepare(sample, blueprint.resizer, blueprint.normalisation, blueprint.num_classes)
        boxes = (prepared.boxes * np.array([*self._size, *self._size], np.float32))[:MOST_BOXES]
        weights, count = prepared.weights[:MOST_BOXES], len(boxes)
        found: dict[str, npt.NDArray[Any]] = {
            "image": prepared.image,
            "true_size": np.array(prepared.true_shape, np.float32),
            "boxes": np.zeros((MOST_BOXES, 4), np.float32),
            "classes": np.zeros(MOST_BOXES, np.int32),
            "weights": np.zeros(MOST_BOXES, np.float32),
        }
        found["boxes"][:count], found["weights"][:count] = boxes, weights
        found["classes"][:count] = prepared.classes[:MOST_BOXES]
        if self.masks:
            masks = prepared.masks or (None,) * count
            found["masks"] = packed(masks, self._size, MOST_BOXES)
            found["mask_weights"] = np.zeros(MOST_BOXES, np.float32)
            found["mask_weights"][:count] = [mask is not None for mask in masks[:MOST_BOXES]]
        return found | self._anchor_targets(boxes, weights, random)

    def _anchor_targets(
        self, boxes: npt.NDArray[np.float32], weights: npt.NDArray[np.float32], random: np.random.Generator
    ) -> dict[str, npt.NDArray[Any]]:
        targets = assigned(self._anchors.boxes, boxes, weights)
        drawn = np.flatnonzero(self.draw_anchors(targets.weights > 0, targets.match >= 0, random))
        size = min(self.settings.first.size, len(targets.match))
        positive = targets.match[drawn] >= 0
        found = {
            "rpn_rows": self._anchors.rows[drawn].astype(np.int32),
            "rpn_objects": positive.astype(np.int32),
            "rpn_counts": np.ones(len(drawn), np.float32),
            "rpn_codes": targets.codes_of(drawn, self._blueprint.box_coder.scales),
            "rpn_box_weights": targets.weights[drawn] * positive,
        }
        return {name: _filled(array, size) for name, array in found.items()}

    def losses(self, batch: Mapping[str, Any], *, training: bool, seed: Any) -> Mapping[str, Any]:
        """Return the losses, by the original's names; proposals and dropouts are drawn from `seed`."""
        with drawing(seed):
            first = to_float32(self.model.first_stage(batch["image"], training=training))
        drawn_rows = batch["rpn_rows"]
        anchors = Drawn(
            batch["rpn_counts"],
            batch["rpn_objects"],
            batch["rpn_counts"],
            batch["rpn_codes"],
            batch["rpn_box_weights"],
        )
        codes, logits = (rows_of(first[name], drawn_rows) for name in ("box_encodings", "objectness"))
        proposing = first_stage_losses(codes, logits, anchors, self.settings.first)
        boxes, proposals = self.drawn_proposals(first, batch, seed)
        maps = [first[name] for name in self.model._map_names(first)]
        crops = crop(maps, boxes, (float(self._size[0]), float(self._size[1])), self._blueprint.crops)
        with drawing(seed):
            second = to_float32(self.model.second_stage(crops, training=training))
        count, classes = self._looked_at, self._blueprint.num_classes
        refining = second_stage_losses(
            ops.reshape(second["box_encodings"], (-1, count, 1 if self._blueprint.shared_boxes else classes, 4)),
            ops.reshape(second["class_predictions_with_background"], (-1, count, classes + 1)),
            proposals,
            self.settings,
            boxes,
        )
        found = dict(zip(LOSSES, (*proposing, *refining), strict=True))
        if not self.masks:
            return found
        with drawing(seed):
            return found | {MASK_LOSS: self._mask_loss(second["features"], boxes, proposals, batch, training=training)}

    def _mask_loss(
        self, features: Any, boxes: Any, proposals: Drawn, batch: Mapping[str, Any], *, training: bool
    ) -> Any:
        """Return the masks' loss. `features` are the second stage's, a row for each of `boxes` (B, S, 4).

        Only those of objects go through the third stage, which is what the original's weights come to.
        """
        settings, masks = self.settings, self._blueprint.masks
        weights = proposals.box_weights * rows_of(batch["mask_weights"], proposals.rows)
        sampled = settings.miner is None and not settings.static
        most = max(int(settings.second.positive_share * settings.second.size), 1) if sampled else self._looked_at
        places, real = first_rows(weights > 0, most)
        begins = ops.cumsum(ops.ones_like(places[:, :1]), axis=0) - 1
        rows = ops.reshape(begins * self._looked_at + places, (-1,))
        third = to_float32(self._stages[2].model(ops.take(features, rows, axis=0), training=training))["masks"]
        targets = cropped(
            batch["masks"],
            ops.maximum(rows_of(proposals.rows, places), 0),
            rows_of(boxes, places),
            shape=masks.size if masks is not None else (0, 0),
            size=(float(self._size[0]), float(self._size[1])),
            by_matrix=self._blueprint.crops.by_matrix,
        )
        counts = ops.cast(ops.arange(most, dtype="int32")[None] < real, "float32")
        return settings.mask_weight * mask_loss(
            ops.reshape(third, (-1, most, *third.shape[1:])),
            rows_of(proposals.columns, places),
            ops.stop_gradient(targets),
            rows_of(weights, places) * counts,
        )

    def drawn_proposals(self, first: Mapping[str, Any], batch: Mapping[str, Any], seed: Any) -> tuple[Any, Drawn]:
        """Return the proposals drawn of each picture, (B, S, 4) in pixels, and what they are to say.

        `first` has the first stage's outputs. Nothing here has a gradient.
        """
        boxes, valid, numbers = self._proposals(first, batch["true_size"], seed)
        rows = matched(batch["boxes"], boxes)
        if self.settings.miner is not None:
            # The miner chooses by losses, so that every proposal has to have one.
            return boxes, self._targets(boxes, rows, ops.cast(valid, "float32"), batch)
        weights = ops.where(rows >= 0, rows_of(batch["weights"], rows), 1.0)
        chosen = self.draw_proposals(ops.logical_and(valid, weights > 0), rows >= 0, numbers)
        size = self.settings.second.size
        places, real = first_rows(chosen, size)
        drawn = rows_of(boxes, places)
        counts = ops.cast(ops.arange(size, dtype="int32")[None] < real, "float32")
        if self.settings.static:
            # Missing ones are the first proposal again, which counts as often as it is repeated.
            counts = ops.ones_like(counts)
        else:
            drawn = drawn * counts[..., None]
        return drawn, self._targets(drawn, ops.take_along_axis(rows, places, axis=1), counts, batch)

    def _proposals(self, first: Mapping[str, Any], true_size: Any, seed: Any) -> tuple[Any, Any, Any]:
        """Return the proposals (B, P, 4), at least as many as are drawn, which are valid, and a random number of each.

        The numbers (B, P) are the anchors', so that one proposal more or less, which rounding decides, leaves the
        others' draws as they are.
        """
        rule, anchors = self._blueprint.proposals, self._anchors
        codes, logits = (ops.stop_gradient(first[name]) for name in ("box_encodings", "objectness"))
        if not anchors.whole:
            kept = ops.convert_to_tensor(anchors.rows.astype(np.int32))
            codes, logits = ops.take(codes, kept, axis=1), ops.take(logits, kept, axis=1)
        decoded = decode(codes, ops.convert_to_tensor(anchors.boxes[None]), self._blueprint.box_coder.scales)
        numbers = uniform((len(anchors.boxes),), ops.shape(decoded)[0], seed)
        boxes, count = best_boxes(
            ops.concatenate([decoded, numbers[..., None]], axis=-1),
            ops.softmax(logits)[..., 1],
            true_size,
            iou=rule.iou_threshold,
            least=rule.score_threshold,
            most=rule.count,
            keep_empty=self.settings.static,
        )
        missing = max(self._looked_at - rule.count, 0)
        boxes = ops.pad(boxes, [[0, 0], [0, missing], [0, 0]]) if missing else boxes
        boxes = ops.stop_gradient(boxes)
        return boxes[..., :4], ops.arange(boxes.shape[1], dtype="float32")[None] < count[:, None], boxes[..., 4]

    def _targets(self, boxes: Any, rows: Any, counts: Any, batch: Mapping[str, Any]) -> Drawn:
        positive = ops.logical_and(rows >= 0, counts > 0)
        codes = encoded(rows_of(batch["boxes"], rows), boxes, self._blueprint.box_coder.scales)
        weights = rows_of(batch["weights"], rows)
        return Drawn(
            counts=counts,
            columns=ops.where(positive, rows_of(batch["classes"], rows) + 1, 0),
            class_weights=counts * ops.where(positive, weights, 1.0),
            codes=ops.where(positive[..., None], codes, 0.0),
            box_weights=ops.where(positive, weights, 0.0),
            rows=rows,
        )

    def l2(self) -> Sequence[tuple[Any, float]]:
        """Return the variables that decay and train."""
        found = {key: one for stage in self._stages for key, one in stage.variables.items()}
        return [(found[key], share) for key, share in self._decayed.items() if key in found and found[key].trainable]

    def values(self) -> Mapping[str, npt.NDArray[Any]]:
        """Return every variable by key."""
        return {key: value for stage in self._stages for key, value in stage.values().items()}


def _dropped(second_stage: Network, rate: float) -> Network:
    """Return the stage with a dropout before the layer of each head; with a rate of 0 as it is."""
    return inserted(second_stage, {second_stage.outputs[name]: rate for name in HEADS}) if rate else second_stage


def _filled(array: npt.NDArray[Any], size: int) -> npt.NDArray[Any]:
    """Return the array with rows of zeros after it, `size` in all."""
    return np.concatenate([array, np.zeros((size - len(array), *array.shape[1:]), array.dtype)])
