"""Keras 2 wrote `groups` into depthwise convolutions, and Keras 3 refuses the key.

What is seen

    `Unrecognized keyword arguments passed to DepthwiseConv2D: {'groups': 1}`, at the end of a long `Error when
    deserializing class 'DepthwiseConv2D'`. Every MobileNet, EfficientNet and Teachable Machine model of 2020 to
    2024 shows it.

Why

    Keras 2.4 to 2.15 derived the layer from `Conv2D` and wrote that class's `groups` with its default, 1. Keras
    3 has another class without it.

Remedy

    `loadstone fix FILE` drops the key where it holds 1. Any other value would mean another computation and is
    not touched.
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
    "keras2-h5-in-keras3-dwconv-groups",
    "error",
    help="loadstone fix FILE   rewrites the configuration; weights stay as they are",
    repair="keras-dialect",
    reference="https://github.com/keras-team/keras/issues/19151",
)

TEXTS = (
    Saying(
        r"rror when deserializing class '(?P<layer>DepthwiseConv\dD)' using config=[^\n]*'groups': 1",
        "the file gives {layer} `groups`, which Keras 3 does not take",
        unless=(r"Unrecognized keyword arguments passed to",),
        certainty="likely",
    ),
    Saying(
        r"(?P<layer>DepthwiseConv\dD)\b[^\n]{0,120}?(?:[Uu]nrecogni[sz]ed|unexpected)[^\n]{0,60}?\bgroups\b",
        "the file gives {layer} `groups`, which Keras 3 does not take",
        unless=(r"Unrecognized keyword arguments passed to",),
        certainty="likely",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield what of it the subject's configuration shows to the Keras that is to load it."""
    yield from told(FAULT, subject)


def from_text(text: ErrorText) -> Iterator[Finding]:
    """Yield the refusals in a message that are of this kind."""
    yield from keras_refused.told(FAULT, text, "keras2", starts=("DepthwiseConv",))
