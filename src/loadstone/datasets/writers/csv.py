"""CSV in the layout of the Object Detection API's tutorials: `SPLIT_labels.csv`, pictures in `images/SPLIT/`.

Columns for flags follow where some object has one. A picture without objects is a row without class and sides, as
keras-retinanet writes it. A label map keeps the classes' order and numbers.
Specification: the generate_tfrecord scripts of the tutorials; RFC 4180.
"""

from __future__ import annotations

import csv

from loadstone.datasets.writers.label_map import write_label_map
from loadstone.datasets.writers.outgoing import Job, tidy
from loadstone.facts.dataset import Objects

_COLUMNS = ("filename", "width", "height", "class", "xmin", "ymin", "xmax", "ymax")
_FLAGS = ("is_crowd", "difficult", "group_of", "weight")


def write(job: Job) -> None:
    """Write a table for each split."""
    write_label_map(job.folder, job.classes, job.ids)
    more = _needed(job)
    for split in job.splits:
        pictures = job.folder / "images" / split
        pictures.mkdir(parents=True, exist_ok=True)
        name = f"{split}_labels.csv" if split else "labels.csv"
        with (job.folder / name).open("w", encoding="utf-8", errors="replace", newline="") as stream:
            table = csv.writer(stream)
            table.writerow((*_COLUMNS, *more))
            for going in job.going(split, "stated"):
                job.put(going, pictures)
                job.lose(going.objects, "CSV", keeps=("crowd", "difficult", "group_of", "weights"))
                first = (going.file_name, going.width, going.height)
                if going.example.verified is not None:
                    job.tally.add(
                        "pictures lose the list of classes that were looked for in them, which CSV cannot say"
                    )
                if not len(going.objects):
                    job.tally.add("pictures without objects are rows with empty fields, which some readers refuse")
                    table.writerow((*first, *[""] * (5 + len(more))))
                table.writerows((*first, *_row(job, going.objects, at, more)) for at in range(len(going.objects)))


def _needed(job: Job) -> list[str]:
    """Return the columns for flags that some object has."""
    everything = [example.objects for pairs in job.splits.values() for _, example in pairs]
    has = (
        any(objects.crowd.any() for objects in everything),
        any(objects.difficult.any() for objects in everything),
        any(objects.group_of.any() for objects in everything),
        any((objects.weights != 1).any() for objects in everything),
    )
    return [name for name, needed in zip(_FLAGS, has, strict=True) if needed]


def _row(job: Job, objects: Objects, at: int, more: list[str]) -> list[object]:
    flags = (objects.crowd, objects.difficult, objects.group_of)
    values = dict(zip(_FLAGS, (*(int(flag[at]) for flag in flags), tidy(objects.weights[at])), strict=True))
    sides = [tidy(side) for side in objects.boxes[at].tolist()]
    return [job.classes[int(objects.classes[at])], *sides, *(values[name] for name in more)]
