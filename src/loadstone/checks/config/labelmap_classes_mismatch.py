"""The label map has other ids than the configuration has classes.

What is seen

    `Ignore item 3 since it falls outside of requested label range.`, a loss that becomes NaN, or objects of the last
    classes that are never found.

Why

    `num_classes` counts the class columns, and the highest id of the label map has to be one of them.

Remedy

    Set `num_classes` to the highest id of the label map; a checkpoint's class head that has another size is made anew.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.config_text import config_texts
from loadstone.checks.views.label_items import items_of, label_maps
from loadstone.errors import FormatError
from loadstone.facts.finding import Evidence, Finding
from loadstone.formats.detection.config import architecture
from loadstone.formats.detection.schema import PIPELINE

FAULT = Fault("labelmap-classes-mismatch", "warning", help="set num_classes to the highest id of the label map")

TEXTS = (
    Saying(
        r"Ignore item (?P<id>\d+) since it falls outside of requested label range",
        "the label map has the id {id}, which is above num_classes",
        certainty="likely",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding where the highest id of a label map is above num_classes; below it is worth a word."""
    for text in config_texts(subject):
        inner = architecture(text.root) if text.kind == PIPELINE else None
        if inner is None:
            continue
        try:
            classes = inner.integer("num_classes")
        except FormatError:
            continue
        at = max((at for name, _, at in inner.entries if name == "num_classes"), default=inner.at)
        for labels in label_maps(subject):
            highest = max((item.number or 0 for item in items_of(labels)), default=0)
            if not highest or not classes or highest == classes:
                continue
            found = Evidence(text.where(at), f"num_classes: {classes}", f"num_classes: {highest}")
            fact = f"{labels.name} goes up to the id {highest}, and {text.name} has num_classes: {classes}"
            help_text = f"write num_classes: {highest}"
            yield FAULT.finding(fact, found, help=help_text, severity="warning" if highest > classes else "info")
