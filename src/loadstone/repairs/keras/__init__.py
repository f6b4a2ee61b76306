"""Repairs of Keras models: configurations from one version to another, weights joined with a configuration."""

from __future__ import annotations

REPAIRS: tuple[str, ...] = ()
