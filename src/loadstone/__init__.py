"""Loadstone: open any TensorFlow or Keras model, without TensorFlow.

    import loadstone as ls

    ls.inspect("model.h5")                        # what it is
    model = ls.load("frozen_inference_graph.pb")  # open it to run
    for found in model.detect(["street.jpg"]):    # boxes (N, 4) xyxy pixels, scores, class ids, names
        found.draw().save("street.out.png")

Nothing heavy is imported until it is used.
"""

from __future__ import annotations

from importlib import import_module

from loadstone.keras_hook import when_imported

TYPE_CHECKING = False
"""Type checkers take this for true. Importing `typing` would cost as much as all of Python's own start."""
if TYPE_CHECKING:
    from typing import Any

    from loadstone import errors
    from loadstone.api.augment import augmentations, preview_sheet
    from loadstone.api.build import build
    from loadstone.api.check import check, explain, fix
    from loadstone.api.compare import compare
    from loadstone.api.data import check_data
    from loadstone.api.dataset import convert_dataset, open_dataset
    from loadstone.api.diff import diff
    from loadstone.api.eval import evaluate
    from loadstone.api.get import get
    from loadstone.api.load import inspect, load, restore
    from loadstone.api.load_model import load_model
    from loadstone.api.model import Model
    from loadstone.api.record import record, save
    from loadstone.api.train import resume_training, train
    from loadstone.errors import (
        CannotLoadError,
        EnvironmentLacksError,
        FormatError,
        LoadstoneError,
        NotAModelError,
        RefusedError,
        SourceError,
        TransferError,
        UnsupportedModelError,
    )
    from loadstone.facts import DetectorFacts, ModelFile, Tensors, TensorSpec
    from loadstone.facts.dataset import Dataset
    from loadstone.facts.detections import Classification, Detection, Detections
    from loadstone.facts.environment import Environment
    from loadstone.facts.evaluation import Evaluation
    from loadstone.facts.explanation import Explanation
    from loadstone.facts.filling import WeightReport
    from loadstone.facts.finding import CheckReport, Finding
    from loadstone.fetch import backbone, get_file

__version__ = "0.1.0"

_HOMES = {
    "inspect": "loadstone.api.load",
    "load": "loadstone.api.load",
    "restore": "loadstone.api.load",
    "build": "loadstone.api.build",
    "Model": "loadstone.api.model",
    "check": "loadstone.api.check",
    "explain": "loadstone.api.check",
    "fix": "loadstone.api.check",
    "compare": "loadstone.api.compare",
    "evaluate": "loadstone.api.eval",
    "Evaluation": "loadstone.facts.evaluation",
    "open_dataset": "loadstone.api.dataset",
    "convert_dataset": "loadstone.api.dataset",
    "check_data": "loadstone.api.data",
    "augmentations": "loadstone.api.augment",
    "preview_sheet": "loadstone.api.augment",
    "Dataset": "loadstone.facts.dataset",
    "Explanation": "loadstone.facts.explanation",
    "train": "loadstone.api.train",
    "resume_training": "loadstone.api.train",
    "record": "loadstone.api.record",
    "save": "loadstone.api.record",
    "diff": "loadstone.api.diff",
    "get": "loadstone.api.get",
    "load_model": "loadstone.api.load_model",
    "get_file": "loadstone.fetch",
    "backbone": "loadstone.fetch",
    "ModelFile": "loadstone.facts",
    "DetectorFacts": "loadstone.facts",
    "Tensors": "loadstone.facts",
    "TensorSpec": "loadstone.facts",
    "Environment": "loadstone.facts.environment",
    "Finding": "loadstone.facts.finding",
    "CheckReport": "loadstone.facts.finding",
    "Detections": "loadstone.facts.detections",
    "Detection": "loadstone.facts.detections",
    "Classification": "loadstone.facts.detections",
    "WeightReport": "loadstone.facts.filling",
    "errors": "",
    "LoadstoneError": "loadstone.errors",
    "FormatError": "loadstone.errors",
    "NotAModelError": "loadstone.errors",
    "SourceError": "loadstone.errors",
    "UnsupportedModelError": "loadstone.errors",
    "CannotLoadError": "loadstone.errors",
    "EnvironmentLacksError": "loadstone.errors",
    "TransferError": "loadstone.errors",
    "RefusedError": "loadstone.errors",
}
"""Public name → the module that it is imported from on first use (PEP 562)."""

__all__ = [
    "inspect",
    "load",
    "restore",
    "build",
    "check",
    "explain",
    "fix",
    "compare",
    "evaluate",
    "open_dataset",
    "convert_dataset",
    "check_data",
    "augmentations",
    "preview_sheet",
    "diff",
    "train",
    "resume_training",
    "record",
    "save",
    "get",
    "load_model",
    "get_file",
    "backbone",
    "Model",
    "ModelFile",
    "DetectorFacts",
    "Tensors",
    "TensorSpec",
    "Environment",
    "Finding",
    "CheckReport",
    "Explanation",
    "Dataset",
    "Detections",
    "Detection",
    "Classification",
    "Evaluation",
    "WeightReport",
    "errors",
    "LoadstoneError",
    "FormatError",
    "NotAModelError",
    "SourceError",
    "UnsupportedModelError",
    "CannotLoadError",
    "EnvironmentLacksError",
    "TransferError",
    "RefusedError",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'loadstone' has no attribute {name!r}")
    return getattr(import_module(home), name) if home else import_module(f"loadstone.{name}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


when_imported()
