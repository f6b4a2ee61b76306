"""Detectors told from the names of TensorFlow 1 (slim) variables, graph nodes and TFLite tensors.

What it is: a visible table of name scopes; frozen graphs and TFLite files made from TF1 models keep them.
What it is not: TF2's object-graph keys (`tf2`).
"""

from __future__ import annotations

import re

from loadstone.facts import DetectorFacts
from loadstone.formats.detection.classes import outputs, slots_of
from loadstone.formats.detection.keys import Names, scope

META_ARCHITECTURES = (
    ("rfcn", scope("SecondStageBoxPredictor/(?:reduce_depth|refined_locations|class_predictions)")),
    ("mask_rcnn", scope(r"SecondStageBoxPredictor/Conv(?:_\d+)?(?=/)", "SecondStageBoxPredictor/MaskPredictor")),
    ("faster_rcnn", scope("FirstStageFeatureExtractor", "FirstStageBoxPredictor", "SecondStageBoxPredictor")),
    (
        "ssd",
        scope(
            r"BoxPredictor_\d+",
            "WeightSharedConvolutionalBoxPredictor",
            "MultipleGridAnchorGenerator",
            "MultiscaleGridAnchorGenerator",
        ),
    ),
)
"""Meta-architecture and the scopes that only it has; the first that fits counts."""

NETWORKS = {
    "MobilenetV1": "mobilenet_v1",
    "MobilenetV2": "mobilenet_v2",
    "MobilenetV3": "mobilenet_v3",
    "MobilenetEdgeTPU": "mobilenet_edgetpu",
    "InceptionV2": "inception_v2",
    "InceptionV3": "inception_v3",
    "InceptionResnetV2": "inception_resnet_v2",
    "resnet_v1_50": "resnet50",
    "resnet_v1_101": "resnet101",
    "resnet_v1_152": "resnet152",
}
"""Slim's scope of a network → the network in the Object Detection API's extractor types."""

_EXTRACTOR = re.compile(r"(?m)(?:^|/)(FirstStage)?FeatureExtractor/([^/\n]+)")
_PYRAMID = re.compile(r"(?m)(?:^|/)FeatureExtractor/(?:[^/\n]+/)*fpn(?:/|$)")
_V3_LARGE = re.compile(r"(?m)MobilenetV3/expanded_conv_14(?:/|$)")

_LEAF = r"/(?:weights|biases|kernel|bias|BiasAdd(?:_\d+)?)$"
_SCOPED = r"(?:^|/)((?:BoxPredictor_\d+|WeightSharedConvolutionalBoxPredictor(?:_\d+)?))/(?:[^/]+/)?"
_BOX_OUT = re.compile(_SCOPED + r"(?:BoxEncodingPredictor|BoxPredictor)" + _LEAF)
_CLASS_OUT = re.compile(_SCOPED + r"ClassPredictor" + _LEAF)
_SECOND_CLASS = re.compile(r"(?:^|/)SecondStageBoxPredictor/ClassPredictor/(?:weights|biases)$")


def from_slim(names: Names) -> DetectorFacts | None:
    """Return the detector that TF1 names describe, or None where they describe none."""
    meta = next((meta for meta, pattern in META_ARCHITECTURES if names.has(pattern)), None)
    if meta is None:
        return None
    classes = _ssd_classes(names) if meta == "ssd" else _faster_rcnn_classes(names)
    return DetectorFacts(meta, _extractor(names, meta), classes)


def _extractor(names: Names, meta: str) -> str | None:
    """The API's type; where the scope is not in the table, the scope itself."""
    scopes = {found[2]: bool(found[1]) for found in _EXTRACTOR.finditer(names.stems)}
    known = [scope for scope in NETWORKS if scope in scopes]
    if not known:
        return next((scope for scope in sorted(scopes) if scope.startswith("MobileDet")), None)
    network = NETWORKS[known[-1]]
    if network == "mobilenet_v3":
        network += "_large" if names.has(_V3_LARGE) else "_small"
    if meta != "ssd":
        return f"faster_rcnn_{network}"
    version = "_v1" if network.startswith("resnet") else ""
    return f"ssd_{network}{version}{'_fpn' if names.has(_PYRAMID) else ''}"


def _ssd_classes(names: Names) -> int | None:
    """Every map's predictor has a background column in TF1."""
    boxes, classes = _by_scope(names, _BOX_OUT), _by_scope(names, _CLASS_OUT)
    slots = slots_of((boxes[scope], classes[scope]) for scope in boxes if scope in classes)
    return slots - 1 if slots is not None and slots > 1 else None


def _by_scope(names: Names, pattern: re.Pattern[str]) -> dict[str, int]:
    """Return each predictor's channels; a bias or an activation tells them in every layout, TFLite's kernels not."""
    found: dict[str, int] = {}
    for name, shape in sorted(names.under(pattern).items(), key=lambda item: len(item[1]) == 4, reverse=True):
        match, count = pattern.search(name), outputs(shape)
        if match and count:
            found[match[1]] = count
    return found


def _faster_rcnn_classes(names: Names) -> int | None:
    counts = {outputs(shape) for shape in names.under(_SECOND_CLASS).values()}
    count = counts.pop() if len(counts) == 1 else None
    return count - 1 if count is not None and count > 1 else None
