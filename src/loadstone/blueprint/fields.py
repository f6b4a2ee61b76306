"""Read a configuration so that no field is passed over in silence.

`Fields` hands out values and remembers what was asked for; what nobody asked for comes out of `leftover()` by its
path, so that an unsupported field is named. Fields that only training uses are declared as such.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from loadstone.errors import UnsupportedModelError
from loadstone.wire.textmessage import TextMessage

SIDES = range(1, 1 << 17)
COUNTS = range(1 << 20)
FEW = range(1, 257)
RANGES: Mapping[str, range] = {
    "num_classes": range(1, 100_001),
    "height": SIDES,
    "width": SIDES,
    "min_dimension": SIDES,
    "max_dimension": SIDES,
    "multiple": SIDES,
    "height_offset": range(-(1 << 17), 1 << 17),
    "width_offset": range(-(1 << 17), 1 << 17),
    "height_stride": SIDES,
    "width_stride": SIDES,
    "min_level": range(2, 6),
    "max_level": range(3, 13),
    "num_layers": FEW,
    "num_iterations": FEW,
    "num_layers_before_predictor": range(257),
    "mask_prediction_num_conv_layers": FEW,
    "scales_per_octave": FEW,
    "kernel_size": FEW,
    "peak_max_pool_kernel_size": FEW,
    "first_stage_box_predictor_kernel_size": FEW,
    "first_stage_atrous_rate": FEW,
    "initial_crop_size": range(1, 1025),
    "maxpool_kernel_size": range(1, 1025),
    "maxpool_stride": range(1, 1025),
    "mask_height": range(1, 4097),
    "mask_width": range(1, 4097),
    "num_filters": SIDES,
    "depth": range(1 << 17),
}
"""What an integer field may hold; any other one is a count below a million. Levels are those that backbones offer taps
for; layers and iterations are written one by one, so a number that no detector has may not be believed."""

LARGEST = 1e9
POSITIVE = ("depth_multiplier", "y_scale", "x_scale", "height_scale", "width_scale", "logit_scale", "epsilon")
"""Numbers that something is divided by, or that channels are multiplied by."""


class Fields:
    """One message of a `pipeline.config`, with a record of the fields that were read."""

    def __init__(self, message: TextMessage, path: str = "") -> None:
        self._message = message
        self._path = path
        self._read: set[str] = set()
        self._inner: dict[str, Fields] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._message

    def place(self, name: str = "") -> str:
        """Return where a field stands in the text, for error messages."""
        return self._message.where_of(name) if name in self._message else self._message.where

    def only(self) -> str:
        """Return the name of the one field set here (a oneof, such as the box predictor's kind), or an empty string."""
        names = self._message.names
        return names[0] if len(names) == 1 else ""

    def message(self, name: str) -> Fields:
        """Return a sub-message; an empty one where it is absent."""
        self._read.add(name)
        if name not in self._inner:
            self._inner[name] = Fields(self._message.message(name), f"{self._path}{name}.")
        return self._inner[name]

    def count(self, name: str) -> int:
        """Return how often a repeated message occurs; its content is not read."""
        self._read.add(name)
        return len(self._message.messages(name))

    def integer(self, name: str, default: int = 0) -> int:
        """Return an integer field."""
        self._read.add(name)
        return self._within(name, self._message.integer(name, default))

    def _within(self, name: str, value: int) -> int:
        within = RANGES.get(name, COUNTS)
        if value not in within:
            expected = f"{within.start:,} to {within.stop - 1:,}"
            raise self._wrong(name, expected, f"{value:,}")
        return value

    def _finite(self, name: str, value: float) -> float:
        if not math.isfinite(value) or abs(value) > LARGEST or (name in POSITIVE and value <= 0):
            raise self._wrong(
                name, f"a {'positive ' if name in POSITIVE else ''}number up to {LARGEST:g}", f"{value:g}"
            )
        return value

    def _wrong(self, name: str, expected: str, found: str) -> UnsupportedModelError:
        if name in self._message:
            fact = f"{self._path}{name} is out of range"
            return UnsupportedModelError(fact, where=self.place(name), expected=expected, found=found)
        near = get_close_matches(name, self._message.names, n=1)
        said = f"{near[0]}, which is no field" if near else "no such field"
        fact = f"{self._path}{name} is not set"
        return UnsupportedModelError(fact, where=self.place(near[0] if near else ""), expected=expected, found=said)

    def levels(self, low: int, high: int, *, lowest: int = 2, above: int = 3) -> tuple[int, int]:
        """Return `min_level` and `max_level` of a pyramid: from `lowest` on, and up to `above` at least."""
        low, high = self.integer("min_level", low), self.integer("max_level", high)
        if not lowest <= low <= high:
            raise self._wrong("min_level", f"{lowest} to {high}", str(low))
        if high < above:
            raise self._wrong("max_level", f"at least {above}", str(high))
        return low, high

    def integers(self, name: str, default: tuple[int, ...] = ()) -> tuple[int, ...]:
        """Return a repeated integer field."""
        self._read.add(name)
        return tuple(self._within(name, value) for value in self._message.integers(name)) or default

    def number(self, name: str, default: float = 0.0) -> float:
        """Return a float field."""
        self._read.add(name)
        return self._finite(name, float(self._message.number(name, default)))

    def numbers(self, name: str, default: tuple[float, ...] = ()) -> tuple[float, ...]:
        """Return a repeated float field."""
        self._read.add(name)
        return tuple(self._finite(name, float(value)) for value in self._message.numbers(name)) or default

    def flag(self, name: str, default: bool = False) -> bool:
        """Return a bool field."""
        self._read.add(name)
        return self._message.flag(name, default)

    def word(self, name: str, default: str = "") -> str:
        """Return an enum field's identifier."""
        self._read.add(name)
        return self._message.word(name, default)

    def text(self, name: str, default: str = "") -> str:
        """Return a string field."""
        self._read.add(name)
        return self._message.text(name, default)

    def training(self, *names: str) -> None:
        """Declare fields that change training only; whatever they hold needs no support to detect."""
        self._read.update(names)

    def leftover(self) -> Iterator[str]:
        """Yield the paths of fields that nobody read, here and in every sub-message that was entered."""
        for name in dict.fromkeys(self._message.names):
            if name not in self._read:
                yield f"{self._path}{name}"
        for inner in self._inner.values():
            yield from inner.leftover()
