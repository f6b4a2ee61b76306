"""The training configuration gives the optimizer an argument that Keras 3 refuses.

What is seen

    `Argument(s) not recognized: {'lr': 0.0001}`, although the model itself was built already.

Why

    Keras before 2.3 called it `lr`; other arguments (`schedule_decay`, `is_legacy_optimizer`, `jit_compile`)
    went with the classes of their time.

Remedy

    `loadstone fix FILE` renames and drops them; `load_model(FILE, compile=False)` does without.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.keras_told import told
from loadstone.facts.finding import Finding

FAULT = Fault(
    "keras2-h5-in-keras3-optimizer-args",
    "error",
    help="loadstone fix FILE   renames it; or load_model(FILE, compile=False)",
    repair="keras-dialect",
)

TEXTS = (
    Saying(
        r"Argument\(s\) not recognized: \{(?P<keys>[^}\n]*)",
        "the file's training configuration gives the optimizer {keys}, which Keras 3 does not take; the model is whole",
    ),
    Saying(
        r"decay is deprecated in the new Keras optimizer",
        "the optimizer's `decay` is no argument of Keras 2.11 and newer",
        help="load_model(FILE, compile=False), or tf.keras.optimizers.legacy",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield what of it the subject's configuration shows to the Keras that is to load it."""
    yield from told(FAULT, subject)
