"""Repairs of Keras files: their configuration, their weights' layout."""

from __future__ import annotations

REPAIRS: tuple[str, ...] = (
    "sequential-input-shape",
    "keras-config-join",
    "keras-dialect",
    "keras-training-config",
)
