"""Drawn scenes as a COCO dataset on disk: `images/` and `annotations/instances_SPLIT.json`."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from demo_pictures import Scene
from PIL import Image


def encoded(one: Scene, kind: str = "JPEG") -> bytes:
    """Return a scene's picture as a file: JPEG of quality 90, or PNG."""
    out = io.BytesIO()
    Image.fromarray(one.picture).save(out, kind, quality=90)
    return out.getvalue()


def write_split(
    folder: Path, name: str, scenes: Iterable[Scene], *, classes: Sequence[str], kind: str = "JPEG"
) -> None:
    """Write the pictures of one split and, last, their annotations."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    (folder / "annotations").mkdir(exist_ok=True)
    pictures: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number, one in enumerate(scenes, 1):
        file_name = f"{name}_{number:05d}.{'jpg' if kind == 'JPEG' else 'png'}"
        (folder / "images" / file_name).write_bytes(encoded(one, kind))
        height, width = one.picture.shape[:2]
        pictures.append({"id": number, "file_name": file_name, "width": width, "height": height})
        for box, class_id in zip(one.boxes.tolist(), one.class_ids.tolist(), strict=True):
            annotations.append(_annotation(len(annotations) + 1, number, box, class_id))
    categories = [{"id": number, "name": class_name} for number, class_name in enumerate(classes, 1)]
    document = {"images": pictures, "annotations": annotations, "categories": categories}
    (folder / "annotations" / f"instances_{name}.json").write_text(json.dumps(document), encoding="utf-8")


def _annotation(number: int, image: int, box: list[float], class_id: int) -> dict[str, Any]:
    left, top, right, bottom = box
    return {
        "id": number,
        "image_id": image,
        "category_id": class_id,
        "bbox": [left, top, right - left, bottom - top],
        "area": (right - left) * (bottom - top),
        "iscrowd": 0,
    }
