"""Stochastic depth of EfficientNet (Huang et al., 2016): in training a residual block is left out of some pictures.

The blueprint's network says nothing of it, as it changes no detection: training puts the dropouts in. What they draw is
`dropout`'s matter. A backbone that was translated from Keras has its own.
"""

from __future__ import annotations

import re

from loadstone.blueprint.network import Network
from loadstone.training.dropout import inserted

SURVIVAL = 0.2
"""`drop_connect_rate`: the rate that the last block would have; earlier ones have their share of it."""

_BLOCK = re.compile(r"stack_(\d+)/block_(\d+)/")


def drop_rates(network: Network) -> dict[int, float]:
    """Return the rate of each residual sum of an EfficientNet, by the position of its node; empty for other networks.

    A block's rate is 0.2 · number / blocks, counting all blocks, those without a residual too.
    """
    blocks = dict.fromkeys(found.group() for node in network.nodes if (found := _BLOCK.search(node.name)))
    numbers = {block: number for number, block in enumerate(blocks)}
    rates: dict[int, float] = {}
    for position in sorted(network.reachable()):
        node = network.nodes[position]
        found = _BLOCK.search(network.nodes[node.inputs[0]].name) if node.operation == "add" else None
        if found and numbers[found.group()]:
            rates[position] = SURVIVAL * numbers[found.group()] / len(numbers)
    return rates


def with_dropouts(network: Network) -> Network:
    """Return the network with a dropout over pictures before each of these sums, on its first term."""
    return inserted(network, drop_rates(network), over="pictures")
