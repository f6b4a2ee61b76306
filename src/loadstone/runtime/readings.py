"""How the outputs of a network are read: one function for each kind of ending, in a visible table.

A reading takes the outputs of one picture and that picture's size, and returns a `Raw` value.
What it is not: a filter by score, class or count; that is for whoever asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.errors import FormatError
from loadstone.runtime.raw import Raw, RawClassification, RawDetections, RawTensors

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[Any]

Reading = Callable[[Sequence["Array"], int, int], Raw]
"""(outputs, picture height, picture width) → what they say."""

Maker = Callable[[Mapping[str, Any], Mapping[str, "Array"]], Reading]
"""(the manifest's options, the plan's arrays) → the reading."""

Infer = Callable[..., Sequence["Array"]]
"""Runs one network on its inputs; what it returns is overwritten by its next run."""

StagedMaker = Callable[[Mapping[str, Any], Mapping[str, "Array"], Sequence[Infer]], Reading]
"""(the manifest's options, the plan's arrays, the networks after the first) → the reading."""


def pixels(boxes: Array, height: int, width: int) -> npt.NDArray[np.float32]:
    """Turn normalised yxyx `(N, 4)` into xyxy in pixels."""
    return np.ascontiguousarray(boxes[:, [1, 0, 3, 2]] * np.array([width, height, width, height], np.float32))


def sorted_detections(boxes: Array, scores: Array, class_ids: Array, masks: Array | None = None) -> RawDetections:
    """Return the detections, best first, in the dtypes that are promised, as copies."""
    order = np.argsort(-scores, kind="stable")
    return RawDetections(
        boxes[order].astype(np.float32, copy=False),
        scores[order].astype(np.float32, copy=False),
        class_ids[order].astype(np.int64, copy=False),
        masks=None if masks is None else masks[order].astype(np.float32, copy=False),
    )


def _detection_outputs(options: Mapping[str, Any], arrays: Mapping[str, Array]) -> Reading:
    """The Object Detection API's outputs, after its own suppression: `options` gives each one's position."""
    boxes_at, scores_at, classes_at = options["boxes"], options["scores"], options["classes"]
    count_at, masks_at = options.get("count"), options.get("masks")

    def read(outputs: Sequence[Array], height: int, width: int) -> Raw:
        scores = outputs[scores_at].reshape(-1)
        count = len(scores) if count_at is None else min(int(outputs[count_at].reshape(-1)[0]), len(scores))
        boxes = outputs[boxes_at].reshape(-1, 4)[:count]
        # A graph with a fixed number of rows fills the ones it does not use with zeros.
        real = np.flatnonzero(scores[:count] > 0)
        class_ids = outputs[classes_at].reshape(-1)[:count] + options.get("class_offset", 0)
        masks = None if masks_at is None else outputs[masks_at].reshape(-1, *outputs[masks_at].shape[-2:])[real]
        return sorted_detections(pixels(boxes[real], height, width), scores[real], np.rint(class_ids[real]), masks)

    return read


def _tflite_postprocess(options: Mapping[str, Any], arrays: Mapping[str, Array]) -> Reading:
    from loadstone.runtime.conversions.tflite_postprocess import PostProcessOptions, post_process

    settings = PostProcessOptions.from_options(options["operator"])
    anchors = arrays["anchors"]
    encodings_at, scores_at = options["encodings"], options["scores"]

    def read(outputs: Sequence[Array], height: int, width: int) -> Raw:
        encodings = dequantised(outputs[encodings_at][0], options.get("encodings_scale"))
        scores = dequantised(outputs[scores_at][0], options.get("scores_scale"))
        found = post_process(encodings, scores, anchors, settings)
        return sorted_detections(pixels(found.boxes, height, width), found.scores, found.class_ids)

    return read


def dequantised(values: Array, quantum: Sequence[float] | None) -> npt.NDArray[np.float32]:
    """Return real values of a quantised array, where `quantum` is (scale, zero point); else the array as float32."""
    if quantum is None:
        return values.astype(np.float32, copy=False)
    scale, zero = quantum
    return (values.astype(np.float32) - np.float32(zero)) * np.float32(scale)


def _classes(options: Mapping[str, Any], arrays: Mapping[str, Array]) -> Reading:
    """Probabilities, or logits that still need their soft maximum (`options["logits"]`)."""

    def read(outputs: Sequence[Array], height: int, width: int) -> Raw:
        values = dequantised(outputs[options.get("at", 0)].reshape(-1), options.get("scale")).astype(np.float32)
        if options.get("logits"):
            values = np.exp(values - values.max())
            values /= values.sum()
        if len(values) == 1:
            values = np.array([1 - values[0], values[0]], np.float32)
        return RawClassification(values)

    return read


def _tensors(options: Mapping[str, Any], arrays: Mapping[str, Array]) -> Reading:
    names: Sequence[str] = options["names"]

    def read(outputs: Sequence[Array], height: int, width: int) -> Raw:
        values = [output[0].copy() if output.ndim and len(output) == 1 else output.copy() for output in outputs]
        return RawTensors(dict(zip(names, values, strict=True)))

    return read


def _ssd_raw(options: Mapping[str, Any], arrays: Mapping[str, Array]) -> Reading:
    from loadstone.runtime.families.ssd_raw import ssd_reading

    return ssd_reading(options, arrays)


def _ssd(options: Mapping[str, Any], arrays: Mapping[str, Array]) -> Reading:
    from loadstone.runtime.families.ssd_reading import ssd_detections

    return ssd_detections(options, arrays)


def _center_net(options: Mapping[str, Any], arrays: Mapping[str, Array]) -> Reading:
    from loadstone.runtime.families.center_net_reading import center_net_detections

    return center_net_detections(options)


def _multiclass(options: Mapping[str, Any], arrays: Mapping[str, Array]) -> Reading:
    from loadstone.runtime.multiclass import multiclass_reading

    return multiclass_reading(options)


def _faster_rcnn(options: Mapping[str, Any], arrays: Mapping[str, Array], later: Sequence[Infer]) -> Reading:
    from loadstone.runtime.families.faster_rcnn_reading import faster_rcnn_detections

    return faster_rcnn_detections(options, arrays, later)


READINGS: dict[str, Maker] = {
    "detection-outputs": _detection_outputs,
    "tflite-postprocess": _tflite_postprocess,
    "multiclass": _multiclass,
    "ssd-raw": _ssd_raw,
    "ssd": _ssd,
    "center-net": _center_net,
    "classes": _classes,
    "tensors": _tensors,
}
"""Every kind of ending that one network's outputs are enough for, by its name in the manifest."""

STAGED_READINGS: dict[str, StagedMaker] = {
    "faster-rcnn": _faster_rcnn,
}
"""The kinds that run further networks."""


def reading(name: str, options: Mapping[str, Any], arrays: Mapping[str, Array], later: Sequence[Infer] = ()) -> Reading:
    """Return the reading that a manifest names; `FormatError` where its options do not fit.

    `later` are the plan's networks after the first, each a function of its inputs.
    """
    try:
        if name in STAGED_READINGS:
            return STAGED_READINGS[name](options, arrays, later)
        return READINGS[name](options, arrays)
    except KeyError as error:
        raise FormatError(f"the prepared network's manifest lacks {error}", found=name) from error
