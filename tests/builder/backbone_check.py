"""Run as a child: how far backbones that were rebuilt are from the Keras models that they were made from.

    KERAS_BACKEND=tensorflow python -m tests.builder.backbone_check SIDE NAME [NAME …]

prints {name: {tap: {engine: largest difference over the largest value}}} for constructors of `keras.applications` with
random weights. The child is there because Keras takes its backend once, at import.
"""

from __future__ import annotations

import inspect
import json
import sys
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from loadstone.builder.backbone import Backbone, backbone_of
from loadstone.detectors.keras_model import build, fill

Array = npt.NDArray[np.float32]


def disturb(model: Any) -> None:
    """Give every variable a value that shows: batch norms' statistics are 0 and 1 at first, LayerScale's next to 0."""
    random = np.random.default_rng(7)
    for variable in model.weights:
        last, shape = variable.path.rpartition("/")[2], tuple(variable.shape)
        if last in ("gamma", "moving_variance", "variance"):
            variable.assign(random.uniform(0.5, 1.5, shape))
        elif last in ("beta", "moving_mean", "bias", "mean"):
            variable.assign(random.normal(0, 0.1, shape))


def settle(model: Any, pictures: Array) -> None:
    """Let batch norms take the statistics of some pictures, as those of a trained model have them.

    With statistics that have nothing to do with what comes in, a deep network amplifies the last bit of its input
    beyond all measure: EfficientNetB7 by 10⁶ from the picture to its last map.
    """
    norms = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    kept = [layer.momentum for layer in norms]
    for layer in norms:
        layer.momentum = 0.0
    model(pictures, training=True)
    for layer, momentum in zip(norms, kept, strict=True):
        layer.momentum = momentum


def preprocessed(name: str, picture: Array) -> Array:
    """Return what the constructor's own module makes of a picture, RGB 0..255."""
    module = inspect.getmodule(getattr(keras.applications, name))
    return np.asarray(module.preprocess_input(picture.copy()), np.float32)  # type: ignore[union-attr]


def outputs(model: Any, names: list[str]) -> Any:
    """Return the model that gives some layers' outputs, those within another model (`outer/inner`) included."""
    found = []
    for name in names:
        outer, _, inner = name.partition("/")
        layer = model.get_layer(outer) if not outer.startswith("add") else _operation(model, outer)
        if inner:
            part = keras.Model(layer.inputs, layer.get_layer(inner).output)
            found.append(part(layer._inbound_nodes[-1].input_tensors[0]))
        else:
            found.append(layer.output)
    return keras.Model(_given(model), found)


def _operation(model: Any, name: str) -> Any:
    return next(one for one in model.operations if one.name == name)


def differences(model: Any, backbone: Backbone, given: Array, ours: Array) -> dict[str, dict[str, float]]:
    """Return each tap's difference by engine; `given` and `ours` are what either takes, (1, height, width, 3)."""
    names = [tap.layer for tap in backbone.taps.values()]
    wanted = [np.asarray(array) for array in _listed(predicted(outputs(model, names), given))]
    rebuilt = build(backbone.network)
    fill(rebuilt, backbone.network, backbone.values)
    engines = {"keras": predicted(rebuilt, ours), "openvino": on_openvino(backbone, ours)}
    return {
        tap.layer: {
            engine: float(np.abs(np.asarray(found[f"C{level}"]) - array).max() / np.abs(array).max())
            for engine, found in engines.items()
        }
        for (level, tap), array in zip(backbone.taps.items(), wanted, strict=True)
    }


def predicted(model: Any, given: Array) -> Any:
    """Run a Keras model; on OpenVINO in float32, which Keras does not ask for."""
    if keras.backend.backend() == "openvino":
        from loadstone.runtime.keras.keras_openvino import openvino_outputs

        # It names outputs as a dict does.
        named = model if isinstance(model.output, dict) else keras.Model(
            _given(model), {str(number): output for number, output in enumerate(_listed(model.output))}
        )  # fmt: skip
        found = openvino_outputs(named, given)
        return found if isinstance(model.output, dict) else list(found.values())
    return model.predict_on_batch(given)


def _given(model: Any) -> Any:
    """Return the inputs of a model; a list of one would ask for a list of one picture's."""
    return model.inputs[0] if len(model.inputs) == 1 else model.inputs


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def on_openvino(backbone: Backbone, given: Array) -> dict[str, Array]:
    """Run the network's nodes in OpenVINO."""
    import openvino

    from loadstone.runtime.openvino.openvino_network import to_openvino

    settings = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = openvino.Core().compile_model(to_openvino(backbone.network, backbone.values), "CPU", settings)
    return {next(iter(port.get_names())): np.array(array) for port, array in compiled(given).items()}


def checked(name: str, side: int) -> dict[str, dict[str, float]]:
    """Return the differences of one constructor."""
    model = getattr(keras.applications, name)(weights=None, include_top=False, input_shape=(side, side, 3))
    disturb(model)
    random = np.random.default_rng(11)
    if keras.backend.backend() == "tensorflow" and name.startswith("EfficientNet"):
        settle(model, preprocessed(name, random.integers(0, 256, (4, side, side, 3)).astype(np.float32)))
    backbone = backbone_of(model, (side, side), name=name)
    picture = random.integers(0, 256, (1, side, side, 3)).astype(np.float32)
    own = backbone.normalisation
    turned = picture[..., ::-1] if own.bgr else picture
    ours = ((turned - np.array(own.mean)) / np.array(own.deviation)).astype(np.float32)
    return differences(model, backbone, preprocessed(name, picture), ours)


if __name__ == "__main__":
    print(json.dumps({name: checked(name, int(sys.argv[1])) for name in sys.argv[2:]}))
