"""The targets by name: who writes each, what its file is called, and which reader takes it back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Literal

from loadstone.errors import SourceError
from loadstone.runtime.rebuilt import Rebuilt

Reader = Literal["openvino", "tf", "tflite", "checkpoint"]


@dataclass(frozen=True, slots=True)
class Target:
    """One kind of export. `module` has `write(found, path)`; `suffix` is empty for a folder; `beside` are the suffixes
    of further files that belong to it; `reader` takes it back.
    """

    name: str
    module: str
    suffix: str
    reader: Reader
    what: str
    beside: tuple[str, ...] = ()

    def write(self, found: Rebuilt, path: Path) -> None:
        """Write the detector to `path`, which does not exist."""
        module = import_module(f"loadstone.export.{self.module}")
        writer: Callable[[Rebuilt, Path], None] = module.write
        writer(found, path)

    def named(self, path: Path) -> Path:
        """Return the path with the target's suffix where it has none."""
        return path.with_name(path.name + self.suffix) if self.suffix and path.suffix != self.suffix else path


_ALL = (
    Target("openvino", "openvino", ".xml", "openvino", "OpenVINO IR: NAME.xml and NAME.bin", (".bin",)),
    Target("onnx", "onnx", ".onnx", "openvino", "one ONNX file, opset 17"),
    Target("saved-model", "saved_model", "", "tf", "a folder as TensorFlow 2 writes one, weights as constants"),
    Target("tflite", "tflite", ".tflite", "tflite", "one TensorFlow Lite file, float32, of an SSD or YOLO"),
    Target("frozen-graph", "frozen_graph", ".pb", "tf", "one GraphDef, weights as constants"),
    Target("checkpoint", "checkpoint", "", "checkpoint", "a folder as the zoo has it: checkpoint and pipeline.config"),
)

TARGETS = {target.name: target for target in _ALL}


def target_of(name: str) -> Target:
    """Return a target; `SourceError` names those that exist."""
    found = TARGETS.get(name)
    if found is None:
        raise SourceError("there is no such export target", expected=", ".join(TARGETS), found=name)
    return found
