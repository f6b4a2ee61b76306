"""A file of an older Keras 3 names an argument that Keras has dropped since.

What is seen

    `Unrecognized keyword arguments passed to RandomRotation: {'value_range': [0, 255]}`.

Why

    A few arguments of preprocessing layers and optimizers came and went between 3.0 and 3.15.

Remedy

    `loadstone fix FILE` drops those that change nothing in the finished model.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.checks.views import keras_refused
from loadstone.checks.views.keras_told import told
from loadstone.facts.finding import Finding

FAULT = Fault(
    "older-keras3-file-in-newer-keras3",
    "error",
    help="loadstone fix FILE   rewrites the configuration; weights stay as they are",
    repair="keras-dialect",
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield what of it the subject's configuration shows to the Keras that is to load it."""
    yield from told(FAULT, subject)


def from_text(text: ErrorText) -> Iterator[Finding]:
    """Yield the refusals in a message that are of this kind."""
    yield from keras_refused.told(FAULT, text, "older-keras3")
