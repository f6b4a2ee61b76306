"""A Keras model on Keras's OpenVINO backend, in float32 throughout.

Keras compiles for prediction with OpenVINO's defaults, which compute in bfloat16 where the processor has it: a raw
output of an SSD was then a third of its standard deviation away. So the network is taken from Keras and compiled here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from loadstone.runtime.engine import SETTINGS, openvino

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

Key = tuple[tuple[Any, ...], ...]

_COMPILED: WeakKeyDictionary[Any, tuple[Key, list[str], Any]] = WeakKeyDictionary()
"""Model → which values its weights had, and which shapes its inputs; the names of its outputs, and its network."""


def openvino_outputs(model: Any, *given: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
    """Return the outputs, a dict, of a model for one batch of each of its inputs."""
    # Weights are constants of the network; assigning one gives its variable another value object.
    weights = tuple(id(variable._value) for variable in model.weights)
    # A model may take pictures of any size; its network, once it is traced, only those of one.
    key = (weights, *(array.shape[1:] for array in given))
    known = _COMPILED.get(model)
    if known is None or known[0] != key:
        known = _COMPILED[model] = (key, *_compiled(model, given))
    found = known[2](list(given))
    return {name: np.array(found[number]) for number, name in enumerate(known[1])}


def _compiled(model: Any, given: Sequence[npt.NDArray[Any]]) -> tuple[list[str], Any]:
    """Call the model once with parameters in place of the arrays: its outputs are then a network's."""
    ops = openvino().opset15
    from keras.src.backend.openvino.core import OpenVINOKerasTensor

    parameters = [ops.parameter([-1, *array.shape[1:]], array.dtype) for array in given]
    inputs = [OpenVINOKerasTensor(parameter.output(0)) for parameter in parameters]
    outputs = model(inputs[0] if len(inputs) == 1 else inputs, training=False)
    results = [ops.result(tensor.output) for tensor in outputs.values()]
    network = openvino().Model(results, parameters, model.name)
    return list(outputs), openvino().Core().compile_model(network, "CPU", SETTINGS)
