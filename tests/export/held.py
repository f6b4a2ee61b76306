"""What every export is held to, whichever test makes it: files that are there, and a comparison that says something."""

from __future__ import annotations

from collections.abc import Collection
from importlib.util import find_spec

from loadstone.export.run import Exported

LARGEST = 3e-4
"""Weights made by chance amplify rounding; the goldens hold closer."""

ENGINES = {
    "frozen-graph": "tensorflow",
    "saved-model": "tensorflow",
    "onnx": "onnxruntime",
    "tflite": "tensorflow",
}
"""Target → the engine whose own test (`test_tensorflow.py`, `test_onnx.py`, `test_tflite.py`) makes and holds it."""


def run_by_its_engine(target: str) -> bool:
    """Whether a target's export is made, held and run by the test of its engine, so that no other has to make it."""
    return target in ENGINES and find_spec(ENGINES[target]) is not None


def holds(done: Exported, *, least: int = 20, outputs: Collection[str] = ("boxes", "scores")) -> None:
    """Assert that the files and nothing else are there, and that enough detections and these outputs were compared."""
    assert all(file.is_file() for file in done.files)
    folder = done.path.parent
    assert sorted(folder.iterdir()) == sorted({file if file.parent == folder else done.path for file in done.files})
    assert done.detections >= least
    assert {one.output for one in done.differences} >= set(outputs)
