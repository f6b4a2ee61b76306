"""Samples whose objects are painted: after any step, the pixels themselves say where the objects are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from loadstone.facts.dataset import Sample

COLOURS = np.array([(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (255, 0, 255), (0, 255, 255)], np.float32)
"""One for each class; a mixture of one of them with the grey behind is nearer to it while it is more than half."""

GREY = 110.0
CORNER_FLIP = (1, 0, 3, 2)
"""What mirroring does to the order upper left, upper right, lower left, lower right."""


def painted(
    random: np.random.Generator, height: int, width: int, count: int, *, keypoints: bool = False, first: int = 0
) -> Sample:
    """Return a grey picture with `count` rectangles that do not touch, of classes from `first` on.

    With `keypoints`, their four corners.
    """
    image = np.full((height, width, 3), GREY, np.float32) + random.random((height, width, 3), np.float32) * 20
    cells = random.permutation(6)[:count]
    rows = []
    for number, cell in enumerate(cells):
        # The picture is two rows of three cells; an object keeps two pixels from its cell's edge.
        low = np.array([cell // 3 * height // 2, cell % 3 * width // 3]) + 2
        high = np.array([(cell // 3 + 1) * height // 2, (cell % 3 + 1) * width // 3]) - 2
        start = random.integers(low, high - 5)
        end = random.integers(start + 5, high + 1)
        image[start[0] : end[0], start[1] : end[1]] = COLOURS[first + number]
        rows.append([*start, *end])
    scale = np.array([height, width, height, width], np.float32)
    boxes = np.array(rows, np.float32).reshape(-1, 4) / scale
    classes = np.arange(first, first + count)
    weights = random.random(count, np.float32)
    return Sample("painted", image, boxes, classes, weights, corners(boxes) if keypoints else None)


def corners(boxes: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return (G, 4, 2): upper left, upper right, lower left, lower right."""
    return boxes[:, [[0, 1], [0, 3], [2, 1], [2, 3]]]


def colour_map(image: npt.NDArray[np.float32]) -> npt.NDArray[np.intp]:
    """Return which class's colour each pixel is nearest to, (H, W); grey and black come after the classes."""
    palette = np.concatenate([COLOURS, [[GREY + 10] * 3, [0, 0, 0]]]).astype(np.float32)
    # |a - b|² without the a² that all share.
    return np.asarray(((palette**2).sum(axis=1) - 2 * image @ palette.T).argmin(axis=2))


def extent(colours: npt.NDArray[np.intp], number: int) -> tuple[int, int, int, int] | None:
    """Return first row, first column, last row + 1, last column + 1 of a class's colour; None where it is not seen."""
    rows, columns = np.nonzero(colours == number)
    if not len(rows):
        return None
    return int(rows.min()), int(columns.min()), int(rows.max()) + 1, int(columns.max()) + 1


def check_boxes_follow(after: Sample, *, slack: float) -> int:
    """Fail unless each box is where its colour is, to `slack` pixels of the new picture; return how many were compared.

    Of an object that is hardly wider than that, blended with what is round it, only no pixel may lie outside its box.
    """
    height, width = after.image.shape[:2]
    colours = colour_map(after.image)
    compared = 0
    for number, box in zip(after.classes.tolist(), after.boxes, strict=True):
        expected = np.clip(box, 0, 1) * (height, width, height, width)
        found = extent(colours, number)
        if (expected[2:] - expected[:2]).min() > 2 * slack:
            compared += 1
            assert found is not None, (number, expected)
            np.testing.assert_allclose(found, expected, atol=slack, err_msg=f"class {number}")
        elif found is not None:
            assert (np.array(found[:2]) >= expected[:2] - slack).all(), (number, found, expected)
            assert (np.array(found[2:]) <= expected[2:] + slack).all(), (number, found, expected)
    return compared


def same(one: Sample, other: Sample) -> bool:
    """Whether two samples are equal in every number."""
    return all(
        np.array_equal(getattr(one, name), getattr(other, name), equal_nan=name != "classes")
        for name in ("image", "boxes", "classes", "weights")
    ) and (
        other.keypoints is None
        if one.keypoints is None
        else other.keypoints is not None and np.array_equal(one.keypoints, other.keypoints, equal_nan=True)
    )


def copy_of(sample: Sample) -> Sample:
    """Return the sample with its own arrays."""
    points = None if sample.keypoints is None else sample.keypoints.copy()
    return replace(
        sample,
        image=sample.image.copy(),
        boxes=sample.boxes.copy(),
        classes=sample.classes.copy(),
        weights=sample.weights.copy(),
        keypoints=points,
    )
