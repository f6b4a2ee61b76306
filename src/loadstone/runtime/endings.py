"""Which kind of ending a converted network has, told from its outputs' names and shapes.

Names decide where the format has conventions (`detection_boxes`, ...); shapes where it has none: one row of numbers is
a classification. Everything else is handed out as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from loadstone.runtime.manifest import Task

if TYPE_CHECKING:
    import numpy.typing as npt

CLASSES_CAP = 100_000
"""More classes than any label list; a wider row is an embedding or an image."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How the outputs are to be read: see `Manifest` for `task`, `reading` and `options`."""

    task: Task
    reading: str
    options: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)


def output_names(model: Any) -> list[str]:
    """Return one name for each output, without the `:0` of a graph: the plainest it has."""
    return [_plain(sorted(port.names)) or f"output_{index}" for index, port in enumerate(model.outputs)]


def _plain(names: Sequence[str]) -> str:
    bare = [name.removesuffix(":0") for name in names]
    # A graph that was imported into another one has its names below a scope, `import` by default.
    own = (name.rpartition("/")[2] for name in bare)
    return next((name for name in own if name in (*DETECTION_OUTPUTS, MASKS)), min(bare, key=len, default=""))


DETECTION_OUTPUTS = ("detection_boxes", "detection_scores", "detection_classes", "num_detections")
"""The Object Detection API's names: boxes yxyx normalised, classes counted from 1, as float32."""
MASKS = "detection_masks"
"""The same: probabilities over each box, (1, N, height, width), where the detector has them."""


def detection_outputs(names: Sequence[str]) -> Ending | None:
    """Return the Object Detection API's ending, where all its outputs but the count are there."""
    if not set(DETECTION_OUTPUTS[:3]) <= set(names):
        return None
    options = {role: names.index(f"detection_{role}") for role in ("boxes", "scores", "classes")}
    if "num_detections" in names:
        options["count"] = names.index("num_detections")
    if MASKS in names:
        options["masks"] = names.index(MASKS)
    return Ending("detection", "detection-outputs", options)


def row_of_classes(model: Any) -> bool:
    """Return whether the only output is one row of numbers for each picture."""
    if len(model.outputs) != 1:
        return False
    shape = model.outputs[0].partial_shape
    if shape.rank.is_dynamic or len(shape) != 2 or shape[1].is_dynamic:
        return False
    return 0 < int(shape[1].get_length()) <= CLASSES_CAP


def ending_of(model: Any) -> Ending:
    """Return how a network's outputs are to be read, by their names, else by their shapes."""
    names = output_names(model)
    if found := detection_outputs(names):
        return found
    if row_of_classes(model):
        return Ending("classification", "classes", {"logits": not ends_in_probabilities(model)})
    return Ending("tensors", "tensors", {"names": names})


def ends_in_probabilities(model: Any) -> bool:
    """Return whether the last operation is a soft maximum or a sigmoid, seen through what only moves numbers."""
    node = model.outputs[0].get_node().input_value(0).get_node()
    for _ in range(4):
        kind = node.get_type_name()
        if kind in ("Softmax", "Sigmoid"):
            return True
        if kind not in ("Reshape", "Squeeze", "Unsqueeze", "Convert", "FakeQuantize", "Identity"):
            return False
        node = node.input_value(0).get_node()
    return False
