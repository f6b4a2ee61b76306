"""What is to load the model: which Keras, of which version, as the environment has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from loadstone.facts.environment import Environment, release

Family = Literal["keras3", "keras2"]

NEWEST = (3, 15, 1)
_WITH_TENSORFLOW: Mapping[tuple[int, ...], tuple[int, ...]] = {
    (1, 13): (2, 2, 4), (1, 14): (2, 2, 4), (1, 15): (2, 2, 4), (2, 0): (2, 2, 4), (2, 1): (2, 2, 4), (2, 2): (2, 3, 0),
    (2, 3): (2, 4, 0), (2, 4): (2, 4, 0), (2, 5): (2, 5, 0),
}  # fmt: skip
"""The Keras inside a TensorFlow release, as `tf.keras.__version__` says it; from 2.6 on both have the same number."""
_FIRST_KERAS3 = (2, 16)
_OWN_PACKAGE = (2, 6)


@dataclass(frozen=True, slots=True)
class Target:
    """A Keras that is to load the model.

    `family` is its major line. `standalone` is the package `keras` beside a TensorFlow that has a Keras of its own.
    `named` is for messages (`Keras 3.15.1`, `tf.keras of TensorFlow 2.4.1`). `tensorflow` is that package's release.
    """

    family: Family
    version: tuple[int, ...]
    named: str
    standalone: bool = False
    tensorflow: tuple[int, ...] = ()


LATEST = Target("keras3", NEWEST, "Keras 3.15.1")


def target_of(environment: Environment) -> Target | None:
    """Return the Keras that `load_model` would be in an environment; None where none is known there."""
    tensorflow = _tensorflow(environment)
    keras = environment.version("keras")
    legacy = environment.version("tf-keras")
    if environment.variables.get("TF_USE_LEGACY_KERAS") in ("1", "True", "true") and legacy and tensorflow:
        return Target("keras2", legacy, f"tf_keras {_text(legacy)}", tensorflow=tensorflow)
    if keras and keras[0] >= 3:
        return Target("keras3", keras, f"Keras {environment.packages['keras']}", tensorflow=tensorflow)
    if tensorflow and tensorflow[:2] >= _FIRST_KERAS3:
        return Target("keras3", NEWEST, f"the Keras 3 of TensorFlow {_text(tensorflow)}", tensorflow=tensorflow)
    if tensorflow and (tensorflow[:2] < _OWN_PACKAGE or not keras):
        version = _WITH_TENSORFLOW.get(tensorflow[:2], (tensorflow[0], *tensorflow[1:2]))
        return Target("keras2", version, f"tf.keras of TensorFlow {_text(tensorflow)}", tensorflow=tensorflow)
    if keras:
        return Target("keras2", keras, f"Keras {_text(keras)}", standalone=not tensorflow, tensorflow=tensorflow)
    if legacy:
        return Target("keras2", legacy, f"tf_keras {_text(legacy)}")
    return None


def _tensorflow(environment: Environment) -> tuple[int, ...]:
    for name in (
        "tensorflow",
        "tensorflow-cpu",
        "tensorflow-gpu",
        "tensorflow-macos",
        "tensorflow-intel",
        "tf-nightly",
    ):
        if found := environment.version(name):
            return found
    return ()


def _text(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def parsed(version: str) -> tuple[int, ...]:
    """Return a recorded Keras version's numbers (`2.2.4-tf` gives 2, 2, 4); empty where none are stated."""
    return release(version.partition("-")[0]) or ()
