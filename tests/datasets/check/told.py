"""Ask all checks about a dataset made by hand, and give their findings by name."""

from __future__ import annotations

from loadstone.datasets.check import examine, report
from loadstone.datasets.check.subject import Shapes
from loadstone.facts.dataset import Dataset, Example
from loadstone.facts.finding import Finding
from tests.datasets.made import Box, dataset, example

CLASSES = ("face", "ball")


def told(
    given: Dataset, *, other: Dataset | None = None, shapes: Shapes | None = None, strays: tuple[str, ...] = ()
) -> dict[str, Finding]:
    """Return the findings by the check's name; the last of several."""
    found = report(examine(given, other=other, shapes=shapes, strays=strays))
    return {finding.fault: finding for finding in found.findings}


def sound(*more: Example, classes: tuple[str, ...] = CLASSES, ids: tuple[int, ...] | None = None) -> Dataset:
    """Return a dataset of which no check tells anything, with the given examples added to its training part."""
    usual: list[tuple[int, Box]] = [(0, (2, 3, 20, 24)), (1, (30, 10, 60, 40)), (0, (40, 1, 62, 9))]
    examples = [example(f"{number}.png", [*usual, (1, (5, 28, 25, 44))]) for number in range(8)]
    rows = {"train": [*range(6), *range(8, 8 + len(more))], "val": [6, 7]}
    return dataset(*examples, *more, classes=classes, ids=ids, splits=rows)


def with_boxes(*boxes: tuple[int, Box], size: tuple[int, int] = (64, 48)) -> Dataset:
    """Return a sound dataset with one more picture, which has these boxes."""
    return sound(example("more.png", boxes, size=size))
