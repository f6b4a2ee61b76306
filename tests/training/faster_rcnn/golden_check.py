"""Run by itself, with KERAS_BACKEND=tensorflow: a Faster R-CNN learner beside the original, as one line of JSON.

Argument: the shared folder. Both samplers are replaced: by all candidates, or by what the original drew.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from loadstone.blueprint.faster_rcnn_parts import FasterRcnnBlueprint
from loadstone.blueprint.reader import read_any
from loadstone.training.faster_rcnn.anchors import assigned
from loadstone.training.faster_rcnn.learner import FasterRcnnLearner
from loadstone.wire.textproto import parse
from tests.detectors import goldens
from tests.training import golden_gradients as check
from tests.training.golden_truth import arrays, facts

NAME = "faster_rcnn_resnet50_v1_640"
ALL = 1 << 20


def main(shared: Path) -> None:
    """Print, per variant, the largest differences of matches (a count), proposals, losses and gradients."""
    config = parse((shared / "goldens" / facts(shared, NAME)["config"]).read_bytes())
    blueprint = read_any(config)
    assert isinstance(blueprint, FasterRcnnBlueprint)
    learner = FasterRcnnLearner(blueprint, config, goldens.weights(shared, NAME))
    plain = learner.settings
    variables = {key: one for stage in learner._stages for key, one in stage.variables.items()}
    found: dict[str, Any] = {}
    # Batch norms move in the last variant, so that it has to be the last.
    for variant, facts_of in facts(shared, NAME)["variants"].items():
        kept, training = arrays(shared, NAME), variant == "all_bn_train"
        count = int(kept[f"{variant}/num_proposals"].max())
        learner.settings = replace(plain, second=replace(plain.second, size=count))
        _inject(learner, shared, variant)
        samples = [check.sample_of(shared, NAME, variant)]
        samples += [check.sample_of(shared, NAME, variant, flip=True)] if training else []
        batch = check.batch_of(learner, samples)
        found[variant] = {
            "matches": sum(_mismatches(learner, shared, variant, one, batch) for one in range(len(samples)))
        }
        if not training:
            found[variant]["proposals"] = _proposals(learner, shared, variant, batch)
        losses, gradients = check.gradients(learner, batch, variables, training=training)
        found[variant]["losses"] = check.losses_differ(shared, NAME, variant, losses)
        if "grad_global_norm" in facts_of:
            found[variant]["gradients"] = check.gradients_differ(shared, NAME, variant, gradients)
        if training:
            found[variant]["moved"] = check.moved_differ(shared, NAME, learner.values(), variant)
    print(json.dumps(found))


def _inject(learner: FasterRcnnLearner, shared: Path, variant: str) -> None:
    """Put the variant's own draws in the places of the samplers."""
    kept = arrays(shared, NAME)
    if variant.startswith("all_"):
        learner.settings = replace(learner.settings, first=replace(learner.settings.first, size=ALL))
        learner.draw_anchors = lambda candidates, positives, random: candidates
        learner.draw_proposals = lambda candidates, positives, numbers: candidates
        return

    def recorded(stage: str, count: int) -> Any:
        return np.isin(np.arange(count), kept[f"{variant}/{stage}_sampler/selected"])

    import tensorflow as tf

    learner.draw_anchors = lambda candidates, positives, random: recorded("rpn", len(candidates))
    learner.draw_proposals = lambda candidates, positives, numbers: tf.constant(
        recorded("box", candidates.shape[1])[None]
    )


def _mismatches(learner: FasterRcnnLearner, shared: Path, variant: str, number: int, batch: Any) -> int:
    """Return how many anchors match another ground truth than in the original."""
    boxes, weights = batch["boxes"][number], batch["weights"][number]
    real = np.flatnonzero(boxes[:, 2] > boxes[:, 0])
    targets = assigned(learner._anchors.boxes, boxes[real], weights[real])
    suffix = f"/{number}" if len(batch["boxes"]) > 1 else ""
    return int((targets.match != arrays(shared, NAME)[f"{variant}/assign/rpn{suffix}/match"]).sum())


def _proposals(learner: FasterRcnnLearner, shared: Path, variant: str, batch: Any) -> dict[str, Any]:
    """Return the largest difference of the drawn proposals in pixels, and how many of them match differently."""
    import tensorflow as tf

    tensors = {name: tf.convert_to_tensor(array) for name, array in batch.items()}
    boxes, drawn = learner.drawn_proposals(learner.model.first_stage(batch["image"]), tensors, [0, 0])
    kept = arrays(shared, NAME)
    match = kept[f"{variant}/assign/box/match"]
    wanted = np.where(match >= 0, batch["classes"][0][np.maximum(match, 0)] + 1, 0)
    at = kept[f"{variant}/assign/box/positive_index"]
    codes = np.asarray(drawn.codes)[0][at] - kept[f"{variant}/assign/box/positive_reg_targets"]
    return {
        "boxes": float(np.abs(np.asarray(boxes) - kept[f"{variant}/proposal_boxes"]).max()),
        "matches": int((np.asarray(drawn.columns)[0] != wanted).sum()),
        "codes": float(np.abs(codes).max(initial=0)),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
