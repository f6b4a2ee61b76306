"""A checkpoint with its `pipeline.config`, as the Object Detection API exports and restores one.

TF2's detectors become `checkpoint/ckpt-0` with an object graph, TF1's `model.ckpt` with variables by name, and the
folder's root has the configuration and the label map: the layout of the zoo's archives. There is no optimizer's state:
training goes on from it as from a zoo checkpoint (`fine_tune_checkpoint`).
Sources: exporter_lib_v2.py and model_lib_v2.py of the original API.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.blueprint.initial_values import initial_values
from loadstone.blueprint.network import Variable
from loadstone.blueprint.reader import readings_of
from loadstone.errors import LoadstoneError, UnsupportedModelError
from loadstone.formats.checkpoint.bundle_writer import write_bundle, write_state
from loadstone.formats.checkpoint.object_graph import OBJECT_GRAPH_KEY
from loadstone.formats.checkpoint.object_graph_writer import SUFFIX, object_graph
from loadstone.runtime.rebuilt import Rebuilt
from loadstone.wire.textdump import build, dump

if TYPE_CHECKING:
    import numpy.typing as npt

    Named = Iterator[tuple[str, npt.NDArray[Any]]]

CONFIG, LABELS = "pipeline.config", "label_map.pbtxt"
ROOT = "model/"
"""Where the original has its detector: `tf.train.Checkpoint(model=…)`."""
COUNTER = "save_counter"
"""TensorFlow's own count of saves, which every checkpoint has."""


def write(found: Rebuilt, path: Path) -> None:
    """Write the folder. Raises `UnsupportedModelError` where the original has no configuration for the detector."""
    _check_configuration(found)
    path.mkdir()
    (path / CONFIG).write_text(dump(found.config), encoding="utf-8", errors="surrogateescape", newline="\n")
    write_label_map(found.labels, path)
    prefix = path / "checkpoint" / "ckpt-0" if has_object_graph(found) else path / "model.ckpt"
    prefix.parent.mkdir(exist_ok=True)
    write_bundle(prefix, tensors_of(found))
    write_state(prefix)


def write_label_map(labels: Mapping[int, str], path: Path) -> None:
    """Write the classes' names to a folder, where there are any: every reader of the original's exports looks there."""
    if labels:
        items = [("item", build([("id", number), ("name", name)])) for number, name in sorted(labels.items())]
        (path / LABELS).write_text(dump(build(items)), encoding="utf-8", newline="\n")


def has_object_graph(found: Rebuilt) -> bool:
    """Whether the original restores the detector by its objects, as TF2's, and not by names, as TF1's."""
    return all(key.startswith(ROOT) for key in found.blueprint.variables)


def tensors_of(found: Rebuilt) -> Named:
    """Yield everything that the checkpoint holds, by its key."""
    values = whole_values(found)
    return _by_key(found.blueprint.variables, values) if has_object_graph(found) else _by_name(values)


def whole_values(found: Rebuilt) -> dict[str, npt.NDArray[np.float32]]:
    """Return a value for every variable that the original's detector has.

    EfficientDet carries a classifier's head that detects nothing; where the source had none, it gets initial values.
    """
    missing = [variable for key, variable in found.blueprint.variables.items() if key not in found.values]
    return {**found.values, **initial_values(found.config, missing)}


def _by_key(variables: Mapping[str, Variable], values: Mapping[str, npt.NDArray[Any]]) -> Named:
    names = {key: variables[key].name for key in sorted(variables)}
    graph = object_graph({**names, COUNTER: COUNTER})
    yield OBJECT_GRAPH_KEY, np.array(graph, object)
    for key in names:
        yield key + SUFFIX, np.asarray(values[key], np.float32)
    yield COUNTER + SUFFIX, np.array(1, np.int64)


def _by_name(values: Mapping[str, npt.NDArray[Any]]) -> Named:
    """Yield TF1's variables, whose keys are their names, and the step that its training counts from."""
    yield "global_step", np.array(0, np.int64)
    for name in sorted(values):
        yield name, np.asarray(values[name], np.float32)


def _check_configuration(found: Rebuilt) -> None:
    """See that the configuration, read as the original would, has this detector's variables."""
    try:
        readings = [*readings_of(found.config)]
    except LoadstoneError as error:
        raise _not_the_originals(found, str(error)) from error
    wanted = {key: variable.shape for key, variable in found.blueprint.variables.items()}
    if not any({key: one.shape for key, one in reading.variables.items()} == wanted for reading in readings):
        raise _not_the_originals(found, "its configuration describes other variables")


def _not_the_originals(found: Rebuilt, why: str) -> UnsupportedModelError:
    return UnsupportedModelError(
        "the original API has no configuration for this detector, so it could not restore a checkpoint of it",
        where=found.source,
        expected="a detector of the original API, from the zoo or a pipeline.config",
        found=why,
        help="export it to saved-model, openvino, onnx or tflite, or save it as .keras",
    )
