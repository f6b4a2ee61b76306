"""A label map beside annotations that name classes but do not number them.

Specification: object_detection/protos/string_int_label_map.proto of tensorflow/models.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from loadstone.wire.textdump import build, dump

NAME = "label_map.pbtxt"


def label_map_ids(ids: Sequence[int]) -> tuple[int, ...]:
    """Return the numbers for a label map: as they are if all are from 1, else anew, since 0 is the background."""
    if all(0 < number < 1 << 31 for number in ids):
        return tuple(ids)
    return tuple(range(1, len(ids) + 1))


def write_label_map(
    folder: Path, classes: Sequence[str], ids: Sequence[int], keypoint_names: Sequence[str] = ()
) -> None:
    """Write `label_map.pbtxt`; keypoints, where there are any, belong to the first class."""
    items = []
    for at, (name, number) in enumerate(zip(classes, label_map_ids(ids), strict=True)):
        points = [
            ("keypoints", build([("id", point), ("label", label)]))
            for point, label in enumerate(keypoint_names if at == 0 else ())
        ]
        items.append(("item", build([("id", number), ("name", name), *points])))
    (folder / NAME).write_text(dump(build(items)), encoding="utf-8")
