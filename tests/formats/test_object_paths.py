"""Paths through an object graph lead to the variables that real SavedModels keep under other keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from loadstone.api.load import inspect
from loadstone.errors import FormatError
from loadstone.formats.checkpoint.object_graph import OBJECT_GRAPH_KEY
from loadstone.formats.checkpoint.object_paths import ObjectPaths, unescaped
from loadstone.wire.protobuf_writer import encode
from loadstone.wire.schemas.object_graph import TRACKABLE_OBJECT_GRAPH
from tests.detectors.goldens import variables
from tests.support.hostile import bit_flips, survives, truncations


def graph(*nodes: dict[str, Any]) -> bytes:
    return encode(TRACKABLE_OBJECT_GRAPH, {"nodes": list(nodes)})


def holding(key: str) -> dict[str, Any]:
    return {"attributes": [{"name": "VARIABLE_VALUE", "checkpoint_key": key}]}


SMALL = graph(
    {"children": [{"node_id": 1, "local_name": "_model"}, {"node_id": 2, "local_name": "pose/heat.map"}]},
    {"children": [{"node_id": 0, "local_name": "back"}, {"node_id": 2, "local_name": "kernel"}]},
    holding("_model/variables/7/.ATTRIBUTES/VARIABLE_VALUE"),
)


def test_a_path_is_followed_and_unescaped() -> None:
    paths = ObjectPaths(SMALL)
    key = "_model/variables/7/.ATTRIBUTES/VARIABLE_VALUE"
    assert (
        paths.key_at("_model/kernel")
        == paths.key_at("pose.Sheat..map")
        == paths.key_at("_model/back/_model/kernel")
        == key
    )
    assert paths.key_at("_model") is None
    assert paths.key_at("_model/bias") is None
    assert unescaped("a..Sb.Sc") == "a.Sb/c"


def test_broken_graphs() -> None:
    with pytest.raises(FormatError, match="no such node"):
        ObjectPaths(graph({"children": [{"node_id": 9, "local_name": "a"}]})).key_at("a/b")

    def read(data: bytes) -> None:
        ObjectPaths(data).key_at("_model/back/_model/kernel")

    for data in [*truncations(SMALL, every=1), *bit_flips(SMALL, 300, seed=3)]:
        survives(read, data)


@pytest.mark.parametrize("name", ["efficientdet_d0", "ssd_mobilenet_v2_fpnlite_320"])
def test_a_checkpoint_s_keys_lead_to_the_same_variables_of_a_saved_model(name: str, shared: Path) -> None:
    model = inspect(shared / "exports" / name / "saved_model")
    paths = ObjectPaths(model.tensors[OBJECT_GRAPH_KEY].item())
    names = {spec.name: spec.tensor_name for spec in model.tensors.specs}
    for key, (variable, _, _) in variables(shared, name).items():
        found = paths.key_at(f"_{key}")
        assert found is not None
        # The exporter built the extractor twice, so that some of its layers are counted.
        assert names[found].replace("_extractor_1/", "_extractor/") == variable
