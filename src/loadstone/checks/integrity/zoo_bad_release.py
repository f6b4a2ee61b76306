"""A release of a zoo model that its authors withdrew: it loads and finds nothing.

What is seen

    No error, and no detections above any threshold, from `ssd_mobilenet_v1_coco_2017_11_08` or
    `ssd_inception_v2_coco_2017_11_08`.

Why

    The SSD models of 2017-11-08 were exported wrongly, and replaced by those of 2017-11-17 under other names.

Remedy

    Take the release of 2017-11-17 or a later one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "zoo-bad-release",
    "warning",
    help="take the release of 2017_11_17",
)

_BAD = r"(?P<name>ssd_(?:mobilenet_v1|inception_v2)_coco_2017_11_08)"

TEXTS = (Saying(_BAD, "{name} is a defective release; 2017_11_17 replaced it", certainty="likely"),)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield that the folder or archive, or one above it, has the name of the release."""
    for part in reversed(subject.path.absolute().parts[-3:]):
        if found := re.match(_BAD, part):
            better = found["name"].replace("2017_11_08", "2017_11_17")
            fact = f"{found['name']} is a defective release of the model zoo: it finds nothing"
            yield FAULT.finding(fact, Evidence(subject.source, part, better), help=f"loadstone get {better}")
            return
