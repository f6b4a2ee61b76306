"""A layer of the weights file holds another number of tensors than the model's layer.

What is seen

    `Weight count mismatch for layer #0 (named conv2d_1 in the current model, convolution2d_1 in the save file). Layer
    expects 1 weight(s). Received 2 saved weight(s)`.

Why

    The one has a bias, a scale or a state more than the other: `use_bias`, `scale`, `center` differ, or a layer counts
    its variables otherwise in another version of Keras.

Remedy

    Build the layer as it was saved: two tensors of a convolution or dense layer are kernel and bias, one is the kernel
    alone (`use_bias=False`); four of a batch normalization are gamma, beta, mean and variance, three lack gamma
    (`scale=False`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.checks.views.layer_shapes import layer_weights
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "h5-weight-count-mismatch", "error", help="build the layer as it was saved: mind use_bias, scale and center"
)

_COUNTS = (
    re.compile(
        r"Weight count mismatch for (?:top-level weights|layer #\d+ \(named (?P<layer>[\w./-]+) in the current model, "
        r"(?P<saved>[\w./-]+) in the save file\))\. (?:Layer|Model) expects (?P<model>\d+) (?:top-leve"
        r"l )?weight\(s\)\. "
        r"Received (?P<file>\d+) saved"
    ),
    re.compile(
        r"Layer #\d+ \(named [\\\"']*(?P<layer>[\w./-]+)[\\\"']* in the current model\) was found to c"
        r"orrespond to layer "
        r"(?P<saved>[\w./-]+) in the save file\. However the new layer \S+ expects (?P<model>\d+) weig"
        r"hts, but the saved "
        r"weights have (?P<file>\d+) elements"
    ),
    re.compile(
        r"Layer #\d+ \(named [\\\"']*(?P<layer>[\w./-]+)[\\\"']*\) expects (?P<model>\d+) weight\(s\),"
        r" but the saved weights "
        r"have (?P<file>\d+) element\(s\)"
    ),
    re.compile(
        r"Weight count mismatch for layer #\d+ \(named (?P<layer>[\w./-]+)\)\. Layer expects (?P<model"
        r">\d+) weight\(s\)\. "
        r"Received (?P<file>\d+) saved weight\(s\)"
    ),
    re.compile(
        r"You called [`']?set_weights\(weights\)[`']? on layer [\\\"']*(?P<layer>[\w./-]+)[\\\"']* wit"
        r"h a weight list of length "
        r"(?P<file>\d+), but the layer was expecting (?P<model>\d+) weights"
    ),
)

MEANINGS = {
    ("conv", 1, 2): "the file has a bias, the model's layer none (use_bias=False)",
    ("conv", 2, 1): "the model's layer has a bias, the file none (use_bias=False)",
    ("norm", 4, 3): "the file has no gamma (scale=False) or no beta (center=False)",
    ("norm", 3, 4): "the model's layer has no gamma (scale=False) or no beta (center=False)",
    ("norm", 4, 2): "the file has mean and variance only (scale=False, center=False)",
    ("norm", 2, 4): "the file has gamma and beta as well",
}


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each layer whose configuration says another number of tensors than the file holds."""
    for layer in layer_weights(subject):
        model, file = len(layer.expected), len(layer.found)
        if not file or model == file:
            continue
        meaning = MEANINGS.get((family(layer.kind.lower()) or family(layer.name), model, file), "")
        fact = f"the layer {layer.name} ({layer.kind}) takes {model:,} tensors, and the file has {file:,} for it"
        stored, wanted = (", ".join(leaf for leaf, _ in side) for side in (layer.found, layer.expected))
        yield FAULT.finding(
            f"{fact}{f': {meaning}' if meaning else ''}", Evidence(f"{subject.source}: {layer.name}", stored, wanted)
        )


def from_text(error: ErrorText) -> Iterator[Finding]:
    """Yield a finding with both counts and what they mean for this kind of layer; of unlike layers nothing."""
    for pattern in _COUNTS:
        for found in pattern.finditer(error.text):
            groups = found.groupdict()
            layer, saved = groups.get("layer") or "the model itself", groups.get("saved") or ""
            if saved and unlike(layer, saved):
                continue
            model, file = int(found["model"]), int(found["file"])
            meaning = MEANINGS.get((family(layer), model, file), "")
            line = error.line_of(found.start())
            fact = f"the layer {layer} takes {model:,} tensors, and the file has {file:,} for it"
            shown = Evidence(f"line {line} of the text", found[0][:200])
            yield FAULT.finding(f"{fact}{f': {meaning}' if meaning else ''}", shown)
            return


_FAMILIES = (
    ("norm", r"norm|(?:^|_)bn"),
    ("conv", r"conv|dense|deconv|fc\d*|(?:^|_)p?conv"),
    ("recurrent", r"lstm|gru|rnn"),
    ("embedding", r"embed"),
)


def family(name: str) -> str:
    """Return the kind of layer that a name tells: `conv` (dense too), `norm`, `recurrent`, `embedding`; empty: none."""
    return next((kind for kind, pattern in _FAMILIES if re.search(pattern, name.lower())), "")


def unlike(one: str, other: str) -> bool:
    """Whether two names tell different kinds of layers."""
    return bool(family(one) and family(other) and family(one) != family(other))
