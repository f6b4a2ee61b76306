"""An item of a label map has the id 0, a negative one, or none.

What is seen

    `ValueError: Label map ids should be >= 1.`, `Label map id 0 is reserved for the background label`, or detections
    that carry the wrong names.

Why

    The class column 0 of a detector is the background. Labels are counted from 1; an id that is not written is 0.

Remedy

    Count the ids from 1, as they were when the records were made. The repair raises every id by one where an item has
    the id 0; records that were made with the old ids have to be made again.
"""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.label_items import Item, items_of, label_maps
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault("labelmap-id-zero", "error", help="count the ids from 1", repair="count-labels-from-one")

TEXTS = (
    Saying(r"Label map ids? should be >= 1", "an item of the label map has an id below 1"),
    Saying(r"Label map ids? should be >= 0", "an item of the label map has a negative id"),
    Saying(
        r"Label map id 0 is reserved for the background label",
        "an item of the label map has the id 0, which is the background's, and another name",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each label map with an id below 1; the background may have 0."""
    for text in label_maps(subject):
        wrong = [item for item in items_of(text) if (item.number or 0) < 1]
        if not wrong:
            continue
        fine = all(_is_background(item) for item in wrong)
        first = wrong[0]
        has = "no id, which means 0" if first.number is None else f"the id {first.number}"
        named = first.display or first.name or "an item"
        fact = f"{text.name}: {named} has {has}" + (f", and {len(wrong) - 1} more" if len(wrong) > 1 else "")
        shown = [Evidence(text.where(item.at), f"id: {item.number or 0}", "id: 1 or more") for item in wrong]
        if fine:
            fact += "; the background may have it"
        help_ = "" if fine else f"loadstone fix {quote(text.path)}   counts the ids from 1"
        yield FAULT.finding(fact, *shown, help=help_, severity="info" if fine else "error", mended=not fine)


def _is_background(item: Item) -> bool:
    """The API lets the background stand in a label map with id 0."""
    return not item.number and "background" in (item.name, item.display)
