"""TensorFlow as the judge: what it reads of a checkpoint and what we read are equal, and it restores what we write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from loadstone.facts import ModelFile
from loadstone.formats import checkpoint_v1, checkpoint_v2
from loadstone.formats.checkpoint.bundle_writer import write_bundle, write_state
from loadstone.formats.kinds.text_kinds import pointer
from loadstone.formats.registry import Candidate
from loadstone.formats.trees.tree import DiskTree

pytestmark = pytest.mark.tensorflow

DICE = np.random.default_rng(7)


@pytest.fixture(scope="module")
def tf() -> Any:
    return pytest.importorskip("tensorflow")


def opened(path: Path) -> ModelFile:
    found = Candidate(str(path), DiskTree(path.parent, only=path.name), path.name, is_folder=False)
    if checkpoint_v2.sniff(found):
        return checkpoint_v2.read(found)
    assert checkpoint_v1.sniff(found)
    return checkpoint_v1.read(found)


def same(tf: Any, model: ModelFile, prefix: Path, *, values: bool = True) -> int:
    """Assert that TensorFlow lists and reads the same; returns the number of tensors whose values were compared."""
    reader = tf.train.load_checkpoint(str(prefix))
    shapes, dtypes = reader.get_variable_to_shape_map(), reader.get_variable_to_dtype_map()
    specs = {spec.name: spec for spec in model.tensors.specs}
    assert {name: list(spec.shape or ()) for name, spec in specs.items()} == shapes
    assert {name: spec.dtype for name, spec in specs.items()} == {n: d.name for n, d in dtypes.items()}
    for name in specs if values else ():
        assert equal(model.tensors[name], reader.get_tensor(name)), name
        verify = model.tensors.lazy(name).verify
        assert verify is not None
        verify()
    return len(specs) if values else 0


def equal(ours: Any, theirs: Any) -> bool:
    """Return whether values agree; ours is wider where NumPy lacks the type."""
    # NumPy's own strings of bytes lose zeros at their end.
    other = np.array(theirs, dtype=object) if ours.dtype == object else np.asarray(theirs).astype(ours.dtype)
    return np.array_equal(ours, other, equal_nan=ours.dtype.kind in "fc")


def test_every_checkpoint_that_was_found(tf: Any, shared: Path) -> None:
    compared = listed = 0
    for index in sorted(shared.rglob("*.index")):
        if pointer(index.read_bytes()[:1024]) is None:
            model = opened(index)
            compared += same(tf, model, index.with_suffix(""), values=model.complete)
            listed += len(model.tensors)
    assert compared > 2000
    assert listed > 20_000


def test_version_1_checkpoints_that_were_found(tf: Any, wild: Path) -> None:
    single = wild / "ckptv1-vocal-autoencoder" / "model.ckpt"
    assert same(tf, opened(single), single) == 6
    export = wild / "ckptv1-sessionbundle-mediapipe" / "export-00000-of-00001"
    assert same(tf, opened(export), export.with_name("export-?????-of-00001")) == 3
    broken = wild / "broken-sessionbundle-tfserving" / "export"
    assert same(tf, opened(broken), broken) == 2


FLOATS = ("float32", "float64", "float16", "bfloat16", "float8_e5m2", "float8_e4m3fn", "complex64", "complex128")
INTEGERS = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "bool", "int4", "uint4")


def every_dtype(tf: Any) -> dict[str, Any]:
    tensors = {name: tf.cast(tf.constant(DICE.normal(size=(3, 5)) * 3), name) for name in FLOATS}
    tensors |= {name: tf.cast(tf.constant(DICE.integers(0, 8, (3, 5)), tf.int8), name) for name in INTEGERS}
    tensors["qint8"] = tf.bitcast(tf.constant([1, -2, 3], tf.int8), tf.qint8)
    tensors["empty"] = tf.zeros((0, 7))
    tensors["scalar"] = tf.constant(2.5)
    tensors["strings"] = tf.constant([[b"one", b""], [b"\xff\x00" * 200, b"four"]])
    tensors["no strings"] = tf.constant([], tf.string)
    return tensors


def test_every_element_type(tf: Any, tmp_path: Path) -> None:
    tensors = every_dtype(tf)
    names = list(tensors)
    tf.raw_ops.SaveV2(
        prefix=str(tmp_path / "all"),
        tensor_names=names,
        shape_and_slices=[""] * len(names),
        tensors=list(tensors.values()),
    )
    assert same(tf, opened(tmp_path / "all.index"), tmp_path / "all") == len(names)


def sliced(tf: Any, prefix: Path, rows: slice, spec: str, whole: Any) -> None:
    tf.raw_ops.SaveV2(
        prefix=str(prefix),
        tensor_names=["table", f"own/{spec[:8]}"],
        shape_and_slices=[spec, ""],
        tensors=[tf.constant(whole[rows]), tf.constant(len(spec))],
    )


def test_partitioned_variables_over_several_shards(tf: Any, tmp_path: Path) -> None:
    whole = DICE.normal(size=(10, 4)).astype(np.float32)
    parts = [(slice(0, 3), "10 4 0,3:0,4"), (slice(3, 4), "10 4 3,1:-"), (slice(4, 10), "10 4 4,6:0,4")]
    for number, (rows, spec) in enumerate(parts):
        sliced(tf, tmp_path / f"part{number}", rows, spec, whole)
    prefixes = [str(tmp_path / f"part{number}") for number in range(3)]
    tf.raw_ops.MergeV2Checkpoints(checkpoint_prefixes=prefixes, destination_prefix=str(tmp_path / "ckpt-2"))
    model = opened(tmp_path / "ckpt-2.index")
    assert model.details["shards"] == 3
    assert model.details["partitioned"] == 1
    assert model.tensors.lazy("table").spec.nbytes == whole.nbytes
    assert same(tf, model, tmp_path / "ckpt-2") == 4
    np.testing.assert_array_equal(model.tensors["table"], whole)
    (tmp_path / "ckpt-2.data-00001-of-00003").unlink()
    model = opened(tmp_path / "ckpt-2.data-00002-of-00003")
    assert [file.state for file in model.files] == ["present", "present", "missing", "present"]


def test_names_of_an_object_based_checkpoint(tf: Any, tmp_path: Path) -> None:
    class Block(tf.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(name="block")
            self.kernel = tf.Variable(DICE.normal(size=(2, 3)), name="conv/kernel")
            self.inner = {"a/b.c": tf.Variable([1.0], name="odd")}

    tf.train.Checkpoint(model=Block(), step=tf.Variable(3)).save(str(tmp_path / "ckpt"))
    model = opened(tmp_path / "ckpt-1")
    same(tf, model, tmp_path / "ckpt-1")
    by_variable = {spec.tensor_name: spec for spec in model.tensors.specs if spec.tensor_name}
    assert by_variable["conv/kernel"].name == "model/kernel/.ATTRIBUTES/VARIABLE_VALUE"
    assert by_variable["odd"].role == "weight"
    assert by_variable["save_counter"].role == "metadata"
    assert model.details["object_graph"]["roots"] == ["model", "step", "save_counter"]


def test_version_1_as_tensorflow_writes_it(tf: Any, tmp_path: Path) -> None:
    tensors = {name: value for name, value in every_dtype(tf).items() if name not in NOT_IN_VERSION_1}
    names = list(tensors)
    path = tmp_path / "model.ckpt-12"
    tf.raw_ops.Save(filename=str(path), tensor_names=names, data=list(tensors.values()))
    model = opened(path)
    assert (model.format, model.details["step"]) == ("checkpoint-v1", 12)
    # TensorFlow's reader of version 1 lists more types than it gives, so the values are those that were saved.
    same(tf, model, path, values=False)
    for name, tensor in tensors.items():
        assert equal(model.tensors[name], tensor.numpy()), name


NOT_IN_VERSION_1 = {
    "uint32",
    "uint64",
    "bfloat16",
    "float8_e5m2",
    "float8_e4m3fn",
    "int4",
    "uint4",
    "empty",
    "no strings",
}
"""What TensorFlow's own Save operation of version 1 refuses, or writes and can not read again."""


