"""A file of tf.keras is opened with the separate package `keras`.

What is seen

    `Unknown layer: Functional`, `__init__() got an unexpected keyword argument 'ragged'`, from a traceback in
    `site-packages/keras/engine`.

Why

    The package `keras` up to 2.3 and TensorFlow's own `tf.keras` were two programs; the second wrote keys and
    classes that the first never had.

Remedy

    Import from the package that saved it: `from tensorflow.keras.models import load_model`. Or let `loadstone
    fix FILE` drop what holds its default.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.keras_told import told
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "tfkeras-h5-in-standalone-keras",
    "error",
    help="from tensorflow.keras.models import load_model",
    repair="keras-dialect",
    reference="https://github.com/googlecreativelab/teachablemachine-community/issues/41",
)

TEXTS = (
    Saying(
        r"__init__\(\) got an unexpected keyword argument 'ragged'",
        "the file was saved by tf.keras, which writes `ragged`; the package keras up to 2.3 does not know it",
        certainty="likely",
    ),
    Saying(
        r"Unknown layer: '?Functional\b",
        "the file was saved by tf.keras 2.3 or newer and is opened with the package keras",
        certainty="likely",
        needs=(r"site-packages[/\\]keras[/\\](?!src|api)|^\s*(?:from|import) keras\b",),
    ),
    Saying(
        r"Unknown initializer: ?'?(?P<name>Glorot(?:Uniform|Normal)|(?:He|Lecun)(?:Uniform|Normal))\b"
        r"|Unknown layer: ?'?(?P<layer>BatchNormalizationV[12])\b",
        "the file was saved by tf.keras, which writes `{name}{layer}`; the package keras up to 2.2 does not know it",
        certainty="likely",
    ),
)


def from_text(text: ErrorText) -> Iterator[Finding]:
    """Yield a finding where it is said, or known, that the package keras reads, and not TensorFlow's."""
    known = text.environment
    alone = "tensorflow" not in known.packages and (known.version("keras") or (0,)) >= (2, 0)
    said = re.search(r"(?i)stand-?alone|import keras\b|keras package", f"{text.words}\n{text.text}") is not None
    if (said or alone) and re.search(r"Unknown layer: '?Functional\b", text.text):
        yield FAULT.finding(
            "the file was saved by tf.keras 2.3 or newer and is opened with the package keras",
            Evidence("the text", f"keras {known.packages.get('keras', '')}".strip(), "tf.keras"),
            certainty="likely",
        )


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield what of it the subject's configuration shows to the Keras that is to load it."""
    yield from told(FAULT, subject)
