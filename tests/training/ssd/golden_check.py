"""Run by itself, with a KERAS_BACKEND: an SSD learner beside the original, as one line of JSON.

Arguments: the shared folder, the golden's name, and what to compare: `losses` on any backend, `all` on TensorFlow.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from loadstone.training.dropout import DrawnDropout
from loadstone.training.ssd.learner import SsdLearner
from loadstone.training.ssd.loss import SsdTargets
from loadstone.training.ssd.settings import SsdSettings, read_settings
from loadstone.wire.textproto import parse
from tests.detectors import goldens
from tests.training import golden_gradients as check
from tests.training.golden_truth import arrays, blueprint, config, facts

PLAIN = (
    "loss {{ classification_loss {{ weighted_sigmoid {{ }} }} localization_loss {{ weighted_smooth_l1 {{ }} }} {} }} "
    "normalize_loc_loss_by_codesize: true"
)
FEW = ("base", "bn_train")
"""Variants that are compared on other backends."""

MINERS = {
    "weighted_sigmoid": "",
    "hard_mine_cls": "hard_example_miner { num_hard_examples: 3000 iou_threshold: 0.99 loss_type: CLASSIFICATION "
    "max_negatives_per_positive: 3 min_negatives_per_image: 3 }",
    "hard_mine_both": "hard_example_miner { num_hard_examples: 100 iou_threshold: 0.7 loss_type: BOTH "
    "max_negatives_per_positive: 2 min_negatives_per_image: 0 }",
}
"""Variants whose loss is not the configuration's: the golden's note as text."""


def main(shared: Path, name: str, what: str) -> None:
    """Print, per variant, the largest relative difference of each kind."""
    values = goldens.weights(shared, name)
    learner = SsdLearner(blueprint(shared, name), config(shared, name), values)
    # The original's stochastic depth was switched off.
    for layer in learner.model.layers:
        if isinstance(layer, DrawnDropout):
            layer.rate = 0.0
    plain = learner.settings
    found: dict[str, Any] = {}
    for variant, facts_of in facts(shared, name)["variants"].items():
        if what == "losses" and variant not in FEW:
            continue
        learner.settings = _settings(plain, variant)
        training = variant == "bn_train"
        samples = [check.sample_of(shared, name, variant)]
        samples += [check.sample_of(shared, name, variant, flip=True)] if training else []
        batch = check.batch_of(learner, samples)
        if what == "losses":
            losses = check.compiled_losses(learner, batch, training=training)
        else:
            losses, gradients = check.gradients(learner, batch, learner._trainable.variables, training=training)
        found[variant] = {"losses": check.losses_differ(shared, name, variant, losses)}
        if what == "all" and "grad_global_norm" in facts_of:
            floor = check.FLOOR_OF_BATCH if training else check.FLOOR
            found[variant]["gradients"] = check.gradients_differ(shared, name, variant, gradients, floor=floor)
        if f"{variant}/miner_selected" in arrays(shared, name):
            found[variant]["mined"] = _mined(shared, name, variant, learner, batch)
        if what == "all" and training:
            found[variant]["moved"] = check.moved_differ(shared, name, learner.values())
    decay = float(np.asarray(keras.ops.convert_to_numpy(check.regularisation(learner))))
    wanted = facts(shared, name)["variants"]["base"]["regularization_loss"]
    found["regularisation"] = abs(decay - wanted) / wanted
    print(json.dumps(found))


def _settings(plain: SsdSettings, variant: str) -> SsdSettings:
    text = MINERS.get(variant.removesuffix("_empty"))
    return plain if text is None else replace(plain, loss=read_settings(parse(PLAIN.format(text).encode())).loss)


def _mined(shared: Path, name: str, variant: str, learner: SsdLearner, batch: Any) -> float:
    """Return how many anchors were chosen by one of us only."""
    batch = {key: keras.ops.convert_to_tensor(array) for key, array in batch.items()}
    outputs = learner.model(batch["image"], training=False)
    codes, logits = outputs["box_encodings"], outputs["class_predictions_with_background"]
    loss = learner.settings.loss
    assert loss.miner is not None
    targets = SsdTargets(*(batch[key] for key in ("boxes", "box_weights", "columns", "class_weights", "match")))
    weights = (loss.localization_weight, loss.classification_weight)
    measured = loss.miner.measured(*loss.rows(codes, logits, targets), weights=weights)
    chosen = keras.ops.convert_to_numpy(loss.miner.chosen(measured, learner._decode(codes), batch["match"]))[0]
    return float(len(set(np.flatnonzero(chosen)) ^ set(arrays(shared, name)[f"{variant}/miner_selected"].tolist())))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
