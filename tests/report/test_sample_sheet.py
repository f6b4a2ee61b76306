"""The sheet of samples: every picture is there, with its boxes where they belong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from loadstone.report.draw import colour_of
from loadstone.report.sample_sheet import CELL, GAP, LINE, sample_sheet
from tests.augmentation.painted import painted


def test_pictures_stand_in_their_cells_with_their_boxes() -> None:
    plain = painted(np.random.default_rng(0), 40, 80, 0)
    boxed = replace(
        plain,
        boxes=np.array([[0.5, 0.25, 0.75, 0.5]], np.float32),
        classes=np.array([3]),
        weights=np.ones(1, np.float32),
    )
    sheet = np.asarray(sample_sheet([[plain, boxed], [plain]], ["as it is", "augmented"]))
    assert sheet.shape == (2 * (CELL // 2 + LINE + GAP) + LINE + GAP, 2 * CELL + 3 * GAP, 3)
    top, left = LINE + GAP, GAP + CELL + GAP
    first = sheet[top : top + CELL // 2, GAP : GAP + CELL]
    second = sheet[top : top + CELL // 2, left : left + CELL]
    changed = (first != second).any(axis=2)
    rows, columns = np.nonzero(changed)
    assert (columns.min(), rows.max(), columns.max()) == (CELL // 4, CELL // 2 * 3 // 4, CELL // 2)
    assert tuple(second[CELL // 2 * 3 // 4, CELL // 3].tolist()) == colour_of(3)


def test_strange_names_and_coordinates_draw_and_the_same_sheet_comes_again() -> None:
    sample = painted(np.random.default_rng(0), 30, 30, 2, keypoints=True)
    assert sample.keypoints is not None
    sample.keypoints[0, 0] = np.nan
    wild = replace(
        sample,
        key="a\x1b[31m漢字" * 40,
        boxes=np.array([[0.9, 0.9, 0.1, 0.1], [-3, -3, 5, 5]], np.float32),
        classes=np.array([7, -1]),
    )
    once, again = (sample_sheet([[wild]], ["漢"], ["a", "b"]) for _ in range(2))
    assert once.tobytes() == again.tobytes()
    assert sample_sheet([]).size[1] == LINE + GAP
