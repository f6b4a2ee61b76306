"""Faults of the match between a file and what loads it: another format, layout, tag, signature or ending."""

from __future__ import annotations

FAULTS: dict[str, str] = {
    "not-a-tensorflow-model": "file folder",
    "wrong-loader-savedmodel-as-frozen": "savedmodel",
    "wrong-loader-frozen-as-savedmodel": "frozen-graph",
    "savedmodel-mount-or-layout": "folder",
    "savedmodel-bad-tags": "savedmodel",
    "extension-mismatch-keras3": "keras",
    "extension-mismatch-format": "tflite frozen-graph file",
    "h5-weights-only": "keras-h5-weights",
    "archive-not-extracted": "archive",
    "ckpt-v1-v2-format": "checkpoint",
    "savedmodel-in-keras3-load-model": "savedmodel",
    "savedmodel-not-keras": "savedmodel",
    "savedmodel-signature-mismatch": "savedmodel",
    "full-model-to-load-weights": "",
    "api-wrong-argument-type": "",
    "opencv-tf2-od-unsupported": "",
    "zoo-tf2-archive-has-no-frozen-graph": "folder",
    "tfhub-tf1-in-tf2-api": "tfhub-v1",
    "tfhub-tf2-in-tf1-api": "",
}
