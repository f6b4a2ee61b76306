"""Augmentation within the stream: the same batches whatever the threads, with pictures that others are mixed into."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from loadstone.augmentation.presets import preset
from loadstone.augmentation.step import augment
from loadstone.datasets.samples import Samples
from loadstone.datasets.stream import Batch, Stream
from loadstone.facts.dataset import Example, Objects, Sample
from tests.augmentation.painted import check_boxes_follow, painted

SIDE = 64


def example(number: int) -> Example:
    """Return a painted picture as PNG, its one object of class `number`."""
    sample = painted(np.random.default_rng(number), 50, 60, 1, first=number)
    stream = io.BytesIO()
    Image.fromarray(sample.image.astype(np.uint8)).save(stream, "PNG")
    top, left, bottom, right = sample.boxes[0] * (50, 60, 50, 60)
    no = np.zeros(1, bool)
    objects = Objects(
        np.array([[left, top, right, bottom]], np.float64), sample.classes, no, no, no, np.ones(1, np.float32)
    )
    return Example(f"{number}.png", "", 60, 50, objects, stream.getvalue)


SAMPLES = Samples([example(number) for number in range(6)])
STEPS = preset("yolox", SIDE)


def prepare(sample: Sample, random: np.random.Generator) -> Mapping[str, npt.NDArray[Any]]:
    """Augment, and pad the objects to twelve."""
    after = augment(sample, random, STEPS, SAMPLES.any)
    boxes, classes = np.zeros((12, 4), np.float32), np.full(12, -1)
    boxes[: len(after.boxes)], classes[: len(after.classes)] = after.boxes[:12], after.classes[:12]
    return {"image": after.image, "boxes": boxes, "classes": classes}


def batches(threads: int, start: int = 0) -> list[Batch]:
    return list(Stream(SAMPLES, prepare, 2, seed=5, threads=threads).epoch(1, start))


def test_threads_and_where_it_starts_change_nothing() -> None:
    one, two, rest = batches(1), batches(3), batches(2, start=1)
    assert len(one) == 3
    for first, second in zip([*one, *one[1:]], [*two, *rest], strict=True):
        assert first.keys == second.keys
        for name, value in first.arrays.items():
            np.testing.assert_array_equal(value, second.arrays[name])


def test_what_comes_out_of_a_mosaic_in_the_stream_fits_its_boxes() -> None:
    """Without turning, mixing or colours, so that the paint is still to be found."""
    random = np.random.default_rng(0)
    compared = 0
    for _ in range(30):
        after = augment(SAMPLES.any(random), random, STEPS[:1], SAMPLES.any)
        # Of a picture that came twice, the pixels of both would be taken for one object's.
        if len(set(after.classes.tolist())) == len(after.classes):
            compared += check_boxes_follow(after, slack=2.1)
    assert compared > 5
