"""An exported checkpoint, read again as any other: every value bit for bit, and the detector that comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.errors import UnsupportedModelError
from loadstone.export.checkpoint import whole_values
from loadstone.runtime.conversions.conversion import finish
from loadstone.runtime.conversions.convert_rebuilt import conversion_of
from loadstone.runtime.detector import Detector
from loadstone.runtime.raw import RawDetections
from loadstone.runtime.rebuilt import Rebuilt, rebuild_source

if TYPE_CHECKING:
    import numpy.typing as npt


def reopened_checkpoint(
    detector: Rebuilt, path: Path
) -> Callable[[npt.NDArray[np.uint8]], Mapping[str, npt.NDArray[Any]]]:
    """Return the checkpoint's detector as a function of a picture, which gives outputs by the original's names.

    Raises `UnsupportedModelError` where a value, a name or the description is not the one that was written.
    """
    again = rebuild_source(str(path))
    wanted = whole_values(detector)
    different = [
        key for key, array in wanted.items() if key in again.values and not _equal(array, again.values[key])
    ] + sorted(key for key in {*detector.values} ^ {*again.values} if key not in wanted)
    lost = sorted({*detector.values} - {*again.values})
    if different or lost or {**detector.labels} != {**again.labels}:
        raise UnsupportedModelError(
            "the checkpoint does not read as it was written", found=", ".join([*different, *lost][:3]) or "other names"
        )
    runs = Detector(finish(conversion_of(again), "CPU"))

    def run(picture: npt.NDArray[np.uint8]) -> Mapping[str, npt.NDArray[Any]]:
        return outputs_of(runs.run([picture])[0], *picture.shape[:2])

    return run


def _equal(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> bool:
    return one.shape == other.shape and np.asarray(one, np.float32).tobytes() == np.asarray(other, np.float32).tobytes()


def outputs_of(found: Any, height: int, width: int) -> dict[str, npt.NDArray[Any]]:
    """Return detections as the original's exports give them: boxes yxyx relative to the picture, a batch of one."""
    if not isinstance(found, RawDetections):
        raise UnsupportedModelError("the checkpoint is read as something that detects nothing")
    sides = np.array([height, width, height, width], np.float32)
    outputs = {
        "detection_boxes": (found.boxes[:, [1, 0, 3, 2]] / sides)[None],
        "detection_scores": found.scores[None],
        "detection_classes": found.class_ids[None],
        "num_detections": np.array([len(found.scores)]),
    }
    if found.masks is not None:
        outputs["detection_masks"] = found.masks[None]
    if found.keypoints is not None and found.keypoint_scores is not None:
        outputs["detection_keypoints"] = (found.keypoints[:, :, ::-1] / sides[:2])[None]
        outputs["detection_keypoint_scores"] = found.keypoint_scores[None]
    return outputs
