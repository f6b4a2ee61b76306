"""SavedModels: signatures, functions, variables and assets, whole and in pieces."""

from __future__ import annotations

import contextlib
import io
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from loadstone.errors import FormatError, SourceError
from loadstone.facts import ModelFile
from loadstone.formats import savedmodel
from loadstone.formats.registry import locate
from loadstone.report.inspect_text import inspect_text
from loadstone.wire.protobuf_writer import encode
from loadstone.wire.schemas.saved_model import KERAS_METADATA
from tests.support.graphs import (
    constant,
    floats,
    graph_bytes,
    meta_graph,
    node,
    placeholder,
    saved_model,
    signature,
    small_graph,
    small_saved_model,
    tensor_info,
)
from tests.support.hostile import bit_flips, inflated, survives, truncations
from tests.support.memory import folder

WILD = (
    *("savedmodel-tfserving-tf1-cpu", "savedmodel-tfserving-tf2-cpu", "savedmodel-tfserving-counter"),
    *("savedmodel-mediapipe-tf1", "keras-savedmodel-kws", "keras-savedmodel-mobilenetv2-mask"),
    *("broken-savedmodel-novars-didyou", "tf1ckpt-ssdmnv1-trafficsign/saved_model"),
)
EXPORTS = ("ssd_mobilenet_v2_fpnlite_320", "efficientdet_d0")


def read(files: dict[str, bytes]) -> ModelFile:
    candidate = folder(files)
    assert savedmodel.sniff(candidate)
    return savedmodel.read(candidate)


def open_folder(path: Path) -> ModelFile:
    return savedmodel.read(locate(str(path)))


def states(model: ModelFile) -> dict[str, tuple[str, int | None]]:
    return {file.path: (file.state, file.expected) for file in model.files}


def test_a_small_saved_model_is_described() -> None:
    model = read({"saved_model.pb": small_saved_model()})
    assert model.format == "savedmodel"
    assert model.producer["tensorflow"] == "2.11.1"
    (found,) = model.signatures
    assert (found.name, found.tags, found.method) == ("serving_default", ("serve",), "tensorflow/serving/predict")
    (given,) = model.inputs
    assert (given.name, given.dtype, given.shape, given.tensor_name) == ("x", "float32", (None, 2), "image:0")
    assert model.ops["MyOwnOp"] == 1
    assert model.custom == ("MyOwnOp",)
    assert model.details["function_names"] == ["inner"]


def test_missing_variables_are_sized_by_the_graph() -> None:
    model = read({"saved_model.pb": small_saved_model()})
    assert not model.complete
    assert states(model)["variables/variables.data-00000-of-00001"] == ("missing", 48)
    assert states(model)["variables/variables.index"] == ("missing", None)
    assert states(model)["assets/words.txt"] == ("missing", None)
    assert [(spec.name, spec.shape, spec.nbytes) for spec in model.tensors.specs] == [("v", (3, 4), 48)]
    with pytest.raises(SourceError, match="value of the variable v is not here"):
        model.tensors["v"]


def test_a_model_without_variables_gives_its_constants() -> None:
    model = read({"saved_model.pb": saved_model(meta_graph(small_graph(), "serve"))})
    assert model.complete
    assert model.parameters == 6
    assert [spec.name for spec in model.inputs] == ["image"]
    assert any("no signature" in note for note in model.notes)


def test_every_graph_in_the_file_is_told_by_its_tags() -> None:
    sides = signature({"a": tensor_info("a:0")}, {"b": tensor_info("b:0")})
    serve = meta_graph(graph_bytes(placeholder("a")), "serve", signature_def={"serving_default": sides})
    train = meta_graph(graph_bytes(placeholder("a"), node("t", "ReadFile")), "train", signature_def={"train": sides})
    model = read({"saved_model.pb": saved_model(train, serve)})
    assert [(found.name, found.tags) for found in model.signatures] == [
        ("train", ("train",)),
        ("serving_default", ("serve",)),
    ]
    assert model.ops["ReadFile"] == 1
    assert any("2 graphs in one file" in note for note in model.notes)


