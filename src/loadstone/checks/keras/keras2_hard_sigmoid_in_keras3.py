"""`hard_sigmoid` is another function in Keras 3, and a model of Keras 2 gives other numbers without a word.

What is seen

    Nothing: the model loads. Its outputs differ from those that it gave in Keras 2, most with LSTM and GRU
    layers of Keras 1 to 2.2, whose gates used `hard_sigmoid` by default.

Why

    Keras 1 and 2 computed clip(0.2 x + 0.5, 0, 1); Keras 3 computes clip(x / 6 + 0.5, 0, 1).

Remedy

    `loadstone fix FILE` keeps the old function: 0.2 x is 1.2 x / 6, so that weights before the gates times 1.2,
    or a Rescaling before an activation, give the same numbers. The tensors that change are named.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.checks.views.keras_told import told
from loadstone.facts.finding import Finding

FAULT = Fault(
    "keras2-hard-sigmoid-in-keras3",
    "warning",
    help="loadstone fix FILE   keeps the old function by a factor of 1.2 in the weights before it",
    repair="keras-dialect",
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield what of it the subject's configuration shows to the Keras that is to load it."""
    yield from told(FAULT, subject)
