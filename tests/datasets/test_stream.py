"""The stream: the same samples whatever the threads, from any place on, and around pictures that cannot be read."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from loadstone.datasets.samples import Keep, Samples
from loadstone.datasets.stream import Batch, Stream
from loadstone.errors import FormatError, LoadstoneError, SourceError
from loadstone.facts.dataset import Example, Sample
from tests.datasets.made import Box, example, picture


def prepared(sample: Sample, random: np.random.Generator) -> Mapping[str, npt.NDArray[Any]]:
    """A stand-in for augmentation and targets: the picture's mean, its first box, and a random number."""
    box = sample.boxes[0] if len(sample.boxes) else np.zeros(4, np.float32)
    return {"mean": sample.image.mean(keepdims=True).reshape(1), "box": box, "drawn": random.random(2)}


def examples(count: int, bad: tuple[int, ...] = ()) -> list[Example]:
    made = [example(f"{at:02d}.png", [(0, (at, 0, at + 8, 8))], size=(32, 24)) for at in range(count)]
    return [replace(one, read=lambda: b"<html>") if at in bad else one for at, one in enumerate(made)]


def stream(count: int = 10, bad: tuple[int, ...] = (), **options: Any) -> Stream:
    return Stream(Samples(examples(count, bad)), prepared, **({"batch_size": 4, "seed": 3, "threads": 1} | options))


def same(one: list[Batch], other: list[Batch]) -> bool:
    pairs = list(zip(one, other, strict=True))
    return all(
        (a.keys, a.epoch, a.step) == (b.keys, b.epoch, b.step)
        and all((a.arrays[name] == b.arrays[name]).all() for name in a.arrays)
        for a, b in pairs
    )


def test_batches_are_stacks_with_their_keys() -> None:
    batches = list(stream().epoch(0))
    assert [batch.step for batch in batches] == [0, 1, 2]
    assert {name: array.shape for name, array in batches[0].arrays.items()} == {
        "mean": (4, 1),
        "box": (4, 4),
        "drawn": (4, 2),
    }
    keys = [key for batch in batches for key in batch.keys]
    assert sorted(keys[:10]) == [f"{at:02d}.png" for at in range(10)]
    # What fills the last batch are the first pictures again, with other random numbers.
    assert keys[10:] == keys[:2]
    drawn = np.concatenate([batch.arrays["drawn"] for batch in batches])
    assert len(np.unique(drawn[:, 0])) == 12
    assert keys[:10] != sorted(keys[:10])


@pytest.mark.parametrize("options", [{"threads": 4}, {"ahead": 0}, {"ahead": 9, "threads": 3}])
def test_threads_and_reading_ahead_change_nothing(options: dict[str, Any]) -> None:
    for epoch in (0, 1):
        assert same(list(stream().epoch(epoch)), list(stream(**options).epoch(epoch)))


def test_epochs_and_seeds_differ() -> None:
    keys = {tuple(key for batch in made.epoch(epoch) for key in batch.keys) for made, epoch in TWO_BY_TWO}
    assert len(keys) == 4


TWO_BY_TWO = [(stream(seed=seed), epoch) for seed in (1, 2) for epoch in (0, 1)]


@pytest.mark.parametrize("start", [0, 1, 2, 3])
def test_it_goes_on_from_any_step(start: int) -> None:
    assert same(list(stream().epoch(5))[start:], list(stream(threads=2).epoch(5, start)))


def test_what_does_not_fill_a_batch_may_be_dropped() -> None:
    dropped = stream(last="drop")
    assert dropped.steps == 2
    assert same(list(dropped.epoch(0)), list(stream().epoch(0))[:2])
    assert [batch.keys for batch in stream(3, shuffle=False).epoch(0)] == [("00.png", "01.png", "02.png", "00.png")]
    with pytest.raises(FormatError, match="fewer pictures than a batch"):
        stream(3, last="drop")
    with pytest.raises(FormatError, match="no pictures"):
        stream(0)


@pytest.mark.parametrize("threads", [1, 4])
def test_unreadable_pictures_give_way_and_are_named(threads: int) -> None:
    made = stream(10, bad=(2, 3, 7), threads=threads)
    batches = list(made.epoch(0))
    assert len(batches) == made.steps == 3
    keys = [key for batch in batches for key in batch.keys]
    assert not {"02.png", "03.png", "07.png"} & set(keys)
    assert made.samples.bad.keys() == {"02.png", "03.png", "07.png"}
    assert "not a picture: an HTML page" in made.samples.bad["02.png"]
    # The other places keep their picture and their random numbers.
    whole = [batch.arrays["drawn"] for batch in stream().epoch(0)]
    assert all((batch.arrays["drawn"] == one).all() for batch, one in zip(batches, whole, strict=True))
    assert same(batches, list(made.epoch(0)))


