"""Fuzz both checkpoint readers: as files, and as messages inside tables whose checksums are right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from loadstone.errors import LoadstoneError
from loadstone.formats import checkpoint_v1, checkpoint_v2
from loadstone.formats.checkpoint.checkpoint_state import read_state
from loadstone.formats.checkpoint.object_graph import read_object_graph
from loadstone.wire.ordered_code import slice_key
from loadstone.wire.protobuf_writer import encode
from loadstone.wire.schemas.bundle import BUNDLE_ENTRY, BUNDLE_HEADER, SAVED_TENSOR_SLICES
from loadstone.wire.schemas.object_graph import TRACKABLE_OBJECT_GRAPH
from loadstone.wire.sstable_writer import write_table
from tests.support.memory import MemoryTree, folder
from tests.support.tables import block, sealed

WHOLE: dict[str, Any] = {"extent": [{}]}
HALF = {"extent": [{"start": 0, "length": 2}]}


def read_everything(files: dict[str, bytes]) -> None:
    """Read whichever checkpoint the folder holds, and every tensor that it lists."""
    found = folder(files)
    for reader in (checkpoint_v2, checkpoint_v1):
        if not reader.sniff(found):
            continue
        for tensor in reader.read(found).tensors.all:
            for read in (tensor.read, tensor.verify):
                try:
                    _ = read() if read else None
                except LoadstoneError:
                    continue


def fuzz(data: bytes) -> None:
    """The bytes are an index, an entry, a header, an object graph, a state file, slices: each in its place."""
    header = encode(BUNDLE_HEADER, {"num_shards": 1})
    shard = bytes(range(64))
    tables = (
        {"m.index": data, "m.data-00000-of-00001": shard},
        {"m.index": sealed([data]), "m.data-00000-of-00001": shard},
        {"m.index": write_table([(b"", data), (b"w", data)]), "m.data-00000-of-00001": shard},
        {"m.index": write_table([(b"", header), (b"w", data)]), "m.data-00000-of-00001": shard},
        {"m.index": write_table(sorted({b"": header, data: entry()}.items())), "m.data-00000-of-00001": shard},
        {"m.ckpt": data},
        {"m.ckpt": write_table([(b"", data), (slice_key("w", ((0, -1),)), data)])},
        {"m.ckpt": write_table([(b"", slices_meta()), (slice_key("w", ((0, -1),)), data)])},
        {"checkpoint": data, "m.ckpt": write_table([(b"", slices_meta())])},
    )
    for files in tables if data else ():
        try:
            read_everything(files)
        except LoadstoneError:
            continue
    try:
        read_object_graph(data)
    except LoadstoneError:
        return
    read_state(MemoryTree({"checkpoint": data}), "")


def entry(**changes: object) -> bytes:
    """Return a bundle's entry for four float32."""
    plain = {"dtype": 1, "shape": {"dim": [{"size": 4}]}, "size": 16}
    return encode(BUNDLE_ENTRY, {**plain, **changes})


def slices_meta(**changes: object) -> bytes:
    """Return the list of variables of a V1 checkpoint with one."""
    plain = {"name": "w", "shape": {"dim": [{"size": 4}]}, "type": 1, "slice": [WHOLE]}
    return encode(SAVED_TENSOR_SLICES, {"meta": {"tensor": [{**plain, **changes}]}})


def seeds() -> Iterator[bytes]:
    header = encode(BUNDLE_HEADER, {"num_shards": 1})
    yield block([(0, b"", header), (0, b"w", entry())])
    yield write_table([(b"", header), (b"s", entry(dtype=7, size=20)), (b"w", entry())])
    yield write_table([(b"", header), (slice_key("w", ((0, 2),)), entry(size=8)), (b"w", entry(slices=[HALF], size=0))])
    yield entry(dtype=14, size=8)
    yield slices_meta()
    values = {"float_val": [1.0, 2.0, 3.0, 4.0]}
    yield encode(SAVED_TENSOR_SLICES, {"data": {"name": "w", "slice": WHOLE, "data": values}})
    yield write_table([(b"", slices_meta(type=9)), (slice_key("w", ((0, -1),)), slices_meta())])
    names = {"name": "VARIABLE_VALUE", "full_name": "w", "checkpoint_key": "w/.ATTRIBUTES/VARIABLE_VALUE"}
    slot = {"original_variable_node_id": 1, "slot_name": "m", "slot_variable_node_id": 1}
    nodes = [{"children": [{"node_id": 1, "local_name": "w"}]}, {"attributes": [names], "slot_variables": [slot]}]
    yield encode(TRACKABLE_OBJECT_GRAPH, {"nodes": nodes})
    yield b'model_checkpoint_path: "/a/m.ckpt"\nall_model_checkpoint_paths: "m"\n'
