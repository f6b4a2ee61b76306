"""A TF1 configuration is used with TensorFlow 2.

What is seen

    `ValueError: ssd_mobilenet_v2 is not supported. See `model_builder.py` for features extractors compatible with
    different versions of Tensorflow`.

Why

    The TF2 half of the Object Detection API builds Keras extractors, whose types end in `_keras`, and CenterNet. TF1's
    extractors are built with slim, which TensorFlow 2 does not run.

Remedy

    Use TensorFlow 1.15 for this configuration, or the TF2 zoo's configuration and checkpoint of the nearest
    architecture. Adding `_keras` to the type alone does not make the TF1 checkpoint fit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.checks.views.config_text import config_texts
from loadstone.checks.views.odapi import equivalent, extractor_of, is_tf1
from loadstone.facts.finding import Evidence, Finding
from loadstone.formats.detection.schema import PIPELINE

FAULT = Fault(
    "tf1-config-on-tf2-odapi",
    "error",
    help="use TensorFlow 1.15, or the TF2 zoo's configuration and checkpoint of the nearest architecture",
)

_REFUSED = (
    r"(?P<kind>(?:embedded_)?(?:ssd|faster_rcnn|rfcn|mask_rcnn)_\w+|lstm_\w+) is not supported(?:\. See|\b)"
    r"(?=[^\n]{0,60}`?model_builder|[^\n]{0,120}[Tt]ensor[Ff]low)"
)
_UNKNOWN = r"Unknown (?:ssd|Faster R-CNN|faster_rcnn|Faster RCNN) feature_extractor(?:_type)?:? (?P<kind>\w+)"


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding where the target has TensorFlow 2; a word where the configuration only lies with an export."""
    release = subject.environment.version("tensorflow")
    if release is None or release < (2,):
        return
    for text in config_texts(subject):
        if text.kind != PIPELINE or not is_tf1(text.root):
            continue
        kind, message = extractor_of(text.root)
        at = max((at for name, _, at in message.entries if name == "type"), default=0) if message is not None else 0
        near = equivalent(kind)
        version = ".".join(map(str, release))
        fact = f"{text.name} asks for {kind}, which TensorFlow {version} does not build: it is one of TF1's"
        # A model that was exported already needs its configuration for nothing.
        alone = text.path == subject.source and text.top
        yield FAULT.finding(
            fact,
            Evidence(text.where(at), f'type: "{kind}"', near or "a type that ends in _keras"),
            help=_remedy(near),
            severity="error" if alone else "info",
        )


def _remedy(near: str) -> str:
    return f"start from {near}, or use TensorFlow 1.15 for this one" if near else FAULT.help


def from_text(error: ErrorText) -> Iterator[Finding]:
    """Yield a finding for the extractor that was refused."""
    for pattern in (_REFUSED, _UNKNOWN):
        for found in re.finditer(pattern, error.text):
            if "_keras" in found["kind"]:
                continue
            line = error.line_of(found.start())
            fact = f"the extractor {found['kind']} is one of TF1's, which TensorFlow 2 does not build"
            shown = Evidence(f"line {line} of the text", found[0])
            yield FAULT.finding(fact, shown, help=_remedy(equivalent(found["kind"])))
            return
