"""Run a GraphDef in TensorFlow, as the oracle of this room's tests."""

from __future__ import annotations

from typing import Any

import pytest


def run(graph: bytes, feeds: dict[str, Any], outputs: list[str]) -> list[Any]:
    """Return the outputs (node names) of a graph fed with arrays by placeholder name."""
    tf = pytest.importorskip("tensorflow")
    loaded = tf.Graph()
    with loaded.as_default():
        tf.import_graph_def(tf.compat.v1.GraphDef.FromString(graph), name="")
    with tf.compat.v1.Session(graph=loaded) as session:
        fetched = session.run([f"{name}:0" for name in outputs], {f"{name}:0": value for name, value in feeds.items()})
    return list(fetched)
