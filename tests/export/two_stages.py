"""Small two-stage detectors whose rows, classes and masks can be told apart: goldens made narrow, weights made up.

What is compared has to differ by more than the tolerance, or a wrong row, class or mask would pass.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import loadstone as ls
from loadstone.blueprint.reader import read_any
from loadstone.comparison.outputs import detections_of
from loadstone.comparison.pairing import Tolerance, compare
from loadstone.comparison.pictures import generated
from loadstone.facts.comparison import Comparison
from loadstone.runtime.raw import RawDetections
from loadstone.wire.textproto import parse
from tests.detectors.goldens import weights
from tests.runtime import narrow

Run = Callable[[npt.NDArray[np.uint8]], Mapping[str, Any]]

PLAIN, PYRAMID, MASKS, OPEN = NAMES = (
    "faster_rcnn_resnet50_v1_640",
    "faster_rcnn_resnet50_v1_fpn_640",
    "mask_rcnn_inception_resnet_v2_1024",
    "faster_rcnn_resnet50_v1_640, each picture with a size of its own",
)


def loaded(name: str, shared: Path, folder: Path) -> ls.Model:
    """Return a small detector of a golden's architecture, with weights whose results can be told apart."""
    text = narrow.narrow_config(shared, PLAIN if name == OPEN else name)
    if name in (PLAIN, OPEN):
        # Without normalised deltas made-up weights give one box; the golden's own formula gives many.
        text = text.replace("num_classes: 6", "num_classes: 90").replace("dimension: 96", "dimension: 192")
        if name == OPEN:
            text = text.replace("min_dimension: 192", "min_dimension: 144").replace("pad_to_max_dimension: true", "")
        changed = weights(shared, PLAIN)
    else:
        values = narrow.made_up(read_any(parse(text.encode())).variables)
        changed = {key: value * scale for key, value in values.items() if (scale := _scale(key)) is not None}
    prefix = narrow.checkpoint(folder, text, changed)
    return ls.load(prefix, config=narrow.config_of(prefix))


def _scale(key: str) -> np.float32 | None:
    """Box codes of the order of one, and class logits that spread the scores out and do not saturate them."""
    if "/box_encodings/" in key or ("_box_encod" in key and "kernel" in key):
        return np.float32(0.02)
    return np.float32(0.2) if "_class_predictor_layers/1/ker" in key else None


def outputs_told_apart(model: ls.Model) -> set[str]:
    """Return the outputs that a comparison must hold; fails where one cannot tell right from wrong."""
    raw = model._detector.run([generated(0)])[0]
    assert isinstance(raw, RawDetections)
    assert len(np.unique(np.round(raw.boxes), axis=0)) > 2
    assert np.ptp(raw.scores) > 0.02
    if raw.masks is None:
        return {"boxes", "scores"}
    assert np.abs(raw.masks - raw.masks.mean()).max() > 0.05
    assert np.ptp(raw.masks, axis=0).max() > 0.01
    return {"boxes", "scores", "masks"}


def compared(model: ls.Model, run: Run, number: int) -> Comparison:
    """Compare the detector with an export as its own engine runs it, on a generated picture."""
    picture = generated(number)
    size = picture.shape[0], picture.shape[1]
    ours, theirs = model._detector.run([picture])[0], detections_of(run(picture), *size)
    return compare(ours, theirs, size=size, image="", tolerance=Tolerance())
