"""Run by itself, with a KERAS_BACKEND: a CenterNet learner beside the original, as one line of JSON.

Arguments: the shared folder, the golden's name, and what to compare: `losses` on any backend, `all` on TensorFlow.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from loadstone.training.center_net.learner import CenterNetLearner
from tests.detectors import goldens
from tests.training import golden_gradients as check
from tests.training.golden_truth import center_net, config, facts

FEW = ("weights", "bn_train")
"""Variants that are compared on other backends."""


def main(shared: Path, name: str, what: str) -> None:
    """Print, per variant, the largest relative difference of each kind."""
    values = goldens.weights(shared, name)
    learner = CenterNetLearner(center_net(shared, name), config(shared, name), values)
    found: dict[str, Any] = {}
    for variant in facts(shared, name)["variants"]:
        if what == "losses" and variant not in FEW:
            continue
        training = variant == "bn_train"
        flips = (False, True) if training else (False,)
        points = bool(learner.settings.joints)
        batch = check.batch_of(
            learner, [check.sample_of(shared, name, variant, flip=flip, points=points) for flip in flips]
        )
        if what == "losses":
            losses = check.compiled_losses(learner, batch, training=training)
            found[variant] = {"losses": check.losses_differ(shared, name, variant, losses)}
            continue
        losses, gradients = check.gradients(learner, batch, learner._trainable.variables, training=training)
        floor = check.FLOOR_OF_BATCH if training else check.FLOOR
        found[variant] = {
            "losses": check.losses_differ(shared, name, variant, losses),
            "gradients": check.gradients_differ(shared, name, variant, gradients, floor=floor),
        }
        if training:
            found[variant]["moved"] = check.moved_differ(shared, name, learner.values())
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
