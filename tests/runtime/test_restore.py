"""`restore` fills what belongs together from every container, and says everything about what does not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import loadstone as ls
from loadstone.errors import LoadstoneError, SourceError, UnsupportedModelError
from loadstone.formats.checkpoint.bundle_writer import write_bundle
from tests.export import narrow
from tests.runtime.restore_models import small, values

pytest.importorskip("openvino")
if find_spec("keras") is None:
    # Importing it here would settle its backend for the whole run.
    pytest.skip("no Keras", allow_module_level=True)

from loadstone.runtime.keras.keras_build import keras as keras_on_openvino

Arrays = dict[str, Any]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if find_spec("tensorflow") is None:
        pytest.skip("no TensorFlow")
    folder = tmp_path_factory.mktemp("restore")
    words = [sys.executable, "-m", "tests.runtime.restore_files", str(folder)]
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(words, capture_output=True, text=True, cwd=root, check=False, env=_environment())
    assert done.returncode == 0, done.stderr[-2000:]
    return folder


def _environment() -> dict[str, str]:
    import os

    return {**os.environ, "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}


def _fresh(*, named: bool = True, before: int = 0, classes: int = 5) -> Any:
    keras = keras_on_openvino()
    keras.utils.clear_session()
    for _ in range(before):
        keras.layers.Conv2D(1, 1)
    return small(keras, named=named, classes=classes)


def _filled(model: Any) -> bool:
    return all(np.array_equal(np.asarray(one), other) for one, other in zip(model.weights, values(model), strict=True))


WAYS = {
    "named.keras": "layer",
    "named.h5": "layer",
    "named.weights.h5": "layer",
    "named.ckpt": "path",
    "named.root.ckpt": "path",
    "named.exported": "name",
    "counted.keras": "path",
    "counted.weights.h5": "path",
    "counted.ckpt": "path",
    "counted.root.ckpt": "path",
}
"""File → what its weights are found by, also in a process that has made other layers before."""


@pytest.mark.tensorflow
@pytest.mark.parametrize("before", [0, 1])
@pytest.mark.parametrize("name", WAYS)
def test_every_container(files: Path, name: str, before: int) -> None:
    model = _fresh(named=name.startswith("named"), before=before)
    report = ls.restore(model, files / name)
    assert report.complete
    assert len(report.matched) == 10
    assert set(report.how.values()) == {WAYS[name]}
    assert _filled(model)


@pytest.mark.tensorflow
def test_counted_names_are_not_believed_where_the_counts_differ(files: Path) -> None:
    """In another process Keras gave `conv2d_1` to the first convolution."""
    assert _filled(_restored(_fresh(named=False), files / "counted.h5"))
    model = _fresh(named=False, before=1)
    before = [np.asarray(variable) for variable in model.weights]
    with pytest.raises(LoadstoneError) as caught:
        ls.restore(model, files / "counted.h5")
    assert "conv2d_1/bias" in str(caught.value)
    assert all(np.array_equal(np.asarray(one), other) for one, other in zip(model.weights, before, strict=True))


def _restored(model: Any, path: Path) -> Any:
    ls.restore(model, path)
    return model


@pytest.mark.tensorflow
def test_another_head_is_named_and_nothing_is_assigned(files: Path) -> None:
    model = _fresh(classes=7)
    before = [np.asarray(variable) for variable in model.weights]
    with pytest.raises(LoadstoneError) as caught:
        ls.restore(model, files / "named.ckpt")
    for word in ("2 of the model's 10 variables", "head/kernel", "(4, 7)", "(4, 5)"):
        assert word in str(caught.value)
    assert all(np.array_equal(np.asarray(one), other) for one, other in zip(model.weights, before, strict=True))
    report = ls.restore(model, files / "named.ckpt", strict=False)
    assert [one.variable for one in report.misshapen] == ["head/kernel", "head/bias"]
    assert not report.complete
    assert np.array_equal(np.asarray(model.weights[0]), values(model)[0])


@pytest.mark.tensorflow
def test_only_some_variables(files: Path) -> None:
    model = _fresh(classes=7)
    report = ls.restore(model, files / "named.ckpt", only=["first/*", "norm/*"])
    assert report.complete
    assert len(report.matched) == 6
    assert set(report.skipped) == {"second/kernel", "second/bias", "head/kernel", "head/bias"}
    with pytest.raises(SourceError, match="none of the model's variables"):
        ls.restore(model, files / "named.ckpt", only="third/*")


def _bundle(folder: Path, arrays: Arrays) -> Path:
    write_bundle(folder / "ckpt", arrays.items())
    return folder / "ckpt"


def _slim(model: Any) -> Arrays:
    names = {"kernel": "weights", "bias": "biases"}
    found = {}
    for variable, array in zip(model.weights, values(model), strict=True):
        layer, leaf = variable.path.split("/")
        found[f"net/{layer.upper()}/{names.get(leaf, leaf)}"] = array
    return found


RULES = [(r"^net/", ""), (r"weights$", "kernel"), (r"biases$", "bias"), (r"^[A-Z]+", lambda one: one[0].lower())]
RENAMES: dict[str, Any] = {
    "rules": RULES,
    "function": lambda name: name.removeprefix("net/").lower().replace("weights", "kernel").replace("biases", "bias"),
    "mapping": {
        **{f"net/{layer}/weights": f"{layer.lower()}/kernel" for layer in ("FIRST", "SECOND", "HEAD")},
        **{f"net/{layer}/biases": f"{layer.lower()}/bias" for layer in ("FIRST", "SECOND", "HEAD")},
        "net/NORM": "norm",
    },
}


@pytest.mark.parametrize("kind", RENAMES)
def test_names_of_another_kind_are_renamed(tmp_path: Path, kind: str) -> None:
    model = _fresh()
    path = _bundle(tmp_path, _slim(model))
    with pytest.raises(LoadstoneError, match="cannot be filled"):
        ls.restore(model, path)
    report = ls.restore(model, path, rename=RENAMES[kind])
    assert set(report.how.values()) == {"rename"}
    assert report.matched["first/kernel"] == "net/FIRST/weights"
    assert _filled(model)


def test_a_rename_that_names_nothing_is_an_error(tmp_path: Path) -> None:
    path = _bundle(tmp_path, _slim(_fresh()))
    with pytest.raises(SourceError, match="does not have"):
        ls.restore(_fresh(), path, rename={"net/THIRD": "third"})
    with pytest.raises(SourceError, match="rename is neither"):
        ls.restore(_fresh(), path, rename=[("(", "")])
    with pytest.raises(SourceError, match="rename cannot replace 'net'"):
        ls.restore(_fresh(), path, rename=[("net", r"\9")])


def test_one_scope_before_every_name(tmp_path: Path) -> None:
    model = _fresh()
    arrays = {f"tower/{variable.path}": array for variable, array in zip(model.weights, values(model), strict=True)}
    report = ls.restore(model, _bundle(tmp_path, arrays))
    assert set(report.how.values()) == {"name"}
    assert _filled(model)


def test_two_scopes_are_ambiguous(tmp_path: Path) -> None:
    model = _fresh()
    pairs = list(zip(model.weights, values(model), strict=True))
    arrays = {f"{scope}/{one.path}": array + at for at, scope in enumerate(("a", "b")) for one, array in pairs}
    with pytest.raises(LoadstoneError) as caught:
        ls.restore(model, _bundle(tmp_path, arrays))
    assert "first/kernel: a/first/kernel or b/first/kernel" in str(caught.value)
    equal = {f"{scope}/{one.path}": array for scope in ("a", "b") for one, array in pairs}
    (tmp_path / "equal").mkdir()
    assert ls.restore(model, _bundle(tmp_path / "equal", equal)).complete


def test_a_shape_alone_counts_where_it_is_the_only_one_and_the_last_name_agrees(tmp_path: Path) -> None:
    model = _fresh()
    arrays = {variable.path: array for variable, array in zip(model.weights, values(model), strict=True)}
    arrays["other/weights"] = arrays.pop("head/kernel")
    report = ls.restore(model, _bundle(tmp_path, arrays))
    assert report.how["head/kernel"] == "shape"
    assert "filled by their shape alone" in str(report)
    (tmp_path / "b").mkdir()
    arrays["other/scales"] = arrays.pop("other/weights")
    with pytest.raises(LoadstoneError, match="head/kernel"):
        ls.restore(model, _bundle(tmp_path / "b", arrays))


def _with_nan(arrays: Arrays) -> None:
    arrays["norm/gamma"][1] = np.nan


def _without(arrays: Arrays) -> None:
    del arrays["norm/gamma"]
    arrays["more/gamma"] = np.zeros((9,), np.float32)


@pytest.mark.parametrize(
    ("break_it", "kind", "words"),
    [(_with_nan, "not_finite", "NaN or infinity"), (_without, "unmatched", "without a tensor in the file")],
)
def test_what_cannot_be_filled_is_said(
    tmp_path: Path, break_it: Callable[[Arrays], None], kind: str, words: str
) -> None:
    model = _fresh()
    arrays = {variable.path: array for variable, array in zip(model.weights, values(model), strict=True)}
    break_it(arrays)
    path = _bundle(tmp_path, arrays)
    with pytest.raises(LoadstoneError, match=words):
        ls.restore(model, path)
    report = ls.restore(model, path, strict=False)
    assert getattr(report, kind) == ("norm/gamma",)
    assert report.as_json()[kind] == ["norm/gamma"]
    assert len(report.matched) == 9


def test_what_is_no_model_or_holds_no_weights(tmp_path: Path) -> None:
    keras = keras_on_openvino()
    with pytest.raises(UnsupportedModelError, match="no Keras model"):
        ls.restore(object(), tmp_path)
    path = _bundle(tmp_path, {"a/kernel": np.zeros((1, 1), np.float32)})
    with pytest.raises(UnsupportedModelError, match="no weights yet"):
        ls.restore(keras.Sequential([keras.layers.Dense(1)]), path)
    (tmp_path / "labels.pbtxt").write_text('item { id: 1 name: "a" }')
    with pytest.raises(UnsupportedModelError, match="no weights here"):
        ls.restore(_fresh(), tmp_path / "labels.pbtxt")


def test_a_rebuilt_detector_s_keras_model_takes_a_checkpoint_of_its_architecture(tmp_path: Path) -> None:
    prefix = narrow.checkpoint(tmp_path / "made", narrow.FPNLITE)
    model = ls.load(prefix, backend="keras").keras
    kept = [np.asarray(variable) for variable in model.weights]
    for variable in model.weights:
        variable.assign(np.zeros(variable.shape, np.float32))
    report = ls.restore(model, prefix)
    assert len(report.matched) == len(kept)
    assert all(np.array_equal(np.asarray(one), other) for one, other in zip(model.weights, kept, strict=True))
