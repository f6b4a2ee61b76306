"""The shorter way through an exported detector: its raw boxes and scores, and the suppression computed here.

An export of the Object Detection API hands out `raw_detection_boxes` and `raw_detection_scores` beside its detections;
the suppression between them is one operation a class, inside loops, and costs OpenVINO 20 times the network itself.
The settings are read from those operations. The shortcut is taken only where it gives the same detections as the whole
graph on test pictures, so that a guess about the original costs speed, never a wrong box.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.runtime.endings import Ending, output_names
from loadstone.runtime.multiclass import Rule
from loadstone.runtime.raw import RawDetections
from loadstone.runtime.readings import reading

if TYPE_CHECKING:
    import numpy.typing as npt

    Compile = Callable[[Any], Any]

RAW_OUTPUTS = ("raw_detection_boxes", "raw_detection_scores")
LEAST_DETECTIONS = 20
"""Detections that the test pictures must give; fewer prove nothing."""
SCORE_TOLERANCE = 1e-5
BOX_TOLERANCE = 0.01
"""In pixels; the test pictures have about 300."""


def shortcut(model: Any, ending: Ending, compiled: Any, compile_model: Compile) -> tuple[Any, Ending] | None:
    """Return the compiled shorter network and its ending, or None where there is none that proves equal."""
    names = output_names(model)
    rules = list(_rules(model, compiled, names))
    # Masks are made of the final boxes within the graph, which the shorter network does not have.
    if ending.reading != "detection-outputs" or "masks" in ending.options or not rules:
        return None
    shorter = compile_model(_shortened(model, names))
    options = {"boxes": 0, "scores": 1}
    for rule in rules:
        short = replace(ending, reading="multiclass", options={**options, "rule": rule.as_json()})
        if _agree(compiled, ending, shorter, short):
            return shorter, short
    return None


def _rules(model: Any, compiled: Any, names: Sequence[str]) -> Iterator[Rule]:
    """Yield the rules that the graph's suppressions may mean; none where they differ among themselves."""
    found = {_settings(operation) for operation in suppressions(model)}
    if not {*RAW_OUTPUTS, "detection_scores"} <= set(names) or len(found) != 1 or None in found:
        return
    (settings,) = found
    classes = _columns(model, names.index(RAW_OUTPUTS[1]))
    count = sum(1 for _ in suppressions(model))
    if settings is None or classes not in (count, count + 1):
        return
    iou, score, each = settings
    most = compiled.outputs[names.index("detection_scores")].partial_shape[1]
    total = int(most.get_length()) if most.is_static else each
    for clip_first in (False, True):
        yield Rule(score, iou, total or 100, each or total or 100, clip_first, classes == count + 1)


def suppressions(model: Any) -> Iterator[Any]:
    """Yield the suppression operations of a network, those in the bodies of its loops included."""
    for operation in model.get_ops():
        kind = operation.get_type_name()
        if kind == "NonMaxSuppression":
            yield operation
        elif kind in ("Loop", "TensorIterator"):
            yield from suppressions(operation.get_function())


def _settings(operation: Any) -> tuple[float, float, int] | None:
    """Return (overlap, score, boxes) of one suppression; 0 boxes where that is computed; None for a soft one."""
    values = [_constant(operation, index) for index in range(2, operation.get_input_size())]
    if len(values) < 3 or values[1] is None or values[2] is None or any(value != 0 for value in values[3:]):
        return None
    return values[1], values[2], int(values[0] or 0)


def _constant(operation: Any, index: int) -> float | None:
    node = operation.input_value(index).get_node()
    return float(node.get_data().reshape(-1)[0]) if node.get_type_name() == "Constant" else None


def _columns(model: Any, at: int) -> int | None:
    shape = model.outputs[at].partial_shape
    if shape.rank.is_dynamic or len(shape) != 3 or shape[2].is_dynamic:
        return None
    return int(shape[2].get_length())


def _shortened(model: Any, names: Sequence[str]) -> Any:
    """Return the network that ends in its raw outputs."""
    from loadstone.runtime.engine import openvino

    copy = model.clone()
    results = [copy.get_results()[names.index(name)] for name in RAW_OUTPUTS]
    return openvino().Model(results, copy.get_parameters())


def _agree(compiled: Any, ending: Ending, shorter: Any, short: Ending) -> bool:
    """Return whether both ways give the same detections, and enough of them, on the test pictures."""
    whole, brief = (reading(end.reading, end.options, end.arrays) for end in (ending, short))
    seen = 0
    for picture in pictures():
        sides = picture.shape[1:3]
        wanted, got = (
            way([network(picture)[index] for index in range(len(network.outputs))], *sides)
            for way, network in ((whole, compiled), (brief, shorter))
        )
        if not isinstance(wanted, RawDetections) or not isinstance(got, RawDetections) or not same(wanted, got):
            return False
        seen += len(wanted)
    return seen >= LEAST_DETECTIONS


def same(wanted: RawDetections, got: RawDetections) -> bool:
    """Return whether two results are the same detections in the same order."""
    return (
        len(wanted) == len(got)
        and np.array_equal(wanted.class_ids, got.class_ids)
        and np.allclose(wanted.scores, got.scores, rtol=0, atol=SCORE_TOLERANCE)
        and np.allclose(wanted.boxes, got.boxes, rtol=0, atol=BOX_TOLERANCE)
    )


def pictures() -> Iterator[npt.NDArray[np.uint8]]:
    """Yield test pictures `(1, H, W, 3)`: squares of many sizes and colours, the same each time."""
    random = np.random.default_rng(20261121)
    for height, width in ((300, 300), (240, 360)):
        picture = np.full((1, height, width, 3), 110, np.uint8)
        for side in (150, 90, 60, 40, 25, 15, 8):
            for _ in range(150 // side + 1):
                top, left = random.integers(0, height - side), random.integers(0, width - side)
                picture[0, top : top + side, left : left + side] = random.integers(0, 256, 3)
        noise = random.integers(-12, 13, picture.shape)
        yield np.clip(picture + noise, 0, 255).astype(np.uint8)
