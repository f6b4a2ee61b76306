"""The card's memory is too small for the batch: so many pictures at once do not fit.

What is seen

    `ResourceExhaustedError: OOM when allocating tensor with shape[24,150,150,32]`: the first number is the batch.

Why

    What a step needs grows with the batch. 24 feature maps of 150 by 150 by 32 floats are 69 MB, and a step keeps
    hundreds of such maps.

Remedy

    Make the batch smaller (`batch_size` in pipeline.config, `batch_size=` of `fit` and `predict`), by half until it
    fits.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault, Saying
from loadstone.checks.memory._shapes import allocations, sized
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "gpu-oom-batch-size",
    "error",
    help="make batch_size smaller, by half until it fits: in pipeline.config, or batch_size= of fit and predict",
    reference="https://www.tensorflow.org/guide/gpu",
)

_NO_SHAPE = r"OOM when allocating tensor (?:with |of )?shape"

TEXTS = (
    Saying(
        r"Dst tensor is not initialized",
        "a tensor could not be copied to the card, whose memory is full",
        certainty="likely",
        unless=(_NO_SHAPE,),
    ),
    Saying(
        r"ran out of memory trying to allocate (?P<size>[\d.]+ ?[KMGT]i?B)",
        "the allocator ran out of memory at a request for {size}",
        certainty="likely",
        unless=(_NO_SHAPE,),
        echo=True,
    ),
    Saying(
        r"Resource exhausted|ResourceExhaustedError|RESOURCE_EXHAUSTED|CUDA_ERROR_OUT_OF_MEMORY|failed to allocate me"
        r"mory",
        "memory ran out; the usual remedy is a smaller batch",
        certainty="possible",
        unless=(_NO_SHAPE, r"No space left|Too many open files|received message larger than max|quota"),
        echo=True,
    ),
)


def from_text(text: ErrorText) -> Iterator[Finding]:
    """Yield a finding for a tensor of many pictures that did not fit, with its size worked out."""
    for one in allocations(text.text):
        if one.kind == "batch":
            shape = ", ".join(map(str, one.shape))
            each = sized(one.size // one.shape[0])
            yield FAULT.finding(
                f"a tensor of {one.shape[0]} at once, [{shape}], does not fit: {sized(one.size)}, or {each} for each",
                Evidence("the text", one.line, "a smaller first number: the batch"),
            )
            return