def test_nothing_readable_ends_it() -> None:
    with pytest.raises(FormatError, match=r"none of 3 pictures can be read.*HTML"):
        list(stream(3, bad=(0, 1, 2)).epoch(0))


def test_what_prepare_raises_is_raised() -> None:
    def refuse(sample: Sample, random: np.random.Generator) -> Mapping[str, npt.NDArray[Any]]:
        raise LoadstoneError("no", where=sample.key)

    with pytest.raises(LoadstoneError, match="no"):
        list(Stream(Samples(examples(4)), refuse, 2).epoch(0))


def test_leaving_early_stops_its_threads() -> None:
    batches = stream(64, threads=3).epoch(0)
    next(batches)
    batches.close()
    assert not [
        thread for thread in threading.enumerate() if thread.name.startswith(("loadstone-input", "loadstone-batch"))
    ]


@pytest.mark.parametrize(
    ("keep", "room", "reads"),
    [("nothing", 0, 6), ("encoded", 10**6, 2), ("decoded", 10**6, 2), ("decoded", 32 * 24 * 3, 4)],
)
def test_what_is_kept_is_not_read_again(keep: Keep, room: int, reads: int) -> None:
    count = 0
    data = examples(1)[0].read()

    def read() -> bytes:
        nonlocal count
        count += 1
        return data

    samples = Samples([replace(one, read=read) for one in examples(2)], keep=keep, keep_bytes=room)
    seen = [samples.one(at).image for _ in range(3) for at in (0, 1)]
    assert count == reads
    assert all((image == seen[0]).all() for image in seen)


def test_samples_are_in_the_original_s_convention() -> None:
    keypoints = np.array([[[8, 6, 2], [0, 0, 0]]], np.float64).repeat(5, 0)
    boxes: list[tuple[int, Box]] = [
        (0, (8.0, 6.0, 16.0, 18.0)),
        (1, (0, 0, 4, 3)),
        (-1, (0, 0, 4, 4)),
        (0, (0, np.nan, 4, 4)),
        (2, (0, 0, 40, 30)),
    ]
    made = example("a.png", boxes, size=(32, 24), crowd=True)
    made = replace(made, objects=replace(made.objects, keypoints=keypoints, weights=np.arange(5, dtype=np.float32)))
    sample = Samples([made]).one(0)
    assert sample.image.shape == (24, 32, 3)
    assert {sample.image.dtype.name, sample.boxes.dtype.name, sample.weights.dtype.name} == {"float32"}
    # ymin, xmin, ymax, xmax; a crowd is an object like any other, and what lies outside stays so.
    assert sample.boxes.tolist() == [[0.25, 0.25, 0.75, 0.5], [0, 0, 0.125, 0.125], [0, 0, 1.25, 1.25]]
    assert sample.classes.tolist() == [0, 1, 2]
    assert sample.weights.tolist() == [0, 1, 4]
    assert sample.keypoints is not None
    np.testing.assert_array_equal(sample.keypoints[0], [[0.25, 0.25], [np.nan, np.nan]])
    ordered = Samples([made], order=(5, -1, 0)).one(0)
    assert ordered.classes.tolist() == [5, 0]


def test_an_odd_one_that_cannot_be_read_says_why_every_time() -> None:
    samples = Samples(examples(3, bad=(1,)))
    for _ in range(2):
        with pytest.raises(SourceError, match="not a picture"):
            samples.one(1)
    random = np.random.default_rng(0)
    assert {samples.any(random).key for _ in range(30)} == {"00.png", "02.png"}


def test_large_jpegs_may_come_smaller_where_their_size_is_stated() -> None:
    data = picture(640, 480, kind="JPEG")
    made = example("a.jpg", [(0, (64, 48, 320, 240))], size=(640, 480), data=data)
    unstated = replace(made, width=0, height=0)
    samples = [Samples([one], least=100).one(0) for one in (made, unstated)]
    assert [sample.image.shape for sample in samples] == [(120, 160, 3), (480, 640, 3)]
    assert [sample.boxes.tolist() for sample in samples] == [pytest.approx(np.array([[0.1, 0.1, 0.5, 0.5]]))] * 2
