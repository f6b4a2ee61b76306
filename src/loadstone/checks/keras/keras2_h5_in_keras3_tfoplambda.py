"""A functional model of Keras 2 holds TensorFlow functions, for which Keras 3 has no layer.

What is seen

    `Unknown layer: 'TFOpLambda'`, `Could not locate class 'SlicingOpLambda'`.

Why

    Keras 2.4 to 2.15 wrapped each TensorFlow function that was called on a layer's output (`x + y`,
    `tf.nn.relu`, `x[:, 0]`) into a `TFOpLambda`. Keras 3 keeps operations of its own in such places.

Remedy

    `loadstone fix FILE` puts Keras 3's operations there for the functions that have one, and names those that
    have none; these need tf_keras (`pip install tf-keras`, `TF_USE_LEGACY_KERAS=1`).
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.keras_told import told
from loadstone.facts.finding import Finding

FAULT = Fault(
    "keras2-h5-in-keras3-tfoplambda",
    "error",
    help="loadstone fix FILE   puts operations of Keras 3 there",
    repair="keras-dialect",
)

TEXTS = (
    Saying(
        (
            r"(?:Unknown layer:?|Could not locate class) '?(?P<name>(?:TensorFlow>?)?(?:TFOpLambda"
            r"|SlicingOpLambda|ClassMethod|InstanceProperty|InstanceMethod|TensorFlowOpLayer))\b"
        ),
        "the model holds `{name}`, Keras 2's wrapper of a TensorFlow function, which Keras 3 does not have",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield what of it the subject's configuration shows to the Keras that is to load it."""
    yield from told(FAULT, subject)
