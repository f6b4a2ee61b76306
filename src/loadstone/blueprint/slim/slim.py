"""Layers as TF1's slim put them together: convolution, then batch norm or bias, then activation, under one name."""

from __future__ import annotations

from dataclasses import dataclass

from loadstone.blueprint.backbones.functional import slim_scope
from loadstone.blueprint.common_fields import Hyperparameters
from loadstone.blueprint.network import Padding, Tensor, Writer


@dataclass(frozen=True, slots=True)
class SlimLayers:
    """What an argument scope gave every layer inside it: `conv_hyperparams`."""

    hyperparameters: Hyperparameters

    def conv(
        self,
        to: Writer,
        x: Tensor,
        path: str,
        filters: int,
        window: int | tuple[int, int] = 1,
        *,
        stride: int = 1,
        dilation: int = 1,
        padding: Padding = "same",
        activation: str | None = None,
    ) -> Tensor:
        """Write `slim.conv2d`; `activation` stands for the argument scope's where it is given."""
        bias = not self.hyperparameters.batch_norm
        x = to.conv(x, slim_scope(path), filters, window, stride=stride, bias=bias, padding=padding, dilation=dilation)
        return self._finish(to, x, path, activation)

    def depthwise(
        self,
        to: Writer,
        x: Tensor,
        path: str,
        window: int = 3,
        *,
        stride: int = 1,
        padding: Padding = "same",
        activation: str | None = None,
    ) -> Tensor:
        """Write `slim.separable_conv2d` without a pointwise half."""
        bias = not self.hyperparameters.batch_norm
        x = to.depthwise(x, slim_scope(path), window, stride=stride, padding=padding, bias=bias)
        return self._finish(to, x, path, activation)

    def separable(
        self, to: Writer, x: Tensor, path: str, filters: int, *, window: int = 3, stride: int = 1, multiplier: int = 1
    ) -> Tensor:
        """Write `slim.separable_conv2d` with both halves: nothing between them."""
        bias = not self.hyperparameters.batch_norm
        x = to.separable(x, slim_scope(path), filters, window, stride=stride, bias=bias, multiplier=multiplier)
        return self._finish(to, x, path)

    def _finish(self, to: Writer, x: Tensor, path: str, activation: str | None = None) -> Tensor:
        own = self.hyperparameters
        if own.batch_norm:
            x = to.batch_norm(x, slim_scope(f"{path}/BatchNorm"), epsilon=own.epsilon, scale=own.scale)
        return to.activation(x, activation or own.activation)


@dataclass(frozen=True, slots=True)
class Widths:
    """How a multiplier narrows layers: never below `least`."""

    multiplier: float = 1.0
    least: int = 16

    def __call__(self, depth: float) -> int:
        return max(int(depth * self.multiplier), self.least)


UNCHANGED = Widths(1.0, 1)
