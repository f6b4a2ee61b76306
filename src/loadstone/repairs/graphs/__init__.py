"""Repairs of graphs: SavedModels, frozen graphs, attributes, signatures."""

from __future__ import annotations

REPAIRS: tuple[str, ...] = (
    "lay-out-saved-model",
    "set-tags",
    "wrap-graph",
    "freeze-saved-model",
    "strip-default-attributes",
)
