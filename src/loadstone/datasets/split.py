"""Which pictures are for training and which for validation: as the dataset says, else by a hash of each picture's key.

A picture's side depends on its key and the seed only, so that it stays when pictures are added or their order changes.
Copies that Roboflow makes of one picture (`street_jpg.rf.0a1b….jpg`) share their side.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loadstone.errors import FormatError
from loadstone.facts.dataset import Dataset

VALIDATION = 0.2
"""The part held out where nothing says otherwise."""

_COPY = re.compile(r"\.rf\.[0-9A-Za-z]{16,40}(?=\.|$)")


@dataclass(frozen=True, slots=True)
class Split:
    """Positions in `Dataset.examples`, ascending, and how they were told apart, in a sentence."""

    train: Sequence[int]
    val: Sequence[int]
    said: str


def train_and_val(dataset: Dataset, *, part: float = VALIDATION, seed: int = 0) -> Split:
    """Return what to train on and what to validate on.

    The dataset's own `train` and `val` are taken; where it has a `test` but no `val`, `test` stands in; where it holds
    nothing out, `part` of the pictures to train on are. With one picture, there is nothing to validate on.
    """
    splits = dataset.splits
    everything = range(len(dataset.examples))
    others = {at for name in ("val", "test") for at in splits.get(name, ())}
    train = splits.get("train") or [at for at in everything if at not in others]
    for name in ("val", "test"):
        if held := splits.get(name):
            if not train:
                raise FormatError(
                    f"all {len(held):,} pictures are for {name}, and none to train on", where=dataset.source
                )
            stands = "the dataset's own" if name == "val" else "its test pictures, as it has none for validation"
            return Split(
                tuple(train), tuple(held), f"{len(train):,} to train on; {len(held):,} to validate on: {stands}"
            )
    shares = divided(dataset, {"train": 1 - part, "val": part}, seed=seed, positions=train)
    counts = f"{len(shares['train']):,} to train on; {len(shares['val']):,} to validate on"
    said = f"{counts}: held out by a hash of their names"
    return Split(shares["train"], shares["val"], said)


def divided(
    dataset: Dataset, parts: Mapping[str, float], *, seed: int = 0, positions: Sequence[int] | None = None
) -> dict[str, tuple[int, ...]]:
    """Return positions for each name of `parts`, whose numbers are in proportion; each gets one if there are enough.

    Raises `FormatError` for parts that are negative or nothing at all.
    """
    total = sum(parts.values())
    if not total > 0 or any(not part >= 0 for part in parts.values()):
        raise FormatError("parts of a dataset are positive numbers", found=", ".join(map(str, parts.values())))
    ranked = sorted((_place(dataset.examples[at].key, seed), at) for at in positions or range(len(dataset.examples)))
    names = [name for name, part in parts.items() if part > 0]
    found: dict[str, list[int]] = {name: [] for name in parts}
    edges, reached = [], 0.0
    for name in names:
        reached += parts[name] / total
        edges.append(reached)
    for place, at in ranked:
        chosen = next((name for name, edge in zip(names, edges, strict=True) if place < edge), names[-1])
        found[chosen].append(at)
    _spread(found, names)
    return {name: tuple(sorted(ats)) for name, ats in found.items()}


def _spread(found: dict[str, list[int]], names: Sequence[str]) -> None:
    """Give each part that came out empty the nearest picture of the largest one."""
    for at, name in enumerate(names):
        largest = max(names, key=lambda other: len(found[other]))
        if not found[name] and len(found[largest]) > 1:
            found[name].append(found[largest].pop(-1 if at > names.index(largest) else 0))


def _place(key: str, seed: int) -> float:
    """Return where a key falls from 0 to 1."""
    digest = hashlib.sha256(f"{seed}:{_COPY.sub('', key)}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") / 2.0**64
