"""Small questions to a network as data, and the cuts that building asks for: strides, consumers, pruning, grafting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from loadstone.blueprint.network import Network, Node, Tensor, Writer

SHRINKING = ("conv", "depthwise", "separable", "max_pool", "average_pool")
PLACELESS = ("mean", "flatten", "rows", "dense", "reshape", "transpose", "matmul")
"""What leaves values at other places than the picture's."""

GROWING = {"upsample": "factor", "conv_transpose": "stride"}


def strides(network: Network) -> list[float | None]:
    """Return each node's stride: picture pixels from place to place; None for what is no map of the picture any more.

    It is what the windows' steps multiply to, so that borders that a "valid" window cuts off do not change it.
    """
    found: list[float | None] = []
    for node in network.nodes:
        known = [stride for at in node.inputs if (stride := found[at]) is not None]
        if node.operation in PLACELESS or (node.inputs and not known):
            found.append(None)
            continue
        stride = max(known, default=1.0)
        if node.operation in SHRINKING:
            stride *= node.attributes["stride"]
        elif node.operation in GROWING:
            stride /= node.attributes[GROWING[node.operation]]
        found.append(stride)
    return found


def readers(network: Network) -> list[list[int]]:
    """Return the positions of the nodes that read each node."""
    found: list[list[int]] = [[] for _ in network.nodes]
    for position, node in enumerate(network.nodes):
        for source in set(node.inputs):
            found[source].append(position)
    return found


def pruned(network: Network, outputs: Mapping[str, int]) -> Network:
    """Return the part of a network that some positions need, these as its outputs."""
    needed = sorted(Network(network.nodes, outputs).reachable())
    places = {old: new for new, old in enumerate(needed)}
    nodes = tuple(_moved(network.nodes[old], places) for old in needed)
    return Network(nodes, {name: places[old] for name, old in outputs.items()})


def _moved(node: Node, places: Mapping[int, int]) -> Node:
    return replace(node, inputs=tuple(places[source] for source in node.inputs))


def grafted(to: Writer, network: Network, picture: Tensor) -> dict[str, Tensor]:
    """Write a network behind a tensor that stands for its input; return its outputs by name."""
    places: dict[int, int] = {}
    for position, node in enumerate(network.nodes):
        places[position] = picture.position if node.operation == "input" else to.copy(_moved(node, places)).position
    return {name: Tensor(places[at], network.nodes[at].shape) for name, at in network.outputs.items()}