def test_an_asset_outside_its_folder_is_not_looked_up() -> None:
    assets = [{"filename": name} for name in ("../../etc/passwd", "/etc/passwd", "c:\\x", "a/../b", "ok.txt")]
    data = saved_model(meta_graph(small_graph(), "serve", asset_file_def=assets))
    model = read({"saved_model.pb": data, "assets/ok.txt": b"1", "etc/passwd": b"no"})
    assert [file.path for file in model.files] == ["saved_model.pb", "assets/ok.txt"]
    assert sum("points out of its folder" in note for note in model.notes) == 4


def test_a_renamed_file_is_a_saved_model_all_the_same() -> None:
    metadata = encode(KERAS_METADATA, {"nodes": []})
    model = read({"model7.pb": small_saved_model(), "keras_metadata.pb": metadata})
    assert any("under another name" in note for note in model.notes)


def test_a_folder_with_variables_but_no_graph_is_incomplete() -> None:
    model = read({"variables/variables.index": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"})
    assert not model.complete
    assert states(model)["saved_model.pb"] == ("missing", None)


def test_keras_metadata_gives_layers_and_versions() -> None:
    text = (
        '{"class_name": "Sequential", "keras_version": "2.8.0", "backend": "tensorflow", "config": {"name": "s",'
        ' "layers": [{"class_name": "Lambda", "config": {"name": "l", "function": ["4wEAAA==", null, null]}}]}}'
    )
    root = {"node_path": "root", "identifier": "_tf_keras_sequential", "metadata": text}
    files = {"saved_model.pb": small_saved_model(), "keras_metadata.pb": encode(KERAS_METADATA, {"nodes": [root]})}
    model = read(files)
    assert model.producer["keras"] == "2.8.0"
    assert [layer.class_name for layer in model.layers] == ["Lambda"]
    assert "Lambda" in model.custom
    assert any("holds code" in note for note in model.notes)


def test_metadata_saved_as_text_is_read_as_it_was(wild: Path) -> None:
    model = open_folder(wild / "broken-savedmodel-renamed-0x7a" / "model1")
    assert model.producer["keras"] == "2.10.0"
    assert len(model.layers) == 13
    assert any("saved as Windows-1252 text" in note for note in model.notes)
    assert any("model1.pb is a SavedModel under another name" in note for note in model.notes)
    assert not model.complete


def test_the_counterpart_whose_graph_was_not_kept(wild: Path) -> None:
    model = open_folder(wild / "savedmodel-ultralight-face-slim")
    assert states(model)["saved_model.pb"][0] == "missing"
    assert model.parameters > 260_000


def test_pointers_stand_for_their_sizes(wild: Path) -> None:
    candidate = locate(str(wild / "lfs-fasterrcnn-catplant" / "saved_model"))
    model = savedmodel.read(candidate)
    (file,) = [file for file in model.files if file.path == "saved_model.pb"]
    assert file.state == "lfs-pointer"
    assert (file.expected or 0) > 1_000_000


@pytest.mark.parametrize("name", WILD)
def test_wild_versions_are_those_recorded(wild: Path, manifest: dict[str, Any], name: str) -> None:
    model = open_folder(wild / name)
    recorded = manifest[name.partition("/")[0]]["recorded_version"]
    if recorded:
        assert model.producer["tensorflow"] == recorded.removeprefix("tf ")
    assert model.inputs or "counter" in name
    assert model.outputs


def test_broken_saved_models_end_in_an_error() -> None:
    whole = small_saved_model()
    for broken in (*truncations(whole, every=1), *bit_flips(whole), *inflated(whole)):
        survives(lambda data: savedmodel.read(folder({"saved_model.pb": data})), broken)


def test_a_saved_model_of_nothing_is_refused() -> None:
    with pytest.raises(FormatError, match="holds no graph"):
        savedmodel.read(folder({"saved_model.pb": b"\x08\x01"}))


def test_a_constant_bomb_costs_nothing_to_describe() -> None:
    bomb = constant("bomb", floats(1.0, sides=(1,)))
    bomb["attr"]["value"]["tensor"] = {
        "dtype": 1,
        "tensor_shape": {"dim": [{"size": 1 << 39}] * 8},
        "float_val": [1.0],
    }
    data = saved_model(meta_graph(graph_bytes(bomb), "serve"))
    assert survives(lambda broken: read({"saved_model.pb": broken}), data, memory=True) is None


@pytest.mark.tensorflow
@pytest.mark.parametrize("name", [*WILD, *EXPORTS])
def test_signatures_and_operations_are_those_tensorflow_reads(shared: Path, name: str) -> None:
    pytest.importorskip("tensorflow")
    from tensorflow.core.protobuf import saved_model_pb2
    from tensorflow.python.tools import saved_model_cli

    path = shared / "exports" / name / "saved_model" if name in EXPORTS else shared / "wild" / name
    model = open_folder(path)
    theirs = saved_model_pb2.SavedModel.FromString((path / "saved_model.pb").read_bytes())
    ops: Counter[str] = Counter()
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        for found in theirs.meta_graphs:
            print(f"\nMetaGraphDef with tag-set: '{', '.join(found.meta_info_def.tags)}' ", end="")
            print("contains the following SignatureDefs:")
            ops.update(inner.op for inner in found.graph_def.node)
            ops.update(inner.op for outer in found.graph_def.library.function for inner in outer.node_def)
            for key in sorted(found.signature_def):
                print(f"\nsignature_def['{key}']:")
                saved_model_cli._show_inputs_outputs_mgd(found, key, 1)
    assert model.ops == ops
    ours = inspect_text(model, signatures=True)
    # A reference to a float is a float to whoever feeds or reads it.
    assert _lines(shown.getvalue().replace("_REF", "")) == _lines(ours[ours.index("\nMetaGraphDef") :])
    functions = [outer.signature.name for found in theirs.meta_graphs for outer in found.graph_def.library.function]
    assert sorted(model.details["function_names"]) == sorted(functions)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


@pytest.mark.tensorflow
def test_text_says_the_same_as_bytes(wild: Path) -> None:
    pytest.importorskip("tensorflow")
    text_format = pytest.importorskip("google.protobuf.text_format")
    from tensorflow.core.protobuf import saved_model_pb2

    for name in ("savedmodel-tfserving-tf1-cpu", "savedmodel-tfserving-tf2-cpu", "keras-savedmodel-kws"):
        data = (wild / name / "saved_model.pb").read_bytes()
        text = text_format.MessageToString(saved_model_pb2.SavedModel.FromString(data)).encode()
        binary, plain = read({"saved_model.pb": data}), read({"saved_model.pbtxt": text})
        assert plain.signatures == binary.signatures
        assert plain.ops == binary.ops
        assert plain.producer == binary.producer
        assert plain.layers == binary.layers
        assert plain.tensors.specs == binary.tensors.specs


@pytest.mark.tensorflow
def test_variables_are_those_tensorflow_restores(wild: Path) -> None:
    tf = pytest.importorskip("tensorflow")
    import numpy as np

    path = wild / "keras-savedmodel-kws"
    model = open_folder(path)
    reader = tf.train.load_checkpoint(str(path / "variables" / "variables"))
    names = [
        name for name in reader.get_variable_to_shape_map() if reader.get_variable_to_dtype_map()[name] != tf.string
    ]
    assert len(names) > 100
    for name in names:
        np.testing.assert_array_equal(model.tensors[name], reader.get_tensor(name), err_msg=name)
