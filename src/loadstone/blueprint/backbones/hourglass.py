"""Stacked hourglass (Newell et al., 2016) in the form that CornerNet and CenterNet use; 104 layers in two stacks.

Residual blocks of two 3×3 convolutions; explicit zeros before the strided and first ones, "same" after. Each stack
halves the sides stage by stage, comes back, and adds the way down at each size.
"""

from __future__ import annotations

from dataclasses import dataclass

from loadstone.blueprint.layer_names import LayerNames
from loadstone.blueprint.network import Scope, Tensor, Writer

EPSILON = 1e-5


@dataclass(frozen=True, slots=True)
class _Writing:
    """Where layers go (object-graph key, variable scope) while a part is written."""

    to: Writer
    names: LayerNames
    key: str
    name: str

    def within(self, key: str, kind: str = "") -> _Writing:
        """Return the place of a part: its attribute's key, and the variable scope that Keras numbers by kind."""
        name = f"{self.name}/{self.names.next(kind)}" if kind else self.name
        return _Writing(self.to, self.names, f"{self.key}/{key}", name)

    def conv(self, x: Tensor, filters: int, window: int, *, stride: int = 1, same: bool = False) -> Tensor:
        """Convolution without bias, then batch norm."""
        at = Scope(f"{self.key}/conv", f"{self.name}/{self.names.next('conv2d')}")
        x = self.to.conv(x, at, filters, window, stride=stride, padding="same" if same else (window - 1) // 2)
        return self.to.batch_norm(x, Scope(f"{self.key}/norm", f"{self.name}/batchnorm"), epsilon=EPSILON)

    def conv_block(
        self, x: Tensor, key: str, filters: int, window: int = 3, *, stride: int = 1, activate: bool = True
    ) -> Tensor:
        """Convolution, batch norm and, mostly, relu."""
        x = self.within(key, "convolutional_block").conv(x, filters, window, stride=stride)
        return self.to.activation(x, "relu") if activate else x

    def residual(self, x: Tensor, key: str, filters: int, *, stride: int = 1) -> Tensor:
        """Two convolutions beside a shortcut, which is a 1×1 convolution where size or channels change."""
        here = self.within(key, "residual_block")
        y = here.conv_block(x, "conv_block", filters, stride=stride)
        y = here.conv(y, filters, 3, same=True)
        if stride > 1 or x.channels != filters:
            x = here.within("skip", "skip_convolution").conv(x, filters, 1, stride=stride)
        return self.to.activation(self.to.add(y, x), "relu")


@dataclass(frozen=True, slots=True)
class Hourglass:
    """`channels` and `blocks` by stage, from the outermost to the bottom; `stem` channels after the first layer."""

    stacks: int = 2
    channels: tuple[int, ...] = (256, 256, 384, 384, 384, 512)
    blocks: tuple[int, ...] = (2, 2, 2, 2, 2, 4)
    stem: int = 128

    def write(self, to: Writer, x: Tensor, names: LayerNames, key: str, name: str) -> list[Tensor]:
        """Write all stacks; return the output of each, a quarter of the picture's size."""
        here = _Writing(to, names, key, name)
        width = self.channels[0]
        inner = here.within("downsample_input", "input_downsample_block")
        x = inner.conv_block(x, "conv_block", self.stem, 7, stride=2)
        x = inner.residual(x, "residual_block", width, stride=2)
        return self._stacks(here, x, width)

    def _stacks(self, here: _Writing, x: Tensor, width: int) -> list[Tensor]:
        """Keras made the layers between the stacks after all stacks, so their names are counted on from there."""
        later = self._after_stacks(here, x, width)
        outputs = []
        for stack in range(self.stacks):
            y = self._stack(here, x, stack, width)
            outputs.append(y)
            if stack < self.stacks - 1:
                x = self._link(later, x, y, stack, width)
        here.names.skip_to(later.names)
        return outputs

    def _after_stacks(self, here: _Writing, x: Tensor, width: int) -> _Writing:
        """Return the place whose names are counted past every stack, by writing them once for nothing."""
        names = here.names.copy()
        scratch = _Writing(Writer(), names, here.key, here.name)
        picture = scratch.to.picture(*x.shape[:2])
        first = scratch.conv(picture, width, 1)
        names.skip_to(here.names)
        for stack in range(self.stacks):
            self._stack(scratch, first, stack, width)
        return _Writing(here.to, names, here.key, here.name)

    def _stack(self, here: _Writing, x: Tensor, stack: int, width: int) -> Tensor:
        x = self._half(here, f"hourglass_network/{stack}", x, 0)
        return here.conv_block(x, f"output_conv/{stack}", width)

    def _link(self, here: _Writing, x: Tensor, y: Tensor, stack: int, width: int) -> Tensor:
        """What the next stack gets: what the last one got and what it made, each through a 1×1 convolution."""
        before = here.conv_block(x, f"intermediate_conv1/{stack}", width, 1, activate=False)
        after = here.conv_block(y, f"intermediate_conv2/{stack}", width, 1, activate=False)
        return here.residual(
            here.to.activation(here.to.add(before, after), "relu"), f"intermediate_residual/{stack}", width
        )

    def _half(self, here: _Writing, key: str, x: Tensor, stage: int) -> Tensor:
        """One size: the way at this size, and the way through half the size, added."""
        inside = here.within(key, "encoder_decoder_block")
        outer, inner, count = self.channels[stage], self.channels[stage + 1], self.blocks[stage]
        level = x
        for number in range(count):
            level = inside.residual(level, f"encoder_block1/{number}", outer)
        for number in range(count):
            x = inside.residual(x, f"encoder_block2/{number}", inner, stride=1 if number else 2)
        if stage + 2 < len(self.channels):
            x = self._half(inside, "inner_block/0", x, stage + 1)
        else:
            for number in range(self.blocks[-1]):
                x = inside.residual(x, f"inner_block/{number}", inner)
        for number in range(count):
            x = inside.residual(x, f"decoder_block/{number}", outer if number == count - 1 else inner)
        return here.to.add(level, here.to.upsample(x))
