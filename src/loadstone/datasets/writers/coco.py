"""COCO's layout: `annotations/instances_SPLIT.json`, pictures in a folder called as the split.

What COCO has no key for (`difficult`, `group_of`, `weight`) is written under these names, which its readers pass over.
Masks are polygons where they were outlines, else compressed run lengths, of crowds or not.
Specification: cocodataset.org, "Data format".
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from loadstone.datasets.masks import runs_of
from loadstone.datasets.writers.outgoing import Job, Outgoing, tidy
from loadstone.facts.dataset import Objects
from loadstone.facts.masks import PixelMask
from loadstone.wire.run_lengths import write_run_lengths

if TYPE_CHECKING:
    from loadstone.facts.masks import Pixels


def write(job: Job) -> None:
    """Write each split's document and pictures."""
    (job.folder / "annotations").mkdir()
    for split in job.splits:
        pictures = job.folder / (split or "images")
        pictures.mkdir()
        document = _document(job, split, pictures.name)
        name = f"instances_{split}.json" if split else "instances.json"
        text = json.dumps(document, ensure_ascii=False, allow_nan=False)
        (job.folder / "annotations" / name).write_text(text, encoding="utf-8", errors="surrogatepass")


def _document(job: Job, split: str, folder: str) -> dict[str, Any]:
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    numbers = _numbers(job, split)
    for going in job.going(split, "stated"):
        job.put(going, job.folder / folder)
        number = numbers[going.stem]
        images.append({"id": number, "file_name": going.file_name, "width": going.width, "height": going.height})
        masks = job.masks(going, outlines=False)
        for at in range(len(going.objects)):
            identity = {"id": len(annotations) + 1, "image_id": number}
            annotations.append(identity | annotation(job, going, at) | _mask(going.objects, at, masks))
        if going.example.verified is not None:
            job.tally.add("pictures lose the list of classes that were looked for in them, which COCO cannot say")
    points = {"keypoints": list(job.keypoint_names), "skeleton": []} if job.keypoint_names else {}
    categories = [
        {"id": number, "name": name, "supercategory": "", **points}
        for number, name in zip(job.ids, job.classes, strict=True)
    ]
    return {
        "info": {"description": "written by Loadstone"},
        "images": images,
        "annotations": annotations,
        "categories": categories,
    }


def _numbers(job: Job, split: str) -> dict[str, int]:
    """Return the pictures' numbers: their own where all have one each, else counted from 1."""
    pairs = [(stem, example.id) for stem, example in job.splits[split]]
    own = {identity for _, identity in pairs if identity.isascii() and identity.isdecimal() and len(identity) < 16}
    if len(own) == len(pairs) and all(str(int(identity)) == identity for identity in own):
        return {stem: int(identity) for stem, identity in pairs}
    job.tally.add(
        "pictures get a number for an id, in place of their own", sum(bool(identity) for _, identity in pairs)
    )
    return {stem: number for number, (stem, _) in enumerate(pairs, 1)}


def annotation(job: Job, going: Outgoing, at: int) -> dict[str, Any]:
    """Return one object without its numbers."""
    objects = going.objects
    x1, y1, x2, y2 = objects.boxes[at].tolist()
    own = float("nan") if objects.areas is None else float(objects.areas[at])
    entry: dict[str, Any] = {
        "category_id": job.ids[int(objects.classes[at])],
        "bbox": [tidy(x1), tidy(y1), tidy(x2 - x1), tidy(y2 - y1)],
        "area": tidy(own if own == own else (x2 - x1) * (y2 - y1)),
        "iscrowd": int(objects.crowd[at]),
    }
    return entry | _points(objects, at) | _more(objects, at)


def _mask(objects: Objects, at: int, drawn: Sequence[Pixels | None]) -> dict[str, Any]:
    """Return an object's outlines, or the run lengths of its pixels; nothing for one without a mask."""
    mask = None if objects.masks is None else objects.masks[at]
    if mask is None:
        return {}
    if not isinstance(mask, PixelMask):
        return {"segmentation": [[tidy(value) for value in polygon] for polygon in mask]}
    pixels = drawn[at]
    if pixels is None:
        return {}
    return {"segmentation": {"size": list(pixels.shape), "counts": write_run_lengths(runs_of(pixels))}}


def _points(objects: Objects, at: int) -> dict[str, Any]:
    if objects.keypoints is None:
        return {}
    points = objects.keypoints[at]
    values = [value for x, y, seen in points.tolist() for value in (tidy(x), tidy(y), int(seen))]
    return {"keypoints": values, "num_keypoints": int((points[:, 2] > 0).sum())}


def _more(objects: Objects, at: int) -> dict[str, Any]:
    more: dict[str, Any] = {}
    if objects.difficult[at]:
        more["difficult"] = 1
    if objects.group_of[at]:
        more["group_of"] = 1
    if objects.weights[at] != 1:
        more["weight"] = tidy(objects.weights[at])
    return more
