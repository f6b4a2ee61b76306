"""A learner's losses, gradients and moving statistics beside the original's: what all families' golden checks share.

Imported by scripts that run with a backend of their own; see `tests/training/ssd/golden_check.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from loadstone.facts.dataset import Sample
from loadstone.training.learner import Learner
from loadstone.training.steps import make_step
from tests.detectors import goldens
from tests.training.golden_truth import arrays, facts

FLOOR = 1e-6
"""Gradients below this share of the largest are rounding noise of float32."""

FLOOR_OF_BATCH = 1e-4
"""The same where batch norms use the batch's statistics: each takes a difference of like numbers, so that rounding
grows from layer to layer. The original's own gradients lie up to half a value from those in float64 there."""

SEED = np.zeros(2, np.int32)


def sample_of(shared: Path, name: str, variant: str, *, flip: bool = False, points: bool = False) -> Sample:
    """Return the golden picture with a variant's ground truth, or its mirror image."""
    picture = goldens.picture(shared, 426, 640)
    truth = recorded_truth(shared).groundtruth(facts(shared, name)["variants"][variant]["groundtruth"], flip)
    return Sample(
        key=variant,
        image=picture[:, ::-1] if flip else picture,
        boxes=truth["boxes"].astype(np.float32),
        classes=truth["classes"] % facts(shared, name)["num_classes"],
        weights=truth["weights"].astype(np.float32),
        keypoints=truth["keypoints"].astype(np.float32) if points else None,
    )


def recorded_truth(shared: Path) -> Any:
    """Import the ground truth's own script, which is NumPy only."""
    import importlib.util

    spec = importlib.util.spec_from_file_location("groundtruth", shared / "goldens_train" / "groundtruth.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def batch_of(learner: Learner, samples: Sequence[Sample]) -> dict[str, npt.NDArray[Any]]:
    """Return the samples as the learner takes them."""
    encoded = [learner.encode(sample, np.random.default_rng(0)) for sample in samples]
    return {name: np.stack([one[name] for one in encoded]) for name in encoded[0]}


def regularisation(learner: Learner) -> Any:
    """Return the sum of the L2 terms, 0 without any."""
    return sum((share * keras.ops.sum(keras.ops.square(variable)) for variable, share in learner.l2()), 0.0)


def total(learner: Learner, batch: Mapping[str, Any], *, training: bool) -> tuple[Any, Mapping[str, Any]]:
    """Return what is minimised, and the losses by name."""
    found = learner.losses(batch, training=training, seed=keras.ops.convert_to_tensor(SEED))
    return sum(found.values()) + regularisation(learner), found


def gradients(learner: Learner, batch: Mapping[str, Any], variables: Mapping[str, Any], *, training: bool) -> Any:
    """Return (losses by name as floats, gradient by key), on TensorFlow; keys without a gradient are left out."""
    import tensorflow as tf

    tensors = {name: tf.convert_to_tensor(array) for name, array in batch.items()}
    trained = {key: variable for key, variable in variables.items() if variable.trainable}
    with tf.GradientTape() as tape:
        minimised, losses = total(learner, tensors, training=training)
    found = tape.gradient(minimised, [variable.value for variable in trained.values()])
    named = zip(trained, found, strict=True)
    return (
        {name: float(np.asarray(loss)) for name, loss in losses.items()},
        {key: np.asarray(tf.convert_to_tensor(each)) for key, each in named if each is not None},
    )


def compiled_losses(learner: Learner, batch: Mapping[str, Any], *, training: bool) -> dict[str, float]:
    """Return a batch's losses as training computes them on this backend, compiled."""
    step = make_step(learner, keras.optimizers.SGD())
    found = step.losses(dict(batch), SEED, training=training)
    return {name: found[name] for name in learner.loss_names}


def losses_differ(shared: Path, name: str, variant: str, ours: Mapping[str, float]) -> float:
    """Return the largest relative difference of the losses; their names are the original's."""
    recorded = facts(shared, name)["variants"][variant]["losses"]
    assert set(ours) == set(recorded)
    return worst(abs(ours[key] - value) / max(abs(value), 1e-6) for key, value in recorded.items())


def gradients_differ(
    shared: Path, name: str, variant: str, ours: Mapping[str, npt.NDArray[Any]], *, floor: float = FLOOR
) -> float:
    """Return the largest difference of any recorded gradient or norm, over the largest value of that gradient.

    Every row that the original has a gradient for has to have one of ours, and no other. Rows whose norm is below the
    `floor`'s share of the largest are measured against that.
    """
    kept = arrays(shared, name)
    norms = kept[f"{variant}/grad_norm"]
    least = floor * float(np.nanmax(norms))
    found = []
    for row, key in enumerate(goldens.variables(shared, name)):
        assert (key in ours) == (not np.isnan(norms[row])), key
        if key not in ours:
            continue
        gradient = ours[key]
        found.append(abs(float(np.linalg.norm(gradient)) - norms[row]) / max(norms[row], least))
        if (sampled := kept.get(f"{variant}/grad/{row}")) is not None:
            at = goldens.recipe(shared).sample_indices(f"grad/{key}", gradient.size, 64)
            scale = max(float(np.abs(gradient).max()), least)
            found.append(float(np.abs(gradient.reshape(-1)[at] - sampled).max()) / scale)
    return worst(found)


def moved_differ(shared: Path, name: str, values: Mapping[str, npt.NDArray[Any]], variant: str = "bn_train") -> float:
    """Return the largest relative difference of the moving statistics after one step forward."""
    kept, found = arrays(shared, name), []
    for row, key in enumerate(goldens.variables(shared, name)):
        if (wanted := kept.get(f"{variant}/after_forward/{row}")) is not None:
            ours = values[key].reshape(-1)[:64]
            found.append(float(np.abs(ours - wanted).max() / np.abs(wanted).max()))
    return worst(found)


def worst(differences: Iterable[float]) -> float:
    """Return the largest; NaN where one is, which Python's `max` would pass over, and an error where there is none."""
    return float(np.max(list(differences)))
