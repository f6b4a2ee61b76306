"""The training configuration names a loss or metric by a short form that Keras 3 does not find.

What is seen

    `Could not locate function 'mse'. Make sure custom classes are decorated …`, from
    `compile_args_from_training_config` or `_deserialize_nested_config`.

Why

    Keras 2 and early Keras 3 wrote `loss='mse'` as it was given. Keras 3's reader of old files looks short
    names up among functions that are exported under their full name alone.

Remedy

    `loadstone fix FILE` writes the full names; `load_model(FILE, compile=False)` does without. The weights are
    whole.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.keras_told import told
from loadstone.facts.finding import Finding

FAULT = Fault(
    "keras2-h5-in-keras3-compile-strings",
    "error",
    help="loadstone fix FILE   writes the full names; or load_model(FILE, compile=False)",
    repair="keras-dialect",
    reference="https://github.com/keras-team/keras/issues/19330",
)

TEXTS = (
    Saying(
        r"Could not deserialize '(?:keras\.)?(?:metrics|losses)\.(?P<name>\w+)' because it is not a KerasSaveable",
        "the file's training configuration says '{name}', a short name that Keras 3's reader does not find",
        help="loadstone fix FILE   writes the full names; or load_model(FILE, compile=False)",
    ),
    Saying(
        (
            r"(?:Could not (?:locate|deserialize) (?:function|class)|Unknown (?:loss|metric)(?: function)?:?"
            r"|fails? to locate function)"
            r" ?['\"](?P<name>mse|mae|mape|msle|bce|kld|cosine|cosine_proximity|logcosh|log_cosh|acc|accuracy|MSE"
            r"|MAE)['\"]"
        ),
        "the file's training configuration says '{name}', a short name that Keras 3's reader does not find",
        help="loadstone fix FILE   writes the full names; or load_model(FILE, compile=False)",
    ),
    Saying(
        (
            r"compile_args_from_training_config[\s\S]{0,900}_deserialize_nested_config\((?P<what>losses|metrics"
            r"|_deserialize_metric)"
        ),
        (
            "reading the loss or metric of the file's training configuration failed, not the model: most likely "
            "a short name"
        ),
        certainty="likely",
        unless=(r"Unknown (?:loss|metric|optimizer)", r"Could not locate (?:function|class)"),
    ),
    Saying(
        r"saving_api\.py:?\d*[\s\S]{0,200}load_model\(filepath, custom_objects, compile, safe_mode\)\s*TypeError\s*$",
        "load_model of Keras 3 failed with a TypeError, as for a short name in the training configuration",
        certainty="possible",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield what of it the subject's configuration shows to the Keras that is to load it."""
    yield from told(FAULT, subject)
