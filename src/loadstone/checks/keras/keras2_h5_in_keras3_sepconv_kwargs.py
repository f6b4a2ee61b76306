"""Keras 2 wrote keys of its parent class into separable convolutions, and Keras 3 refuses them.

What is seen

    `Unrecognized keyword arguments passed to SeparableConv2D: {'groups': 1, 'kernel_initializer': …}`.

Why

    Keras 2 derived the layer from `Conv2D` and wrote that class's `groups`, `kernel_initializer`,
    `kernel_regularizer` and `kernel_constraint`, which a separable convolution never used.

Remedy

    `loadstone fix FILE` drops them. Xception and its kin then load with their weights untouched.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views import keras_refused
from loadstone.checks.views.keras_told import told
from loadstone.facts.finding import Finding

FAULT = Fault(
    "keras2-h5-in-keras3-sepconv-kwargs",
    "error",
    help="loadstone fix FILE   rewrites the configuration; weights stay as they are",
    repair="keras-dialect",
)

TEXTS = (
    Saying(
        r"rror when deserializing class '(?P<layer>SeparableConv\dD)' using config=[^\n]*'kernel_(?:init|reg|constr)",
        "the file gives {layer} the arguments of a plain convolution's kernel, which Keras 3 does not take",
        unless=(r"Unrecognized keyword arguments passed to",),
        certainty="likely",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield what of it the subject's configuration shows to the Keras that is to load it."""
    yield from told(FAULT, subject)


def from_text(text: ErrorText) -> Iterator[Finding]:
    """Yield the refusals in a message that are of this kind."""
    yield from keras_refused.told(FAULT, text, "keras2", starts=("SeparableConv",))
