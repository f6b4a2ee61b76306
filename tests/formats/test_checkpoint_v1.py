"""V1 checkpoints: wild ones, SessionBundles, shards that lack, and tables that lie."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from loadstone.errors import ChecksumError, FormatError, LoadstoneError
from loadstone.facts import ModelFile
from loadstone.formats import checkpoint_v1, checkpoint_v2
from loadstone.formats.registry import Candidate
from loadstone.formats.trees.tree import DiskTree
from loadstone.wire.ordered_code import slice_key
from loadstone.wire.protobuf_writer import encode
from loadstone.wire.schemas.bundle import SAVED_TENSOR_SLICES
from loadstone.wire.sstable_writer import write_table
from tests.support.hostile import bit_flips, inflated, survives, truncations
from tests.support.memory import folder, single
from tests.support.tables import block, literals, sealed

WHOLE: dict[str, Any] = {"extent": [{}]}
KEY = slice_key("w", ((0, -1),))


def table(values: dict[str, Any] | None = None, **changes: Any) -> bytes:
    """Return a checkpoint of one float32 vector of four, with other values or another listing."""
    meta = {"name": "w", "shape": {"dim": [{"size": 4}]}, "type": 1, "slice": [WHOLE], **changes}
    data = {"name": "w", "slice": WHOLE, "data": values or {"float_val": [1.0, 2.0, 3.0, 4.0]}}
    head = encode(SAVED_TENSOR_SLICES, {"meta": {"tensor": [meta]}})
    return write_table([(b"", head), (KEY, encode(SAVED_TENSOR_SLICES, {"data": data}))])


def part(start: int, values: list[float]) -> bytes:
    """Return a shard that holds a slice of a vector of four."""
    where = {"extent": [{"start": start, "length": len(values)}]}
    meta = {"name": "w", "shape": {"dim": [{"size": 4}]}, "type": 1, "slice": [where]}
    data = {"name": "w", "slice": where, "data": {"float_val": values}}
    head = encode(SAVED_TENSOR_SLICES, {"meta": {"tensor": [meta]}})
    key = slice_key("w", ((start, len(values)),))
    return write_table([(b"", head), (key, encode(SAVED_TENSOR_SLICES, {"data": data}))])


def opened(path: Path) -> ModelFile:
    folder = path if path.is_dir() else path.parent
    found = Candidate(str(path), DiskTree(folder), "" if path.is_dir() else path.name, is_folder=path.is_dir())
    assert checkpoint_v1.sniff(found)
    assert not checkpoint_v2.sniff(found)
    return checkpoint_v1.read(found)


def test_a_single_file(wild: Path) -> None:
    model = opened(wild / "ckptv1-vocal-autoencoder" / "model.ckpt")
    assert model.format == "checkpoint-v1"
    assert model.complete
    assert model.parameters == 296_576
    assert model.tensors["Variable"].shape == (1024, 256)
    for tensor in model.tensors.all:
        assert tensor.verify is not None
        tensor.verify()


@pytest.mark.parametrize("name", ["", "checkpoint", "export", "export-00000-of-00001"])
def test_a_session_bundle(wild: Path, name: str) -> None:
    model = opened(wild / "ckptv1-sessionbundle-mediapipe" / name)
    assert set(model.tensors) == {"a", "b", "global_step"}
    np.testing.assert_array_equal(model.tensors["a"], [[1, 2, 3]])
    assert model.tensors.lazy("global_step").spec.role == "metadata"
    assert "export.meta" in {file.path for file in model.files}


def test_a_session_bundle_under_a_foreign_path(wild: Path) -> None:
    model = opened(wild / "broken-sessionbundle-tfserving")
    assert model.complete
    assert {name: float(model.tensors[name]) for name in model.tensors} == {"Variable": 0.5, "Variable_1": 2.0}
    assert "/tmp/bad_half_plus_two" in model.notes[0]


def test_shards_that_the_state_file_names_and_nobody_has() -> None:
    found = folder({"checkpoint": b'model_checkpoint_path: "export-?????-of-00002"', "export.meta": b""})
    assert checkpoint_v1.sniff(found)
    model = checkpoint_v1.read(found)
    assert [file.state for file in model.files if file.role == "data"] == ["missing", "missing"]
    assert not model.complete


def test_slices_of_several_shards_are_joined() -> None:
    shards = {"m-00000-of-00002": part(0, [1, 2, 3]), "m-00001-of-00002": part(3, [4])}
    found = folder(shards)
    model = checkpoint_v1.read(found)
    assert model.details == {"prefix": "m", "shards": 2, "partitioned": 1}
    np.testing.assert_array_equal(model.tensors["w"], [1, 2, 3, 4])
    del shards["m-00001-of-00002"]
    model = checkpoint_v1.read(folder(shards))
    assert not model.complete
    assert model.notes == ("m-00001-of-00002 is missing", "one variable lacks slices: w")
    with pytest.raises(FormatError, match="do not add up"):
        model.tensors["w"]


def test_compressed_blocks() -> None:
    meta = {"name": "w", "shape": {}, "type": 1, "slice": [{}]}
    rows = [
        (0, b"", encode(SAVED_TENSOR_SLICES, {"meta": {"tensor": [meta]}})),
        (0, slice_key("w", ()), encode(SAVED_TENSOR_SLICES, {"data": {"name": "w", "data": {"float_val": [2.5]}}})),
    ]
    found = single(sealed([literals(block(rows))], kind=1), "model")
    assert checkpoint_v1.sniff(found)
    assert float(checkpoint_v1.read(found).tensors["w"]) == 2.5


@pytest.mark.parametrize("name", ["model.ckpt", "weights"])
def test_mindspore_and_others_are_left_alone(wild: Path, name: str) -> None:
    mindspore = (wild / "broken-mindspore-ckpt" / "model.ckpt").read_bytes()[:100_000]
    for content in (mindspore, b"", b"\x00\x00", b"PK\x03\x04" + bytes(100), bytes(300)):
        assert not checkpoint_v1.sniff(single(content, name))


def test_a_file_that_is_cut_short_is_recognised_and_said_to_be(wild: Path) -> None:
    data = (wild / "ckptv1-vocal-autoencoder" / "model.ckpt").read_bytes()
    found = single(data[:500_000], "model.ckpt")
    assert checkpoint_v1.sniff(found)
    with pytest.raises(FormatError, match="cut short") as caught:
        checkpoint_v1.read(found)
    assert caught.value.where == "model.ckpt: byte 499,992"


def test_a_flipped_bit_is_found_in_its_variable(wild: Path) -> None:
    data = bytearray((wild / "ckptv1-vocal-autoencoder" / "model.ckpt").read_bytes())
    data[600_000] ^= 1
    model = checkpoint_v1.read(single(bytes(data), "model.ckpt"))
    failed = []
    for tensor in model.tensors.all:
        assert tensor.verify is not None
        try:
            tensor.verify()
        except ChecksumError:
            failed.append(tensor.spec.name)
    assert 1 <= len(failed) < 6
    with pytest.raises(ChecksumError):
        model.tensors[failed[0]]


@pytest.mark.parametrize(
    "lie",
    [
        {"values": {"float_val": [1.0]}},
        {"values": {"float_val": [1.0] * 5}},
        {"values": {"int_val": [1, 2, 3]}},
        {"values": {"tensor_content": bytes(12)}},
        {"type": 99},
        {"type": 20},
        {"shape": {"dim": [{"size": 2**40}]}},
        {"shape": {"dim": [{"size": 4}, {"size": 4}]}},
        {"shape": {"dim": [{"size": -1}]}},
        {"slice": []},
        {"slice": [WHOLE, WHOLE]},
        {"slice": [{"extent": [{"start": 3, "length": 5}]}]},
        {"slice": [{"extent": [{"start": 1}]}]},
    ],
)
def test_listings_that_lie_end_in_an_error(lie: dict[str, Any]) -> None:
    def read(data: bytes) -> None:
        _ = checkpoint_v1.read(single(data, "model.ckpt")).tensors["w"]

    assert isinstance(survives(read, table(**lie), memory=True), LoadstoneError)


def test_survives_damage(wild: Path) -> None:
    data = (wild / "ckptv1-sessionbundle-mediapipe" / "export-00000-of-00001").read_bytes()

    def read(data: bytes) -> None:
        found = single(data, "model.ckpt")
        if checkpoint_v1.sniff(found):
            for tensor in checkpoint_v1.read(found).tensors.all:
                tensor.read()

    for broken in (*truncations(data, every=16), *bit_flips(data), *inflated(data)):
        survives(read, broken)
