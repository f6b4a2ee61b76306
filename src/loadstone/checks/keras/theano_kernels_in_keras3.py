"""Convolution kernels were written by the Theano backend, which turns them around.

What is seen

    Nothing: the model loads, and its predictions are wrong.

Why

    Theano computes a convolution, TensorFlow a correlation. Keras 2 turned the kernels when file and backend
    differed; Keras 3 does not.

Remedy

    `loadstone fix FILE` turns the kernels around.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.checks.views.keras_told import told
from loadstone.facts.finding import Finding

FAULT = Fault(
    "theano-kernels-in-keras3",
    "warning",
    help="loadstone fix FILE   turns the kernels around",
    repair="keras-dialect",
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield what of it the subject's configuration shows to the Keras that is to load it."""
    yield from told(FAULT, subject)
