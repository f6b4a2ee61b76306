"""Repairs of graphs: SavedModels, frozen graphs, attributes, signatures."""

from __future__ import annotations

REPAIRS: tuple[str, ...] = ()
