"""The card's memory is too small for the model itself: its weights, or what the optimizer keeps beside them.

What is seen

    `OOM when allocating tensor with shape[3,3,1024,1024]` or `shape[25088,4096]`, while weights are made, restored, or
    given to an optimizer (`Adam`, `RestoreV2`, `Assign`, `Initializer` in the message).

Why

    The tensor has no batch in it, so that a smaller batch does not help. Adam keeps two more values for each weight.

Remedy

    Take a smaller model, an optimizer that keeps less (SGD), or the CPU: CUDA_VISIBLE_DEVICES=-1; close other programs
    that hold the card (nvidia-smi).
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault, Saying
from loadstone.checks.memory._shapes import allocations, sized
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "gpu-oom-model-size",
    "error",
    help="take a smaller model, see who else holds the card (nvidia-smi), or use the CPU: CUDA_VISIBLE_DEVICES=-1",
)

TEXTS = (
    Saying(
        r"std::bad_alloc|MemoryError|numpy[\w.]*ArrayMemoryError|Unable to allocate (?P<size>[\d.]+ [KMGT]iB)",
        "the machine's own memory ran out",
        certainty="possible",
        help="close other programs, or load the model on a machine with more memory",
        echo=True,
    ),
)


def from_text(text: ErrorText) -> Iterator[Finding]:
    """Yield a finding for a weight that did not fit, unless something of a batch did not fit either."""
    found = list(allocations(text.text))
    if any(one.kind != "model" for one in found):
        return
    for one in found[:1]:
        shape = ", ".join(map(str, one.shape))
        yield FAULT.finding(
            f"a weight of [{shape}] does not fit: {sized(one.size)}; a smaller batch would not help",
            Evidence("the text", one.line, "no batch in the shape"),
        )
