"""An export, read again by another reader than the one that wrote it, and run: what it gives for a picture.

OpenVINO's own readers of its IR, TensorFlow's and ONNX's graphs and TensorFlow Lite take the files back, so that no
other framework has to be installed to check an export.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.errors import UnsupportedModelError
from loadstone.export.targets import Target
from loadstone.runtime.conversions.frontends import convert
from loadstone.runtime.engine import SETTINGS, openvino

if TYPE_CHECKING:
    import numpy.typing as npt

    Outputs = Mapping[str, npt.NDArray[Any]]

Run = Callable[["npt.NDArray[np.uint8]"], "Outputs"]
"""A picture (height, width, 3) → the export's outputs by name."""


def reopened(target: Target, path: Path) -> Run:
    """Return the export as a function. Raises `UnsupportedModelError` where the reader does not take it."""
    ov = openvino()
    try:
        model = convert("tf", path) if target.reader == "tf" else ov.Core().read_model(str(path))
        compiled = ov.Core().compile_model(model, "CPU", SETTINGS)
    except RuntimeError as error:
        line = str(error).strip().splitlines()[-1]
        raise UnsupportedModelError("OpenVINO does not take the export back", found=line[:200]) from error
    names = [_name_of(port.names) for port in model.outputs]

    def run(picture: npt.NDArray[np.uint8]) -> Outputs:
        results = compiled([picture[None]])
        return {name: np.array(results[index]) for index, name in enumerate(names)}

    return run


OUTPUTS = (
    *("detection_boxes", "detection_scores", "detection_classes", "num_detections"),
    *("raw_detection_boxes", "raw_detection_scores"),
    *("detection_masks", "detection_keypoints", "detection_keypoint_scores"),
)
"""What exports hand out, by the original's names."""


def _name_of(names: set[str]) -> str:
    """Return the output that goes by these names: a reader keeps those of what it has merged."""
    bare = {name.removesuffix(":0") for name in names}
    return next((name for name in OUTPUTS if name in bare), min(bare, default=""))
