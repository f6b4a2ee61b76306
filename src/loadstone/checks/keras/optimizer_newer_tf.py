"""The training configuration names an optimizer of a newer TensorFlow.

What is seen

    `Unknown optimizer: Custom>Adam. Please ensure this object is passed to the custom_objects argument.`

Why

    TensorFlow 2.11 replaced the optimizers and registered the new ones as `Custom>Adam`; older versions know no
    such class. The model itself is not concerned.

Remedy

    `load_model(FILE, compile=False)`, or `loadstone fix FILE`, which takes the training configuration out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.keras_told import told
from loadstone.facts.finding import Finding

FAULT = Fault(
    "optimizer-newer-tf",
    "error",
    help="load_model(FILE, compile=False), or: loadstone fix FILE",
    repair="keras-training-config",
)

TEXTS = (
    Saying(
        r"Unknown optimizer: '?(?P<name>Custom>\w+)",
        "the file was compiled with `{name}`, the optimizer of TensorFlow 2.11 and newer; this TensorFlow is older",
    ),
    Saying(
        r"Unexpected keyword argument passed to optimizer: (?P<key>jit_compile|is_legacy_optimizer|use_ema|ema_\w+)",
        "the file gives its optimizer `{key}`, which came with the optimizers of TensorFlow 2.11; this "
        "TensorFlow is older",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield what of it the subject's configuration shows to the Keras that is to load it."""
    yield from (replace(one, repair=FAULT.repair) for one in told(FAULT, subject))
