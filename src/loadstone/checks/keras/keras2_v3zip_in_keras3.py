"""A `.keras` archive of Keras 2.12 to 2.15 names modules and arguments that Keras 3 does not have.

What is seen

    `Could not deserialize class 'Functional' because its parent module keras.src.engine.functional cannot be
    imported`, `Unrecognized keyword arguments passed to LSTM: {'batch_input_shape': …, 'time_major': False}`;
    for JSON of `to_json()`, `Could not locate class 'Sequential'`.

Why

    The archive's format is that of Keras 3, its content that of Keras 2: modules `keras.src.engine`,
    `batch_input_shape`, arguments that went.

Remedy

    `loadstone fix FILE` rewrites the archive's configuration and leaves its weights. Or load it in the
    TensorFlow of the version in `metadata.json`.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.keras_told import told
from loadstone.facts.finding import Finding

FAULT = Fault(
    "keras2-v3zip-in-keras3",
    "error",
    help="loadstone fix FILE   rewrites the configuration; weights stay as they are",
    repair="keras-dialect",
    reference="https://github.com/keras-team/keras/issues/21663",
)

TEXTS = (
    Saying(
        (
            r"Could not (?:deserialize|locate) class '(?P<layer>\w+)' because its parent module "
            r"(?P<module>(?:keras|tf_keras)(?:\.src)?\.engine\.[\w.]+) cannot be imported"
        ),
        "the file's {layer} is of {module}, a module of Keras 2 that Keras 3 does not have",
    ),
    Saying(
        r"No module named '(?P<module>keras\.src\.engine[\w.]*)'",
        "the file names {module}, a module of Keras 2.13 to 2.15",
        certainty="likely",
    ),
    Saying(
        r"Could not locate class '(?P<layer>Sequential|Functional|Model)'",
        "the configuration names {layer} without the module by which Keras 3 finds it, as Keras 2 wrote it",
        certainty="likely",
    ),
    Saying(
        r"model_from_json[\s\S]{0,400}(?:_retrieve_class_or_fn|serialization_lib)",
        "the JSON of a Keras 2 model names classes without the module by which Keras 3 finds them",
        certainty="likely",
        unless=(r"Could not locate class", r"bad marshal data", r"Unrecognized keyword"),
    ),
    Saying(
        r"\"keras_version\": \"(?P<version>2\.1[2-5][\d.]*)\"",
        "the archive is of Keras {version}: TensorFlow of the same number loads it as it is",
        certainty="likely",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield what of it the subject's configuration shows to the Keras that is to load it."""
    yield from told(FAULT, subject)
