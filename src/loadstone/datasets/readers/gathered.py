"""What a reader has so far: examples by split, and sentences on what it could not read or had to choose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from loadstone.errors import FormatError, LoadstoneError
from loadstone.facts.dataset import Dataset, Example

SENTENCES = 100
"""Sentences of one kind that are kept; ten thousand broken files are told as well by a hundred and a count."""


class Sentences:
    """Sentences, the first hundred of them, and how many more there were."""

    def __init__(self) -> None:
        self._kept: list[str] = []
        self._more = 0

    def add(self, sentence: str) -> None:
        """Keep a sentence, or count it."""
        if len(self._kept) < SENTENCES:
            self._kept.append(sentence)
        else:
            self._more += 1

    def extend(self, where: str, others: Sentences) -> None:
        """Take in another's sentences, with the place that they are about, and what it only counted."""
        for sentence in others._kept:
            self.add(f"{where}: {sentence}")
        self._more += others._more

    def all(self) -> tuple[str, ...]:
        """Return the sentences, and one on those that were only counted."""
        return (*self._kept, f"and {self._more:,} more like these") if self._more else tuple(self._kept)


class Gathered:
    """Gathers one dataset while its files are read."""

    def __init__(self, source: str, kind: str) -> None:
        self.source = source
        self.kind = kind
        self.examples: list[Example] = []
        self._splits: dict[str, list[int]] = {}
        self._keys: dict[str, int] = {}
        self._skipped = Sentences()
        self._notes = Sentences()

    def add(self, example: Example, split: str = "") -> None:
        """Take a picture in; a key that is taken already gets `#2` and so on, so that a key names one example."""
        count = self._keys[example.key] = self._keys.get(example.key, 0) + 1
        if count > 1:
            key = f"{example.key}#{count}"
            self._keys[key] = self._keys.get(key, 0) + 1
            example = replace(example, key=key)
        if split:
            self.into(split, len(self.examples))
        self.examples.append(example)

    def into(self, split: str, position: int) -> None:
        """Count an example to a split."""
        self._splits.setdefault(split, []).append(position)

    def skip(self, where: str, why: str | LoadstoneError) -> None:
        """Say that something could not be read."""
        self._skipped.add(f"{where}: {why}")

    def skip_all(self, where: str, why: Sentences) -> None:
        """Say several things about one file."""
        self._skipped.extend(where, why)

    def note(self, sentence: str) -> None:
        """Say what was chosen, taken for granted or left out."""
        self._notes.add(sentence)

    def dataset(
        self,
        classes: Sequence[str],
        ids: Sequence[int],
        keypoint_names: Sequence[str] = (),
        notes: Sequence[str] = (),
        *,
        help: str = "",  # noqa: A002 - the error's own field
    ) -> Dataset:
        """Return the dataset. Raises `FormatError`, with `help`, where no picture could be read at all."""
        skipped = self._skipped.all()
        if not self.examples:
            raise FormatError(
                f"no annotated picture could be read of this dataset ({self.kind})",
                where=self.source,
                found=skipped[0] if skipped else "annotations of no picture",
                help=help,
            )
        splits: dict[str, Sequence[int]] = {
            name: tuple(self._splits[name]) for name in ("train", "val", "test") if name in self._splits
        }
        return Dataset(
            source=self.source,
            format=self.kind,
            classes=tuple(classes),
            ids=tuple(ids),
            examples=tuple(self.examples),
            splits=splits,
            skipped=skipped,
            notes=(*self._notes.all(), *notes),
            keypoint_names=tuple(keypoint_names),
        )
