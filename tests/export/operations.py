"""A network with the operations that translated backbones have, and what each engine makes of it.

    KERAS_BACKEND=tensorflow python -m tests.export.operations

prints {engine: {output: largest relative difference from Keras}}. Keras takes its backend once, hence the child.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from loadstone.blueprint.network import ACTIVATIONS, Network, Scope, Writer
from loadstone.detectors.keras_model import build, fill

Arrays = Mapping[str, npt.NDArray[np.float32]]
SIDES = (9, 8)


def network() -> Network:
    """Return a network whose every output is one operation behind a convolution."""
    to = Writer()
    x = to.conv(to.picture(*SIDES), Scope("a/first", "first"), 8, 3, bias=True)
    for kind in ACTIVATIONS:
        to.output(kind, to.activation(x, kind, {"elu": 0.7, "leaky_relu": 0.2}.get(kind)))
    to.output("grouped", to.conv(x, Scope("a/grouped", "grouped"), 12, (3, 2), groups=4, stride=2, bias=True))
    to.output("dilated", to.depthwise(x, Scope("a/dilated", "dilated"), (3, 5), dilation=2, bias=True))
    widened = to.depthwise(x, Scope("a/widened", "widened"), multiplier=2, padding="valid", stride=2, bias=True)
    to.output("widened", widened)
    to.output("widened norm", to.batch_norm(widened, Scope("a/norm", "norm"), epsilon=1e-3))
    unbiased = to.depthwise(x, Scope("a/unbiased", "unbiased"), multiplier=2)
    to.output("unbiased norm", to.batch_norm(unbiased, Scope("a/other", "other"), epsilon=1e-3, scale=False))
    to.output("separable", to.separable(x, Scope("a/separable", "separable"), 5, padding="valid", stride=2))
    to.output("layer norm", to.layer_norm(x, Scope("a/layer", "layer"), epsilon=1e-6))
    to.output("centreless norm", to.layer_norm(x, Scope("a/other layer", "other_layer"), epsilon=1e-3, center=False))
    to.output("channels", to.channel_scale(x, Scope("a/channels", "channels")))
    to.output("one scale", to.channel_scale(x, Scope("a/one scale", "one_scale"), shared=True))
    to.output("offsets", to.channel_offset(x, Scope("a/offsets", "offsets")))
    to.output("one offset", to.channel_offset(x, Scope("a/one offset", "one_offset"), shared=True))
    to.output("slice", to.slice(x, 2, 7))
    turned = to.transpose(to.reshape(x, (4, 18, 8)), (2, 0, 1))
    to.output("turned", turned)
    to.output("weights", to.activation(to.scale(to.matmul(to.transpose(turned, (0, 2, 1)), turned), 0.05), "softmax"))
    to.output("product", to.matmul(turned, to.reshape(x, (8, 18, 4))))
    row = to.mean(x)
    to.output("slice of a row", to.slice(row, 0, 3))
    to.output("bordered", to.max_pool(to.scale(x, -1.0), 3, stride=2, padding="valid", around=((1, 1), (2, 0))))
    to.output("affine", to.affine(x, (0.5, 2.0, 1.0, -1.0, 3.0, 0.1, 0.0, 4.0), (1.0,)))
    to.output("dropout", to.dropout(x, 0.5, "pictures"))
    to.output("pad", to.pad(x, ((0, 1), (2, 3))))
    to.output("crop", to.crop(x, ((1, 2), (0, 3))))
    to.output("doubled", to.conv_transpose(x, Scope("a/doubled", "doubled"), 6, 3, stride=2))
    to.output("even", to.conv_transpose(x, Scope("a/even", "even"), 6, 4, stride=2, bias=False))
    to.output("smoothed", to.conv_transpose(x, Scope("a/smoothed", "smoothed"), 6, 3, stride=1))
    return to.network()


def values(network: Network) -> dict[str, npt.NDArray[np.float32]]:
    """Return an array for every variable."""
    random = np.random.default_rng(3)
    found = {}
    for key, variable in network.variables.items():
        array = random.normal(size=variable.shape).astype(np.float32)
        found[key] = np.abs(array) + np.float32(0.1) if key.endswith("moving_variance") else array
    return found


def picture() -> npt.NDArray[np.float32]:
    """Return what the network is asked."""
    return np.random.default_rng(4).normal(size=(1, *SIDES, 3)).astype(np.float32)


def on_keras(network: Network, values: Arrays) -> dict[str, npt.NDArray[np.float32]]:
    """Run the Keras model."""
    import keras

    model = build(network)
    fill(model, network, values)
    return {name: keras.ops.convert_to_numpy(array) for name, array in model(picture()).items()}


def on_openvino(network: Network, values: Arrays) -> dict[str, npt.NDArray[np.float32]]:
    """Run the model that OpenVINO has."""
    import openvino

    from loadstone.runtime.openvino.openvino_network import to_openvino

    settings = {"INFERENCE_PRECISION_HINT": "f32"}
    found = openvino.Core().compile_model(to_openvino(network, values), "CPU", settings)(picture())
    return {next(iter(port.get_names())): np.array(array) for port, array in found.items()}


def on_onnx_runtime(network: Network, values: Arrays) -> dict[str, npt.NDArray[np.float32]]:
    """Run the network as an ONNX file."""
    import onnxruntime

    from loadstone.export.onnx_graph import FLOAT, OnnxWriter, value_info
    from loadstone.export.onnx_network import write_network

    to = OnnxWriter()
    outputs = write_network(to, network, values, "picture", 1)
    for name, result in outputs.items():
        to.add("Identity", [result], [name])
    shapes = {name: (1, *(side or 0 for side in network.nodes[at].shape)) for name, at in network.outputs.items()}
    data = to.model("network", [value_info("picture", FLOAT, (1, *SIDES, 3))], shapes, {})
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    return dict(zip(shapes, session.run(list(shapes), {"picture": picture()}), strict=True))


def on_tensorflow(network: Network, values: Arrays) -> dict[str, npt.NDArray[np.float32]]:
    """Run the network as a graph of TensorFlow's."""
    import tensorflow as tf

    from loadstone.export.tensorflow_graph import FLOAT, GraphWriter
    from loadstone.export.tensorflow_network import write_network
    from loadstone.graphs.write import graph_bytes

    to = GraphWriter()
    outputs = write_network(to, network, values, to.argument("picture", FLOAT, (1, *SIDES, 3)), 1)
    definition = tf.compat.v1.GraphDef.FromString(graph_bytes(to.graph()))
    with tf.Graph().as_default() as graph, tf.compat.v1.Session(graph=graph) as session:
        tf.import_graph_def(definition, name="")
        asked = {name: f"{result.node}:{result.port}" for name, result in outputs.items()}
        found: dict[str, Any] = session.run(asked, {"picture:0": picture()})
    return found


