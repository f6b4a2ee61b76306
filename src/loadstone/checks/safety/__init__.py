"""What a file would do to the machine that loads it, beyond computing."""

from __future__ import annotations

_CONFIGURED = "keras savedmodel tfjs-layers"

FAULTS: dict[str, str] = {
    "safety-lambda-code": _CONFIGURED,
    "safety-foreign-module": _CONFIGURED,
    "safety-keras-gadget": _CONFIGURED,
    "safety-foreign-framework-blob": _CONFIGURED,
    "safety-path-in-config": _CONFIGURED,
    "safety-nested-saved-model": _CONFIGURED,
    "safety-shadowed-name": _CONFIGURED,
    "safety-layer-name-as-path": _CONFIGURED,
    "safety-huge-layer": "keras",
    "safety-hdf5-link": "keras hdf5",
    "safety-hdf5-external-storage": "keras hdf5",
    "safety-shape-bomb": "keras hdf5 graph",
    "safety-zip-bomb": "archive keras-zip broken",
    "safety-archive-names": "archive keras-zip",
    "safety-ambiguous-archive": "archive keras-zip",
    "safety-graph-file-access": "graph",
    "safety-graph-network": "graph",
    "safety-graph-python": "graph",
    "safety-hidden-graph": "graph",
    "safety-asset-outside": "savedmodel tfhub-v1",
    "safety-deep-nesting": "any",
    "safety-index-out-of-range": "checkpoint savedmodel tfhub-v1",
    "safety-flatbuffer-offsets": "broken",
    "safety-tflite-flex": "tflite",
    "safety-pickle": "pickle numpy archive keras-zip",
    "safety-yaml-tags": "keras-config text",
    "safety-link-out-of-folder": "folder",
}
