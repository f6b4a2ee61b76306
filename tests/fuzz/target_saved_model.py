"""Fuzz the readers of SavedModels and TF Hub modules, with Keras metadata and a fingerprint beside them."""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.errors import LoadstoneError
from loadstone.formats import savedmodel, tfhub
from loadstone.wire.protobuf_writer import encode
from loadstone.wire.schemas.saved_model import KERAS_METADATA
from tests.support.graphs import small_saved_model
from tests.support.memory import folder

MARK = b"\n--8<--\n"
"""Between the graph and the metadata in one input."""


def fuzz(data: bytes) -> None:
    """Read the bytes as a SavedModel, and what follows the mark as its metadata."""
    graph, _, metadata = data.partition(MARK)
    files = {"saved_model.pb": graph, "keras_metadata.pb": metadata, "fingerprint.pb": metadata[:64]}
    for reader, more in ((savedmodel, {}), (tfhub, {"tfhub_module.pb": metadata[:16]})):
        candidate = folder({**files, **more})
        try:
            reader.sniff(candidate)
            reader.read(candidate)
        except LoadstoneError:
            continue


def seeds() -> Iterator[bytes]:
    """Yield small SavedModels."""
    text = '{"class_name": "Sequential", "config": {"layers": []}, "keras_version": "2.8.0"}'
    root = {"node_path": "root", "identifier": "_tf_keras_sequential", "metadata": text}
    yield small_saved_model() + MARK + encode(KERAS_METADATA, {"nodes": [root]})
    yield b'saved_model_schema_version: 1 meta_graphs { meta_info_def { tags: "serve" } graph_def { node { op: "A" }}}'
