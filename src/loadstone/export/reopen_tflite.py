"""A TensorFlow Lite export, read again: its network by OpenVINO, the operator's options and anchors by our readers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.detectors.preprocess import preprocess
from loadstone.errors import FormatError
from loadstone.runtime.conversions.convert_rebuilt import OneStage
from loadstone.runtime.conversions.convert_tflite import network_of, options_of
from loadstone.runtime.conversions.tflite_cut import cut
from loadstone.runtime.conversions.tflite_postprocess import post_process
from loadstone.runtime.engine import SETTINGS, openvino
from loadstone.runtime.rebuilt import Rebuilt

if TYPE_CHECKING:
    import numpy.typing as npt


def reopened_tflite(detector: Rebuilt, path: Path) -> Callable[[npt.NDArray[np.uint8]], Mapping[str, npt.NDArray[Any]]]:
    """Return the export as a function of a picture; what goes in is preprocessed as the metadata says."""
    parts, blueprint = cut(path.read_bytes()), detector.blueprint
    if parts.post_process is None or not isinstance(blueprint, OneStage):
        raise FormatError("the export has no detection operator", where=str(path))
    ending, stated = parts.post_process, options_of(parts.post_process)
    # The operator counts boxes wholly outside the picture among those it keeps; here they must not push others out.
    settings = stated
    if stated.use_regular_nms:
        settings = replace(stated, max_detections=stated.detections_per_class * stated.num_classes)
    compiled = openvino().Core().compile_model(network_of(parts.data), "CPU", SETTINGS)
    size = blueprint.resizer.output or (1, 1)

    def run(picture: npt.NDArray[np.uint8]) -> Mapping[str, npt.NDArray[Any]]:
        given = preprocess(picture, blueprint.resizer, blueprint.normalisation)
        outputs = compiled([np.ascontiguousarray(given.image[None])])
        encodings, scores = (np.array(outputs[name])[0] for name in (ending.encodings.name, ending.scores.name))
        kept = post_process(encodings, scores, ending.anchors, settings)
        found = within(kept.boxes, kept.scores, kept.class_ids, share=np.array(given.true_shape[:2]) / np.array(size))
        most = stated.max_detections
        rows = {name: value[:, :most] for name, value in found.items() if value.ndim > 1}
        return rows | {"num_detections": np.minimum(found["num_detections"], most)}

    return run


def within(
    boxes: npt.NDArray[Any], scores: npt.NDArray[Any], classes: npt.NDArray[Any], *, share: npt.NDArray[Any]
) -> dict[str, npt.NDArray[Any]]:
    """Return the operator's outputs as the other exports give theirs: clipped to the picture's share of the input."""
    frame = np.concatenate([share, share]).astype(np.float32)
    cut_boxes = np.clip(boxes, 0, frame) / frame
    real = (cut_boxes[:, 2] > cut_boxes[:, 0]) & (cut_boxes[:, 3] > cut_boxes[:, 1])
    return {
        "detection_boxes": cut_boxes[real][None],
        "detection_scores": scores[real][None],
        "detection_classes": classes[real][None] + 1,
        "num_detections": np.array([real.sum()]),
    }
