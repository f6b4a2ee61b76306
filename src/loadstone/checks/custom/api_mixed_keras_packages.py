"""Parts of two Keras packages are used together.

What is seen

    `The added layer must be an instance of class Layer. Found: <tensorflow.python.keras…>`, `Checkpoint was
    expecting … to be a trackable object (an object derived from Trackable)`, `Only instances of keras.Layer can
    be added to a Sequential model`.

Why

    `keras`, `tf.keras` and `tf_keras` are programs of their own, whose classes do not know each other, though
    they have the same names.

Remedy

    Import everything from one of them. With TensorFlow 2.16 or newer and code of Keras 2: `pip install
    tf-keras` and `TF_USE_LEGACY_KERAS=1` before TensorFlow is imported.
"""

from __future__ import annotations

from loadstone.checks.fault import Fault, Saying

FAULT = Fault(
    "api-mixed-keras-packages",
    "error",
    help="import everything from one of keras, tf.keras and tf_keras",
)

TEXTS = (
    Saying(
        r"The added layer must be an instance of class Layer\. (?:Found|Received):? (?P<found>[^\n]*)",
        "a layer of one Keras package is added to a model of another",
    ),
    Saying(
        (
            r"Only (?:instances of|input tensors may be passed[^\n]*) `?keras\.Layer`? can be added to a "
            r"Sequential model\. Received: (?P<found>[^\n]*)"
        ),
        "a layer of one Keras package is added to a model of another",
    ),
    Saying(
        (
            r"Checkpoint was expecting (?:[\w`.]+ )?to be a trackable object \(an object derived from "
            r"['\"`]?Trackable['\"`]?\)"
        ),
        "an object of another Keras package than TensorFlow's is given to tf.train.Checkpoint",
        certainty="likely",
    ),
    Saying(
        r"Could not interpret optimizer identifier:'?,? ?<(?P<found>[^\n>]*)",
        "an optimizer of one Keras package is given to a model of another",
    ),
    Saying(
        (
            r"Could not interpret (?:metric|loss|initializer"
            r"|activation function)(?: function)? identifier:'?,? ?<(?P<found>[^\n>]*)"
        ),
        "an object of one Keras package is given to a model of another",
    ),
    Saying(
        r"'(?:Keras)?Tensor' object has no attribute '(?P<name>_keras_history|_keras_shape|_uses_learning_phase)'",
        "a tensor of one Keras package is given to a layer of another",
        certainty="likely",
    ),
)
