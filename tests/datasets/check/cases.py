"""For each check a dataset that shows it and one, as near to it as may be, that does not."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from PIL import Image

from loadstone.datasets.check.subject import Shapes
from loadstone.facts.dataset import Dataset, Example
from loadstone.facts.masks import Mask, PixelMask
from tests.datasets.check.told import sound, with_boxes
from tests.datasets.made import Box, dataset, example, picture

ANCHORS = Shapes(128, 96, anchors=np.array([[32.0, 32.0], [64.0, 32.0], [64.0, 64.0]]), said="three anchors")
INPUT = Shapes(32, 24)


@dataclass(frozen=True, slots=True)
class Case:
    """`shows` has the fault, `spares` has not; `options` go with both. `says` is a part of the fact."""

    shows: Dataset
    spares: Dataset
    says: str
    options: Mapping[str, Any] = field(default_factory=dict)


def jpeg(width: int = 64, height: int = 48, *, seed: int = 99, quality: int = 90, turn: int = 0) -> bytes:
    """Return a JPEG of the blotches of `seed`, with an EXIF orientation if one is given."""
    out = io.BytesIO()
    image = Image.open(io.BytesIO(picture(64, 48, seed=seed))).resize((width, height))
    exif = Image.Exif()
    exif[0x0112] = turn
    image.save(out, "JPEG", quality=quality, **({"exif": exif} if turn else {}))
    return out.getvalue()


def _val(shown: Example, classes: tuple[str, ...] = ("face", "ball")) -> Dataset:
    """Return a sound dataset with one more picture in validation."""
    plain = sound(classes=classes)
    rows = {"train": plain.splits["train"], "val": [6, 7, 8]}
    return replace(plain, examples=(*plain.examples, shown), splits=rows)


def _square() -> np.ndarray[Any, np.dtype[np.bool_]]:
    rows, columns = np.mgrid[:48, :64]
    square: np.ndarray[Any, np.dtype[np.bool_]] = (abs(rows - 15) < 10) & (abs(columns - 15) < 10)
    return square


def _with_mask(mask: Mask, box: Box = (5, 5, 25, 25)) -> Example:
    shown = example("more.png", [(0, box)])
    return replace(shown, objects=replace(shown.objects, masks=(mask,)))


def _masked(mask: Mask, box: Box = (5, 5, 25, 25)) -> Dataset:
    return sound(_with_mask(mask, box))


def _of(format_name: str, given: Dataset) -> Dataset:
    return replace(given, format=format_name)


def _without_val(given: Dataset) -> Dataset:
    return replace(given, splits={"train": range(8)})


def _renamed(*names: str) -> Dataset:
    extra = [(number, (2.0, 3.0, 20.0, 24.0)) for number in range(2, len(names))]
    return sound(*(example(f"m{row}.png", extra) for row in range(10)), classes=names)


def _fractions(scale: float) -> Dataset:
    return dataset(example("a.png", [(0, (0.1 * scale, 0.2 * scale, 0.5 * scale, 0.9 * scale))]))


PLAIN = sound()
TWO_BYTES = jpeg()

CASES: dict[str, Case] = {
    "data-empty": Case(dataset(), PLAIN, "no picture"),
    "data-picture-without-box": Case(with_boxes(), PLAIN, "1 of 9 pictures has no box"),
    "data-no-validation": Case(_without_val(PLAIN), PLAIN, "no pictures for val"),
    "data-read-as": Case(replace(PLAIN, notes=("a.csv: no header",)), PLAIN, "1 thing was taken for granted"),
    "data-class-unknown": Case(
        with_boxes((-1, (1, 1, 9, 9))), with_boxes((1, (1, 1, 9, 9))), "1 of 33 boxes has a class that is not listed"
    ),
    "data-class-unused": Case(sound(classes=("face", "ball", "sign")), PLAIN, "1 of 3 classes has no box: 'sign'"),
    "data-class-names-alike": Case(_renamed("Traffic-Lights", "traffic light"), _renamed("glass", "glue"), "alike"),
    "data-class-nameless": Case(_renamed("face", " "), _renamed("face", "x"), "1 class has no name"),
    "data-class-background": Case(_renamed("__background__", "ball"), _renamed("back", "ball"), "'__background__'"),
    "data-class-ids": Case(sound(ids=(1, 3)), _of("yolo", sound(ids=(1, 3))), "ids from 1 to 3; there is no 2"),
    "data-one-class": Case(dataset(example("a.png")), PLAIN, "there is one class: 'face'"),
    "data-class-imbalance": Case(
        sound(example("r.png", [(2, (1, 1, 9, 9))] * 9), classes=("face", "ball", "sign")),
        _renamed("face", "ball", "sign"),
        "1 class has few boxes; 'face' has 16",
    ),
    "data-class-not-trained": Case(
        _val(example("v.png", [(2, (1, 1, 9, 9))]), ("face", "ball", "sign")),
        _val(example("v.png", [(1, (1, 1, 9, 9))])),
        "val shows 'sign', which training never does",
    ),
    "data-class-elsewhere": Case(
        dataset(example("a.png")),
        _renamed("ball", "x"),
        "has classes that are not here: 'ball'",
        {"other": replace(dataset(example("o.png"), classes=("ball",)), source="there")},
    ),
    "data-box-not-a-number": Case(
        with_boxes((0, (1, 1, math.nan, 9))),
        with_boxes((0, (1, 1, 9, 9))),
        "1 of 33 boxes has a side that is no number",
    ),
    "data-box-reversed": Case(with_boxes((0, (9, 1, 5, 9))), with_boxes((0, (5, 1, 9, 9))), "is reversed"),
    "data-box-empty": Case(with_boxes((0, (5, 1, 5, 9))), with_boxes((0, (5, 1, 9, 9))), "no area"),
    "data-box-outside": Case(
        with_boxes((0, (50, 1, 70, 9))), with_boxes((0, (-1, 1, 65, 9))), "the edge of the picture, by up to 6 pixels"
    ),
    "data-box-beyond": Case(
        with_boxes((0, (64, 1, 70, 9))), with_boxes((0, (60, 1, 65, 9))), "lies wholly outside the picture"
    ),
    "data-box-fractions": Case(_fractions(1), _fractions(20), "fractions, where pixels are expected"),
    "data-box-tiny": Case(with_boxes((0, (5, 1, 7, 9))), with_boxes((0, (5, 1, 8, 9))), "a side below 3 pixels"),
    "data-box-whole-picture": Case(
        with_boxes((0, (0, 0, 64, 48))), with_boxes((0, (0, 0, 62, 48))), "1 of 33 boxes covers the whole picture"
    ),
    "data-box-twice": Case(
        with_boxes((0, (5, 5, 25, 25)), (0, (5, 5, 25, 26))),
        with_boxes((0, (5, 5, 25, 25)), (0, (5, 5, 25, 28))),
        "1 object is marked twice",
    ),
    "data-box-two-classes": Case(
        with_boxes((0, (5, 5, 25, 25)), (1, (5, 5, 25, 25))),
        with_boxes((0, (5, 5, 25, 25)), (1, (5, 5, 25, 27))),
        "1 place has boxes of two classes",
    ),
    "data-box-small-at-input": Case(
        with_boxes((0, (5, 5, 20, 45))),
        dataset(example("a.png", [(0, (5, 5, 21, 45))])),
        "a side below 8 pixels at 32",
        {"shapes": INPUT},
    ),
    "data-box-no-anchor": Case(
        with_boxes((0, (5, 5, 12, 12))),
        dataset(example("a.png", [(0, (5, 5, 17, 17))])),
        "smaller than all",
        {"shapes": ANCHORS},
    ),
    "data-mask-broken": Case(
        _masked(PixelMask(lambda: np.ones((9, 9), bool))),
        _masked(PixelMask(_square)),
        "the only mask is broken: a mask has another size than its picture",
    ),
    "data-mask-empty": Case(
        _masked(PixelMask(lambda: np.zeros((48, 64), bool))), _masked(PixelMask(_square)), "covers no pixel"
    ),
    "data-mask-box": Case(
        _masked(((5, 5, 25, 5, 21, 25),), (5, 5, 29, 25)),
        _masked(((5, 5, 25, 5, 21, 25),), (5, 5, 28, 25)),
        "the only mask covers something else than the box",
    ),
    "data-mask-missing": Case(
        _masked(PixelMask(_square)), dataset(_with_mask(PixelMask(_square))), "32 of 33 boxes have no mask"
    ),
    "data-picture-missing": Case(
        sound(replace(example("no.png"), path="/nowhere/no.png")), PLAIN, "1 of 9 pictures is not there"
    ),
    "data-picture-unreadable": Case(sound(example("b.png", data=b"<html>")), PLAIN, "1 of 9 pictures cannot be read"),
    "data-picture-truncated": Case(
        sound(example("c.jpg", data=TWO_BYTES[:-200])), sound(example("c.jpg", data=TWO_BYTES)), "is cut off"
    ),
    "data-picture-size": Case(
        sound(example("d.png", data=picture(48, 64))), sound(example("d.png", data=picture(64, 48))), "another size"
    ),
    "data-picture-turned": Case(
        sound(example("e.jpg", data=jpeg(turn=6))), sound(example("e.jpg", data=jpeg(turn=1))), "is turned by EXIF"
    ),
    "data-picture-annotated-twice": Case(
        sound(replace(example("1"), path=__file__), replace(example("2"), path=__file__)), PLAIN, "several entries"
    ),
    "data-picture-twice": Case(
        sound(example("f.jpg", data=TWO_BYTES), example("g.jpg", data=TWO_BYTES)),
        _val(example("f.jpg", data=TWO_BYTES)),
        "1 of 10 pictures is there more than once",
    ),
    "data-picture-alike": Case(
        sound(example("f.jpg", data=TWO_BYTES), example("g.jpg", size=(96, 72), data=jpeg(96, 72, quality=60))),
        sound(example("f.jpg", data=TWO_BYTES), example("g.jpg", size=(96, 72), data=jpeg(96, 72, seed=98))),
        "1 of 10 pictures looks like another",
    ),
    "data-picture-not-annotated": Case(PLAIN, PLAIN, "2 pictures are not annotated"),
    "data-split-leak": Case(
        _val(example("again.png", data=picture(64, 48, seed=sum(map(ord, "0.png"))))),
        _val(example("fresh.png")),
        "1 of 3 pictures in val is also in train",
    ),
    "data-split-leak-alike": Case(
        _val(example("again.png", data=picture(128, 96, seed=sum(map(ord, "0.png"))), size=(128, 96))),
        _val(example("fresh.png", size=(128, 96))),
        "1 of 3 pictures in val is very like one in train",
    ),
}
