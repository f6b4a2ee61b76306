"""The learner of detectors on anchors: SSD, RetinaNet, EfficientDet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from keras import ops

from loadstone.blueprint.parts import Blueprint
from loadstone.detectors.two_stage_ops import decode
from loadstone.facts.dataset import Sample
from loadstone.formats.detection.config import architecture
from loadstone.runtime.conversions.convert_rebuilt import anchors_of
from loadstone.training.dropout import drawing
from loadstone.training.matching import assign
from loadstone.training.pictures import prepare, refuse_open_sizes, to_float32
from loadstone.training.samplers import balanced
from loadstone.training.ssd.loss import SsdTargets
from loadstone.training.ssd.rules import SsdRules
from loadstone.training.ssd.settings import SsdSettings, read_settings
from loadstone.training.stochastic_depth import with_dropouts
from loadstone.training.trainable import Trainable, Values, make_trainable
from loadstone.wire.textmessage import TextMessage

if TYPE_CHECKING:
    from loadstone.training.learner import Arrays

LOSSES = ("Loss/localization_loss", "Loss/classification_loss")


class SsdLearner:
    """See `learner.Learner`. A batch holds, for N anchors: `image`; `columns` int32 (N,), the class head's column that
    is to be 1, or -1; `class_weights` (N,); `boxes` (N, 4), box codes; `box_weights` (N,); `match` int32 (N,).
    """

    loss_names: Sequence[str] = LOSSES

    def __init__(
        self,
        blueprint: Blueprint,
        config: TextMessage,
        values: Values,
        *,
        settings: SsdSettings | None = None,
        frozen: Callable[[str], bool] = lambda key: False,
    ) -> None:
        """Build the network and fill it; `settings` stand for the configuration's where they are given.

        `frozen` tells by a variable's key whether its layer is not to train. Raises `UnsupportedModelError` for what
        is not trained here, and as `make_trainable` does.
        """
        refuse_open_sizes(blueprint.resizer)
        ssd = architecture(config) or TextMessage()
        softmax = blueprint.suppression.converter == "SOFTMAX"
        self.settings = read_settings(ssd, softmax=softmax) if settings is None else settings
        rules = SsdRules(ssd, blueprint.feature_extractor, freeze=self.settings.freeze_norms)
        decays = config.message("train_config").flag("add_regularization_loss", True)
        self._decayed = rules.decayed(blueprint.variables.values()) if decays else {}
        self._blueprint = blueprint
        self._anchors = anchors_of(blueprint)
        self._trainable: Trainable = make_trainable(
            with_dropouts(blueprint.network),
            values,
            norm=rules.norm,
            decayed=self._decayed,
            frozen=frozen,
        )
        self.model = self._trainable.model

    def encode(self, sample: Sample, random: np.random.Generator) -> Arrays:
        """Return the preprocessed picture and each anchor's targets; see the class."""
        blueprint, settings = self._blueprint, self.settings
        prepared = prepare(sample, blueprint.resizer, blueprint.normalisation, blueprint.num_classes)
        targets = assign(
            prepared.boxes,
            prepared.classes,
            prepared.weights,
            self._anchors,
            num_classes=blueprint.num_classes,
            background=blueprint.background,
            scales=blueprint.box_coder.scales,
            matched=settings.matched,
            unmatched=settings.unmatched,
            force=settings.force,
            negatives_lower=settings.negatives_lower,
            negative_class_weight=settings.negative_class_weight,
            background_as_zeros=settings.background_as_zeros,
        )
        class_weights, box_weights = targets.class_weights, targets.box_weights
        if settings.positive_share is not None:
            drawn = balanced(
                class_weights > 0, targets.match >= 0, random, size=None, positive_share=settings.positive_share
            )
            class_weights, box_weights = class_weights * drawn, box_weights * drawn
        return {
            "image": prepared.image,
            "columns": targets.columns,
            "class_weights": class_weights,
            "boxes": targets.boxes,
            "box_weights": box_weights,
            "match": targets.match.astype(np.int32),
        }

    def losses(self, batch: Mapping[str, Any], *, training: bool, seed: Any) -> Mapping[str, Any]:
        """Return localization and classification loss; `seed` decides what dropouts and stochastic depth leave out."""
        with drawing(seed):
            outputs = to_float32(self.model(batch["image"], training=training))
        targets = SsdTargets(
            batch["boxes"], batch["box_weights"], batch["columns"], batch["class_weights"], batch["match"]
        )
        found = self.settings.loss(
            outputs["box_encodings"], outputs["class_predictions_with_background"], targets, self._decode
        )
        return dict(zip(LOSSES, found, strict=True))

    def _decode(self, codes: Any) -> Any:
        return decode(codes, ops.convert_to_tensor(self._anchors[None]), self._blueprint.box_coder.scales)

    def l2(self) -> Sequence[tuple[Any, float]]:
        """Return the variables that decay and train."""
        found = self._trainable.variables
        return [(found[key], share) for key, share in self._decayed.items() if found[key].trainable]

    def values(self) -> Mapping[str, npt.NDArray[Any]]:
        """Return every variable by key."""
        return self._trainable.values()
