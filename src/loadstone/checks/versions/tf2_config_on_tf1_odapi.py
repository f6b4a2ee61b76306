"""A TF2 configuration is used with TensorFlow 1.

What is seen

    `ValueError: Unknown ssd feature_extractor: ssd_mobilenet_v2_fpn_keras`, or `Message type
    "object_detection.protos.DetectionModel" has no field named "center_net"`.

Why

    Types that end in `_keras`, and CenterNet, are built by the TF2 half of the Object Detection API only.

Remedy

    Use TensorFlow 2 with the current Object Detection API, or a configuration and checkpoint of the TF1 zoo.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.config_text import config_texts
from loadstone.checks.views.odapi import extractor_of, is_tf2
from loadstone.facts.finding import Evidence, Finding
from loadstone.formats.detection.schema import PIPELINE

FAULT = Fault(
    "tf2-config-on-tf1-odapi",
    "error",
    help="use TensorFlow 2 with the current Object Detection API, or a configuration of the TF1 zoo",
)

TEXTS = (
    Saying(
        r"Unknown (?:ssd|Faster R-?CNN|faster_rcnn|center_?net) feature_extractor(?:_type)?:? (?P<kind>\w*_keras\w*)",
        "the extractor {kind} is one of TF2's, and TensorFlow 1 (or an old Object Detection API) runs",
    ),
    Saying(
        r"Unknown (?:ssd|Faster R-?CNN|faster_rcnn|center_?net) feature_extractor(?:_type)?:? (?P<kind"
        r">(?:resnet|hourglass)\w*)",
        "the extractor {kind} is one of TF2's CenterNet, and TensorFlow 1 (or an old Object Detection API) runs",
    ),
    Saying(
        r"DetectionModel[\\\"']* has no field named [\\\"']*(?P<meta>center_net)",
        "{meta} is an architecture of TF2's half of the API, and an older Object Detection API runs",
    ),
    Saying(
        r"(?P<kind>[\w.-]+_keras) is not supported(?: for tf version 1)?\. See `?model_builder"
        r"|(?P<other>[\w.-]+_keras) is not supported for tf version 1",
        "the extractor {kind}{other} is one of TF2's, and TensorFlow 1 (or an old Object Detection API) runs",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding where the target has TensorFlow 1."""
    release = subject.environment.version("tensorflow")
    if release is None or release >= (2,):
        return
    for text in config_texts(subject):
        if text.kind == PIPELINE and is_tf2(text.root):
            kind, message = extractor_of(text.root)
            at = max((at for name, _, at in message.entries if name == "type"), default=0) if message is not None else 0
            version = ".".join(map(str, release))
            fact = f"{text.name} asks for {kind}, which TensorFlow {version} does not build: it is one of TF2's"
            alone = text.path == subject.source and text.top
            yield FAULT.finding(
                fact, Evidence(text.where(at), f'type: "{kind}"'), severity="error" if alone else "info"
            )
