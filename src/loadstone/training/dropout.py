"""Dropout in training whose draws are the same on every backend, and the same again when a training goes on.

Keras's own layer draws other numbers on each backend, from a state that it keeps beside the weights. Here they follow
from the step's seed and the place alone, so that there is no state: `drawing` says the seed while a network is called.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

import keras
from keras import ops

from loadstone.blueprint.network import Network, Node
from loadstone.training.draws import uniform

_SEED: ContextVar[Any] = ContextVar("seed", default=None)


@contextmanager
def drawing(seed: Any) -> Iterator[None]:
    """Let the networks that are called, or traced, within the context draw from this seed: int32 (2,)."""
    token = _SEED.set(seed)
    try:
        yield
    finally:
        _SEED.reset(token)


class DrawnDropout(keras.layers.Layer):
    """In training, 0 for a share `rate` of what it goes `over` (`network.DROPPED`); the rest grows by 1 / (1 − rate).

    `stream` tells the draws of several dropouts apart. Without a seed (`drawing`) nothing is drawn, nor at inference.
    """

    def __init__(self, rate: float, over: str, stream: int, **options: Any) -> None:
        super().__init__(**options)
        self.rate, self.over, self.stream = rate, over, stream

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return float (pictures, …), the shape and type of the inputs."""
        seed = _SEED.get()
        if not training or not self.rate or seed is None:
            return inputs
        sides = tuple(inputs.shape[1:])
        ones = (1,) * (len(sides) - 1)
        shape = {"pictures": (*ones, 1), "channels": (*ones, sides[-1])}.get(self.over, sides)
        numbers = uniform(shape, ops.shape(inputs)[0], seed, stream=self.stream)
        kept = ops.cast(numbers >= self.rate, inputs.dtype)
        return inputs * kept / (1.0 - self.rate)


def dropout_layer(node: Node, name: str) -> DrawnDropout:
    """Return the layer of a network's node; what is frozen draws nothing. The name ends in the node's number."""
    rate = 0.0 if node.attributes.get("frozen") else float(node.attributes["rate"])
    # Stream 0 is the samplers'.
    return DrawnDropout(rate, node.attributes["over"], 1 + int(name.rpartition("_")[2]), name=name)


def inserted(network: Network, dropped: Mapping[int, float], over: str = "values") -> Network:
    """Return the network with a dropout of this rate before each of these nodes, by position, on its first input."""
    nodes: list[Node] = []
    moved: dict[int, int] = {}
    for position, node in enumerate(network.nodes):
        inputs = tuple(moved[one] for one in node.inputs)
        if position in dropped:
            attributes = {"rate": dropped[position], "over": over}
            nodes.append(Node("dropout", inputs[:1], network.nodes[node.inputs[0]].shape, attributes))
            inputs = (len(nodes) - 1, *inputs[1:])
        moved[position] = len(nodes)
        nodes.append(replace(node, inputs=inputs))
    return Network(tuple(nodes), {name: moved[position] for name, position in network.outputs.items()})
