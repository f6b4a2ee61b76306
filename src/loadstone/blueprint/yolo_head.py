"""The decoupled head of an anchor-free YOLO, and the neck that goes with it, as nodes of a network.

Sources: Ge et al., YOLOX: Exceeding YOLO Series in 2021 (arXiv 2107.08430), section 2.1 and figure 2, for the head;
Liu et al., Path Aggregation Network for Instance Segmentation (2018), section 3.1, for the neck. Every convolution is
followed by a batch norm and an activation, but for the last ones, which have a bias each.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from loadstone.blueprint.network import Scope, Tensor, Writer
from loadstone.blueprint.yolo_parts import BOXES, CLASSES, OBJECTNESS

HEAD = "model/_yolo_head"
NECK = "model/_yolo_neck"
EPSILON = 1e-3
MOMENTUM = 0.97
"""Of the batch norms, as the paper's code has both [memory]."""

PRIOR = 0.01
PRIOR_BIAS = -math.log((1 - PRIOR) / PRIOR)
"""What the biases of scores begin with, so that a place scores 0.01 before training (Lin et al., 2017, section 4.1)."""


def initial_bias(key: str) -> float:
    """Return what every value of a bias of the head or the neck begins with, by the variable's key."""
    return PRIOR_BIAS if key.endswith((f"{OBJECTNESS}/bias", f"{CLASSES}/bias")) else 0.0


@dataclass(frozen=True, slots=True)
class Unit:
    """Convolution, batch norm, activation; `separable` splits convolutions wider than a place, as in YOLOX-Nano."""

    to: Writer
    activation: str
    separable: bool = False

    def __call__(self, x: Tensor, place: str, depth: int, window: int, *, stride: int = 1) -> Tensor:
        """Write the unit whose variables live at `place`, a key of the object graph."""
        if self.separable and window > 1:
            x = self.to.separable(x, scope(f"{place}/conv"), depth, window, stride=stride)
        else:
            x = self.to.conv(x, scope(f"{place}/conv"), depth, window, stride=stride)
        x = self.to.batch_norm(x, scope(f"{place}/norm"), epsilon=EPSILON)
        return self.to.activation(x, self.activation)


def scope(key: str) -> Scope:
    """Return where variables live; their names are their keys without the model's."""
    return Scope(key, key.removeprefix("model/_"))


def yolo_head(
    to: Writer,
    taps: Sequence[Tensor],
    *,
    num_classes: int,
    depth: int = 256,
    layers: int = 2,
    activation: str = "swish",
    separable: bool = False,
) -> None:
    """Write the head over the maps, finest first, and name its outputs as `YoloBlueprint` has them.

    Each map has layers of its own: a 1×1 stem to `depth` channels, then two branches of `layers` 3×3 units; the
    classes come from the first, box and objectness from the second.
    """
    unit = Unit(to, activation, separable)
    found: dict[str, list[Tensor]] = {BOXES: [], OBJECTNESS: [], CLASSES: []}
    for number, tap in enumerate(taps):
        place = f"{HEAD}/level_{number}"
        stem = unit(tap, f"{place}/stem", depth, 1)
        by_class = by_box = stem
        for layer in range(layers):
            by_class = unit(by_class, f"{place}/class_branch_{layer}", depth, 3)
            by_box = unit(by_box, f"{place}/box_branch_{layer}", depth, 3)
        for name, x, channels in ((CLASSES, by_class, num_classes), (BOXES, by_box, 4), (OBJECTNESS, by_box, 1)):
            found[name].append(to.conv(x, scope(f"{place}/{name}"), channels, bias=True))
    for name, columns in ((BOXES, 4), (OBJECTNESS, 1), (CLASSES, num_classes)):
        to.output(name, to.rows(found[name], columns))


def path_aggregation(
    to: Writer, taps: Sequence[Tensor], *, depth: int, activation: str = "swish", separable: bool = False
) -> list[Tensor]:
    """Write the neck over maps of halving sides, finest first; return as many maps of `depth` channels.

    Down from the coarsest, each map is the next coarser one doubled and added to its own 1×1 unit, then smoothed; up
    again, each is the finer one's 3×3 unit of stride 2 added, and smoothed. YOLOX has stages of CSPDarknet in the
    places of the smoothing units.
    """
    unit = Unit(to, activation, separable)
    laterals = [unit(tap, f"{NECK}/lateral_{number}", depth, 1) for number, tap in enumerate(taps)]
    down = [laterals[-1]]
    for number in range(len(taps) - 2, -1, -1):
        merged = to.add(laterals[number], to.fitted(to.upsample(down[0]), laterals[number]))
        down.insert(0, unit(merged, f"{NECK}/down_{number}", depth, 3))
    up = [down[0]]
    for number in range(1, len(taps)):
        finer = unit(up[-1], f"{NECK}/reduce_{number}", depth, 3, stride=2)
        up.append(unit(to.add(down[number], finer), f"{NECK}/up_{number}", depth, 3))
    return up
