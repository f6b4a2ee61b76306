"""Count what a dataset holds: the numbers behind the plots of `loadstone data check --html`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loadstone.datasets.check.classes import class_counts
from loadstone.datasets.check.pictures import parts
from loadstone.datasets.check.sizes import at_input
from loadstone.facts.dataset_statistics import DatasetStatistics, Histogram

if TYPE_CHECKING:
    import numpy.typing as npt

    from loadstone.datasets.check.subject import Subject

    Values = npt.NDArray[np.float64]

RELATIVE = np.linspace(0, 1, 21)
SIDES = np.geomspace(2, 2048, 21)
RATIOS = np.geomspace(1 / 8, 8, 19)
EACH = np.arange(22.0)
AT_INPUT = np.array([0, 4, 8, 16, 32, 64, 128, 256, 512, 1024], np.float64)
GRID = 24
"""Cells of the map of centres, each way."""


def statistics(subject: Subject) -> DatasetStatistics:
    """Return the numbers of a dataset."""
    found = subject.survey
    sizes = subject.sizes[found.pictures]
    rows = found.sound & np.isfinite(sizes).all(axis=1)
    widths, heights = found.widths[found.sound], found.heights[found.sound]
    areas = (found.widths * found.heights)[rows] / sizes[rows].prod(axis=1)
    splits = parts(subject)
    shapes = subject.shapes
    return DatasetStatistics(
        source=subject.dataset.source,
        classes=found.names,
        pictures={name: len(places) for name, places in splits.items()},
        boxes={name: tuple(map(int, class_counts(subject, places))) for name, places in splits.items()},
        relative=histogram(np.sqrt(areas), RELATIVE),
        sides=histogram(np.sqrt(widths * heights), SIDES),
        ratios=histogram(widths / heights, RATIOS),
        each_picture=histogram(np.bincount(found.pictures, minlength=len(found.keys)).astype(np.float64), EACH),
        centres=_centres(found.boxes[rows], sizes[rows]),
        at_input=histogram(at_input(subject, shapes)[0].min(axis=1), AT_INPUT) if shapes else None,
        input_size=(shapes.width, shapes.height) if shapes else None,
    )


def histogram(values: Values, edges: Values) -> Histogram:
    """Count values between edges; what lies beyond goes into the outermost."""
    within = np.clip(values, edges[0], np.nextafter(edges[-1], 0))
    counts, _ = np.histogram(within, edges)
    return Histogram(tuple(map(float, edges)), tuple(map(int, counts)))


def _centres(boxes: Values, sizes: Values) -> tuple[tuple[int, ...], ...]:
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2 / sizes
    cells = np.clip((middle * GRID).astype(int), 0, GRID - 1)
    counts = np.zeros((GRID, GRID), int)
    np.add.at(counts, (cells[:, 1], cells[:, 0]), 1)
    return tuple(tuple(map(int, row)) for row in counts)
