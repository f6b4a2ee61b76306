"""The learner of anchor-free YOLOs: SimOTA within the step, one loss for boxes, two for scores, L1 in the last epochs.

Source: Ge et al., YOLOX (arXiv 2107.08430), section 2.1; the weights of the losses are the paper's code's [memory].
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
from keras import ops

from loadstone.blueprint.yolo_head import MOMENTUM
from loadstone.blueprint.yolo_parts import BOXES, CLASSES, OBJECTNESS, YoloBlueprint
from loadstone.detectors.two_stage_ops import decode
from loadstone.errors import SourceError
from loadstone.facts.dataset import Sample
from loadstone.runtime.families.yolo_plan import UNSCALED, anchors_of
from loadstone.training.box_losses import ciou_loss, giou_loss, iou_loss
from loadstone.training.dropout import drawing
from loadstone.training.losses import sigmoid_cross_entropy
from loadstone.training.norms import NormRule
from loadstone.training.pairs import rows_of
from loadstone.training.pictures import prepare, refuse_open_sizes, to_float32
from loadstone.training.trainable import Values, make_trainable
from loadstone.training.yolo.assignment import Predicted, SimOta, Truth, assign

if TYPE_CHECKING:
    from loadstone.training.learner import Arrays

LOSSES = ("Loss/box_loss", "Loss/objectness_loss", "Loss/classification_loss", "Loss/l1_loss")
MOST_BOXES = 100
"""What a batch holds of each picture; more are cut off."""

WIDEST = 10.0
"""The logarithm of the most strides that a side is taken to have in training: an exponential without end would make
the loss one. No picture is 22,000 strides wide."""

BOX_LOSSES: Mapping[str, Callable[[Any, Any], Any]] = {"iou": iou_loss, "giou": giou_loss, "ciou": ciou_loss}


@dataclass(frozen=True, slots=True)
class YoloSettings:
    """How a YOLO trains. `box_weight` multiplies the box loss, which is `box_loss`."""

    assignment: SimOta = field(default_factory=SimOta)
    box_loss: Literal["iou", "giou", "ciou"] = "iou"
    box_weight: float = 5.0
    most_boxes: int = MOST_BOXES


class YoloLearner:
    """See `learner.Learner`. A batch holds `image`; `boxes` (G, 4) in pixels of the padded picture, zeros where there
    is none; `classes` int32 (G,); `weights` (G,); and `l1` (), 1 where the L1 loss counts.

    `l1` is a setting that may change between epochs: the paper turns it on, and mosaic off, for the last 15.
    """

    loss_names: Sequence[str] = LOSSES

    def __init__(
        self,
        blueprint: YoloBlueprint,
        values: Values,
        *,
        settings: YoloSettings | None = None,
        frozen: Callable[[str], bool] = lambda key: False,
    ) -> None:
        """Build the network and fill it; `frozen` as in `make_trainable`, which says what may be raised.

        Raises `UnsupportedModelError` for pictures of no fixed size, `SourceError` for a box loss that there is not.
        """
        refuse_open_sizes(blueprint.resizer)
        self.settings = YoloSettings() if settings is None else settings
        if self.settings.box_loss not in BOX_LOSSES:
            expected = ", ".join(BOX_LOSSES)
            raise SourceError("there is no such box loss", expected=expected, found=str(self.settings.box_loss))
        self.l1 = False
        self._blueprint = blueprint
        self._size = np.array([*(blueprint.resizer.output or (1, 1))] * 2, np.float32)
        self._anchors = anchors_of(blueprint) * self._size
        self._strides = self._anchors[:, 2] - self._anchors[:, 0]
        self._corners = (self._anchors[:, :2] + self._anchors[:, 2:]) / 2
        self._trainable = make_trainable(
            blueprint.network, values, norm=lambda key: NormRule(MOMENTUM), decayed={}, frozen=frozen
        )
        self.model = self._trainable.model

    def encode(self, sample: Sample, random: np.random.Generator) -> Arrays:
        """Return the preprocessed picture and its objects, padded; see the class."""
        blueprint, most = self._blueprint, self.settings.most_boxes
        prepared = prepare(sample, blueprint.resizer, blueprint.normalisation, blueprint.num_classes)
        found: dict[str, npt.NDArray[Any]] = {
            "image": prepared.image,
            "boxes": np.zeros((most, 4), np.float32),
            "classes": np.zeros(most, np.int32),
            "weights": np.zeros(most, np.float32),
            "l1": np.array(self.l1, np.float32),
        }
        count = min(len(prepared.boxes), most)
        found["boxes"][:count] = prepared.boxes[:count] * self._size
        found["classes"][:count] = prepared.classes[:count]
        found["weights"][:count] = prepared.weights[:count]
        return found

    def losses(self, batch: Mapping[str, Any], *, training: bool, seed: Any) -> Mapping[str, Any]:
        """Return the losses, each over the number of places that answer for an object; dropouts draw from `seed`."""
        with drawing(seed):
            outputs = to_float32(self.model(batch["image"], training=training))
        codes = outputs[BOXES]
        codes = ops.concatenate([codes[..., :2], ops.minimum(codes[..., 2:], WIDEST)], axis=-1)
        boxes = decode(codes, ops.convert_to_tensor(self._anchors[None]), UNSCALED)
        predicted = Predicted(boxes, outputs[CLASSES], outputs[OBJECTNESS])
        rows, overlap = self.assigned(predicted, batch)
        positive = ops.cast(rows >= 0, "float32")
        weights = positive * rows_of(batch["weights"], rows)
        number = ops.maximum(ops.sum(weights), 1.0)
        truth = rows_of(batch["boxes"], rows)
        # What is no object's has its own box for a target, so that no loss of it is endless; its weight is 0.
        truth = ops.where(positive[..., None] > 0, truth, ops.stop_gradient(boxes))
        distance = BOX_LOSSES[self.settings.box_loss](boxes, truth)
        # Places of an object that does not count are no background either.
        counted = weights + (1.0 - positive)
        objects = sigmoid_cross_entropy(predicted.objects[..., 0], positive) * counted
        l1 = ops.sum(ops.abs(codes - self._encoded(truth)), axis=-1) * weights * batch["l1"][:, None]
        found = (
            self.settings.box_weight * ops.sum(distance * weights),
            ops.sum(objects),
            ops.sum(self._class_losses(predicted.classes, rows, overlap, batch) * weights),
            ops.sum(l1),
        )
        return {name: loss / number for name, loss in zip(LOSSES, found, strict=True)}

    def assigned(self, predicted: Predicted, batch: Mapping[str, Any]) -> tuple[Any, Any]:
        """Return each place's object and overlap; see `assignment.assign`."""
        middles = ops.convert_to_tensor(self._corners + self._strides[:, None] / 2)
        strides = ops.convert_to_tensor(self._strides)
        return assign(self.settings.assignment, predicted, Truth(batch["boxes"], batch["classes"]), middles, strides)

    @staticmethod
    def _class_losses(logits: Any, rows: Any, overlap: Any, batch: Mapping[str, Any]) -> Any:
        """Return the cross entropy of each place's classes, (B, N): its object's is to score the overlap, others 0."""
        own = ops.take_along_axis(logits, rows_of(batch["classes"], rows)[..., None], axis=-1)[..., 0]
        return ops.sum(ops.softplus(logits), axis=-1) - overlap * own

    def _encoded(self, boxes: Any) -> Any:
        """Return the encodings of boxes (B, N, 4) at their places."""
        strides, corners = ops.convert_to_tensor(self._strides[:, None]), ops.convert_to_tensor(self._corners)
        sides = ops.maximum(boxes[..., 2:] - boxes[..., :2], 1e-8)
        middles = (boxes[..., :2] + boxes[..., 2:]) / 2
        return ops.concatenate([(middles - corners) / strides, ops.log(sides / strides)], axis=-1)

    def l2(self) -> Sequence[tuple[Any, float]]:
        """Return nothing: what decay there is belongs to the optimizer."""
        return []

    def values(self) -> Mapping[str, npt.NDArray[Any]]:
        """Return every variable by key."""
        return self._trainable.values()
