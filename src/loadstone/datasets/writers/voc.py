"""Pascal VOC's layout: `Annotations/`, `JPEGImages/`, `ImageSets/Main/SPLIT.txt`; a label map for the classes' order.

Coordinates count from 1 and include the last column and row, and `origin="1"` at the root says so: a box that begins
within the first column can then not be taken for one that counts from 0. Readers pass over attributes.
Specification: the PASCAL VOC2012 development kit, section "Annotation".
"""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

from loadstone.datasets.writers.label_map import write_label_map
from loadstone.datasets.writers.outgoing import Job, Outgoing, tidy

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(job: Job) -> None:
    """Write an annotation for each picture, and a list for each split."""
    annotations, pictures, lists = (job.folder / name for name in ("Annotations", "JPEGImages", "ImageSets/Main"))
    for folder in (annotations, pictures, lists):
        folder.mkdir(parents=True)
    write_label_map(job.folder, job.classes, job.ids)
    for split in job.splits:
        stems = []
        for going in job.going(split, "stated"):
            job.put(going, pictures)
            (annotations / f"{going.stem}.xml").write_text(_annotation(job, going), encoding="utf-8")
            stems.append(going.stem)
        if split:
            (lists / f"{split}.txt").write_text("".join(f"{stem}\n" for stem in stems), encoding="utf-8")


def _annotation(job: Job, going: Outgoing) -> str:
    objects = going.objects
    job.lose(objects, "VOC", keeps=("difficult",))
    if going.example.verified is not None:
        job.tally.add("pictures lose the list of classes that were looked for in them, which VOC cannot say")
    lines = [
        '<annotation origin="1">',
        "  <folder>JPEGImages</folder>",
        f"  <filename>{_text(going.file_name)}</filename>",
        f"  <size><width>{going.width}</width><height>{going.height}</height><depth>3</depth></size>",
        "  <segmented>0</segmented>",
    ]
    for box, label, difficult in zip(objects.boxes.tolist(), objects.classes, objects.difficult, strict=True):
        sides = [tidy(side) for side in (box[0] + 1, box[1] + 1, box[2], box[3])]
        broken = any(isinstance(side, float) for side in sides)
        job.tally.add("boxes have fractions of a pixel, which some readers of VOC refuse", broken)
        named = zip(("xmin", "ymin", "xmax", "ymax"), sides, strict=True)
        edges = "".join(f"<{name}>{side}</{name}>" for name, side in named)
        lines += [
            "  <object>",
            f"    <name>{_text(job.classes[int(label)])}</name>",
            f"    <pose>Unspecified</pose><truncated>0</truncated><difficult>{int(difficult)}</difficult>",
            f"    <bndbox>{edges}</bndbox>",
            "  </object>",
        ]
    return "\n".join([*lines, "</annotation>", ""])


def _text(text: str) -> str:
    """Return a text as XML holds it; a letter that XML has not becomes a question mark."""
    return escape(_NOT_XML.sub("?", text))
