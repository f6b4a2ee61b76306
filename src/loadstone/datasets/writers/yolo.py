"""YOLO's layout: `images/SPLIT/`, `labels/SPLIT/`, `data.yaml`; keypoints as pose lines, masks as outlines.

What trains on outlines takes all lines of a file for such, so that a dataset with masks has nothing else: of an object
without a mask its box is the outline. Pose lines have boxes, and no outlines.

Specification: docs.ultralytics.com, "Object Detection Datasets Overview" and "Pose Estimation Datasets Overview".
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from loadstone.datasets.writers.outgoing import Job, Outgoing
from loadstone.datasets.writers.traced import one_outline
from loadstone.errors import LoadstoneError

MOVED = 1.0
"""Pixels from which a box is told to have moved; of a pixel or less, annotations differ from their own outlines."""

LEAST_NUMBERS = 6
"""Of an outline: the corners of a triangle."""

_READ = ("JPEG", "PNG", "BMP", "WEBP", "TIFF")


def write(job: Job) -> None:
    """Write a text for each picture and the settings; classes are numbered from 0."""
    if tuple(job.ids) != tuple(range(len(job.ids))):
        job.tally.add("classes get another number, as YOLO counts them from 0", len(job.ids))
    if job.keypoint_names:
        job.tally.add("keypoints lose their names, which data.yaml does not hold", len(job.keypoint_names))
    outlines = _has_masks(job)
    for split in job.splits:
        if not split and len(job.splits) > 1:
            lost = "pictures are of no split, which data.yaml cannot name: they are left out"
            job.tally.add(lost, len(job.splits[split]))
            continue
        pictures, labels = (job.folder / kind / split for kind in ("images", "labels"))
        pictures.mkdir(parents=True)
        labels.mkdir(parents=True)
        for going in job.going(split, "upright", _READ if job.files != "none" else ()):
            job.put(going, pictures)
            text = _outlines(job, going) if outlines else _lines(job, going)
            (labels / f"{going.stem}.txt").write_text(text, encoding="utf-8")
    (job.folder / "data.yaml").write_text(_settings(job), encoding="utf-8")


def _settings(job: Job) -> str:
    lines = [f"{split or 'train'}: images/{split}".rstrip("/") for split in job.splits if split or len(job.splits) == 1]
    if job.keypoint_names:
        lines.append(f"kpt_shape: [{len(job.keypoint_names)}, 3]")
    lines += [f"nc: {len(job.classes)}", "names:"]
    # A JSON string is a YAML string in double quotes.
    lines += [f"  {number}: {json.dumps(name, ensure_ascii=False)}" for number, name in enumerate(job.classes)]
    return "\n".join([*lines, ""])


def _has_masks(job: Job) -> bool:
    """Whether outlines are written: where anything has a mask, and nothing keypoints."""
    examples = [example for pairs in job.splits.values() for _, example in pairs]
    return not job.keypoint_names and any(
        mask is not None for example in examples for mask in example.objects.masks or ()
    )


def _outlines(job: Job, going: Outgoing) -> str:
    objects = going.objects
    _told(job, going, keeps=("masks",))
    found = [_outline(job, going, at) for at in range(len(objects))]
    corners = [np.asarray(one, np.float64).reshape(-1, 2) for one in found]
    boxes = np.array([[*one.min(axis=0), *one.max(axis=0)] for one in corners], np.float64).reshape(-1, 4)
    moved = (np.abs(boxes - objects.boxes) > MOVED).any(axis=1)
    job.tally.add("boxes become what surrounds their outlines, beside which YOLO has no box", int(moved.sum()))
    # What is read again has these boxes.
    job.written[going.stem] = replace(going, objects=replace(objects, boxes=boxes), data=None)
    _tell_outside(job, boxes, going)
    scale = np.asarray([going.width, going.height], np.float64)
    return "".join(
        f"{int(label)} {' '.join(map(_fraction, (one / scale).ravel().tolist()))}\n"
        for label, one in zip(objects.classes, corners, strict=True)
    )


def _outline(job: Job, going: Outgoing, at: int) -> Sequence[float]:
    """Return the outline of an object; its box's where it has no mask, or one of no pixel."""
    objects = going.objects
    mask = objects.masks[at] if objects.masks else None
    try:
        found = () if mask is None else one_outline(mask, going.height, going.width)
    except LoadstoneError as error:
        job.tally.add(f"masks cannot be drawn and are left out: {error.fact}")
        found = ()
    if len(found) >= LEAST_NUMBERS and np.isfinite(found).all():
        return found
    job.tally.add("objects have no mask: their box is written as their outline")
    left, top, right, bottom = objects.boxes[at].tolist()
    return left, top, right, top, right, bottom, left, bottom


def _told(job: Job, going: Outgoing, *, keeps: Sequence[str]) -> None:
    """Count what a line cannot say."""
    job.lose(going.objects, "YOLO", keeps=keeps)
    if going.example.verified is not None:
        job.tally.add("pictures lose the list of classes that were looked for in them, which YOLO cannot say")


def _tell_outside(job: Job, boxes: npt.NDArray[np.float64], going: Outgoing) -> None:
    outside = (boxes < 0).any(1) | (boxes[:, 2:] > (going.width, going.height)).any(1)
    fact = "boxes reach out of their picture: programs that train YOLO leave such pictures out"
    job.tally.add(fact, int(outside.sum()))


def _lines(job: Job, going: Outgoing) -> str:
    objects = going.objects
    _told(job, going, keeps=("keypoints",))
    _tell_outside(job, objects.boxes, going)
    scale = np.asarray([going.width, going.height], np.float64)
    starts, ends = objects.boxes[:, :2] / scale, objects.boxes[:, 2:] / scale
    numbers = np.concatenate([(starts + ends) / 2, ends - starts], 1)
    text = []
    for at, row in enumerate(numbers.tolist()):
        words = [str(int(objects.classes[at])), *map(_fraction, row)]
        if objects.keypoints is not None and job.keypoint_names:
            for x, y, seen in (objects.keypoints[at] / (*scale, 1.0)).tolist():
                words += [_fraction(x), _fraction(y), str(int(seen))]
        text.append(" ".join(words))
    return "\n".join([*text, ""]) if text else ""


def _fraction(value: float) -> str:
    """Return a fraction to a billionth, without zeros at its end."""
    return f"{value:.9f}".rstrip("0").rstrip(".")
