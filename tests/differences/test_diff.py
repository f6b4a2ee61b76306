"""`diff`: what differs is told with its size, what does not is counted; across containers and kinds."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

import loadstone as ls
from loadstone.cli import main
from loadstone.differences.pairs import paired
from loadstone.differences.values import difference
from loadstone.errors import LoadstoneError
from loadstone.facts import TensorSpec
from loadstone.facts.environment import Environment
from tests.support.checkpoints import config, values, write_tf1, write_tf2


def test_equal_checkpoints_do_not_differ(tmp_path: Path) -> None:
    variables = values(config())
    found = ls.diff(write_tf2(tmp_path / "a", variables), write_tf2(tmp_path / "b", variables, "ckpt-7"))
    assert not found
    assert found.same == len(variables)
    assert str(found).endswith(f"no difference: {len(variables)} tensors are the same")


def test_the_largest_difference_comes_first(tmp_path: Path) -> None:
    variables = values(config("ssd_mobilenet_v1"))
    one, two, three = list(variables)[:3]
    other = {**variables, one: variables[one] + 1, two: variables[two].copy(), three: variables[three] * 1}
    other[two].flat[0] -= 9
    found = ls.diff(write_tf1(tmp_path / "a", variables), write_tf1(tmp_path / "b", other))
    assert [change.name for change in found.changes] == [two, one]
    assert found.changes[0].size == pytest.approx(9, rel=1e-5)
    assert found.changes[0].right.startswith(f"1 of {variables[two].size:,} values differ, by 9")
    assert found.same == len(variables) - 2


def test_shapes_and_lone_tensors_are_told(tmp_path: Path) -> None:
    left = write_tf1(tmp_path / "a", {"x": np.ones((2, 3), np.float32), "y": np.ones(4, np.float32)})
    right = write_tf1(tmp_path / "b", {"x": np.ones((3, 3), np.float32), "z": np.ones(5, np.float32)})
    found = ls.diff(left, right)
    assert [(change.aspect, change.name, change.left, change.right) for change in found.changes] == [
        ("structure", "y", "float32 [4]", ""),
        ("structure", "z", "", "float32 [5]"),
        ("shape", "x", "float32 [2, 3]", "float32 [3, 3]"),
    ]


def test_another_detector_is_told(tmp_path: Path) -> None:
    left = write_tf2(tmp_path / "a", values(config(classes=3)))
    right = write_tf2(tmp_path / "b", values(config(classes=4)))
    found = {change.name: (change.left, change.right) for change in ls.diff(left, right).of("structure")}
    assert found == {"detector num_classes": ("3", "4")}
    assert len(ls.diff(left, right).of("shape")) == 12


def test_configurations_are_compared_by_value(tmp_path: Path) -> None:
    (tmp_path / "a.config").write_text(config(classes=3))
    (tmp_path / "b.config").write_text("# other\n" + config(classes=5).replace("0.95", "9.5e-1"))
    found = ls.diff(tmp_path / "a.config", tmp_path / "b.config")
    assert [(change.name, change.left, change.right) for change in found.changes] == [
        ("model.ssd.num_classes", "3", "5")
    ]


def test_environments_are_compared() -> None:
    left = Environment(name="a", python="3.11", packages={"tensorflow": "2.15.0", "numpy": "1.26.0"})
    right = Environment(name="b", python="3.11", packages={"tensorflow": "2.16.1", "numpy": "1.26.0"})
    found = ls.diff(left, right)
    assert [(change.name, change.left, change.right) for change in found.changes] == [
        ("package tensorflow", "2.15.0", "2.16.1")
    ]
    assert not ls.diff("tensorflow==2.15.0", "tensorflow==2.15.0")
    with pytest.raises(LoadstoneError, match="cannot be compared"):
        ls.diff(left, "somewhere")


@pytest.mark.parametrize(
    ("left", "right", "size"),
    [
        ([1.0, 2.0], [1.0, 2.0], None),
        ([1.0, np.nan], [1.0, np.nan], None),
        ([1.0, np.inf], [1.0, np.inf], None),
        ([1.0, 2.0], [1.5, 2.0], 0.5),
        ([1.0, np.nan], [1.0, 2.0], np.inf),
        ([0.0, -0.0], [-0.0, 0.0], None),
        ([1, 2], [1, 5], 3),
    ],
)
def test_values(left: list[float], right: list[float], size: float | None) -> None:
    found = difference(np.array(left), np.array(right))
    assert (found[0] if found else None) == size


def test_pairs_of_other_names() -> None:
    h5 = [
        TensorSpec("model_weights/conv2d_3/m/conv2d_3/kernel:0", "float32", (3, 3, 1, 8)),
        TensorSpec("model_weights/conv2d_3/m/conv2d_3/bias:0", "float32", (8,)),
    ]
    zipped = [
        TensorSpec("layers/conv2d/vars/0", "float32", (3, 3, 1, 8), tensor_name="conv2d/0"),
        TensorSpec("layers/conv2d/vars/1", "float32", (8,), tensor_name="conv2d/1"),
    ]
    found = paired(h5, zipped)
    assert [(pair.left.name[-8:], pair.right.name[-1]) for pair in found.pairs] == [
        ("kernel:0", "0"),
        ("3/bias:0", "1"),
    ]
    assert found.only_left == found.only_right == ()


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    left = str(write_tf1(tmp_path / "a", {"x": np.ones(2, np.float32)}))
    right = str(write_tf1(tmp_path / "b", {"x": np.zeros(2, np.float32)}))
    assert main(["diff", left, left]) == 0
    capsys.readouterr()
    assert main(["diff", left, right, "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["schema_version"] == 1
    assert document["changes"][0]["size"] == 1.0


def test_real_files(wild: Path) -> None:
    folder = wild / "keras3-h5-pair-cifar"
    assert not ls.diff(folder / "model_cifar10.h5", folder / "model_cifar10_compatible.h5")
    found = ls.diff(folder / "model_cifar10.h5", folder / "best_model.keras")
    assert {change.aspect for change in found.changes} == {"structure", "configuration", "value"}
    assert found.of("shape") == ()
    assert len(found.of("value")) == 22
    sizes = [change.size for change in found.of("value")]
    assert sizes == sorted(sizes, reverse=True)
    # Layers that only count on from another model are one line, not two for each.
    assert found.of("structure")[0].name.startswith("names of ")
    assert len(found.of("structure")) < 6


MAKE = """
import sys, keras
keras.utils.set_random_seed(1)
model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(4, 3), keras.layers.BatchNormalization(),
                          keras.layers.Flatten(), keras.layers.Dense(5), keras.layers.Dense(5)])
model.save(sys.argv[1] + "/a.keras")
model.save(sys.argv[1] + "/a.h5")
model.save_weights(sys.argv[1] + "/a.weights.h5")
"""


@pytest.mark.slow
def test_one_model_in_three_containers_is_the_same(tmp_path: Path) -> None:
    import subprocess

    done = subprocess.run([sys.executable, "-c", MAKE, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-1000:]
    for other in ("a.keras", "a.weights.h5"):
        found = ls.diff(tmp_path / "a.h5", tmp_path / other)
        assert found.of("value") == found.of("shape") == ()
        assert found.same == 10
        assert [change for change in found.of("structure") if change.name.startswith("model_weights")] == []
