"""Drawn pictures: pixels that stay the same, labels that stay inside, files that are known as ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from loadstone.errors import SourceError
from loadstone.facts.detections import Detections
from loadstone.report.comparison import OURS, THEIRS, draw_comparison
from loadstone.report.draw import COVERING, _place, colour_of, is_ours, write_picture


def found(width: int, height: int, rows: Sequence[tuple[Sequence[float], str, int]]) -> Detections:
    pixels = np.full((height, width, 3), 128, np.uint8)
    return Detections(
        np.array([box for box, _, _ in rows], np.float32),
        np.linspace(0.9, 0.5, len(rows), dtype=np.float32),
        np.array([class_id for _, _, class_id in rows], np.int64),
        tuple(name for _, name, _ in rows),
        image="x.jpg",
        width=width,
        height=height,
        pixels=lambda: pixels,
    )


def test_frame_has_its_class_colour_and_place() -> None:
    image = np.asarray(found(320, 240, [([100, 80, 200, 180], "dog", 18)]).draw())
    assert tuple(image[80, 199]) == tuple(image[180, 150]) == tuple(image[130, 100]) == colour_of(18)
    assert (image[130, 150] == 128).all(), "the inside is left as it was"
    assert (image[200:, :90] == 128).all()


@pytest.mark.parametrize(
    "box",
    [[0, 0, 319, 239], [0, 0, 5, 5], [300, 230, 400, 300], [-50, -50, -10, -10], [10, 10, 5, 5], [400, 10, 900, 20]],
)
def test_any_box_can_be_drawn(box: list[float]) -> None:
    image = found(320, 240, [(box, "a name of middling length", 3)]).draw()
    assert image.size == (320, 240)


@pytest.mark.parametrize("size", [(1, 1), (7, 5), (40, 900)])
def test_tiny_and_narrow_pictures(size: tuple[int, int]) -> None:
    assert found(*size, [([0, 0, 9, 9], "a very long name indeed", 1)]).draw().size == size


def test_names_without_letters_in_the_font() -> None:
    rows = [([10, 60, 90, 90], name, 7) for name in ("犬", "a\nb", "\x1b[31m", "")]
    assert found(320, 240, rows).draw().size == (320, 240)


def test_masks_are_seen_through_and_the_best_lies_on_top() -> None:
    boxes: list[tuple[list[float], str, int]] = [
        ([100, 80, 200, 180], "dog", 18),
        ([100, 80, 200, 180], "cat", 17),
        ([-1e9, 9, -5, 5], "far", 3),
    ]
    bare = found(320, 240, boxes)
    masks = np.zeros((3, 4, 4), np.float32)
    masks[0, :, :2] = masks[1] = masks[2] = 1
    image = np.asarray(replace(bare, masks=masks).draw()).astype(float)
    for place, class_id in (((150, 120), 18), ((150, 180), 17)):
        expected = 128 * (1 - COVERING) + np.array(colour_of(class_id)) * COVERING
        # The other detection's mask lies under it.
        under = 128 * (1 - COVERING) + np.array(colour_of(17)) * COVERING
        expected = expected if class_id == 17 else under * (1 - COVERING) + np.array(colour_of(18)) * COVERING
        assert np.abs(image[place] - expected).max() <= 1.5
    assert (image[200:, :90] == 128).all()
    assert (image[50:70, 210:] == 128).all()


def test_keypoints_are_dots_and_none_outside_does_harm() -> None:
    points = np.array([[[150, 130], [1e9, -1e9], [160, 130]]], np.float32)
    bare = found(320, 240, [([100, 80, 200, 180], "dog", 18)])
    scores = np.array([[0.9, 0.5, 0.0]], np.float32)
    image = np.asarray(replace(bare, keypoints=points, keypoint_scores=scores).draw())
    assert tuple(image[130, 150]) == colour_of(18)
    assert (image[130, 160] == 128).all(), "a point that the object lacks is not drawn"


def test_labels_keep_off_each_other() -> None:
    taken = [(10, 0, 60, 20)]
    left, top, right, bottom = _place((10, 20, 100, 90), (50, 20), size=(200, 100), taken=taken)
    assert not (left < 60 and right > 10 and top < 20 and bottom > 0)
    assert left >= 0
    assert right <= 200
    assert bottom <= 100


def test_colours_differ_between_neighbouring_classes() -> None:
    colours = [np.array(colour_of(class_id), int) for class_id in range(100)]
    assert min(np.abs(colours[row] - colours[row + 1]).max() for row in range(99)) > 60


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_our_drawings_are_known_again(tmp_path: Path, suffix: str) -> None:
    image = found(320, 240, []).draw()
    write_picture(image, tmp_path / f"ours{suffix}")
    image.save(tmp_path / f"theirs{suffix}")
    assert is_ours(tmp_path / f"ours{suffix}")
    assert not is_ours(tmp_path / f"theirs{suffix}")
    assert not is_ours(tmp_path / "absent")


def test_endings_that_cannot_be_written(tmp_path: Path) -> None:
    image = found(8, 8, []).draw()
    for name in ("x", "x.pb", "x.mp4"):
        with pytest.raises(SourceError, match="cannot be written as"):
            write_picture(image, tmp_path / name)
    with pytest.raises(SourceError, match="cannot be written: No such file"):
        write_picture(image, tmp_path / "absent" / "x.png")


def test_two_engines_masks_are_tinted_in_their_colours() -> None:
    box = np.array([[100, 80, 200, 180]], np.float32)
    halves = np.zeros((2, 1, 4, 4), np.float32)
    halves[0, :, :, :2] = halves[1, :, :, 2:] = 1
    pixels = np.full((240, 320, 3), 128, np.uint8)
    image = np.asarray(draw_comparison(pixels, (box, halves[0]), (box, halves[1]))).astype(float)
    for colour, x in ((OURS, 120), (THEIRS, 180)):
        assert np.abs(image[130, x] - (128 * (1 - COVERING) + np.multiply(colour, COVERING))).max() <= 1
    assert (image[200, 250] == 128).all()
    bare = np.asarray(draw_comparison(pixels, (box, None), (box, None)))
    assert (bare[130, 110:190] == 128).all()
    assert (pixels == 128).all(), "the caller's picture is left as it was"
