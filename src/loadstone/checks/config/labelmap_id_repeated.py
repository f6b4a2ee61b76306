"""Two items of a label map have the same id, or the same name.

What is seen

    No message: of two items with one id the later counts, and the other's objects are shown under its name.

Why

    An item was copied and its id was not changed.

Remedy

    Give each item its own id, the one that the records were made with.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.checks.views.label_items import Item, items_of, label_maps
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault("labelmap-id-repeated", "warning", help="give each item its own id and its own name")


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each id that two items have, and for each name that two ids have."""
    for text in label_maps(subject):
        by_id: dict[object, list[Item]] = defaultdict(list)
        by_name: dict[object, list[Item]] = defaultdict(list)
        for item in items_of(text):
            by_id[item.number or 0].append(item)
            by_name[item.name].append(item)
        for number, items in by_id.items():
            if len(items) > 1:
                shown = [Evidence(text.where(item.at), f"id: {number}   name: {item.name}") for item in items]
                yield FAULT.finding(f"{text.name}: {len(items)} items have the id {number}", *shown)
        for name, items in by_name.items():
            if name and len(items) > 1 and len({item.number for item in items}) > 1:
                shown = [Evidence(text.where(item.at), f"id: {item.number}   name: {name}") for item in items]
                yield FAULT.finding(f"{text.name}: the name {name} has {len(items)} ids", *shown, severity="info")
