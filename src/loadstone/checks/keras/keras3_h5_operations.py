"""An HDF5 file of Keras 3 holds operations, which Keras 3 takes for layers when it reads the file.

What is seen

    `Unknown layer: 'Relu'` (or `GetItem`, `NotEqual`, `ExpandDims`, …) for a model without any custom layer, or
    `Only input tensors may be passed as positional arguments` for an `Add` or `Multiply`.

Why

    Where a function of `keras.ops` was called on a layer's output (`x + y`, `x[:, 0]`, an embedding's mask, inside
    MobileNetV3), the model holds an operation. Keras 3 writes it into HDF5 by its class alone and looks for a layer of
    that name when it reads; the `.keras` archive names the module as well.

Remedy

    `loadstone fix FILE` names the modules. Where the model is at hand, save it as `.keras` instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.keras_told import told
from loadstone.dialects.operations3 import modules
from loadstone.facts.finding import Evidence, Finding
from loadstone.formats.keras.keras_classes import is_stock

FAULT = Fault(
    "keras3-h5-operations",
    "error",
    help="name the operations' modules: loadstone fix FILE; or save the model as .keras",
    repair="keras-dialect",
)

TEXTS = (
    Saying(
        r"Only input tensors may be passed as positional arguments\. The following argument value should be passed as "
        r"a keyword argument: [^\n]*\(of type",
        "an operation of Keras was read out of HDF5 as a layer of the same name",
        certainty="likely",
        needs=(r"\.h5\b|legacy_h5_format|load_model",),
    ),
)
_UNKNOWN = re.compile(r"Unknown layer: '(?P<name>\w+)'")


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield what of it the subject's configuration shows to the Keras that is to load it."""
    yield from told(FAULT, subject)


def from_text(error: ErrorText) -> Iterator[Finding]:
    """Yield a finding where the layer that is not known is an operation of Keras."""
    for found in _UNKNOWN.finditer(error.text):
        name = found["name"]
        if name in modules() and not is_stock(name, ""):
            fact = f"`{name}` is no layer but an operation of Keras ({modules()[name]}), read out of an HDF5 file"
            yield FAULT.finding(fact, Evidence(f"line {error.line_of(found.start())} of the text", found[0]))
            return
