"""Datasets made by hand, for tests: pictures in memory with boxes as given."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image

from loadstone.facts.dataset import Dataset, Example, Objects

Box = tuple[float, float, float, float]


def picture(width: int = 64, height: int = 48, *, seed: int = 0, kind: str = "PNG") -> bytes:
    """Return an encoded picture: four smooth blotches, whose places `seed` says."""
    rng = np.random.default_rng(seed)
    grid = Image.fromarray(rng.integers(0, 255, (4, 4, 3), np.uint8))
    out = io.BytesIO()
    grid.resize((width, height), Image.Resampling.BICUBIC).save(out, kind)
    return out.getvalue()


def example(
    key: str,
    boxes: Sequence[tuple[int, Box]] = ((0, (8, 8, 24, 24)),),
    *,
    size: tuple[int, int] = (64, 48),
    data: bytes | None = None,
    crowd: bool = False,
) -> Example:
    """Return one example with boxes as (class, xyxy); its picture is drawn from its key unless `data` is given."""
    count = len(boxes)
    no, yes = np.zeros(count, bool), np.full(count, crowd)
    objects = Objects(
        np.array([box for _, box in boxes], np.float64).reshape(-1, 4),
        np.array([number for number, _ in boxes], np.int64),
        yes,
        no,
        no,
        np.ones(count, np.float32),
    )
    encoded = data if data is not None else picture(*size, seed=sum(map(ord, key)))
    return Example(key, "annotations.json", *size, objects, lambda: encoded)


def dataset(
    *examples: Example,
    classes: tuple[str, ...] = ("face",),
    ids: tuple[int, ...] | None = None,
    splits: Mapping[str, Sequence[int]] | None = None,
    skipped: tuple[str, ...] = (),
) -> Dataset:
    """Return a dataset of these examples."""
    numbers = ids if ids is not None else tuple(range(1, len(classes) + 1))
    return Dataset("made", "coco", classes, numbers, examples, splits or {}, skipped)
