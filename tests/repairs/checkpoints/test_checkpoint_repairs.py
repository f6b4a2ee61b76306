"""Repairs of checkpoints: what is named changes, every other byte stays, and TensorFlow reads the result."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from loadstone.blueprint.weights import KEY_SUFFIX
from loadstone.checks import check
from loadstone.errors import FormatError, SourceError, UnsupportedModelError
from loadstone.facts import ModelFile
from loadstone.facts.environment import Environment
from loadstone.facts.plan import Fixed
from loadstone.formats.checkpoint.object_graph import OBJECT_GRAPH_KEY, read_object_graph
from loadstone.formats.checkpoint.object_graph_edit import EditableGraph
from loadstone.formats.registry import open_source
from loadstone.repairs import fix, plans
from tests.support.checkpoints import config, values, write_tf1, write_tf2

ANY = Environment()
TF1, TF2 = "ssd_mobilenet_v1", "ssd_mobilenet_v2_keras"


def written(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "pipeline.config"
    path.write_text(text)
    return path


def mended(fixed: Fixed) -> ModelFile:
    assert fixed.output is not None, fixed
    assert Path(fixed.output).is_dir()
    return open_source(fixed.output)


def same(one: Mapping[str, Any], other: Mapping[str, Any], names: Mapping[str, str]) -> None:
    for old, new in names.items():
        left, right = one[old], other[new]
        assert left.dtype == right.dtype
        assert left.shape == right.shape
        assert left.tobytes() == right.tobytes(), (old, new)


def renamed(key: str) -> str:
    return key.replace("FeatureExtractor/", "CustomExtractor/")


def test_scopes_are_renamed_by_the_rule_that_is_found(tmp_path: Path) -> None:
    text = config(TF1)
    variables = values(text)
    extra = {f"{renamed(key)}/Momentum": array for key, array in list(variables.items())[:3]}
    prefix = write_tf1(tmp_path / "a", variables, rename=renamed, extra=extra)
    path = written(tmp_path / "b", text)
    planned = plans(prefix, ANY, to=path)
    assert [plan.repair for plan in planned] == ["rename-variables"]
    assert not (tmp_path / "a" / "model.ckpt.fixed").exists()
    fixed = fix(prefix, environment=ANY, to=path, only=["rename-variables"])
    assert fixed.output == str(tmp_path / "a" / "model.ckpt.fixed")
    assert fixed.remaining == ()
    result = mended(fixed)
    same(open_source(str(prefix)).tensors, result.tensors, {renamed(key): key for key in variables})
    assert f"{next(iter(variables))}/Momentum" in result.tensors
    assert [finding.severity for finding in check(fixed.output, ANY, config=path).findings] == ["info"]


def test_scopes_are_renamed_by_the_rule_that_is_given(tmp_path: Path) -> None:
    variables = values(config(TF1))
    prefix = write_tf1(tmp_path, variables)
    fixed = fix(prefix, environment=ANY, only=["rename-variables"], rename=[("FeatureExtractor/MobilenetV1", "net")])
    result = mended(fixed)
    names = {key: key.replace("FeatureExtractor/MobilenetV1/", "net/") for key in variables}
    assert sum(old != new for old, new in names.items()) > 100
    same(open_source(str(prefix)).tensors, result.tensors, names)


def test_two_variables_of_one_name_are_refused(tmp_path: Path) -> None:
    prefix = write_tf1(tmp_path, {"a/x": np.ones(2, np.float32), "b/x": np.ones(2, np.float32)})
    with pytest.raises(UnsupportedModelError, match="one name"):
        fix(prefix, environment=ANY, only=["rename-variables"], rename=[("a", "b")])
    assert list(tmp_path.glob(".loadstone*")) == []


def test_an_object_graph_is_changed_with_its_keys(tmp_path: Path) -> None:
    variables = values(config(TF2))
    prefix = write_tf2(tmp_path, variables)
    rules = [("model/_feature_extractor", "model/_backbone/inner")]
    result = mended(fix(prefix, environment=ANY, only=["rename-variables"], rename=rules))
    graph = read_object_graph(result.tensors[OBJECT_GRAPH_KEY].item())
    before = read_object_graph(open_source(str(prefix)).tensors[OBJECT_GRAPH_KEY].item())
    new = {key.replace(rules[0][0], rules[0][1]): name for key, name in before.full_names.items()}
    assert graph.full_names == new
    assert set(graph.full_names) <= set(result.tensors)


@pytest.mark.parametrize(
    "graph", [b"", b"\x0a\x07\x0a\x05\x08\x09\x12\x01a", b"\x0a\x10\x0a\x0e\x08" + b"\xff" * 9 + b"\x01\x12\x01a"]
)
def test_an_object_graph_that_names_nodes_it_has_not_is_refused(graph: bytes) -> None:
    with pytest.raises(FormatError, match="object graph"):
        EditableGraph(graph)


@pytest.mark.parametrize(("kind", "write"), [(TF1, write_tf1), (TF2, write_tf2)])
@pytest.mark.parametrize(("has", "wants"), [(3, 7), (5, 2)])
def test_heads_get_the_size_of_the_configuration(
    kind: str, write: Callable[..., Path], has: int, wants: int, tmp_path: Path
) -> None:
    variables = values(config(kind, has))
    prefix = write(tmp_path / "a", variables)
    path = written(tmp_path / "b", config(kind, wants))
    fixed = fix(prefix, environment=ANY, to=path, only=["resize-heads"])
    assert fixed.remaining == ()
    result = mended(fixed)
    suffix = KEY_SUFFIX if kind == TF2 else ""
    wanted = values(config(kind, wants))
    assert {key: result.tensors[key + suffix].shape for key in wanted} == {
        key: one.shape for key, one in wanted.items()
    }
    changed = [key for key, array in variables.items() if array.shape != wanted[key].shape]
    assert len(changed) == 12
    kept = {key + suffix: key + suffix for key in variables if key not in changed}
    same(open_source(str(prefix)).tensors, result.tensors, kept)
    for key in changed:
        old, new = variables[key], result.tensors[key + suffix]
        both, lead = min(has, wants) + 1, old.shape[:-1]
        old, new = (one.reshape(*lead, -1, classes + 1) for one, classes in ((old, has), (new, wants)))
        np.testing.assert_array_equal(old[..., :both], new[..., :both])
        assert np.all(new[..., both:] == (np.float32(-4.59512) if old.ndim == 2 else 0))


def test_state_averages_and_heads_are_dropped_on_request_only(tmp_path: Path) -> None:
    variables = values(config(TF1))
    first = next(iter(variables))
    extra = {f"{first}/Momentum": variables[first], f"{first}/ExponentialMovingAverage": variables[first]}
    prefix = write_tf1(tmp_path, variables, extra=extra)
    assert plans(prefix, ANY) == ()
    whole = {key: key for key in variables}
    original = open_source(str(prefix)).tensors
    result = mended(fix(prefix, environment=ANY, only=["drop-optimizer-state"]))
    assert set(original) - set(result.tensors) == {f"{first}/Momentum"}
    same(original, result.tensors, whole)
    result = mended(fix(prefix, environment=ANY, only=["drop-averages"]))
    assert set(original) - set(result.tensors) == {f"{first}/ExponentialMovingAverage"}
    result = mended(fix(prefix, environment=ANY, only=["drop-heads"]))
    heads = {key for key in variables if key.startswith("BoxPredictor_")}
    assert len(heads) == 24
    assert set(original) - set(result.tensors) == heads


def test_slots_go_with_heads_and_towers_stay(wild: Path, tmp_path: Path) -> None:
    prefix = wild.parent / "exports" / "ssd_mobilenet_v2_fpnlite_320" / "checkpoint" / "ckpt-0"
    (plan,) = plans(prefix, ANY, only=["drop-heads"])
    assert {name for name in plan.touched if "tower" in name.lower()} == set()
    assert len(plan.touched) == 6
    variables = {"BoxPredictor_0/ClassPredictor/weights": np.ones((1, 1, 2, 6), np.float32)}
    extra = {f"{name}/Momentum": array for name, array in variables.items()} | {"x/Momentum": np.ones(2, np.float32)}
    (plan,) = plans(
        write_tf1(tmp_path, {**variables, "x": np.ones(2, np.float32)}, extra=extra), ANY, only=["drop-heads"]
    )
    assert set(plan.touched) == {*variables, *(f"{name}/Momentum" for name in variables)}


def test_dropped_variables_leave_the_object_graph(tmp_path: Path) -> None:
    prefix = write_tf2(tmp_path, values(config(TF2)))
    result = mended(fix(prefix, environment=ANY, only=["drop-heads"]))
    graph = read_object_graph(result.tensors[OBJECT_GRAPH_KEY].item())
    assert set(graph.full_names) - {f"save_counter{KEY_SUFFIX}"} == {
        name for name in result.tensors if name.startswith("model/")
    } - {name for name in result.tensors if "OPTIMIZER_SLOT" in name}


def test_foreign_paths_of_the_state_file_are_mended(tmp_path: Path) -> None:
    prefix = write_tf1(tmp_path / "a", {"x": np.arange(6, dtype=np.int32)})
    state = tmp_path / "a" / "checkpoint"
    assert plans(tmp_path / "a", ANY) == ()
    state.write_text('model_checkpoint_path: "/content/drive/My Drive/training/model.ckpt"\n')
    fixed = fix(tmp_path / "a", environment=ANY)
    assert [plan.repair for plan in fixed.applied] == ["mend-state-file"]
    result = mended(fixed)
    assert (Path(fixed.output or "") / "checkpoint").read_text().startswith('model_checkpoint_path: "model.ckpt"\n')
    same(open_source(str(prefix)).tensors, result.tensors, {"x": "x"})
    state.write_text('model_checkpoint_path: "C:\\\\train\\\\model.ckpt-99"\n')
    fixed = fix(tmp_path / "a", environment=ANY)
    assert (fixed.output, [plan.repair for plan in fixed.left]) == (None, ["mend-state-file"])


def test_a_data_file_gets_its_name_back(tmp_path: Path) -> None:
    prefix = write_tf1(tmp_path, {"x": np.arange(99, dtype=np.float32)})
    expected = open_source(str(prefix)).tensors["x"].copy()
    data = tmp_path / "model.ckpt.data-00000-of-00001"
    data.rename(tmp_path / "model.ckpt.data-00000-of-00001 (1)")
    fixed = fix(tmp_path / "model.ckpt.index", environment=ANY)
    assert [plan.repair for plan in fixed.applied] == ["restore-shard-names"]
    np.testing.assert_array_equal(mended(fixed).tensors["x"], expected)


def test_checksums_are_rewritten_only_when_asked(tmp_path: Path) -> None:
    prefix = write_tf1(tmp_path, {"x": np.arange(99, dtype=np.float32), "y": np.ones(5, np.float32)})
    data = tmp_path / "model.ckpt.data-00000-of-00001"
    raw = bytearray(data.read_bytes())
    raw[8] ^= 1
    data.write_bytes(raw)
    fixed = fix(prefix, environment=ANY)
    assert fixed.output is None
    assert "rewrite-checksums" in [plan.repair for plan in fixed.left]
    fixed = fix(prefix, environment=ANY, only=["rewrite-checksums"])
    result = mended(fixed)
    for tensor in result.tensors.all:
        assert tensor.verify is not None
        tensor.verify()
    assert (Path(fixed.output or "") / data.name).read_bytes() == bytes(raw)


def test_types_without_a_numpy_name_and_strings_are_copied_as_they_lie(wild: Path, tmp_path: Path) -> None:
    prefix = wild.parent / "exports" / "ssd_mobilenet_v2_fpnlite_320" / "checkpoint" / "ckpt-0"
    original = open_source(str(prefix))
    if not original.complete:
        pytest.skip("the export's weights are not kept here")
    fixed = fix(prefix, tmp_path / "new", environment=ANY, only=["rename-variables"], rename=[("model", "detector")])
    names = {name: name.replace("model/", "detector/", 1) for name in original.tensors if name.startswith("model/")}
    same(original.tensors, mended(fixed).tensors, names)


def test_a_repair_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no repair"):
        fix(tmp_path, environment=ANY, only=["rename"])


READ = """
import sys
import tensorflow as tf
for prefix in sys.argv[1:]:
    reader = tf.train.load_checkpoint(prefix)
    for name in reader.get_variable_to_shape_map():
        if name != "_CHECKPOINTABLE_OBJECT_GRAPH":
            print(prefix, name, float(abs(reader.get_tensor(name)).sum()))

