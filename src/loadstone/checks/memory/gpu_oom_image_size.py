"""The card's memory is too small for pictures of this size.

What is seen

    `ResourceExhaustedError: OOM when allocating tensor with shape[1,2048,3072,64]`: one picture, and large.

Why

    A feature map grows with height times width. Faster R-CNN and CenterNet keep the picture's own proportions, so that
    a large picture stays large where the configuration does not bound it.

Remedy

    Make the pictures smaller before the network: `image_resizer` in pipeline.config (`max_dimension`, `height`,
    `width`).
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault
from loadstone.checks.memory._shapes import allocations, sized
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "gpu-oom-image-size",
    "error",
    help="make the pictures smaller: image_resizer (max_dimension, or height and width) in pipeline.config",
)


def from_text(text: ErrorText) -> Iterator[Finding]:
    """Yield a finding for a tensor of one picture, or of very large ones, that did not fit."""
    for one in allocations(text.text):
        if one.kind == "image":
            shape = ", ".join(map(str, one.shape))
            yield FAULT.finding(
                f"a feature map of [{shape}] does not fit: {sized(one.size)} for {one.shape[0]} of its size",
                Evidence("the text", one.line, "smaller pictures"),
            )
            return
