"""V2 checkpoints: every wild one, found from any of its files, complete or not, and damaged ones."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from loadstone.errors import (
    FormatError,
    LoadstoneError,
    SourceError,
    TruncatedError,
    UnsupportedModelError,
)
from loadstone.facts import LazyTensor, ModelFile
from loadstone.formats import checkpoint_v2
from loadstone.formats.checkpoint.bundle_writer import write_bundle, write_state
from loadstone.formats.checkpoint.variable_roles import VariableNames, role_of
from loadstone.formats.registry import Candidate
from loadstone.formats.trees.tree import DiskTree
from loadstone.wire.protobuf_writer import encode
from loadstone.wire.schemas.bundle import BUNDLE_ENTRY, BUNDLE_HEADER
from loadstone.wire.sstable_writer import write_table
from tests.support.hostile import bit_flips, inflated, survives, truncations
from tests.support.memory import MemoryTree, folder, single

ONE = "ckpt2-mnist-regression-sugyan"


def candidate(path: Path) -> Candidate:
    if path.is_dir():
        return Candidate(str(path), DiskTree(path), "", is_folder=True)
    return Candidate(str(path), DiskTree(path.parent, only=path.name), path.name, is_folder=False)


def opened(path: Path) -> ModelFile:
    found = candidate(path)
    assert checkpoint_v2.sniff(found)
    return checkpoint_v2.read(found)


def written(folder: Path, name: str = "m-1", **tensors: Any) -> Path:
    """Write a small checkpoint; returns its prefix."""
    folder.mkdir(parents=True, exist_ok=True)
    write_bundle(folder / name, tensors.items() or [("w", np.arange(6, dtype=np.float32))])
    return folder / name


def states(model: ModelFile) -> dict[str, str]:
    return {file.path: file.state for file in model.files}


# Found from anywhere.


@pytest.mark.parametrize("name", ["", "checkpoint", "model.ckpt", "model.ckpt.index", "model.ckpt.data-00000-of-00001"])
def test_every_way_leads_to_the_same_checkpoint(wild: Path, name: str) -> None:
    model = opened(wild / "tf1ckpt-ssdmnv1-trafficsign" / name)
    assert model.format == "checkpoint-v2"
    assert model.complete
    assert len(model.tensors) == 200
    assert model.parameters == 127_936
    assert model.details["prefix"] == "model.ckpt"
    assert model.details["global_step"] == 43_954
    assert model.producer["tensorflow"] == "1.15.0"
    assert states(model)["model.ckpt.meta"] == "present"


def test_foreign_paths_in_the_state_file(wild: Path) -> None:
    model = opened(wild / "dl4j-tf-simple-graph" / "checkpoint")
    assert len(model.tensors) == 1
    assert model.details["step"] == 1000
    assert "/home/agibsonccc/pbdirs/simple_graph/data-all-1000" in model.notes[0]


@pytest.mark.parametrize("path", ["C:\\\\runs\\\\-63", "/home/me/train/-63", "gs://bucket/run/-63", "-63"])
def test_a_prefix_that_is_only_a_step(tmp_path: Path, path: str) -> None:
    """`saver.save(session, "train/", global_step=63)` writes `-63.index`."""
    written(tmp_path, "-63")
    (tmp_path / "checkpoint").write_text(f'model_checkpoint_path: "{path}"\n')
    for place in (tmp_path, tmp_path / "checkpoint", tmp_path / "-63", tmp_path / "-63.index"):
        model = opened(place)
        assert (model.details["prefix"], model.details["step"], model.complete) == ("-63", 63, True)


def test_a_prefix_without_a_name(tmp_path: Path) -> None:
    """`model.save_weights("folder/")` writes `.index`."""
    written(tmp_path, "x")
    for path in sorted(tmp_path.iterdir()):
        path.rename(path.with_name(path.name.removeprefix("x")))
    model = opened(tmp_path)
    assert model.complete
    assert list(states(model)) == [".index", ".data-00000-of-00001"]


def test_the_state_files_choice_comes_before_the_highest_step(tmp_path: Path) -> None:
    for step in (9, 10, 100):
        written(tmp_path, f"m-{step}", w=np.full(step, 1.0))
    assert opened(tmp_path).details["step"] == 100
    assert opened(tmp_path).notes == ("2 more checkpoints are here, not read: m-9, m-10",)
    write_state(tmp_path / "m-9")
    assert opened(tmp_path).details["step"] == 9
    (tmp_path / "checkpoint").write_text('model_checkpoint_path: "m-500"')
    model = opened(tmp_path)
    assert model.details["step"] == 100
    assert model.notes[0] == "the state file names 'm-500', which is not here; 'm-100' is read"


def test_a_state_file_alone(tmp_path: Path) -> None:
    (tmp_path / "checkpoint").write_text('model_checkpoint_path: "ckpt-4"')
    model = opened(tmp_path / "checkpoint")
    assert states(model) == {"checkpoint": "present", "ckpt-4.index": "missing"}
    assert not model.complete


def test_a_broken_state_file_is_no_obstacle(tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / "checkpoint").write_bytes(b'model_checkpoint_path: "unclosed')
    assert opened(tmp_path).complete


def test_paths_are_relative_to_the_checkpoints_folder() -> None:
    files = {f"run/{name}": content for name, content in bundle_files().items()}
    model = checkpoint_v2.read(Candidate("x.zip", MemoryTree(files), "run", is_folder=True))
    assert list(states(model)) == ["m.index", "m.data-00000-of-00001"]


@pytest.mark.parametrize(
    "content", [b"", b"<!DOCTYPE html>", b"version https://git-lfs.github.com/spec/v1\n", b"hello"]
)
def test_leaves_other_files_alone(content: bytes) -> None:
    assert not checkpoint_v2.sniff(single(content, "model.index"))
    assert not checkpoint_v2.sniff(folder({"checkpoint": content, "x.pb": b""}))


# Completeness.


@pytest.mark.parametrize(
    ("place", "tensors", "state", "expected"),
    [
        ("tf1ckpt-ssdmnv1-zoo-minakhan", 200, "missing", 27_380_740),
        ("tf2od-effdet-d0-csgo/checkpoint", 685, "missing", 22_656_837),
        ("tf2od-ssdmnv2fpnlite-trainckpts", 622, "missing", 20_743_221),
        ("tf2od-ssdr50fpn-zoo-sanphem/checkpoint", 465, "missing", 131_768_450),
        ("ckpt2-indexonly-convolutional-sugyan", 8, "missing", 13_098_536),
        ("lfs-fasterrcnn-trainckpt-hnt4499", 575, "lfs-pointer", 102_968_376),
        ("tf2od-effdet-d1-hhr/checkpoint", 877, "lfs-pointer", 33_782_958),
        ("lfs-mixed-ssdmnv1-hnt4499", 200, "lfs-pointer", 27_380_740),
    ],
)
def test_what_lacks_is_named_with_its_bytes(wild: Path, place: str, tensors: int, state: str, expected: int) -> None:
    model = opened(wild / place)
    assert len(model.tensors) == tensors
    assert not model.complete
    [data] = [file for file in model.files if file.role == "data"]
    assert (data.state, data.expected, data.bytes_short) == (state, expected, expected)
    assert f"{expected:,} bytes" in " ".join(model.notes)
    with pytest.raises(LoadstoneError, match=f"{expected:,} bytes"):
        model.tensors[next(iter(model.tensors))]


def test_an_index_that_is_a_pointer(wild: Path) -> None:
    model = opened(wild / "lfs-fasterrcnn-catplant")
    assert not model.complete
    assert len(model.tensors) == 0
    by_path = {file.path: file for file in model.files}
    assert by_path["model.ckpt.index"].expected == 15_922
    assert by_path["model.ckpt.data-00000-of-00001"].expected == 51_544_500
    assert by_path["model.ckpt.meta"].state == "lfs-pointer"


def test_a_data_file_without_its_index(tmp_path: Path) -> None:
    prefix = written(tmp_path)
    (tmp_path / "m-1.index").unlink()
    model = opened(prefix.with_name("m-1.data-00000-of-00001"))
    assert states(model) == {"m-1.index": "missing", "m-1.data-00000-of-00001": "present"}
    assert "bytes without names" in model.notes[1]


def test_a_short_data_file_is_short_by_exactly_so_much(tmp_path: Path) -> None:
    prefix = written(tmp_path, a=np.arange(100, dtype=np.int32), b=np.arange(10, dtype=np.float64))
    data = tmp_path / "m-1.data-00000-of-00001"
    data.write_bytes(data.read_bytes()[:-17])
    model = opened(prefix)
    assert states(model)["m-1.data-00000-of-00001"] == "truncated"
    assert model.files[-1].bytes_short == 17
    assert model.notes == ("m-1.data-00000-of-00001 ends 17 bytes short: 463 of 480 bytes",)
    np.testing.assert_array_equal(model.tensors["a"], np.arange(100))
    with pytest.raises(TruncatedError, match="beyond the end"):
        model.tensors["b"]


def test_a_longer_data_file_is_said_but_complete(tmp_path: Path) -> None:
    prefix = written(tmp_path)
    with open(tmp_path / "m-1.data-00000-of-00001", "ab") as stream:
        stream.write(b"more")
    model = opened(prefix)
    assert model.complete
    assert model.files[-1].state == "oversized"


# Checksums.


def test_every_complete_wild_checkpoint_verifies(wild: Path) -> None:
    checked = 0
    for index in sorted(wild.rglob("*.index")):
        model = opened(index) if checkpoint_v2.sniff(candidate(index)) else None
        for tensor in model.tensors.all if model and model.complete else ():
            assert tensor.verify is not None
            tensor.verify()
            checked += 1
    assert checked > 500


@pytest.mark.parametrize("at", [0, 3, 400, 479, 481, 486, 499])
def test_one_flipped_bit_is_found(tmp_path: Path, at: int) -> None:
    strings = np.array([b"one", b"", b"three" * 3], dtype=object)
    prefix = written(tmp_path, a=np.arange(100, dtype=np.int32), b=np.arange(10, dtype=np.float64), c=strings)
    data = tmp_path / "m-1.data-00000-of-00001"
    broken = bytearray(data.read_bytes())
    broken[at] ^= 16
    data.write_bytes(broken)
    failed = [tensor.spec.name for tensor in opened(prefix).tensors.all if not sound(tensor)]
    assert failed == ["a" if at < 400 else "b" if at < 480 else "c"]


def sound(tensor: LazyTensor) -> bool:
    assert tensor.verify is not None
    # A flipped bit in a string's length may be noticed before its checksum is.
    with suppress(FormatError):
        tensor.verify()
        return True
    return False


# Names, roles.


def test_names_of_variables_come_from_the_object_graph(shared: Path) -> None:
    model = opened(shared / "exports" / "ssd_mobilenet_v2_fpnlite_320" / "checkpoint")
    key = "model/_feature_extractor/classification_backbone/layer_with_weights-0/kernel/.ATTRIBUTES/VARIABLE_VALUE"
    assert model.tensors.lazy(key).spec.tensor_name == "Conv1/kernel"
    assert Counter(spec.role for spec in model.tensors.specs) == {"weight": 384, "metadata": 2}
    assert model.details["object_graph"]["roots"] == ["model", "save_counter"]


def test_slots_of_tf2_optimizers(wild: Path) -> None:
    model = opened(wild / "keras-savedmodel-kws" / "variables")
    assert Counter(spec.role for spec in model.tensors.specs) == {"optimizer": 81, "weight": 56, "metadata": 5}
    assert model.details["object_graph"]["slots"] == {"m": 38, "v": 38}


def test_slots_of_tf1_optimizers(wild: Path) -> None:
    specs = {spec.name: spec.role for spec in opened(wild / "tf1ckpt-lenet-tarasovp" / "lenet.index").tensors.specs}
    assert Counter(specs.values()) == {"weight": 10, "optimizer": 22}
    assert specs["beta1_power"] == "optimizer"


def test_moving_averages_are_state_only_beside_what_they_average(tmp_path: Path) -> None:
    one = np.zeros(3, np.float32)
    names: dict[str, Any] = {
        "c/w": one,
        "c/w/ExponentialMovingAverage": one,
        "d/w/ExponentialMovingAverage": one,
        "e/Adam": one,
    }
    written(tmp_path, "m-1", **names)
    model = opened(tmp_path)
    roles = {spec.name: spec.role for spec in model.tensors.specs}
    assert roles == dict(zip(names, ["weight", "optimizer", "weight", "weight"], strict=True))
    assert model.details["moving_averages"] == 1


# Hostile and odd indexes.


def bundle_files(**changes: Any) -> dict[str, bytes]:
    """Return a checkpoint of one float32 vector; `changes` replace fields of its entry, or of the header."""
    header: dict[str, Any] = {"num_shards": 1, "version": {"producer": 1}}
    entry: dict[str, Any] = {"dtype": 1, "shape": {"dim": [{"size": 4}]}, "size": 16}
    header |= {name: value for name, value in changes.items() if name in BUNDLE_HEADER.fields}
    entry |= {name: value for name, value in changes.items() if name in BUNDLE_ENTRY.fields}
    table = write_table([(b"", encode(BUNDLE_HEADER, header)), (b"w", encode(BUNDLE_ENTRY, entry))])
    return {"m.index": table, "m.data-00000-of-00001": bytes(16)}


def test_big_endian_is_refused_by_name() -> None:
    with pytest.raises(UnsupportedModelError, match="big-endian"):
        checkpoint_v2.read(folder(bundle_files(endianness=1)))


@pytest.mark.parametrize(
    "changes",
    [
        {"num_shards": 2**31 - 1},
        {"num_shards": -1},
        {"version": {"min_consumer": 9}},
        {"dtype": 77},
        {"dtype": 0},
        {"shard_id": 1},
        {"shard_id": -1},
        {"offset": -1},
        {"size": -1},
        {"size": 15},
        {"size": 2**62},
        {"shape": {"dim": [{"size": -4}]}},
        {"shape": {"dim": [{"size": 2**62}]}},
        {"shape": {"dim": [{"size": 1}] * 300}},
        {"shape": {"unknown_rank": True}},
    ],
)
def test_entries_that_lie_are_refused(changes: dict[str, Any]) -> None:
    error = survives(lambda _: checkpoint_v2.read(folder(bundle_files(**changes))), b"", memory=True)
    assert error is not None
    assert error.where.startswith("m.index")


def test_an_offset_beyond_the_file_is_a_file_that_is_short() -> None:
    model = checkpoint_v2.read(folder(bundle_files(offset=2**50)))
    assert model.files[-1].bytes_short == 2**50
    with pytest.raises(TruncatedError):
        model.tensors["w"]


def test_shapes_that_numpy_can_not_hold_end_in_an_error() -> None:
    wide = {"dim": [{"size": 1}] * 100 + [{"size": 4}]}
    empty = {"dim": [{"size": 2**40}, {"size": 2**40}, {"size": 0}]}
    for changes in ({"shape": wide}, {"shape": empty, "size": 0}):
        model = checkpoint_v2.read(folder(bundle_files(**changes)))
        with pytest.raises(FormatError):
            model.tensors["w"]


def test_an_absent_file_is_said_when_it_is_asked_for() -> None:
    files = bundle_files()
    del files["m.data-00000-of-00001"]
    model = checkpoint_v2.read(folder(files))
    with pytest.raises(SourceError, match="16 bytes is missing"):
        model.tensors["w"]


def read_all(files: dict[str, bytes]) -> None:
    """Read everything there is, as the fuzz target does."""
    from tests.fuzz.target_checkpoint import read_everything

    read_everything(files)


def test_survives_damage(wild: Path) -> None:
    files = {path.name: path.read_bytes() for path in sorted((wild / ONE).iterdir()) if path.is_file()}
    index = "regression.ckpt.index"
    for broken in (*truncations(files[index]), *bit_flips(files[index]), *inflated(files[index])):
        survives(lambda data: read_all({**files, index: data}), broken)


def test_the_optimizer_of_keras_3_refers_to_weights_and_holds_state() -> None:
    ending = "/.ATTRIBUTES/VARIABLE_VALUE"
    keys = [
        f"opt/{part}{ending}" for part in ("_iterations", "_learning_rate", "_trainable_variables/0", "_variables/2")
    ]
    names = VariableNames(frozenset(keys))
    assert [role_of(key, "float32", names) for key in keys] == ["optimizer", "optimizer", "weight", "optimizer"]
    # Without the count of iterations it is no optimizer: layers keep lists of variables, too.
    assert role_of(f"net/_variables/2{ending}", "float32", names) == "weight"