class Net(tf.Module):
    def __init__(self):
        super().__init__()
        self.kernel = tf.Variable([[1.0, 2.0]])

model = tf.Module()
model.outer = tf.Module()
model.outer.net = Net()
status = tf.train.Checkpoint(model=model).restore(sys.argv[1])
status.assert_existing_objects_matched()
print("restored", model.outer.net.kernel.numpy().tolist())
"""


@pytest.mark.slow
def test_tensorflow_reads_the_results(tmp_path: Path) -> None:
    kernel = np.array([[5.0, 7.0]], np.float32)
    tf2 = write_tf2(tmp_path / "a", {"model/old/kernel": kernel, "model/head/bias": np.ones(3, np.float32)})
    rules = [("model/old", "model/outer/net")]
    first = fix(tf2, tmp_path / "one", environment=ANY, only=["rename-variables"], rename=rules)
    tf1 = write_tf1(tmp_path / "b", values(config(TF1)))
    second = fix(tf1, tmp_path / "two", environment=ANY, to=written(tmp_path, config(TF1, 9)), only=["resize-heads"])
    prefixes = [f"{first.output}/ckpt-0", f"{second.output}/model.ckpt"]
    done = subprocess.run([sys.executable, "-c", READ, *prefixes], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "restored [[5.0, 7.0]]" in done.stdout
    ours = open_source(str(second.output)).tensors
    told = dict(line.split(" ", 2)[1:] for line in done.stdout.splitlines() if line.startswith(prefixes[1]))
    assert set(told) == set(ours)
    for name, total in told.items():
        assert float(total) == pytest.approx(float(np.abs(ours[name]).sum()), rel=1e-4), name
