"""The worker and its client. A module of the tests stands in for TensorFlow, so that nothing heavy starts here."""

from __future__ import annotations

import ast
import gc
import sys
from pathlib import Path

import numpy as np
import pytest

from loadstone.environment.resolve import Resolution
from loadstone.errors import (
    EnvironmentLacksError,
    LoadstoneError,
    RefusedError,
    SourceError,
    TransferError,
    UnsupportedModelError,
)
from loadstone.facts import ModelFile
from loadstone.runtime.isolated import create
from loadstone.runtime.isolated.client import WORKER, Worker, _ending
from loadstone.runtime.isolated.detector import IsolatedDetector, open_isolated, part_to_open, refuse_code, resized
from loadstone.runtime.raw import RawClassification, RawTensors

STAND_IN = '''
"""A TensorFlow of a few lines: a Keras model that says what it was given."""
import sys, types
import numpy as np

class Tensor:
    def __init__(self, name, shape, dtype="float32"):
        self.name, self.shape = name, shape
        self.dtype = types.SimpleNamespace(name=dtype)

class Network:
    inputs = [Tensor("picture:0", (None, 4, 6, 3))]
    outputs = [Tensor("scores:0", (None, 3))]
    def predict(self, given, verbose=1):
        print("chatter on standard output, which must not break a frame")
        row = [given.mean(), given.min(), given.max()]
        return np.array([row], np.float32)

def load_model(path, custom_objects, compile):
    if "absent" in path:
        raise FileNotFoundError(path)
    if "layer" in path:
        raise ValueError("Unknown layer: Mine")
    if "die" in path:
        import os, signal
        os.kill(os.getpid(), signal.SIGSEGV)
    if "wait" in path:
        import time
        time.sleep(60)
    return Network()

tensorflow = types.ModuleType("tensorflow")
tensorflow.__version__ = "2.99"
tensorflow.keras = types.SimpleNamespace(models=types.SimpleNamespace(load_model=load_model))
tensorflow.config = types.SimpleNamespace()
sys.modules["tensorflow"] = tensorflow
'''


@pytest.fixture
def stand_in(tmp_path: Path) -> str:
    """A module that puts the stand-in in TensorFlow's place when the worker imports it."""
    path = tmp_path / "stand_in.py"
    path.write_text(STAND_IN, encoding="utf-8")
    return str(path)


def _keras(name: str = "model.keras") -> ModelFile:
    return ModelFile(name, "keras-zip")


