"""BiFPN (Tan, Pang and Le, 2020, section 3) as the Object Detection API writes it: a list of numbered nodes.

Levels 6 and 7 come first, pooled from level 5; every iteration then goes down (6 to 3) and up again (4 to 7). Each
consumer of a backbone level has a 1×1 convolution of its own. All convolutions have biases.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loadstone.blueprint.network import Scope, Tensor, Writer


@dataclass(frozen=True, slots=True)
class _Input:
    """A node's input: the tensor, and the original's name of where it comes from (`0_up_lvl_5`)."""

    tensor: Tensor
    name: str
    level: int


@dataclass(frozen=True, slots=True)
class BiFPN:
    """`fast_attention` weighs a node's inputs; without it they are summed (D6 and D7)."""

    iterations: int
    filters: int
    fast_attention: bool
    epsilon: float
    activation: str
    scope: str
    min_level: int = 3
    max_level: int = 7

    def write(self, to: Writer, taps: Mapping[int, Tensor], key: str) -> dict[int, Tensor]:
        """Write the pyramid over the backbone's levels 3..5; return level → tensor, finest first."""
        nodes = _Nodes(self, to, f"{key}/_bifpn_stage")
        current = {level: _Input(tensor, f"0_up_lvl_{level}", level) for level, tensor in taps.items()}
        for level in range(max(taps) + 1, self.max_level + 1):
            current[level] = nodes.coarse(current[level - 1], level)
        for iteration in range(1, self.iterations + 1):
            down: dict[int, _Input] = {}
            above = current[self.max_level]
            for level in range(self.max_level - 1, self.min_level - 1, -1):
                above = down[level] = nodes.combine([current[level], above], f"{iteration}_dn_lvl_{level}", level)
            up = {self.min_level: down[self.min_level]}
            for level in range(self.min_level + 1, self.max_level + 1):
                inputs = [current[level], *([down[level]] if level in down else []), up[level - 1]]
                up[level] = nodes.combine(inputs, f"{iteration}_up_lvl_{level}", level)
            current = up
        return {level: current[level].tensor for level in sorted(current)}


class _Nodes:
    """Writes the numbered nodes one after the other."""

    def __init__(self, plan: BiFPN, to: Writer, key: str) -> None:
        self.plan = plan
        self.to = to
        self.key = key
        self.count = 0

    def coarse(self, below: _Input, level: int) -> _Input:
        """A level above the backbone: the level below at the pyramid's width, pooled; nothing is combined."""
        name = f"0_up_lvl_{level}"
        tensor = self._sampled(below, 0, name, level)
        self.count += 1
        return _Input(tensor, name, level)

    def combine(self, inputs: Sequence[_Input], name: str, level: int) -> _Input:
        """Sample every input to the level's size, combine, then activation, separable convolution, batch norm."""
        sampled = [self._sampled(one, number, name, level) for number, one in enumerate(inputs)]
        sampled = [self.to.fitted(x, sampled[0]) for x in sampled]
        scope = f"{self._names(name)}"
        if self.plan.fast_attention:
            at = Scope(f"{self.key}/node_combine_op/{self.count}", f"{scope}/combine")
            weights = at.variable("bifpn_combine_weights", (len(inputs), 1))
            x = self.to.weighted_sum(sampled, weights)
        else:
            x = self.to.add(*sampled)
        x = self.to.activation(x, self.plan.activation)
        block = f"{self.key}/node_post_combine_block/{self.count}"
        at = Scope(f"{block}/1", f"{scope}/post_combine/separable_conv")
        x = self.to.separable(x, at, self.plan.filters, bias=True)
        x = self.to.batch_norm(x, Scope(f"{block}/2", f"{scope}/post_combine/batchnorm"), epsilon=self.plan.epsilon)
        self.count += 1
        return _Input(x, name, level)

    def _sampled(self, one: _Input, number: int, name: str, level: int) -> Tensor:
        x = one.tensor
        if x.channels != self.plan.filters:
            block = f"{self.key}/node_input_blocks/{self.count}/{number}/1"
            scope = f"{self._names(name)}/input_{one.name}/1x1_pre_sample"
            x = self.to.conv(x, Scope(f"{block}/0", f"{scope}/conv"), self.plan.filters, bias=True)
            x = self.to.batch_norm(x, Scope(f"{block}/1", f"{scope}/batchnorm"), epsilon=self.plan.epsilon)
        if one.level < level:
            return self.to.max_pool(x, 3, stride=2)
        return self.to.upsample(x) if one.level > level else x

    def _names(self, name: str) -> str:
        return f"{self.plan.scope}/bifpn/node_{self.count:02d}/{name}"
