"""An object graph written from keys: our readers take it back (TensorFlow does in tests/export/test_checkpoint.py)."""

from __future__ import annotations

import pytest

from loadstone.formats.checkpoint.object_graph import read_object_graph
from loadstone.formats.checkpoint.object_graph_writer import SUFFIX, object_graph
from loadstone.formats.checkpoint.object_paths import ObjectPaths


def test_every_key_is_the_way_to_its_variable() -> None:
    names = {"model/a/kernel": "conv/kernel", "model/a/bias": "conv/bias", "model/b.Sc/0/x": "b/x", "save_counter": "n"}
    data = object_graph(names)
    graph = read_object_graph(data)
    assert graph.full_names == {key + SUFFIX: name for key, name in names.items()}
    assert graph.roots == ("model", "save_counter")
    assert graph.nodes == 9
    paths = ObjectPaths(data)
    assert [paths.key_at(key) for key in names] == [key + SUFFIX for key in names]
    # The attribute itself is `b/c`: a key escapes the slash within a name.
    assert set(paths.children(paths.children(0)["model"])) == {"a", "b/c"}
    assert paths.key_at("model/a") is None


def test_a_variable_has_no_parts() -> None:
    with pytest.raises(ValueError, match="model/a"):
        object_graph({"model/a": "a", "model/a/b": "b"})
