"""TFRecord files: counted, verified, their first example described; sets, compression, damage."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import Any

import pytest

from loadstone.errors import ChecksumError, TruncatedError
from loadstone.facts import ModelFile
from loadstone.formats import tfrecord
from loadstone.formats.registry import Candidate
from loadstone.wire import limits
from loadstone.wire.protobuf_writer import encode
from loadstone.wire.schemas.example import EXAMPLE, SEQUENCE_EXAMPLE
from loadstone.wire.tfrecord import frame
from tests.support.hostile import bit_flips, inflated, survives, truncations
from tests.support.memory import MemoryTree, single

FEATURES = {
    "image/encoded": {"bytes_list": {"value": [b"\xff\xd8" * 200]}},
    "image/object/bbox/xmin": {"float_list": {"value": [0.1, 0.2, 0.3]}},
    "image/object/class/label": {"int64_list": {"value": [1, -1, 1 << 40]}},
    "image/source_id": {},
}
RECORD = encode(EXAMPLE, {"features": {"feature": FEATURES}})
DATA = frame(RECORD) * 3


def opened(data: bytes, name: str = "train.record") -> ModelFile:
    found = single(data, name)
    assert tfrecord.sniff(found)
    return tfrecord.read(found)


def test_counts_and_describes() -> None:
    model = opened(DATA)
    assert (model.format, model.complete, model.parameters) == ("tfrecord", True, 0)
    assert model.details == {
        "records": 3,
        "record_bytes": 3 * len(RECORD),
        "compression": "none",
        "message": "tf.train.Example",
        "features": {
            "image/encoded": {"kind": "bytes", "count": 1},
            "image/object/bbox/xmin": {"kind": "float32", "count": 3},
            "image/object/class/label": {"kind": "int64", "count": 3},
            "image/source_id": {"kind": "", "count": 0},
        },
    }
    [records] = model.tensors.all
    assert records.read().tolist() == [RECORD] * 3
    assert records.verify is not None
    records.verify()


def test_sequence_examples() -> None:
    lists = {"feature_list": {"frames": {"feature": [FEATURES["image/object/bbox/xmin"]] * 4}}}
    record = encode(SEQUENCE_EXAMPLE, {"context": {"feature": FEATURES}, "feature_lists": lists})
    details = opened(frame(record)).details
    assert details["message"] == "tf.train.SequenceExample"
    assert details["features"]["frames"] == {"kind": "float32", "count": 12, "steps": 4}


@pytest.mark.parametrize("record", [b"", b"\x08\x01", b"text that is no message", encode(EXAMPLE, {})])
def test_records_of_something_else_are_only_counted(record: bytes) -> None:
    details = opened(frame(record)).details
    assert details["records"] == 1
    assert "message" not in details


@pytest.mark.parametrize(("pack", "name"), [(gzip.compress, "gzip"), (zlib.compress, "zlib")])
def test_compressed_files(pack: Any, name: str) -> None:
    model = opened(pack(DATA))
    assert (model.details["compression"], model.details["records"]) == (name, 3)
    [records] = model.tensors.all
    assert records.read().tolist() == [RECORD] * 3
    short = opened(pack(DATA * 500)[:-40])
    assert not short.complete
    assert "ends early" in short.notes[0] or "ends inside" in short.notes[0]


def test_gzip_members_follow_each_other() -> None:
    assert opened(gzip.compress(DATA) + gzip.compress(DATA)).details["records"] == 6


def test_a_bomb_is_counted_only_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tfrecord, "RECORDS_UNPACKED_BYTES", 1 << 20)
    bomb = zlib.compress(frame(bytes(100_000)) * 100)
    assert limits.RECORDS_UNPACKED_BYTES > 1 << 20
    model = opened(bomb)
    assert model.details["records"] == 11
    assert model.notes == ("the first 11 records were counted; there are more",)


def test_one_of_a_set() -> None:
    tree = MemoryTree({f"train.tfrecord-0000{number}-of-00004": DATA for number in (0, 1, 3)})
    candidate = Candidate("x", tree, "train.tfrecord-00001-of-00004", is_folder=False)
    model = tfrecord.read(candidate)
    assert [file.state for file in model.files] == ["present", "present", "missing", "present"]
    assert not model.complete
    assert model.details["shards"] == 4
    assert "1 not here, the first is train.tfrecord-00002-of-00004" in model.notes[0]


def test_a_file_that_is_cut_short() -> None:
    model = opened(DATA[:-20])
    assert (model.complete, model.details["records"], model.files[0].state) == (False, 2, "truncated")
    assert f"record at byte {2 * len(frame(RECORD)):,}" in model.notes[0]
    with pytest.raises(TruncatedError):
        model.tensors.all[0].read()


def test_a_flipped_bit_is_found() -> None:
    broken = bytearray(DATA)
    broken[100] ^= 1
    verify = opened(bytes(broken)).tensors.all[0].verify
    assert verify is not None
    with pytest.raises(ChecksumError, match="a record does not match"):
        verify()


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"version https://git-lfs.github.com/spec/v1\n", bytes(8), b"\x1f\x8b\x08"]
)
def test_leaves_other_files_alone(content: bytes) -> None:
    assert not tfrecord.sniff(single(content, "data.tfrecord"))


def test_survives_damage() -> None:
    def read(data: bytes) -> None:
        found = single(data, "x.record")
        if tfrecord.sniff(found):
            tfrecord.read(found)

    for content in (DATA, gzip.compress(DATA)):
        for broken in (*truncations(content), *bit_flips(content), *inflated(content)):
            survives(read, broken)


@pytest.mark.tensorflow
@pytest.mark.parametrize("compression", ["", "GZIP", "ZLIB"])
def test_as_tensorflow_writes_them(tmp_path: Path, compression: str) -> None:
    tf = pytest.importorskip("tensorflow")
    records = [RECORD, b"", b"x" * 100_000]
    path = tmp_path / "x.tfrecord"
    with tf.io.TFRecordWriter(str(path), compression or None) as writer:
        for record in records:
            writer.write(record)
    model = opened(path.read_bytes())
    assert model.tensors.all[0].read().tolist() == records
    assert set(model.details["features"]) == set(tf.train.Example.FromString(RECORD).features.feature)
    ours = tmp_path / "ours.tfrecord"
    ours.write_bytes(b"".join(map(frame, records)))
    assert [record.numpy() for record in tf.data.TFRecordDataset(str(ours))] == records
