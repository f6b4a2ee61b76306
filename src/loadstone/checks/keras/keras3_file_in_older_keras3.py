"""A file of a newer Keras 3 names an argument that this older Keras 3 does not take yet.

What is seen

    `GlorotUniform.__init__() got an unexpected keyword argument 'input_axes'`, `Unrecognized keyword arguments
    passed to Dense: {'quantization_config': None}`, `… passed to BatchNormalization: {'renorm': False, …}`.

Why

    Keras writes every argument with its default. New arguments (`quantization_config` in 3.13, `renorm` in
    3.14, `input_axes` in 3.15) make files that no older version reads, though they say nothing.

Remedy

    `loadstone fix FILE` drops those that hold their default; or upgrade Keras to the version that wrote the
    file.
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
    "keras3-file-in-older-keras3",
    "error",
    help="loadstone fix FILE   drops what holds its default; or pip install -U keras",
    repair="keras-dialect",
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield what of it the subject's configuration shows to the Keras that is to load it."""
    yield from told(FAULT, subject)


def from_text(text: ErrorText) -> Iterator[Finding]:
    """Yield the refusals in a message that are of this kind."""
    yield from keras_refused.told(FAULT, text, "newer-keras3")
