"""Fuzz target: paths followed through the object graph of a checkpoint or SavedModel."""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.errors import LoadstoneError
from loadstone.formats.checkpoint.object_paths import ObjectPaths
from loadstone.wire.protobuf_writer import encode
from loadstone.wire.schemas.object_graph import TRACKABLE_OBJECT_GRAPH

PATHS = ("a/b/c", "a/back/a/b/c", "", "/", "a..b/.S", "d")


def fuzz(data: bytes) -> None:
    for path in PATHS:
        try:
            ObjectPaths(data).key_at(path)
        except LoadstoneError:
            continue


def seeds() -> Iterator[bytes]:
    variable = {"attributes": [{"name": "VARIABLE_VALUE", "checkpoint_key": "a/b/c/.ATTRIBUTES/VARIABLE_VALUE"}]}
    to = [{"node_id": 1, "local_name": "a"}, {"node_id": 3, "local_name": "a.b"}]
    on = [{"node_id": 2, "local_name": "b"}, {"node_id": 0, "local_name": "back"}]
    last = [{"node_id": 3, "local_name": "c"}, {"node_id": 3, "local_name": "/"}]
    nodes = [{"children": to}, {"children": on}, {"children": last}, variable]
    yield encode(TRACKABLE_OBJECT_GRAPH, {"nodes": nodes})
    yield encode(TRACKABLE_OBJECT_GRAPH, {"nodes": []})