def test_version_1_shards_with_slices(tf: Any, tmp_path: Path) -> None:
    whole = DICE.normal(size=(6, 5)).astype(np.float32)
    counts = DICE.integers(-(2**40), 2**40, size=(6,))
    for number, rows in enumerate((slice(0, 2), slice(2, 6))):
        tf.raw_ops.SaveSlices(
            filename=str(tmp_path / f"model.ckpt-0000{number}-of-00002"),
            tensor_names=["weights", "counts"],
            shapes_and_slices=[
                f"6 5 {rows.start},{rows.stop - rows.start}:-",
                f"6 {rows.start},{rows.stop - rows.start}",
            ],
            data=[tf.constant(whole[rows]), tf.constant(counts[rows])],
        )
    model = opened(tmp_path / "model.ckpt-00001-of-00002")
    assert (model.details["shards"], model.details["partitioned"], model.complete) == (2, 2, True)
    # TensorFlow's own reader lists sliced tensors of version 1, and joins them only in its restore operation.
    same(tf, model, tmp_path / "model.ckpt-?????-of-00002", values=False)
    np.testing.assert_array_equal(model.tensors["weights"], whole)
    np.testing.assert_array_equal(model.tensors["counts"], counts)


def test_tensorflow_restores_what_is_written(tf: Any, tmp_path: Path) -> None:
    tensors: dict[str, Any] = {f"layer_{number:04}/kernel": DICE.normal(size=(3, 3)) for number in range(500)}
    tensors |= {"empty": np.zeros((0, 3), np.float32), "step": np.array(7), "flags": np.array([True, False])}
    tensors |= {"turned": DICE.normal(size=(4, 6)).T, "big-endian": np.arange(5, dtype=">i4")}
    tensors["words"] = np.array([b"a", b"", b"xyz" * 1000], dtype=object)
    prefix = tmp_path / "mended-5"
    write_bundle(prefix, tensors.items())
    write_state(prefix)
    assert tf.train.latest_checkpoint(str(tmp_path)) == str(prefix)
    assert same(tf, opened(prefix), prefix) == len(tensors)
    restored = tf.raw_ops.RestoreV2(
        prefix=str(prefix), tensor_names=["turned", "words"], shape_and_slices=["", ""], dtypes=[tf.float64, tf.string]
    )
    np.testing.assert_array_equal(restored[0], tensors["turned"])
    assert restored[1].numpy().tolist() == tensors["words"].tolist()
