"""What a user asks of a head's anchors, checked, and the `anchor_generator` that it comes to.

Each head keeps the generator of its family, so that a configuration says all of it: an SSD has a scale for each map
(ssd_anchor_generator.proto), a pyramid one scale for all levels and steps between octaves
(multiscale_anchor_generator.proto), one map alone any number of scales (grid_anchor_generator.proto).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from string import Template

from loadstone.errors import SourceError

MOST = 16
"""Ratios, scales, or scales an octave."""

LEAST, LARGEST = 0.001, 1000.0
"""Of a ratio or a scale: what lies beyond is a line or a point on every picture."""

WITHOUT = ("yolo", "centernet")

RATIOS = {"ssd": (1.0, 2.0, 0.5, 3.0, 0.3333), "retinanet": (1.0, 2.0, 0.5), "faster-rcnn": (1.0, 2.0, 0.5)}
"""Head → width by height of its usual anchors."""

ONE_MAP_SCALES = (0.25, 0.5, 1.0, 2.0)
"""A Faster R-CNN's without a neck, in 256 pixels."""

LEVELS = """
multiscale_anchor_generator {
  min_level: $low max_level: $high anchor_scale: $scale aspect_ratios: $ratios scales_per_octave: $steps
  $more
}
"""

MAPS = """
ssd_anchor_generator {
  num_layers: $maps min_scale: $smallest max_scale: 0.95 aspect_ratios: $ratios
  $more
}
"""

ONE_MAP = """
grid_anchor_generator {
  scales: $scales aspect_ratios: $ratios height_stride: $stride width_stride: $stride
  height_offset: $offset width_offset: $offset
}
"""


@dataclass(frozen=True, slots=True)
class AnchorWish:
    """Width by height, scales, and scales an octave, as asked for; what is empty or 0 stays the head's usual."""

    head: str
    ratios: tuple[float, ...] = ()
    scales: tuple[float, ...] = ()
    steps: int = 0

    def levels(self, low: int, high: int, *, steps: int, more: str = "") -> str:
        """Return the generator of a pyramid: one scale, the smallest anchor's side in strides of its level."""
        if len(self.scales) > 1:
            expected = "one, the smallest side in strides; scales_per_octave says how many follow it"
            raise SourceError("a pyramid has one anchor scale for all levels", expected=expected, found=self._found)
        scale = self.scales[0] if self.scales else 4.0
        words = {"low": low, "high": high, "scale": scale, "steps": self.steps or steps, "more": more}
        return Template(LEVELS).substitute(words, ratios=self._ratios)

    def maps(self, count: int, *, smallest: float) -> str:
        """Return the generator of an SSD: a scale for each map, in shorter sides of the picture.

        The usual first map has three anchors of its own; where shapes are asked for, it has them like the others.
        """
        self._has_no_octaves("an ssd has a scale for each of its maps")
        if self.scales and len(self.scales) != count:
            raise SourceError("there are not as many anchor scales as maps", expected=str(count), found=self._found)
        more = [f"scales: {list(self.scales)}"] if self.scales else []
        more += ["reduce_boxes_in_lowest_layer: false"] if self.scales or self.ratios else []
        words = {"maps": count, "smallest": smallest, "more": " ".join(more)}
        return Template(MAPS).substitute(words, ratios=self._ratios)

    def one_map(self, stride: int) -> str:
        """Return the generator of one map: scales in 256 pixels."""
        self._has_no_octaves("one map without a pyramid has any number of anchor scales")
        words = {"scales": list(self.scales or ONE_MAP_SCALES), "stride": stride, "offset": stride // 2}
        return Template(ONE_MAP).substitute(words, ratios=self._ratios)

    @property
    def _ratios(self) -> list[float]:
        return list(self.ratios or RATIOS[self.head])

    @property
    def _found(self) -> str:
        return f"{len(self.scales)}: {', '.join(f'{scale:g}' for scale in self.scales)}"

    def _has_no_octaves(self, reason: str) -> None:
        if self.steps:
            help_ = "leave scales_per_octave out, and give anchor_scales"
            raise SourceError(f"{reason}, and no scales per octave", found=str(self.steps), help=help_)


def anchors_of(
    head: str, ratios: Iterable[float] | None, scales: Iterable[float] | None, steps: int | None
) -> AnchorWish:
    """Return the wish, checked; `SourceError` for numbers that no anchor has, or a head that has no anchors."""
    given = {"anchor_ratios": ratios, "anchor_scales": scales, "scales_per_octave": steps}
    if head in WITHOUT and (named := [name for name, value in given.items() if value is not None]):
        help_ = f"leave {named[0]} out, or take ssd, retinanet or faster-rcnn"
        raise SourceError(f"a {head} predicts boxes without anchors", found=named[0], help=help_)
    if steps is not None and (isinstance(steps, bool) or not isinstance(steps, int) or not 1 <= steps <= MOST):
        expected = f"a whole number from 1 to {MOST}"
        raise SourceError("scales_per_octave is no number of scales", expected=expected, found=str(steps))
    return AnchorWish(head, _numbers("anchor_ratios", ratios), _numbers("anchor_scales", scales), steps or 0)


def _numbers(name: str, given: Iterable[float] | None) -> tuple[float, ...]:
    if given is None:
        return ()
    try:
        numbers = tuple(float(one) for one in given)
    except (TypeError, ValueError):
        numbers = ()
    # A NaN lies in no range.
    if not 1 <= len(numbers) <= MOST or not all(LEAST <= number <= LARGEST for number in numbers):
        expected = f"1 to {MOST} numbers, each from {LEAST:g} to {LARGEST:,.0f}"
        raise SourceError(f"{name} are no sizes of anchors", expected=expected, found=str(given)[:80])
    return numbers