def on_tensorflow_lite(network: Network, values: Arrays) -> dict[str, npt.NDArray[np.float32]]:
    """Run the network as a TensorFlow Lite file."""
    import tensorflow as tf

    from loadstone.export.tflite_graph import LiteWriter
    from loadstone.export.tflite_network import write_network

    to = LiteWriter()
    taken = to.tensor([1, *SIDES, 3], "picture")
    outputs = write_network(to, network, values, taken)
    interpreter = tf.lite.Interpreter(model_content=to.model([taken], list(outputs.values()), b""))
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], picture())
    interpreter.invoke()
    details = interpreter.get_output_details()
    return {name: interpreter.get_tensor(one["index"]) for name, one in zip(outputs, details, strict=True)}


ENGINES = {
    "openvino": on_openvino,
    "onnxruntime": on_onnx_runtime,
    "tensorflow": on_tensorflow,
    "tflite": on_tensorflow_lite,
}


def differences(engine: str) -> dict[str, float]:
    """Return each output's largest difference from Keras over its largest value.

    Raises `ValueError` for another shape.
    """
    wanted = network()
    arrays = values(wanted)
    ours, theirs = on_keras(wanted, arrays), ENGINES[engine](wanted, arrays)
    found = {}
    for name, array in ours.items():
        if array.shape != theirs[name].shape:
            raise ValueError(f"{engine} gives {name} as {theirs[name].shape}, Keras as {array.shape}")
        found[name] = float(np.abs(array - theirs[name]).max() / np.abs(array).max())
    return found


if __name__ == "__main__":
    print(json.dumps({engine: differences(engine) for engine in ENGINES}))
