"""TensorFlow.js models of both kinds, whole, short and hostile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from loadstone.errors import FormatError, TruncatedError
from loadstone.facts import ModelFile
from loadstone.formats import tfjs
from loadstone.formats.registry import Candidate, open_source
from loadstone.formats.tfjs_weights import SHARD_BYTES, expected_sizes
from tests.support.hostile import bit_flips, inflated, survives, truncations
from tests.support.memory import MemoryTree
from tests.support.tfjs import KERNEL, WEIGHTS, graph, layers


def read(files: dict[str, bytes]) -> ModelFile:
    return tfjs.read(Candidate("model.json", MemoryTree(files), "model.json", is_folder=False))


def test_layers_and_their_weights() -> None:
    found = read(layers())
    assert (found.format, found.complete) == ("tfjs-layers", True)
    assert found.producer == {"keras": "2.4.0", "tensorflowjs": "TensorFlow.js Converter v3.0.0"}
    assert [(spec.dtype, spec.shape) for spec in found.inputs] == [("float32", (None, 3))]
    assert [layer.class_name for layer in found.layers] == ["Dense"]
    np.testing.assert_array_equal(found.tensors["d/kernel"], KERNEL)
    np.testing.assert_array_equal(found.tensors["d/bias"], np.array([-1.0, 2.0], np.float32))
    assert found.tensors["d/steps"] == 7
    assert found.tensors["d/bias"].dtype == np.float32


def test_a_graph_and_its_ends() -> None:
    found = read(graph())
    assert (found.format, found.complete) == ("tfjs-graph", True)
    assert [(spec.name, spec.dtype, spec.shape) for spec in found.inputs] == [("x", "float32", (None, 3))]
    assert [(spec.name, spec.dtype) for spec in found.outputs] == [("y", "float32")]
    assert found.ops == {"Placeholder": 1, "Const": 1, "MyOp": 1}
    assert found.custom == ("MyOp",)
    assert found.producer == {"tensorflow": "2.3.0", "graphdef_producer": "440"}


def test_a_signature_names_the_ends() -> None:
    entry = {"name": "x:0", "dtype": "DT_FLOAT", "tensorShape": {"dim": [{"size": "1"}]}}
    found = read(graph(signature={"inputs": {"image": entry}, "outputs": {}}))
    assert [(spec.name, spec.tensor_name, spec.shape) for spec in found.inputs] == [("image", "x:0", (1,))]


@pytest.mark.parametrize(
    ("dtype", "stored", "value"),
    [("uint8", np.uint8, 3.0), ("uint16", np.uint16, 3.0), ("float16", np.float16, 4.0)],
)
def test_quantised_weights_come_as_real_values(dtype: str, stored: Any, value: float) -> None:
    quantisation = {"dtype": dtype} if dtype == "float16" else {"dtype": dtype, "scale": 0.5, "min": 1.0}
    entry = {"name": "w", "shape": [1], "dtype": "float32", "quantization": quantisation}
    files = graph(weightsManifest=[{"paths": ["w.bin"], "weights": [entry]}])
    files["w.bin"] = np.array([4], stored).tobytes()
    assert read(files).tensors["w"].tolist() == [value]


def test_a_missing_and_a_short_shard_are_told_with_their_bytes() -> None:
    files = layers()
    del files["b.bin"]
    found = read(files)
    assert not found.complete
    assert [(fact.path, fact.state, fact.bytes_short) for fact in found.files[1:]] == [
        ("a.bin", "present", 0),
        ("b.bin", "missing", 20),
    ]
    with pytest.raises(TruncatedError, match=r"the shard 'b\.bin' is not whole"):
        _ = found.tensors["d/kernel"]
    short = read({**graph(), "w.bin": KERNEL.tobytes()[:20]})
    assert [(fact.state, fact.bytes_short) for fact in short.files[1:]] == [("truncated", 4)]


@pytest.mark.parametrize(
    ("total", "sizes", "expected"),
    [
        (10, [None], [10]),
        (10, [4, None], [4, 6]),
        (10, [None, None], [None, None]),
        (2 * SHARD_BYTES + 5, [None, None, 5], [SHARD_BYTES, SHARD_BYTES, 5]),
        (None, [3], [None]),
        (0, [], []),
    ],
)
def test_the_size_of_a_shard_that_lacks(total: int | None, sizes: list[int | None], expected: list[int | None]) -> None:
    assert expected_sizes(total, sizes) == expected


@pytest.mark.parametrize("path", ["../../etc/passwd", "/etc/passwd", "a\\b", ""])
def test_a_path_that_leaves_the_folder_is_not_opened(path: str) -> None:
    files = layers(weightsManifest=[{"paths": [path], "weights": WEIGHTS}])
    found = read({**files, "etc/passwd": bytes(30)})
    assert [(fact.path, fact.state) for fact in found.files[1:]] == [(path, "missing")]


@pytest.mark.parametrize(
    ("weight", "match"),
    [
        ({"name": "w", "shape": [-1], "dtype": "float32"}, "not a side"),
        ({"name": "w", "shape": [2**63], "dtype": "float32"}, "not a side"),
        ({"name": "w", "shape": [True], "dtype": "float32"}, "not a side"),
        ({"name": "w", "shape": [1], "dtype": "float128"}, "unknown type"),
        ({"name": 3, "shape": [1], "dtype": "float32"}, "not a text"),
        ({"name": "w", "shape": "x", "dtype": "float32"}, "not a list"),
    ],
)
def test_a_broken_manifest_is_refused_with_its_place(weight: dict[str, Any], match: str) -> None:
    with pytest.raises(FormatError, match=match) as told:
        read(layers(weightsManifest=[{"paths": ["a.bin"], "weights": [weight]}]))
    assert told.value.where.startswith("weightsManifest[0].weights")


def test_labels_of_teachable_machine() -> None:
    files = {**layers(), "metadata.json": b'{"labels": ["cup", "purse"], "tmVersion": "2.4.4", "imageSize": 224}'}
    found = read(files)
    assert found.labels == {0: "cup", 1: "purse"}
    assert found.details["teachable_machine"] == {"tmVersion": "2.4.4", "imageSize": 224}


def test_the_wild_models(wild: Path) -> None:
    machine = open_source(str(wild / "tfjs-tm-13"))
    assert (machine.format, machine.complete, len(machine.labels)) == ("tfjs-layers", True, 2)
    assert machine.parameters == sum(tensor.read().size for tensor in machine.tensors.all) == 538_508
    tribe = open_source(str(wild / "tfjs-graphmodel-tribe"))
    assert (tribe.format, tribe.complete) == ("tfjs-graph", False)
    assert {fact.path: fact.bytes_short for fact in tribe.files if fact.state != "present"} == {
        "group1-shard1of3.bin": SHARD_BYTES,
        "group1-shard2of3.bin": SHARD_BYTES,
    }
    last = tribe.tensors.specs[-1].name
    assert tribe.tensors[last].shape == tribe.tensors.specs[-1].shape


def test_broken_models_end_in_an_error_or_a_value() -> None:
    for files in (layers(), graph()):
        data = files["model.json"]
        for broken in (*truncations(data, 16), *bit_flips(data, 300), *inflated(data, 100)):
            survives(lambda content, files=files: _touch({**files, "model.json": content}), broken)  # type: ignore[misc]


def _touch(files: dict[str, bytes]) -> None:
    for tensor in read(files).tensors.all:
        tensor.read()


def test_odd_shards_that_lack_bytes_are_told() -> None:
    assert expected_sizes(51, [40, 11]) == [40, 11]
    assert expected_sizes(51, [40, 5]) == [40, 11]
    # The converter's own size is no measure for shards of another.
    assert expected_sizes(51, [60, 5]) == [60, 5]