def test_the_worker_reads_as_python_3_7_and_needs_the_standard_library_alone() -> None:
    tree = ast.parse(WORKER.read_text(encoding="utf-8"), feature_version=(3, 7))
    top = {alias.name.partition(".")[0] for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
    top |= {str(node.module) for node in tree.body if isinstance(node, ast.ImportFrom)}
    assert top <= {"__future__", "importlib", "json", "os", "struct", "sys", "traceback", "typing"}


def test_arrays_go_there_and_back(stand_in: str) -> None:
    with Worker(sys.executable) as worker:
        facts = worker.open("model.keras", "keras", module=stand_in)
        assert facts["tensorflow"] == "2.99"
        assert facts["inputs"] == [{"name": "picture", "dtype": "float32", "shape": [None, 4, 6, 3]}]
        given = np.arange(72, dtype=np.float32).reshape(1, 4, 6, 3)
        found = worker.run({"picture": given})
        np.testing.assert_array_equal(found["scores"], [[35.5, 0, 71]])
        # A second run, with an array of another byte order and memory layout.
        again = worker.run({"picture": np.asfortranarray(given).astype(">f4")})
        np.testing.assert_array_equal(again["scores"], found["scores"])


def test_what_this_python_is_set_to_does_not_reach_the_other(
    stand_in: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in (("TF2_BEHAVIOR", "1"), ("KERAS_BACKEND", "jax"), ("PYTHONPATH", "/nowhere")):
        monkeypatch.setenv(name, value)
    module = Path(stand_in)
    names = '("TF2_BEHAVIOR", "KERAS_BACKEND", "PYTHONPATH", "MINE")'
    module.write_text(f"{STAND_IN}import os\ntensorflow.__version__ = repr([os.environ.get(n) for n in {names}])\n")
    with Worker(sys.executable, variables={"MINE": "2"}) as worker:
        told = worker.open("model.keras", "keras", module=stand_in)["tensorflow"]
    assert told == "[None, 'tensorflow', None, '2']"


def test_a_worker_that_nobody_closed_ends_with_its_object(stand_in: str) -> None:
    worker = Worker(sys.executable)
    worker.open("model.keras", "keras", module=stand_in)
    process = worker._process
    del worker
    gc.collect()
    assert process.returncode is not None


def test_a_native_crash_becomes_a_message(stand_in: str) -> None:
    worker = Worker(sys.executable)
    with worker, pytest.raises(UnsupportedModelError, match="segmentation fault"):
        worker.open("die.keras", "keras", module=stand_in)


def test_a_worker_that_does_not_answer_is_ended(stand_in: str) -> None:
    with Worker(sys.executable, timeout=3) as worker, pytest.raises(UnsupportedModelError, match="no answer"):
        worker.open("wait.keras", "keras", module=stand_in)


@pytest.mark.parametrize(
    ("path", "error", "words"),
    [
        ("absent.keras", SourceError, "absent.keras"),
        ("layer.keras", UnsupportedModelError, "Unknown layer"),
    ],
)
def test_what_tensorflow_says_there_is_said_here(
    stand_in: str, path: str, error: type[LoadstoneError], words: str
) -> None:
    with Worker(sys.executable) as worker:
        with pytest.raises(error) as caught:
            worker.open(path, "keras", module=stand_in)
        assert words in caught.value.found
        # The worker lives on, and opens the next.
        assert worker.open("model.keras", "keras", module=stand_in)["ok"]
        if words == "Unknown layer":
            assert "--custom" in caught.value.help


def test_a_module_that_is_not_there_is_named(tmp_path: Path) -> None:
    with Worker(sys.executable) as worker, pytest.raises(EnvironmentLacksError) as caught:
        worker.open("model.keras", "keras", module="no_such_module_anywhere")
    assert "no_such_module_anywhere" in caught.value.found


def test_an_interpreter_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentLacksError, match="cannot be started"):
        Worker(str(tmp_path / "python"))


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (-4, "instruction"),
        (132, "instruction"),
        (-9, "memory ran out"),
        (-6, "gave up"),
        (3, "exit code 3"),
        (139, "segmentation"),
    ],
)
def test_every_ending_has_its_sentence(code: int, words: str) -> None:
    fact, advice = _ending(code, "my models/one.h5")
    assert words in fact
    if "segmentation" in fact:
        assert "loadstone env 'my models/one.h5' --tensorflow" in advice


