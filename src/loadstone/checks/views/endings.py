"""The endings by which loaders choose a reader, and the format that each promises."""

from __future__ import annotations

from dataclasses import dataclass

from loadstone.checks.subject import Subject


@dataclass(frozen=True, slots=True)
class Ending:
    """What a file of a format is called in words, its usual endings, and the one that a copy is given."""

    words: str
    usual: tuple[str, ...]
    given: str


ENDINGS = {
    "keras-h5": Ending("a model in HDF5", (".h5", ".hdf5"), ".h5"),
    "keras-h5-weights": Ending("weights in HDF5", (".h5", ".hdf5"), ".weights.h5"),
    "keras-zip": Ending("a Keras archive (zip)", (".keras",), ".keras"),
    "tflite": Ending("a TFLite model", (".tflite", ".lite"), ".tflite"),
    "frozen-graph": Ending("a frozen graph (GraphDef)", (".pb", ".pbtxt"), ".pb"),
    "safetensors": Ending("tensors in safetensors", (".safetensors",), ".safetensors"),
}
"""Format → its endings. Formats of several files are not here: their names are parts of the format."""

OTHERS = (".onnx", ".pt", ".pth", ".zip", ".ckpt", ".index", ".json", ".mlmodel", ".pkl")
"""Endings that promise something that none of `ENDINGS` is."""


def promised(ending: str, kind: str) -> bool:
    """Whether an ending promises another format than `kind`; endings that nobody chooses a reader by promise none."""
    own = ENDINGS[kind].usual
    known = {one for other in ENDINGS.values() for one in other.usual} | set(OTHERS)
    return ending in known and ending not in own


def ending_of(subject: Subject) -> Ending | None:
    """Return what a subject that is one file on this disk should be called; None for anything else."""
    candidate = subject.candidate
    if candidate is None or candidate.is_folder or not subject.path.is_file():
        return None
    return ENDINGS.get(subject.format)
