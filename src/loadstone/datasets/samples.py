"""Examples as samples, decoded when they are asked for: in any order, from several threads, over and over.

What it is: decoding, a cache of bounded size, and the account of pictures that could not be read.
What it is not: an order of pictures, or batches (`stream`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Literal

import numpy as np

from loadstone.datasets.decoded import pixels, sample_of
from loadstone.errors import FormatError, LoadstoneError
from loadstone.facts.dataset import Example, Sample

if TYPE_CHECKING:
    import numpy.typing as npt

Keep = Literal["nothing", "encoded", "decoded"]

_NAMED = 3


class Samples:
    """The samples of some examples, by position. May be called from several threads at once.

    `order`, int (C,), is each class's number in the model, -1 for one to leave out. `keep` says what stays in memory
    once it was read, encoded files or decoded pixels, until `keep_bytes` are full; what came first stays. With `least`
    a JPEG of at least twice that side comes at a half, a quarter or an eighth of its size, which the decoder gives in
    less time; detectors whose input is smaller still see all of it, crops see less. The original decodes all. With
    `masks` samples have those of their objects; one that cannot be drawn counts as a picture that cannot be read.
    """

    def __init__(
        self,
        examples: Sequence[Example],
        *,
        order: Sequence[int] | None = None,
        keep: Keep = "nothing",
        keep_bytes: int = 0,
        least: int = 0,
        masks: bool = False,
    ) -> None:
        self._examples = examples
        self._order = None if order is None else np.asarray(order, np.int64)
        self._keep = keep
        self._room = keep_bytes
        self._least = least
        self._masks = masks
        self._kept: dict[int, bytes | npt.NDArray[np.uint8]] = {}
        self._bad: dict[int, LoadstoneError] = {}
        self._drawn: set[int] = set()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._examples)

    @property
    def bad(self) -> Mapping[str, str]:
        """Key → why, of every picture that was asked for and could not be read so far."""
        with self._lock:
            return {self._examples[at].key: str(error) for at, error in sorted(self._bad.items())}

    def one(self, position: int) -> Sample:
        """Return the sample at a position. Raises `LoadstoneError` where its picture cannot be read."""
        if (known := self._bad.get(position)) is not None:
            raise type(known)(known.fact, where=known.where, expected=known.expected, found=known.found)
        example = self._examples[position]
        try:
            sample = sample_of(example, self._pixels(position, example), self._order, masks=self._masks)
            self._try_masks(position, sample)
            return sample
        except LoadstoneError as error:
            with self._lock:
                self._bad[position] = error
            raise

    def _try_masks(self, position: int, sample: Sample) -> None:
        """Draw each mask once, so that one that cannot be drawn is met here and not where nobody can leave it out."""
        if sample.masks is None or position in self._drawn:
            return
        for mask in sample.masks:
            if mask is not None:
                mask.draw()
        with self._lock:
            self._drawn.add(position)

    def first(self, positions: Sequence[int], start: int) -> Sample:
        """Return the first sample that can be read at `positions[start]` and onwards, round to before it.

        Raises `FormatError` where none can be read at all.
        """
        for step in range(len(positions)):
            position = int(positions[(start + step) % len(positions)])
            if position in self._bad:
                continue
            try:
                return self.one(position)
            except LoadstoneError:
                continue
        raise self._none_left()

    def any(self, random: np.random.Generator) -> Sample:
        """Return a sample picked with the random numbers; a picture that cannot be read gives way to the next."""
        return self.first(range(len(self)), int(random.integers(len(self))))

    def _pixels(self, position: int, example: Example) -> npt.NDArray[np.uint8]:
        kept = self._kept.get(position)
        if isinstance(kept, np.ndarray):
            return kept
        data = kept if kept is not None else example.read()
        if self._keep == "encoded":
            self._store(position, data, len(data))
        image = pixels(example, data, least=self._least)
        if self._keep == "decoded":
            self._store(position, image, image.nbytes)
        return image

    def _store(self, position: int, value: bytes | npt.NDArray[np.uint8], size: int) -> None:
        with self._lock:
            if position not in self._kept and size <= self._room:
                self._kept[position] = value
                self._room -= size

    def _none_left(self) -> LoadstoneError:
        with self._lock:
            reasons = [str(self._bad[at]) for at in sorted(self._bad)[:_NAMED]]
        said = "; ".join(reasons) or "there are none"
        return FormatError(f"none of {len(self):,} pictures can be read", found=said)
