"""The file is good; this one release of Keras reads it wrong.

What is seen

    `Shape mismatch in layer #1 (named stem_conv)for weight stem_conv/kernel. Weight expects shape (3, 3, 1,
    64). Received saved weight with shape (3, 3, 3, 64)` for an EfficientNet; `'str' object is not callable`
    when a Lambda is called in TensorFlow 2.11.

Why

    Keras 3.11 built EfficientNet for one channel; Keras 2.11 left a Lambda's function as text.

Remedy

    Use another release: Keras 3.10 or 3.12 and newer; TensorFlow 2.10 or 2.12. Do not download the weights
    again: they are whole.
"""

from __future__ import annotations

from loadstone.checks.fault import Fault, Saying

FAULT = Fault(
    "keras-version-regression",
    "error",
    help="use another release of Keras; the file is whole",
)

TEXTS = (
    Saying(
        (
            r"named (?P<layer>stem_conv)\)\s?for weight [\w/]+\. Weight expects shape \(3, 3, 1, "
            r"(?P<width>\d+)\)\. Received saved weight with shape \(3, 3, 3, (?P=width)\)"
        ),
        "Keras 3.11 builds this EfficientNet for one channel; the weights, for three, are whole",
        help="pip install 'keras!=3.11.*': the weights are whole and need no new download",
    ),
    Saying(
        r"layer \"?(?P<layer>lambda\w*)\"?[\s\S]{0,200}'str' object is not callable",
        "Keras 2.11 leaves the function of Lambda {layer} as text when it loads a SavedModel",
        certainty="likely",
        help="use TensorFlow 2.10 or 2.12; the file is whole",
    ),
)
