"""YOLO's layout: `images/SPLIT/`, `labels/SPLIT/`, `data.yaml`; keypoints as pose lines, outlines not at all.

Specification: docs.ultralytics.com, "Object Detection Datasets Overview" and "Pose Estimation Datasets Overview".
"""

from __future__ import annotations

import json

import numpy as np

from loadstone.datasets.outgoing import Job, Outgoing

_READ = ("JPEG", "PNG", "BMP", "WEBP", "TIFF")


def write(job: Job) -> None:
    """Write a text for each picture and the settings; classes are numbered from 0."""
    if tuple(job.ids) != tuple(range(len(job.ids))):
        job.tally.add("classes get another number, as YOLO counts them from 0", len(job.ids))
    if job.keypoint_names:
        job.tally.add("keypoints lose their names, which data.yaml does not hold", len(job.keypoint_names))
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
            (labels / f"{going.stem}.txt").write_text(_lines(job, going), encoding="utf-8")
    (job.folder / "data.yaml").write_text(_settings(job), encoding="utf-8")


def _settings(job: Job) -> str:
    lines = [f"{split or 'train'}: images/{split}".rstrip("/") for split in job.splits if split or len(job.splits) == 1]
    if job.keypoint_names:
        lines.append(f"kpt_shape: [{len(job.keypoint_names)}, 3]")
    lines += [f"nc: {len(job.classes)}", "names:"]
    # A JSON string is a YAML string in double quotes.
    lines += [f"  {number}: {json.dumps(name, ensure_ascii=False)}" for number, name in enumerate(job.classes)]
    return "\n".join([*lines, ""])


def _lines(job: Job, going: Outgoing) -> str:
    objects = going.objects
    job.lose(objects, "YOLO", keeps=("keypoints",))
    if going.example.verified is not None:
        job.tally.add("pictures lose the list of classes that were looked for in them, which YOLO cannot say")
    scale = np.asarray([going.width, going.height], np.float64)
    starts, ends = objects.boxes[:, :2] / scale, objects.boxes[:, 2:] / scale
    outside = (starts < 0).any(1) | (ends > 1).any(1)
    job.tally.add(
        "boxes reach out of their picture: programs that train YOLO leave such pictures out", int(outside.sum())
    )
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
