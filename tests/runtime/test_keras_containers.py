"""Keras's names of a rebuilt detector's variables, as the checkpoint's."""

from __future__ import annotations

import numpy as np

from loadstone.facts import LazyTensor, ModelFile, Tensors, TensorSpec
from loadstone.runtime.keras.keras_containers import as_checkpoint

LAYERS = {"conv2d": "Conv", "conv2d_1": "SecondStageBoxPredictor--Conv"}


def test_the_one_scope_that_lies_in_no_other_is_a_scope_too() -> None:
    tensors = [
        LazyTensor(TensorSpec(f"layers/{kind}/vars/{number}", "float32", (1,), tensor_name=f"{layer}/variable"), _zeros)
        for kind, layer in LAYERS.items()
        for number in range(2)
    ]
    found = as_checkpoint(ModelFile("x.keras", "keras-zip", tensors=Tensors(tensors)))
    names = [
        "Conv/weights",
        "Conv/biases",
        "SecondStageBoxPredictor/Conv/weights",
        "SecondStageBoxPredictor/Conv/biases",
    ]
    assert [spec.name for spec in found.tensors.specs] == names
    # What has a checkpoint's names already keeps them.
    assert [spec.name for spec in as_checkpoint(found).tensors.specs] == names


def _zeros() -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.zeros(1, np.float32)
