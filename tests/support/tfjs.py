"""A small TensorFlow.js model of each kind, built by code."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

DENSE = {
    "class_name": "Sequential",
    "config": {
        "name": "s",
        "layers": [
            {
                "class_name": "Dense",
                "config": {"name": "d", "units": 2, "batch_input_shape": [None, 3], "dtype": "float32"},
            }
        ],
    },
}
KERNEL = np.arange(6, dtype=np.float32).reshape(3, 2)
QUANTISED = {"dtype": "uint8", "scale": 0.5, "min": -1.0, "original_dtype": "float32"}
WEIGHTS = [
    {"name": "d/kernel", "shape": [3, 2], "dtype": "float32"},
    {"name": "d/bias", "shape": [2], "dtype": "float32", "quantization": QUANTISED},
    {"name": "d/steps", "shape": [], "dtype": "int32"},
]
SHARD = KERNEL.tobytes() + bytes([0, 6]) + (7).to_bytes(4, "little")


def layers(**changes: Any) -> dict[str, bytes]:
    """Return the files of a layers model whose kernel is cut by the border of two shards."""
    document = {
        "format": "layers-model",
        "generatedBy": "keras v2.4.0",
        "convertedBy": "TensorFlow.js Converter v3.0.0",
        "modelTopology": {"keras_version": "2.4.0", "backend": "tensorflow", "model_config": DENSE},
        "weightsManifest": [{"paths": ["a.bin", "b.bin"], "weights": WEIGHTS}],
        **changes,
    }
    return {"model.json": json.dumps(document).encode(), "a.bin": SHARD[:10], "b.bin": SHARD[10:]}


def graph(**changes: Any) -> dict[str, bytes]:
    """Return the files of a graph model."""
    shape = {"dim": [{"size": "-1"}, {"size": "3"}]}
    nodes = [
        {"name": "x", "op": "Placeholder", "attr": {"dtype": {"type": "DT_FLOAT"}, "shape": {"shape": shape}}},
        {"name": "w", "op": "Const"},
        {"name": "y", "op": "MyOp", "input": ["x", "w:0"], "attr": {"T": {"type": "DT_FLOAT"}}},
    ]
    document = {
        "format": "graph-model",
        "generatedBy": "2.3.0",
        "modelTopology": {"node": nodes, "versions": {"producer": 440}},
        "weightsManifest": [
            {"paths": ["w.bin"], "weights": [{"name": "w", "shape": [3, 2], "dtype": "float32"}]},
        ],
        **changes,
    }
    return {"model.json": json.dumps(document).encode(), "w.bin": KERNEL.tobytes()}
