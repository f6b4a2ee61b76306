"""HDF5 files whose tensors are not what their own configuration says: each fault with a file, and a whole one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import loadstone as ls
from loadstone.checks import check
from loadstone.checks.run import subjects
from loadstone.checks.views.layer_shapes import layer_weights
from loadstone.facts.environment import Environment
from loadstone.repairs import fix

ANY = Environment()
MINE = (
    "h5-arch-mismatch",
    "h5-layer-count-mismatch",
    "h5-numclasses-mismatch",
    "h5-sequential-missing-input-shape",
    "h5-weight-count-mismatch",
)

LAYERS: list[dict[str, Any]] = [
    {"class_name": "Conv2D", "config": {"name": "conv2d", "filters": 8, "kernel_size": [3, 3], "use_bias": True,
                                        "batch_input_shape": [None, 16, 16, 3]}},
    {"class_name": "BatchNormalization", "config": {"name": "bn", "scale": True, "center": True}},
    {"class_name": "Flatten", "config": {"name": "flatten"}},
    {"class_name": "Dense", "config": {"name": "dense", "units": 20, "use_bias": True}},
    {"class_name": "Dense", "config": {"name": "top", "units": 5, "use_bias": True}},
]  # fmt: skip
WEIGHTS: dict[str, dict[str, tuple[int, ...]]] = {
    "conv2d": {"kernel:0": (3, 3, 3, 8), "bias:0": (8,)},
    "bn": {"gamma:0": (8,), "beta:0": (8,), "moving_mean:0": (8,), "moving_variance:0": (8,)},
    "dense": {"kernel:0": (1568, 20), "bias:0": (20,)},
    "top": {"kernel:0": (20, 5), "bias:0": (5,)},
}


def written(
    path: Path, weights: Mapping[str, Mapping[str, tuple[int, ...]]], layers: list[dict[str, Any]] | None = None
) -> Path:
    """Write a file as Keras 2 does."""
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = b"2.11.0"
        file.attrs["backend"] = b"tensorflow"
        config = {"class_name": "Sequential", "config": {"name": "m", "layers": LAYERS if layers is None else layers}}
        file.attrs["model_config"] = json.dumps(config).encode()
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [name.encode() for name in weights]
        for name, tensors in weights.items():
            layer = group.create_group(name)
            layer.attrs["weight_names"] = [f"{name}/{leaf}".encode() for leaf in tensors]
            for leaf, shape in tensors.items():
                layer.create_dataset(f"{name}/{leaf}", data=np.ones(shape, np.float32))
    return path


def told(path: Path) -> list[str]:
    return [finding.fault for finding in check(path, ANY).findings if finding.fault in MINE]


def test_a_whole_file_has_no_findings(tmp_path: Path) -> None:
    path = written(tmp_path / "m.h5", WEIGHTS)
    assert told(path) == []
    layers = layer_weights(subjects(str(path), ANY, None, None)[0])
    assert [(layer.name, len(layer.expected), len(layer.found)) for layer in layers] == [
        ("conv2d", 2, 2),
        ("bn", 4, 4),
        ("dense", 2, 2),
        ("top", 2, 2),
    ]


@pytest.mark.parametrize(
    ("change", "fault", "words"),
    [
        ({"top": {"kernel:0": (20, 9), "bias:0": (9,)}}, "h5-numclasses-mismatch", "9 outputs in the file"),
        ({"dense": {"kernel:0": (1568, 32), "bias:0": (32,)}}, "h5-arch-mismatch", "(?, 20) and 1 more tensors differ"),
        ({"conv2d": {"kernel:0": (5, 5, 3, 8), "bias:0": (8,)}}, "h5-arch-mismatch", "(5, 5, 3, 8)"),
        ({"conv2d": {"kernel:0": (3, 3, 3, 8)}}, "h5-weight-count-mismatch", "has a bias, the file none"),
        (
            {"bn": {"beta:0": (8,), "moving_mean:0": (8,), "moving_variance:0": (8,)}},
            "h5-weight-count-mismatch",
            "gamma",
        ),
        ({"dense": {}}, "h5-layer-count-mismatch", "1 of the 4 layers"),
    ],
)
def test_tensors_against_the_configuration(
    change: dict[str, dict[str, tuple[int, ...]]], fault: str, words: str, tmp_path: Path
) -> None:
    path = written(tmp_path / "m.h5", {**WEIGHTS, **change})
    assert told(path) == [fault]
    finding = next(finding for finding in check(path, ANY).findings if finding.fault == fault)
    assert finding.certainty == "proved"
    for word in words.split(" and "):
        assert word in finding.fact


def test_a_sequential_model_without_an_input_shape(tmp_path: Path) -> None:
    first: dict[str, Any] = {"class_name": "Dense", "config": {"name": "dense", "units": 20, "use_bias": True}}
    weights = {name: tensors for name, tensors in WEIGHTS.items() if name in ("dense", "top")}
    path = written(tmp_path / "m.h5", weights, [first, LAYERS[-1]])
    assert told(path) == ["h5-sequential-missing-input-shape"]
    finding = next(one for one in check(path, ANY).findings if one.fault == "h5-sequential-missing-input-shape")
    assert finding.evidence[0].expected == "batch_input_shape: [null, 1568]"
    fixed = fix(path, environment=ANY, only=["sequential-input-shape"])
    assert fixed.output is not None
    assert told(Path(fixed.output)) == []
    before, after = ls.inspect(path), ls.inspect(fixed.output)
    assert after.inputs[0].shape == (None, 1568)
    assert {name: after.tensors[name].tobytes() for name in after.tensors} == {
        name: before.tensors[name].tobytes() for name in before.tensors
    }
    first["config"]["batch_input_shape"] = [None, 1568]
    assert told(written(tmp_path / "n.h5", weights, [first, LAYERS[-1]])) == []


def test_the_real_files_have_no_findings(wild: Path) -> None:
    judged = 0
    for path in sorted([*wild.rglob("*.h5"), *wild.rglob("*.hdf5"), *wild.rglob("*.keras")]):
        assert told(path) == [], path
        judged += 1
    assert judged > 20
