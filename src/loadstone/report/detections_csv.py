"""Detections as CSV, one row an object, in the column order of the TensorFlow detection tutorials."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from loadstone.facts.detections import Classification, Detections

COLUMNS = ("filename", "width", "height", "class", "class_id", "score", "xmin", "ymin", "xmax", "ymax")
CLASS_COLUMNS = ("filename", "width", "height", "class", "class_id", "probability")


class DetectionsCsv:
    """Writes rows as they come; the header follows the kind of the first result."""

    def __init__(self, stream: IO[str]) -> None:
        self._writer = csv.writer(stream, lineterminator="\n")
        self._headed = False

    def add(self, found: Detections | Classification) -> None:
        """Write the rows of one picture."""
        from loadstone.facts.detections import Detections

        boxes = isinstance(found, Detections)
        if not self._headed:
            self._writer.writerow(COLUMNS if boxes else CLASS_COLUMNS)
            self._headed = True
        self._writer.writerows(_detected(found) if isinstance(found, Detections) else _classified(found))


def _detected(found: Detections) -> Iterable[tuple[object, ...]]:
    for one in found:
        box = (f"{side:.2f}" for side in one.box)
        yield (found.image, found.width, found.height, one.name, one.class_id, f"{one.score:.5f}", *box)


def _classified(found: Classification) -> Iterable[tuple[object, ...]]:
    for one in found:
        yield found.image, found.width, found.height, one.name, one.class_id, f"{one.probability:.5f}"
