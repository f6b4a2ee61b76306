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

import numpy as np

from loadstone.errors import EnvironmentLacksError, FormatError, RefusedError, UnsupportedModelError
from loadstone.formats.graph_op_notes import reach_notes
from loadstone.runtime.endings import DETECTION_OUTPUTS
from loadstone.runtime.raw import RawDetections

if TYPE_CHECKING:
    import numpy.typing as npt

    from loadstone.facts import ModelFile

    Picture = npt.NDArray[np.uint8]
    Run = Callable[[Picture], RawDetections]

EXTRAS = ("detection_masks", "detection_keypoints", "detection_keypoint_scores")
PICTURES = ("image_tensor", "input_tensor")
"""What the Object Detection API calls the picture in its frozen graphs."""


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
        raise RefusedError(f"not run in TensorFlow: {note}", where=model.source, help="compare with --against graph")


def run_saved_model(model: ModelFile, path: Path) -> Run:
    """Return the SavedModel's signature `serving_default` as a function of a picture."""
    refuse_reach(model)
    tf = tensorflow()
    folder = path if path.is_dir() else path.parent
    try:
        loaded = tf.saved_model.load(str(folder))
        signature = loaded.signatures["serving_default"]
    except (OSError, ValueError, KeyError) as error:
        raise FormatError("TensorFlow does not take the SavedModel", where=str(folder), found=_line(error)) from error
    (name, spec), *more = signature.structured_input_signature[1].items()
    if more:
        raise UnsupportedModelError("the signature takes more than a picture", found=", ".join(dict(more)))

    def run(picture: Picture) -> RawDetections:
        given = tf.cast(tf.constant(picture[None]), spec.dtype)
        return _detections(signature(**{name: given}), picture)

    # The loaded object holds the variables, which go when it goes.
    run.__dict__["loaded"] = loaded
    return run


def run_frozen(model: ModelFile, path: Path) -> Run:
    """Return a frozen detector as a function of a picture."""
    refuse_reach(model)
    tf = tensorflow()
    graph = tf.compat.v1.GraphDef()
    try:
        graph.ParseFromString(path.read_bytes())
        whole = tf.compat.v1.wrap_function(lambda: tf.compat.v1.import_graph_def(graph, name=""), [])
    except (OSError, ValueError, RuntimeError) as error:
        raise FormatError("TensorFlow does not take the graph", where=str(path), found=_line(error)) from error
    names = {node.name for node in graph.node}
    feed = next((name for name in PICTURES if name in names), None)
    wanted = [name for name in (*DETECTION_OUTPUTS, *EXTRAS) if name in names]
    if feed is None or not set(DETECTION_OUTPUTS[:3]) <= set(wanted):
        raise UnsupportedModelError("the graph is no detector that TensorFlow can be asked", where=str(path))
    pruned = whole.prune(f"{feed}:0", {name: f"{name}:0" for name in wanted})
    return lambda picture: _detections(pruned(tf.constant(picture[None])), picture)


def _line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def _detections(outputs: Mapping[str, Any], picture: Picture) -> RawDetections:
    """Return TensorFlow's outputs as detections in pixels, best first; rows of nothing are left out."""
    arrays = {name: value.numpy() for name, value in outputs.items()}
    if not set(DETECTION_OUTPUTS[:3]) <= set(arrays):
        raise UnsupportedModelError("the signature gives no detections", found=", ".join(sorted(arrays))[:200])
    height, width = picture.shape[:2]
    scores = arrays["detection_scores"].reshape(-1)
    count = int(arrays["num_detections"].reshape(-1)[0]) if "num_detections" in arrays else len(scores)
    order = np.argsort(-scores[:count], kind="stable")
    order = order[scores[order] > 0]
    boxes = arrays["detection_boxes"].reshape(-1, 4)[order][:, [1, 0, 3, 2]]
    masks, points, point_scores = (arrays[name][0][order] if name in arrays else None for name in EXTRAS)
    return RawDetections(
        boxes * np.array([width, height, width, height], np.float32),
        scores[order],
        np.rint(arrays["detection_classes"].reshape(-1)[order]).astype(np.int64),
        masks=masks,
        keypoints=None if points is None else points[:, :, ::-1] * np.array([width, height], np.float32),
        keypoint_scores=point_scores,
    )
