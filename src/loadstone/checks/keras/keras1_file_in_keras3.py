"""A model of Keras 1 uses names that Keras 2.0 changed, and lays recurrent weights otherwise.

What is seen

    `pop expected at most 1 argument, got 2`, `Unknown layer: 'Convolution2D'`, `Unrecognized keyword arguments
    passed to Dense: {'output_dim': 64}`.

Why

    Keras 2.0 (March 2017) renamed layers and arguments. Keras 2 translated files of Keras 1 when it read them;
    Keras 3 does not.

Remedy

    `loadstone fix FILE` translates the configuration and joins the weights of recurrent layers as Keras 2 did.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.keras_told import told
from loadstone.facts.finding import Finding

FAULT = Fault(
    "keras1-file-in-keras3",
    "error",
    help="loadstone fix FILE   translates configuration and weights",
    repair="keras-dialect",
)

TEXTS = (
    Saying(
        (
            r"(?:Unknown layer:?|Could not locate class) '?(?P<name>Convolution[123]D|AtrousConvolution[12]D"
            r"|Deconvolution2D|SeparableConvolution2D|TimeDistributedDense|MaxoutDense|Highway|Merge)\b"
        ),
        "the model is of Keras 1: `{name}` was renamed or dropped in Keras 2.0",
    ),
    Saying(
        (
            r"Unrecognized keyword arguments passed to \w+: \{[^}\n]*'(?P<key>output_dim|nb_filter|border_mode"
            r"|init|W_regularizer|inner_init|dim_ordering)'"
        ),
        "the model is of Keras 1, which called it `{key}`",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield what of it the subject's configuration shows to the Keras that is to load it."""
    yield from told(FAULT, subject)
