"""Loadstone: open any TensorFlow or Keras model, without TensorFlow."""

from __future__ import annotations

__version__ = "0.1.0"
