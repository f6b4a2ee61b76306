"""Run by itself, with KERAS_BACKEND=tensorflow: our losses and gradients beside the original's, as one line of JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from loadstone.blueprint.network import Network
from loadstone.detectors.keras_model import build, fill, layer_name
from loadstone.detectors.preprocess import preprocess
from loadstone.training.losses import SsdLoss, SsdTargets
from loadstone.training.matching import Targets
from tests.detectors import goldens
from tests.training.golden_truth import arrays, blueprint, facts, targets

LOSSES = {
    "ssd_mobilenet_v2_320": SsdLoss(alpha=0.75, gamma=2.0, by_code_size=True),
    "ssd_mobilenet_v2_fpnlite_320": SsdLoss(alpha=0.25, gamma=2.0, by_code_size=True),
    "efficientdet_d0": SsdLoss(alpha=0.25, gamma=1.5, by_code_size=True),
}
RECORDED = ("Loss/localization_loss", "Loss/classification_loss")
FLOOR = 1e-6
"""Gradients below this share of the largest are rounding noise of float32."""


def main(shared: Path, name: str) -> None:
    """Print, per variant, the largest relative difference of the losses and of the recorded gradients."""
    import tensorflow as tf

    plan = blueprint(shared, name)
    model = build(plan.network)
    values = goldens.weights(shared, name)
    fill(model, plan.network, values)
    image = preprocess(goldens.picture(shared, 426, 640), plan.resizer, plan.normalisation).image[None]
    keys = _keys(plan.network, model)
    found = {}
    for variant in ("base", "weights", "empty"):
        wanted = _batch(targets(shared, name, variant))
        with tf.GradientTape() as tape:
            outputs = model(image, training=False)
            losses = LOSSES[name](outputs["box_encodings"], outputs["class_predictions_with_background"], wanted)
            total = losses[0] + losses[1]
        gradients = tape.gradient(total, model.trainable_variables)
        ours = {
            keys[id(variable)]: np.asarray(gradient)
            for variable, gradient in zip(model.trainable_variables, gradients, strict=True)
        }
        recorded = facts(shared, name)["variants"][variant]["losses"]
        found[variant] = {
            "losses": worst(_relative(float(loss), recorded[key]) for loss, key in zip(losses, RECORDED, strict=True)),
            "gradients": _gradients(shared, name, variant, ours, values),
        }
    print(json.dumps(found))


def _batch(one: Targets) -> SsdTargets:
    return SsdTargets(one.boxes[None], one.box_weights[None], one.classes[None], one.class_weights[None])


def _keys(network: Network, model: Any) -> dict[int, str]:
    """Return the object-graph key of each of the model's variables, by identity."""
    layers = {layer.name: layer for layer in model.layers}
    found: dict[int, str] = {}
    for position in network.reachable():
        node = network.nodes[position]
        if node.variables:
            for variable, ours in zip(node.variables, layers[layer_name(node)].weights, strict=True):
                found[id(ours)] = variable.key
    return found


def _relative(ours: float, recorded: float) -> float:
    return abs(ours - recorded) / max(abs(recorded), 1e-6)


def _gradients(shared: Path, name: str, variant: str, ours: dict[str, Any], values: dict[str, Any]) -> float:
    """Return the largest difference of any recorded gradient, over the largest value of that variable's gradient.

    The original's total holds the L2 terms c·Σw², whose gradient 2·c·w is added to ours here.
    """
    kept, decay = arrays(shared, name), arrays(shared, name)["l2_coefficient"]
    norms = kept[f"{variant}/grad_norm"]
    found = []
    for row, (key, _, _) in enumerate(rows(shared, name)):
        if key not in ours:
            continue
        gradient = ours[key] + 2 * decay[row] * values[key]
        found.append(abs(float(np.linalg.norm(gradient)) - norms[row]) / max(norms[row], FLOOR * np.nanmax(norms)))
        if (sampled := kept.get(f"{variant}/grad/{row}")) is not None:
            at = goldens.recipe(shared).sample_indices(f"grad/{key}", gradient.size, 64)
            scale = max(float(np.abs(gradient).max()), FLOOR * float(np.nanmax(norms)))
            found.append(float(np.abs(gradient.reshape(-1)[at] - sampled).max()) / scale)
    return worst(found)


def worst(differences: Iterable[float]) -> float:
    """Return the largest; NaN where one is, which Python's `max` would pass over, and an error where there is none."""
    return float(np.max(list(differences)))


def rows(shared: Path, name: str) -> list[tuple[str, tuple[int, ...], int]]:
    """Return the variables in the order of the recorded rows."""
    return [(key, shape, power) for key, (_, shape, power) in goldens.variables(shared, name).items()]


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
