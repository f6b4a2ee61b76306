"""A Keras 2 model names its types by a `Policy` object, which Keras 3 does not have.

What is seen

    `Could not locate class 'Policy'`, `Unknown layer: 'Policy'`, `Unknown dtype policy`.

Why

    Mixed precision of Keras 2 wrote `{'class_name': 'Policy', 'config': {'name': 'mixed_float16'}}` as each
    layer's `dtype`; Keras 3 calls the class `DTypePolicy`, and takes the name alone as well.

Remedy

    `loadstone fix FILE` writes the name.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.keras_told import told
from loadstone.facts.finding import Finding

FAULT = Fault(
    "keras2-h5-in-keras3-dtype-policy",
    "error",
    help="loadstone fix FILE   rewrites the configuration; weights stay as they are",
    repair="keras-dialect",
)

TEXTS = (
    Saying(
        r"'str' object has no attribute 'quantization_mode'",
        "a layer's type is not an object of Keras 3: the file has a `Policy` of Keras 2 there",
    ),
    Saying(
        (
            r"(?:(?:Unknown dtype policy|Cannot (?:interpret|convert))\b[^\n]{0,120}?['\"]class_name['\"]:"
            r"|Could not locate class|Unknown (?:layer|object|class|policy"
            r"|dtype policy):?) ['\"]?(?P<name>Policy(?:V1)?|LossScalePolicy)\b"
        ),
        "the model's types are a `{name}` object of Keras 2, which Keras 3 does not have",
    ),
    Saying(
        r"'dtype': \{[^{}]*'class_name': '(?P<name>Policy(?:V1)?)'",
        "the model's types are a `{name}` object of Keras 2",
        certainty="possible",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield what of it the subject's configuration shows to the Keras that is to load it."""
    yield from told(FAULT, subject)
