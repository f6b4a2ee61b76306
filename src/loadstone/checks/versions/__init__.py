"""Faults between a file and the TensorFlow that is to read it."""

from __future__ import annotations

FAULTS: dict[str, str] = {
    "savedmodel-newer-than-runtime": "savedmodel",
    "graph-newer-than-runtime": "graph",
    "odapi-on-keras3": "pipeline-config with-config",
    "tf1-ckpt-in-tf2-odapi": "checkpoint pipeline-config",
    "tf2-ckpt-in-tf1-odapi": "checkpoint pipeline-config",
    "tf1-config-on-tf2-odapi": "pipeline-config with-config",
    "tf2-config-on-tf1-odapi": "pipeline-config with-config",
    "tf1-code-on-tf2": "",
}
