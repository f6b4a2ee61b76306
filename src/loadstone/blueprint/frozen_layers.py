"""Whether a frozen graph computes what a `Network` says: the same windows, strides, norms and activations.

Names and shapes do not show strides, padding or activations; two graphs can share them and differ. What is compared
here is every kernel's operation, and how many of each other operation there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from loadstone.blueprint.frozen_values import FrozenGraph, UnclearGraphError
from loadstone.blueprint.network import Network
from loadstone.blueprint.network import Node as Layer
from loadstone.graphs.graph import Node

NORMS = ("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3")
SCOPES = ("FeatureExtractor/", "BoxPredictor")

_COUNTED = {
    "Conv2D": "conv",
    "DepthwiseConv2dNative": "depthwise",
    **dict.fromkeys((*NORMS, "Rsqrt"), "batch_norm"),
    "Relu6": "relu6",
    "Relu": "relu",
    "MaxPool": "max_pool",
    "AvgPool": "average_pool",
}
"""TensorFlow's operations and what they are called in a `Network`; `Rsqrt` stands in a batch norm taken apart."""

_FOREIGN = ("FakeQuant", "Quantize", "SpaceToBatch", "Elu", "LeakyRelu", "Selu", "Softplus", "Conv2DBackprop", "LRN")


def check_layers(graph: FrozenGraph, network: Network) -> None:
    """Raise `UnclearGraphError` where the graph's layers are not the network's."""
    for layer in network.nodes:
        for variable, kind, stride in _kernels(layer):
            _check_kernel(graph, variable, kind, stride)
    ours, theirs = _ours(network), _theirs(graph)
    if ours != theirs:
        different = sorted(name for name in ours.keys() | theirs.keys() if ours[name] != theirs[name])
        raise UnclearGraphError(
            f"the graph has {theirs[different[0]]} × {different[0]}", expected=str(ours[different[0]])
        )
    foreign = {node.op for node in graph.nodes.values() if node.op.startswith(_FOREIGN)}
    if foreign:
        raise UnclearGraphError(f"the graph has the operation {min(foreign)}")


def _kernels(layer: Layer) -> Iterator[tuple[str, str, int]]:
    """Yield each kernel's name, the operation that should read it, and the stride."""
    stride = layer.attributes.get("stride", 1)
    if layer.operation == "conv":
        yield layer.variables[0].key, "Conv2D", stride
    elif layer.operation in ("depthwise", "separable"):
        yield layer.variables[0].key, "DepthwiseConv2dNative", stride
        if layer.operation == "separable":
            yield layer.variables[1].key, "Conv2D", 1


def _check_kernel(graph: FrozenGraph, name: str, kind: str, stride: int) -> None:
    readers = graph.readers(name)
    if len(readers) != 1 or readers[0].op != kind:
        raise UnclearGraphError(f"{name} is read by {[node.op for node in readers]}", expected=kind)
    node = readers[0]
    strides = node.attribute("strides").message("list").sints("i")
    dilations = node.attribute("dilations").message("list").sints("i") or [1]
    padding, layout = (node.attribute(key).blob("s") for key in ("padding", "data_format"))
    if strides != [1, stride, stride, 1] or set(dilations) != {1} or padding != b"SAME" or layout not in (b"", b"NHWC"):
        raise UnclearGraphError(
            f"{node.name} slides another way", expected=f"stride {stride}, SAME", found=f"{strides}, {padding!r}"
        )


def _ours(network: Network) -> Counter[str]:
    counts: Counter[str] = Counter()
    for node in network.nodes:
        if node.operation == "separable":
            counts.update(("conv", "depthwise"))
        elif node.operation == "activation":
            counts[node.attributes["kind"]] += 1
        elif node.operation in _COUNTED.values():
            counts[node.operation] += 1
    return counts


def _theirs(graph: FrozenGraph) -> Counter[str]:
    nodes = (node for node in graph.nodes.values() if node.name.startswith(SCOPES))
    return Counter(_COUNTED[node.op] for node in nodes if node.op in _COUNTED)


def norm_epsilons(graph: FrozenGraph) -> set[float]:
    """Return the epsilons of all batch norms; they must be in inference mode."""
    return {_epsilon(graph, node) for node in graph.nodes.values() if node.op in (*NORMS, "Rsqrt")}


def _epsilon(graph: FrozenGraph, node: Node) -> float:
    if node.op == "Rsqrt":
        return float(graph.value(graph.source(graph.node(graph.source(node, 0)), 1)))
    training = node.attribute("is_training")
    if "b" not in training or training.flag("b"):
        raise UnclearGraphError(f"{node.name} computes as in training")
    # TensorFlow's own value where the attribute is left out.
    return round(node.attribute("epsilon").float32("f", 1e-4), 9)
