"""Which of a backbone's layers do not train: none, all, or those up to a map or a layer.

It stands in the network itself: a frozen node has the attribute `frozen`, so that whatever makes a Keras model of it
makes the layer untrainable. Keras's batch norms are in inference mode then, and a frozen dropout does nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from loadstone.blueprint.network import Network, Node
from loadstone.builder.backbone import Backbone
from loadstone.errors import SourceError

Freeze = bool | int | str | None
"""False or None: nothing; True: the whole backbone; a stride, or a tap's layer: everything that this map needs."""


def frozen(backbone: Backbone, freeze: Freeze) -> Backbone:
    """Return the backbone with a part of it frozen; `SourceError` for a stride or layer that is no tap of it."""
    if freeze is None or freeze is False:
        return backbone
    levels = list(backbone.taps) if freeze is True else [_level(backbone, freeze)]
    return replace(backbone, network=_frozen(backbone.network, [f"C{level}" for level in levels]))


def _level(backbone: Backbone, freeze: int | str) -> int:
    for level, tap in backbone.taps.items():
        if freeze in (tap.stride, tap.layer):
            return level
    expected = ", ".join(f"{tap.stride} ({tap.layer})" for tap in backbone.taps.values())
    raise SourceError("the backbone has no such tap to freeze up to", expected=expected, found=str(freeze))


def _frozen(network: Network, outputs: Sequence[str]) -> Network:
    needed = Network(network.nodes, {name: network.outputs[name] for name in outputs}).reachable()
    nodes = tuple(_still(node) if position in needed else node for position, node in enumerate(network.nodes))
    return Network(nodes, network.outputs)


def _still(node: Node) -> Node:
    """Return the node frozen, where there is something to freeze."""
    if not node.variables and node.operation != "dropout":
        return node
    return replace(node, attributes={**node.attributes, "frozen": True})
