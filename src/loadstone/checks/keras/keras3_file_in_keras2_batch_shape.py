"""A file of Keras 3 names shapes and types in words that Keras 2 does not know.

What is seen

    `Unrecognized keyword arguments: ['batch_shape']` from `input_layer.py`, `Unknown dtype policy:
    'DTypePolicy'`.

Why

    Keras 3 writes `batch_shape` for `batch_input_shape`, a `DTypePolicy` object for a name, and new arguments
    with their defaults. TensorFlow up to 2.15 has Keras 2; `tf_keras` is Keras 2 beside any TensorFlow.

Remedy

    Load it with Keras 3 (TensorFlow 2.16 or newer), or `loadstone fix FILE --against tensorflow==2.15`, which
    says the model in the words of Keras 2.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.keras_told import told
from loadstone.facts.finding import Finding

FAULT = Fault(
    "keras3-file-in-keras2-batch-shape",
    "error",
    help="load it with Keras 3 (pip install -U keras), or: loadstone fix FILE",
    repair="keras-dialect",
)

TEXTS = (
    Saying(
        r"__init__\(\) got an unexpected keyword argument '(?P<key>batch_shape)'",
        "the file says `{key}`, as Keras 3 writes it, and Keras 2 reads it",
    ),
    Saying(
        r"Unrecognized keyword arguments:'?,? (?:dict_keys\()?\[?'?(?P<key>batch_shape|optional)",
        "the file says `{key}`, as Keras 3 writes it, and Keras 2 reads it",
    ),
    Saying(
        r"input_layer\.py[\s\S]{0,600}Unrecognized keyword arguments: ?\{list\(kwargs",
        "Keras 2's InputLayer refuses an argument: the file is of Keras 3, which writes `batch_shape`",
    ),
    Saying(
        (
            r"(?:Unknown (?:dtype )?policy:?|Unknown object:?|Could not interpret[^\n]{0,60}"
            r"|Unknown layer:?) ?'?DTypePolicy\b"
        ),
        "the file names its types by a `DTypePolicy` of Keras 3, which Keras 2 does not have",
    ),
    Saying(
        (
            r"\(?'?Keyword argument not understood:'?,? ?'?(?P<key>batch_shape|optional|quantization_config"
            r"|registered_name)"
        ),
        "the file says `{key}`, as Keras 3 writes it, and Keras 2 reads it",
    ),
    Saying(
        r"InputLayer should be passed either a `?batchInputShape`? or an `?inputShape`?",
        "the file says `batch_shape`, as Keras 3 writes it, and TensorFlow.js reads the `batch_input_shape` of Keras 2",
        certainty="likely",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield what of it the subject's configuration shows to the Keras that is to load it."""
    yield from told(FAULT, subject)
