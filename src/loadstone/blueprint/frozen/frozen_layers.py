"""Whether a frozen graph computes what a `Network` says: the same windows, strides, norms and activations.

Names and shapes do not show strides, padding or activations; two graphs can share them and differ. What is compared
here is every kernel's operation and what it follows, and how many of each other operation there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from loadstone.blueprint.frozen.frozen_values import FrozenGraph, UnclearGraphError
from loadstone.blueprint.frozen.frozen_windows import KERNELS, check_kernel, pool_of
from loadstone.blueprint.frozen.frozen_wiring import check_wiring, kernels_of
from loadstone.blueprint.network import Network
from loadstone.blueprint.network import Node as Layer
from loadstone.graphs.graph import Node

NORMS = ("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3")

_COUNTED = {
    **KERNELS,
    **dict.fromkeys((*NORMS, "Rsqrt"), "batch_norm"),
    "Relu6": "relu6",
    "Relu": "relu",
}
"""TensorFlow's operations and what they are called in a `Network`; `Rsqrt` stands in a batch norm taken apart."""

_POOLS = {"MaxPool": "max_pool", "AvgPool": "average_pool"}

_FOREIGN = ("FakeQuant", "Quantize", "SpaceToBatch", "Elu", "LeakyRelu", "Selu", "Softplus", "Conv2DBackprop", "LRN")


def check_layers(
    graph: FrozenGraph, network: Network, scopes: tuple[str, ...], entrances: Mapping[str, str]
) -> set[str]:
    """Raise `UnclearGraphError` where the graph's layers below `scopes` are not the network's.

    `entrances`: see `check_wiring`. Return the operations that only spread a map for a dilated convolution.
    """
    spread: set[str] = set()
    for layer in network.used:
        for number, kernel in enumerate(kernels_of(layer.operation, [variable.key for variable in layer.variables])):
            spread |= check_kernel(graph, kernel, layer, number)
    theirs = Counter(name for node in graph.below(scopes) if (name := _called(graph, node)))
    ours = Counter(name for layer in network.used for name in _names(layer))
    if ours != theirs:
        different = sorted(name for name in ours.keys() | theirs.keys() if ours[name] != theirs[name])
        raise UnclearGraphError(
            f"the graph has {theirs[different[0]]} × {different[0]}", expected=str(ours[different[0]])
        )
    check_wiring(graph, network, entrances)
    return spread


def check_foreign(graph: FrozenGraph, known: set[str]) -> None:
    """Raise `UnclearGraphError` where the graph has an operation that no network here has, but for the `known`."""
    foreign = {node.op for name, node in graph.nodes.items() if node.op.startswith(_FOREIGN) and name not in known}
    if foreign:
        raise UnclearGraphError(f"the graph has the operation {min(foreign)}")


def _called(graph: FrozenGraph, node: Node) -> str:
    """Return what a `Network` calls the node's operation; nothing where it is not counted."""
    if node.op in _POOLS:
        return f"{_POOLS[node.op]} {pool_of(node)}"
    if node.op == "Mul":
        return _factor(graph, node)
    return _COUNTED.get(node.op, "")


def _factor(graph: FrozenGraph, node: Node) -> str:
    """Return the product with one constant number as a residual branch has it; a norm taken apart has none."""
    source = graph.behind(graph.source(node, 1))
    if source.op != "Const" or not graph.is_number(source.name):
        return ""
    value = graph.value(source.name)
    return "" if value == 1 else f"scale {value:g}"


def _names(layer: Layer) -> list[str]:
    """Return what a network's layer is counted as."""
    if layer.operation == "separable":
        return ["conv", "depthwise"]
    if layer.operation == "activation":
        return [str(layer.attributes["kind"])]
    if layer.operation == "scale":
        return [f"scale {layer.attributes['factor']:g}"]
    if layer.operation in _POOLS.values():
        window, stride, padding = (layer.attributes[name] for name in ("window", "stride", "padding"))
        return [f"{layer.operation} {window}/{stride}" + (f" {padding}" if window > 1 else "")]
    return [layer.operation] if layer.operation in _COUNTED.values() else []


def check_epsilons(graph: FrozenGraph, *networks: Network) -> None:
    """Raise `UnclearGraphError` where the graph's batch norms have another epsilon than the networks'."""
    layers = [layer for network in networks for layer in network.used if layer.operation == "batch_norm"]
    ours = {layer.attributes["epsilon"] for layer in layers}
    theirs = norm_epsilons(graph)
    if ours != theirs:
        raise UnclearGraphError("the graph's batch norms add another epsilon", expected=str(ours), found=str(theirs))


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
