"""The layers of the weights file stand in another order than the model's.

What is seen

    `Layer #3 (named "cu_dnngru_3" in the current model) was found to correspond to layer embedding_3 in the save file`:
    layers of different kinds are paired. Or `axes don't match array` while loading weights.

Why

    Loading goes by order. Freezing layers, nesting models or another version of the code changed the order in
    which they are written or read.

Remedy

    Load by name (`by_name=True`), build the model as it was when it was saved (with the same layers frozen), or save it
    again in one format and version.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault, Saying
from loadstone.checks.weights.h5_weight_count_mismatch import unlike
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "h5-layer-order-mismatch",
    "error",
    help="load by name: load_weights(path, by_name=True), or build the model as it was when it was saved",
)

TEXTS = (
    Saying(
        r"ValueError: axes don't match array",
        "a weight has another number of dimensions than the layer it is paired with: the layers stand in another order",
        certainty="likely",
        needs=(r"load_weights|preprocess_weights_for_loading|load_model|hdf5_format|saving\.py",),
    ),
    Saying(
        r"Shape mismatch in layer #(?P<number>\d+) ?\(named (?P<layer>[\w./-]+)\) ?for weight \S+ Weight expects shape "
        r"(?:\(\d+,\)\. Received saved weight with shape \(\d+(?:, \d+)+\)"
        r"|\(\d+(?:, \d+)+\)\. Received saved weight with shape \(\d+,\))",
        "the layer {layer} is paired with a weight of another number of dimensions: the layers stand in another order",
    ),
    Saying(
        r"Cannot feed value of shape \([\d, ]+\) for Tensor .{0,40}?which has shape",
        "a weight is put into a variable of another shape: the layers stand in another order, or are other layers",
        certainty="possible",
        needs=(r"load_weights|batch_set_value",),
    ),
)

_PAIRED = re.compile(
    r"(?:Layer #\d+ \(named [\\\"']*(?P<layer>[\w./-]+)[\\\"']* in the current model\) was found to co"
    r"rrespond to layer "
    r"(?P<saved>[\w./-]+) in the save file)"
    r"|(?:layer #\d+ \(named (?P<layer2>[\w./-]+) in the current model, (?P<saved2>[\w./-]+) in the save file\))"
)


def from_text(error: ErrorText) -> Iterator[Finding]:
    """Yield a finding where layers of different kinds are paired."""
    for found in _PAIRED.finditer(error.text):
        layer, saved = found["layer"] or found["layer2"], found["saved"] or found["saved2"]
        if unlike(layer, saved):
            line = error.line_of(found.start())
            fact = f"the model's layer {layer} is paired with the file's {saved}: they stand in another order"
            yield FAULT.finding(fact, Evidence(f"line {line} of the text", saved, layer))
            return
