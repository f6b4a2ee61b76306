"""A model's own graph in TensorFlow itself, where that is installed: the other party of a comparison.

A graph can hold operations that touch files, the network or Python. TensorFlow would run them, so a graph that has one
is refused before TensorFlow sees it.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loadstone.comparison.outputs import EXTRAS, best_first, detections_of
from loadstone.errors import EnvironmentLacksError, FormatError, RefusedError, UnsupportedModelError
from loadstone.formats.graph.graph_op_notes import reach_notes
from loadstone.formats.message_file import open_message
from loadstone.formats.registry import locate
from loadstone.graphs.graph import graph_of
from loadstone.graphs.write import graph_bytes
from loadstone.runtime.endings import DETECTION_OUTPUTS
from loadstone.wire.schemas.graph import GRAPH_DEF

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from loadstone.facts import ModelFile
    from loadstone.runtime.raw import RawDetections

    Picture = npt.NDArray[np.uint8]
    Run = Callable[[Picture], RawDetections]

PICTURES = ("image_tensor", "input_tensor")
"""What the Object Detection API calls the picture in its frozen graphs."""

OTHERWISE = "compare with --against graph"


def tensorflow() -> Any:
    """Import TensorFlow, quietly; `EnvironmentLacksError` where it is not installed."""
    if importlib.util.find_spec("tensorflow") is None:
        raise EnvironmentLacksError("comparing with TensorFlow needs TensorFlow", help="pip install tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow

    return tensorflow


def refuse_reach(model: ModelFile) -> None:
    """Refuse a graph whose operations can touch anything but numbers; raises `RefusedError` with their names."""
    for note in reach_notes(model.ops):
        raise RefusedError(f"not run in TensorFlow: {note}", where=model.source, help=OTHERWISE)


def run_saved_model(model: ModelFile) -> Run:
    """Return the SavedModel's signature `serving_default` as a function of a picture."""
    refuse_reach(model)
    tf = tensorflow()
    path = Path(model.source)
    folder = path if path.is_dir() else path.parent
    try:
        loaded = tf.saved_model.load(str(folder))
        signature = loaded.signatures["serving_default"]
    except (OSError, ValueError, KeyError, AttributeError, tf.errors.OpError) as error:
        raise FormatError("TensorFlow does not take the SavedModel", where=str(folder), found=_line(error)) from error
    inputs = signature.structured_input_signature[1]
    numbers = [name for name, spec in inputs.items() if spec.dtype.is_floating or spec.dtype.is_integer]
    if len(inputs) != 1 or not numbers:
        told = ", ".join(f"{name} {spec.dtype.name}" for name, spec in inputs.items())
        raise UnsupportedModelError(
            "the signature `serving_default` does not take one picture",
            where=str(folder),
            expected="one input of pixels",
            found=told[:200] or "no input",
            help=OTHERWISE,
        )

    def run(picture: Picture) -> RawDetections:
        given = tf.cast(tf.constant(picture[None]), inputs[numbers[0]].dtype)
        return _detections(_asked(tf, lambda: signature(**{numbers[0]: given}), str(folder)), picture)

    # The loaded object holds the variables, which go when it goes.
    run.__dict__["loaded"] = loaded
    return run


def run_frozen(model: ModelFile) -> Run:
    """Return a frozen detector as a function of a picture."""
    refuse_reach(model)
    tf = tensorflow()
    graph = tf.compat.v1.GraphDef()
    candidate = locate(model.source)
    # Read here, not by TensorFlow, whose parser takes binary graphs alone: this one may be text.
    graph.ParseFromString(graph_bytes(graph_of(open_message(candidate.tree, candidate.name, GRAPH_DEF))))
    try:
        whole = tf.compat.v1.wrap_function(lambda: tf.compat.v1.import_graph_def(graph, name=""), [])
    except (ValueError, RuntimeError, tf.errors.OpError) as error:
        raise FormatError("TensorFlow does not take the graph", where=model.source, found=_line(error)) from error
    names = {node.name for node in graph.node}
    feed = next((name for name in PICTURES if name in names), None)
    wanted = [name for name in (*DETECTION_OUTPUTS, *EXTRAS) if name in names]
    if feed is None or not set(DETECTION_OUTPUTS[:3]) <= set(wanted):
        raise UnsupportedModelError(
            "the graph is no detector that TensorFlow can be asked",
            where=model.source,
            expected=f"{' or '.join(PICTURES)}, and {', '.join(DETECTION_OUTPUTS[:3])}",
            found=", ".join(wanted) or "none of them",
            help=OTHERWISE,
        )
    pruned = whole.prune(f"{feed}:0", {name: f"{name}:0" for name in wanted})
    return lambda picture: _detections(_asked(tf, lambda: pruned(tf.constant(picture[None])), model.source), picture)


def _asked(tf: Any, ask: Callable[[], Mapping[str, Any]], where: str) -> Mapping[str, Any]:
    """Return what TensorFlow gives; raises `UnsupportedModelError` with its reason where it gives none."""
    try:
        return ask()
    except (ValueError, TypeError, tf.errors.OpError) as error:
        raise UnsupportedModelError(
            "TensorFlow does not run the model on the picture", where=where, found=_line(error), help=OTHERWISE
        ) from error


def _line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def _detections(outputs: Mapping[str, Any], picture: Picture) -> RawDetections:
    """Return TensorFlow's outputs as detections in pixels, best first; rows of nothing are left out."""
    arrays = {name: value.numpy() for name, value in outputs.items()}
    if not set(DETECTION_OUTPUTS[:3]) <= set(arrays):
        raise UnsupportedModelError(
            "the model gives no detections in TensorFlow",
            expected=", ".join(DETECTION_OUTPUTS[:3]),
            found=", ".join(sorted(arrays))[:200],
            help=OTHERWISE,
        )
    height, width = picture.shape[:2]
    return best_first(detections_of(arrays, height, width))
