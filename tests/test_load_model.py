"""`load_model` in the place of Keras' own: mended models load, and one error says everything that is missing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import loadstone as ls
from loadstone.errors import CannotLoadError
from tests.support.keras_files import dense, keras_h5, kernels, layer, sequential, start

REPOSITORY = Path(__file__).resolve().parents[1]
LOADS = """
import sys
import numpy as np
import loadstone as ls
model = ls.load_model(sys.argv[1])
print(np.asarray(model(np.ones((1, 4, 4, 3), "float32"))).sum().item())
"""


def elsewhere(*command: str) -> subprocess.CompletedProcess[str]:
    """Run in a process of its own: which backend Keras has here is another test's business."""
    environment = {
        **os.environ,
        "KERAS_BACKEND": "tensorflow",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
    }
    return subprocess.run([sys.executable, *command], capture_output=True, text=True, env=environment, cwd=REPOSITORY)


def test_every_missing_object_is_told_at_once(tmp_path: Path) -> None:
    model = sequential(start(3), layer("MyAttention", "att", heads=4), layer("MyPool", "pool"), dense())
    path = keras_h5(tmp_path / "model.h5", model, {"att": kernels((3, 4)), "dense": kernels((3, 2), (2,))})
    with pytest.raises(CannotLoadError) as caught:
        ls.load_model(path)
    assert caught.value.custom_objects == ("MyAttention", "MyPool")
    assert "custom-object-not-registered" in {finding.fault for finding in caught.value.findings}  # type: ignore[attr-defined]
    assert "class MyAttention(keras.layers.Layer):" in caught.value.skeleton
    assert "heads" in caught.value.skeleton
    assert "[3, 4]" in caught.value.skeleton
    compile(caught.value.skeleton, "skeleton", "exec")


def test_objects_that_were_given_are_not_missing(tmp_path: Path) -> None:
    model = sequential(start(3), layer("MyAttention", "att"), layer("MyPool", "pool"))
    path = keras_h5(tmp_path / "model.h5", model, {"att": kernels((3, 4))})
    with pytest.raises(CannotLoadError) as caught:
        ls.load_model(path, custom_objects={"MyPool": object})
    assert caught.value.custom_objects == ("MyAttention",)


@pytest.mark.slow
def test_a_mended_model_runs(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow")
    model = sequential(start(4, 4, 3), layer("DepthwiseConv2D", "dw", groups=1, kernel_size=[4, 4], use_bias=False))
    (kernel,) = kernels((4, 4, 3, 1))
    path = keras_h5(tmp_path / "model.h5", model, {"dw": [kernel]})
    done = elsewhere("-c", LOADS, str(path))
    assert done.returncode == 0, done.stderr[-500:]
    assert float(done.stdout) == pytest.approx(float(kernel.sum()), rel=1e-4)


SEQUENTIAL = """
import sys
import numpy as np
import loadstone as ls
print(ls.load_model(sys.argv[1])(np.ones((1, 3), "float32")).numpy().tolist())
"""


@pytest.mark.slow
def test_a_sequential_model_without_an_input_shape_runs(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow")
    kernel, bias = kernels((3, 2), (2,))
    path = keras_h5(tmp_path / "model.h5", sequential(dense()), {"dense": [kernel, bias]})
    done = elsewhere("-c", SEQUENTIAL, str(path))
    assert done.returncode == 0, done.stderr[-500:]
    assert json.loads(done.stdout)[0] == pytest.approx((kernel.sum(axis=0) + bias).tolist(), rel=1e-4)


@pytest.mark.slow
def test_the_real_models_load_but_for_those_whose_code_is_named(wild: Path) -> None:
    pytest.importorskip("tensorflow")
    done = elsewhere("benchmarks/keras_repair.py", str(wild), "--json")
    assert done.returncode == 0, done.stderr[-500:]
    rows = json.loads(done.stdout.splitlines()[-1])
    assert {row["file"]: row["missing"] for row in rows if not row["after"]} == {
        "keras-zip-36-customlayers/best_model.keras": "FuzzyLayer, RuleLayer, NormLayer, DefuzzLayer, SummationLayer",
    }
    assert all(row["after"] for row in rows if row["before"])
    assert len(rows) >= 25
    assert sum(row["after"] for row in rows) / len(rows) >= 0.95
