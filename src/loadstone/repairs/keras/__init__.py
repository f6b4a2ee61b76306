"""Repairs of Keras files: their configuration, their weights' layout, their ending."""

from __future__ import annotations

REPAIRS: tuple[str, ...] = (
    "sequential-input-shape",
    "keras-ending",
    "keras-config-join",
    "keras-dialect",
    "keras-training-config",
)
