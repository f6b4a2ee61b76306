"""A whole model's file is given to `load_weights` of a model that is nested otherwise.

What is seen

    `Layer '…' expected 1 variables, but received 0 variables during loading`, from `load_weights`.

Why

    A `.keras` file holds the weights by the path of each layer in the model that was saved. Where the model in
    hand has them one level deeper or higher (a backbone inside a classifier), no path fits.

Remedy

    `keras.models.load_model(FILE)` and take the layer that is wanted from it, or save the weights of the same
    part: `part.save_weights("part.weights.h5")`.
"""

from __future__ import annotations

from loadstone.checks.fault import Fault, Saying

FAULT = Fault(
    "full-model-to-load-weights",
    "error",
    help="load the whole model with keras.models.load_model and take the part from it",
)

TEXTS = (
    Saying(
        r"(?:Can't|[Uu]nable to|can't locate|synchronously|KeyError:)[^\n]*'layer_names'",
        "the file has no layer names where load_weights looks: a whole model of another layout, or no Keras file",
        certainty="likely",
    ),
    Saying(
        r"expected (?P<expected>\d+) variables, but received 0 variables during loading",
        "a whole model's file was given to load_weights of a model that is nested otherwise: no path in it fits",
        certainty="likely",
        needs=(r"load_weights\([^\n]*\.keras\b|load_weights[\s\S]{0,2000}?\.keras\b",),
    ),
    Saying(
        r"expected (?P<expected>\d+) variables, but received 0 variables during loading",
        "the file has no weights at that path: another model's file, or a model nested otherwise",
        certainty="possible",
        needs=(r"load_weights",),
    ),
)
