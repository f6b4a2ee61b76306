"""Stochastic depth of EfficientNet (Huang et al., 2016): in training a residual block is left out of some pictures.

The branches become inputs of the network: a picture's factor for each block, 0 or 1 / (1 − rate), so that the network
itself has no state and no randomness. At inference every factor is 1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import keras
import numpy as np
from keras import ops

from loadstone.blueprint.network import Network, Node

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


def with_survival(network: Network, sums: Sequence[int]) -> Network:
    """Return the network with one more input for each of these sums, in their order: a factor for its first term."""
    nodes: list[Node] = []
    moved: dict[int, int] = {}
    for position, node in enumerate(network.nodes):
        inputs = tuple(moved[one] for one in node.inputs)
        if position in sums:
            nodes.append(Node("input", (), (1, 1, 1), name=f"survival_{list(sums).index(position)}"))
            nodes.append(Node("multiply", (inputs[0], len(nodes) - 1), network.nodes[node.inputs[0]].shape))
            inputs = (len(nodes) - 1, *inputs[1:])
        moved[position] = len(nodes)
        nodes.append(replace(node, inputs=inputs))
    return Network(tuple(nodes), {name: moved[position] for name, position in network.outputs.items()})


def survivals(rates: Mapping[int, float], pictures: Any, seed: Any) -> list[Any]:
    """Return each block's factors, float32 (pictures, 1, 1, 1): drawn from `seed`, a generator; all 1 where it is None.

    `pictures` is the size of the batch.
    """
    if not rates:
        return []
    if seed is None:
        return [ops.ones((pictures, 1, 1, 1))] * len(rates)
    kept = 1.0 - np.asarray(list(rates.values()), np.float32).reshape(-1, 1, 1, 1, 1)
    drawn = keras.random.uniform((len(rates), pictures, 1, 1, 1), seed=seed)
    factors = ops.floor(drawn + kept) / kept
    return [factors[number] for number in range(len(rates))]