def test_a_picture_is_brought_to_the_models_input(stand_in: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from loadstone.runtime.isolated import detector
    from loadstone.runtime.pictures.picture_input import UNIT

    monkeypatch.setattr(detector.IsolatedDetector, "_pixels", lambda self: (UNIT, ("assumed",)))
    with Worker(sys.executable) as worker:
        opened = IsolatedDetector(_keras(), worker, custom=stand_in)
        assert (opened.task, opened.input_size, opened.notes) == ("classification", (4, 6), ("assumed",))
        picture = np.full((40, 30, 3), 255, np.uint8)
        assert opened.named_outputs(picture)["scores"].tolist() == [[1, 1, 1]]
        raw = opened.run([picture])[0]
        assert isinstance(raw, RawClassification)
        # Three ones do not add up to one: they are taken for logits.
        np.testing.assert_allclose(raw.probabilities, 1 / 3)
        opened.task = "tensors"
        assert isinstance(opened.run([picture])[0], RawTensors)
        assert opened.predict({"picture": np.zeros((1, 4, 6, 3), np.float32)})["scores"].tolist() == [[0, 0, 0]]


def test_a_source_without_a_part_for_tensorflow_is_refused() -> None:
    with pytest.raises(UnsupportedModelError, match="tflite"):
        part_to_open(ModelFile("model.tflite", "tflite"))
    best = part_to_open(ModelFile("folder", "checkpoint-v2", parts=(_keras("b"), ModelFile("a", "savedmodel"))))
    assert best.source == "a"


def test_code_in_a_file_is_refused_unless_trusted(wild: Path) -> None:
    model = wild / "dl4j-keras209-lambda"
    with pytest.raises(RefusedError, match="would run code") as caught:
        open_isolated(str(model), python=sys.executable)
    assert f"loadstone inspect {model}" in caught.value.help
    assert "--trust" in caught.value.help
    refuse_code(_keras())


def test_resizing_is_tensorflows(shared: Path) -> None:
    ramp = np.arange(12, dtype=np.uint8).reshape(1, 4, 3)
    assert resized(ramp, 1, 4).tolist() == ramp.tolist()
    assert resized(ramp, 1, 2)[0, :, 0].tolist() == [1.5, 7.5]
    assert resized(ramp, 2, 8).shape == (2, 8, 3)


def _resolution(python: str) -> Resolution:
    return Resolution("model", python, {"six": "1.16.0", "tensorflow": "2.15.1"}, "2.15.1", ())


def test_without_a_fitting_python_the_command_is_named(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentLacksError, match=r"needs Python 3\.5") as caught:
        create.create(_resolution("3.5"), tmp_path / "new", print)
    assert caught.value.help == "uv python install 3.5"


def test_a_folder_with_something_in_it_is_let_be(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(RefusedError):
        create.create(_resolution("3.11"), tmp_path, print)
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_a_failed_installation_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = ".".join(map(str, sys.version_info[:2]))
    monkeypatch.setenv("LOADSTONE_OFFLINE", "1")
    monkeypatch.setattr(create, "_requirements", lambda resolution: "no-such-package-of-anybody==0.0.1\n")
    monkeypatch.setattr(create, "pythons", lambda: {here: sys.executable})
    with pytest.raises(TransferError, match="could not be installed"):
        create.create(_resolution(here), tmp_path / "new", lambda line: None)
    assert not (tmp_path / "new").exists()


def test_what_is_kept_is_listed_and_removed() -> None:
    folder = create.kept(_resolution("3.11"))
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").symlink_to(sys.executable)
    assert create.everything() == []
    (folder / create.MARK).write_text(create._requirements(_resolution("3.11")))
    (found,) = create.everything()
    assert (found.key, found.python, found.tensorflow) == (folder.name, "3.11", "2.15.1")
    with pytest.raises(SourceError, match="no environment"):
        create.forget("another")
    assert create.forget(found.key) == found.size > 0
    assert not folder.exists()


def test_the_wheel_without_cuda_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    text = create._requirements(_resolution("3.11"))
    assert "tensorflow-cpu==2.15.1" in text
    assert "\ntensorflow==2.15.1" not in text
    assert create.kept(_resolution("3.11")) != create.kept(_resolution("3.10"))


@pytest.mark.slow
@pytest.mark.parametrize("uv", [True, False])
def test_an_environment_is_made_with_uv_and_with_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uv: bool) -> None:
    from loadstone.environment.other import other

    here = ".".join(map(str, sys.version_info[:2]))
    if uv and create.find_uv() is None:
        pytest.skip("uv is not here")
    if not uv:
        monkeypatch.setattr(create, "find_uv", lambda: None)
    monkeypatch.setattr(create, "_requirements", lambda resolution: "six==1.16.0\n")
    try:
        create.create(_resolution(here), tmp_path / "new", lambda line: None)
    except TransferError as error:
        pytest.skip(f"no packages can be had here: {error.found[:200]}")
    assert create.is_whole(tmp_path / "new")
    assert other(str(tmp_path / "new")).packages["six"] == "1.16.0"
