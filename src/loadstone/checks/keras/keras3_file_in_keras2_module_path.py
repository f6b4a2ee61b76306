"""A file of Keras 3 names modules that Keras 2 does not have.

What is seen

    `Could not deserialize class 'Functional' because its parent module keras.src.models.functional cannot be
    imported`.

Why

    Keras 3 keeps its classes elsewhere (`keras.src.models`, `keras.src.ops`) and writes where. TensorFlow up to
    2.15 has Keras 2.

Remedy

    Load it with Keras 3 (TensorFlow 2.16 or newer); or let `loadstone fix FILE` say it in the words of Keras 2.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.keras_told import told
from loadstone.facts.finding import Finding

FAULT = Fault(
    "keras3-file-in-keras2-module-path",
    "error",
    help="load it with Keras 3 (pip install -U keras), or: loadstone fix FILE",
    repair="keras-dialect",
)

TEXTS = (
    Saying(
        r"parent module (?P<module>keras\.src\.(?!engine)[\w.]+) cannot be imported",
        "the file names {module}, a module of Keras 3 that this Keras does not have",
    ),
    Saying(
        r"No module named '(?P<module>keras\.src\.(?:models|ops|layers|saving|dtype_policies)[\w.]*)'",
        "the file names {module}, a module of Keras 3",
        certainty="likely",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield what of it the subject's configuration shows to the Keras that is to load it."""
    yield from told(FAULT, subject)
