"""Detections in COCO's results form: one JSON list, `bbox` as left, top, width, height in pixels.

`image_id` is the number in the file's name, as in COCO's own pictures (`000000397133.jpg` is 397133),
and the name without its ending where it is no number. `category_id` is the model's class id.
Specified at cocodataset.org under "Results Format".
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from loadstone.facts.detections import Detections


def coco_rows(found: Detections) -> list[dict[str, Any]]:
    """Return the rows of one picture."""
    image_id = _image_id(found.image)
    return [
        {
            "image_id": image_id,
            "category_id": class_id,
            "bbox": [round(side, 2) for side in box],
            "score": round(score, 5),
        }
        for class_id, box, score in zip(
            found.class_ids.tolist(), found.xywh.tolist(), found.scores.tolist(), strict=True
        )
    ]


def coco_document(rows: Iterable[dict[str, Any]]) -> str:
    """Return the whole file, one row on a line."""
    lines = ",\n".join(json.dumps(row) for row in rows)
    return f"[\n{lines}\n]\n" if lines else "[]\n"


def _image_id(image: str) -> int | str:
    stem = PurePath(image.rpartition("/")[2]).stem
    # isdecimal and not isdigit: int() cannot read a superscript two.
    return int(stem) if stem.isdecimal() and len(stem) <= 18 else stem
