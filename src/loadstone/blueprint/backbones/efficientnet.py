"""EfficientNet B0..B7 (Tan and Le, 2019) as the Object Detection API wraps it for EfficientDet.

The checkpoint also holds the classifier's top, which no detector uses: its variables are listed, its result is not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from loadstone.blueprint.backbones.functional import FunctionalScopes
from loadstone.blueprint.network import Scope, Tensor, Writer

STACKS = (
    # window, repeats, filters, expansion, stride
    (3, 1, 16, 1, 1),
    (3, 2, 24, 6, 2),
    (5, 2, 40, 6, 2),
    (3, 3, 80, 6, 2),
    (5, 3, 112, 6, 1),
    (5, 4, 192, 6, 2),
    (3, 1, 320, 6, 1),
)
"""B0's stacks of inverted residual blocks; table 1 of the paper."""

SCALING = {
    "b0": (1.0, 1.0),
    "b1": (1.0, 1.1),
    "b2": (1.1, 1.2),
    "b3": (1.2, 1.4),
    "b4": (1.4, 1.8),
    "b5": (1.6, 2.2),
    "b6": (1.8, 2.6),
    "b7": (2.0, 3.1),
}
"""Width and depth coefficients."""

LAST_TAP = "stack_6/block_0"
"""The deepest block that EfficientDet taps, whatever the variant."""

CLASSES = 1000
SQUEEZE = 0.25


@dataclass(frozen=True, slots=True)
class EfficientNet:
    """`variant` is `b0`..`b7`."""

    variant: str
    epsilon: float = 0.001
    activation: str = "swish"

    def write(self, to: Writer, x: Tensor, scopes: FunctionalScopes, top: FunctionalScopes) -> dict[str, Tensor]:
        """Write the layers; return what each block ends in, `stack_S/block_B/add` or `…/project_bn`.

        The object graph reaches layers up to the last tapped one through `scopes`, and what follows only through the
        whole classifier: `top` names those, and continues the count.
        """
        width, depth = SCALING[self.variant]
        x = to.conv(x, scopes.next("stem_conv2d"), _rounded(32, width), 3, stride=2)
        x = self._norm(to, x, scopes, "stem_bn", activate=True)
        taps: dict[str, Tensor] = {}
        for stack, (window, repeats, filters, expansion, stride) in enumerate(STACKS):
            for number in range(math.ceil(depth * repeats)):
                name = f"stack_{stack}/block_{number}"
                block = _Block(name, window, _rounded(filters, width), expansion, stride if number == 0 else 1)
                x = self._block(to, x, scopes, block, taps)
                if name == LAST_TAP:
                    top.skip_to(scopes)
                    scopes = top
        self._top(to, x, scopes, _rounded(1280, width))
        return taps

    def _top(self, to: Writer, x: Tensor, scopes: FunctionalScopes, filters: int) -> None:
        x = to.conv(x, scopes.next("top_conv2d"), filters)
        x = self._norm(to, x, scopes, "top_bn", activate=True)
        to.dense(to.mean(x), scopes.next("logits"), CLASSES)

    def _block(self, to: Writer, x: Tensor, scopes: FunctionalScopes, block: _Block, taps: dict[str, Tensor]) -> Tensor:
        """Mobile inverted bottleneck with squeeze and excitation; the squeeze counts the block's input channels."""
        entry, name = x, block.name
        if block.expansion != 1:
            x = to.conv(x, scopes.next(f"{name}/expand_conv2d"), x.channels * block.expansion)
            x = self._norm(to, x, scopes, f"{name}/expand_bn", activate=True)
        x = to.depthwise(x, scopes.next(f"{name}/depthwise_conv2d"), block.window, stride=block.stride)
        x = self._norm(to, x, scopes, f"{name}/depthwise_bn", activate=True)
        x = self._excite(to, x, scopes, name, max(1, int(entry.channels * SQUEEZE)))
        x = to.conv(x, scopes.next(f"{name}/project_conv2d"), block.filters)
        x = taps[f"{name}/project_bn"] = self._norm(to, x, scopes, f"{name}/project_bn", activate=False)
        if block.stride == 1 and entry.channels == block.filters:
            x = taps[f"{name}/add"] = to.add(x, entry)
        return x

    def _excite(self, to: Writer, x: Tensor, scopes: FunctionalScopes, name: str, squeezed: int) -> Tensor:
        gate: Scope = scopes.next(f"{name}/se_reduce_conv2d")
        weight = to.conv(to.mean(x, keep_sides=True), gate, squeezed, bias=True)
        weight = to.activation(weight, self.activation)
        weight = to.conv(weight, scopes.next(f"{name}/se_expand_conv2d"), x.channels, bias=True)
        return to.multiply(x, to.activation(weight, "sigmoid"))

    def _norm(self, to: Writer, x: Tensor, scopes: FunctionalScopes, name: str, *, activate: bool) -> Tensor:
        x = to.batch_norm(x, scopes.next(name), epsilon=self.epsilon)
        return to.activation(x, self.activation) if activate else x


@dataclass(frozen=True, slots=True)
class _Block:
    name: str
    window: int
    filters: int
    expansion: int
    stride: int


def _rounded(filters: int, width: float) -> int:
    """Scale and round to a multiple of 8, never below 90%."""
    scaled = filters * width
    rounded = max(8, int(scaled + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * scaled else rounded
