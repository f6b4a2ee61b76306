"""What the operator `TFLite_Detection_PostProcess` computes, in NumPy.

The operator decodes boxes against its anchors and suppresses overlaps; TensorFlow Lite carries it as a custom operator,
so no other engine has it. Its semantics are those of tensorflow/lite/kernels/detection_postprocess.cc:
`fast` suppression looks at the best class of each anchor only, `regular` suppression at every class by itself.
Class ids count from 0 without the background.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.errors import FormatError
from loadstone.runtime.nms import suppress

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]

EXPONENT_CAP = 80.0
"""exp of it is 5e34, the last round power that float32 holds once it is multiplied by an anchor's side."""

FIRST_LOOK = 1000
"""Candidates of the first look; a model keeps ten to a hundred."""

DETECTIONS_CAP = 100_000
"""More boxes than any network has anchors; a larger wish in a file is a wish for memory."""


@dataclass(frozen=True, slots=True)
class PostProcessOptions:
    """The operator's options, by their names in the file."""

    max_detections: int
    max_classes_per_detection: int
    num_classes: int
    y_scale: float
    x_scale: float
    h_scale: float
    w_scale: float
    nms_score_threshold: float
    nms_iou_threshold: float
    use_regular_nms: bool = False
    detections_per_class: int = 100

    @classmethod
    def from_options(cls, options: Mapping[str, Any], where: str = "") -> PostProcessOptions:
        """Check the operator's option map; `FormatError` where one is missing or makes no sense."""
        known = {name: options[name] for name in (field.name for field in fields(cls)) if name in options}
        lacking = [name for name in _REQUIRED if not isinstance(known.get(name), (int, float))]
        if lacking:
            raise FormatError(f"TFLite_Detection_PostProcess lacks its option `{lacking[0]}`", where=where)
        for name in ("max_detections", "max_classes_per_detection", "num_classes", "detections_per_class"):
            if not 0 < known.get(name, 1) <= DETECTIONS_CAP:
                raise _out_of_range(name, known[name], where)
        for name in ("y_scale", "x_scale", "h_scale", "w_scale"):
            if not 0 < known[name] < float("inf"):
                raise _out_of_range(name, known[name], where)
        return cls(**{**known, "use_regular_nms": bool(known.get("use_regular_nms", False))})

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


_REQUIRED = tuple(field.name for field in fields(PostProcessOptions))[:-2]


def _out_of_range(name: str, value: float, where: str) -> FormatError:
    return FormatError(
        f"TFLite_Detection_PostProcess has an option `{name}` that cannot be",
        where=where,
        expected=f"above 0, at most {DETECTIONS_CAP:,}",
        found=str(value),
    )


@dataclass(frozen=True, slots=True)
class Found:
    """The operator's outputs: boxes `(N, 4)` yxyx normalised, scores `(N,)`, class ids `(N,)` from 0."""

    boxes: Floats
    scores: Floats
    class_ids: npt.NDArray[np.int64]


def decode(encodings: Floats, anchors: Floats, options: PostProcessOptions) -> Floats:
    """Turn encodings `(N, 4)` (y, x, h, w) against anchors `(N, 4)` (centre y, x, h, w) into corners yxyx."""
    place = encodings[:, :2] / np.array([options.y_scale, options.x_scale], np.float32)
    size = encodings[:, 2:] / np.array([options.h_scale, options.w_scale], np.float32)
    centre = place * anchors[:, 2:] + anchors[:, :2]
    exponent = np.minimum(size, EXPONENT_CAP)
    half = np.float32(0.5) * np.exp(exponent) * anchors[:, 2:]
    return np.concatenate([centre - half, centre + half], axis=1)


def post_process(encodings: Floats, scores: Floats, anchors: Floats, options: PostProcessOptions) -> Found:
    """Compute the operator. encodings and anchors `(N, 4)`; scores `(N, C)`, C with the background or without it."""
    classes = scores[:, scores.shape[1] - options.num_classes :]
    run = _regular if options.use_regular_nms else _fast
    rows, class_ids, values = run(encodings, classes, anchors, options)
    return Found(decode(encodings[rows], anchors[rows], options), values, class_ids)


_Chosen = tuple["npt.NDArray[np.int64]", "npt.NDArray[np.int64]", "Floats"]


def _kept(
    encodings: Floats, scores: Floats, anchors: Floats, options: PostProcessOptions, *, most: int
) -> npt.NDArray[np.int64]:
    """Return the anchors that one class's suppression keeps, best first.

    Suppression is greedy by score, so the best thousand candidates settle it wherever they keep enough boxes.
    """
    rows = np.flatnonzero(scores >= options.nms_score_threshold)
    if len(rows) > FIRST_LOOK:
        values = scores[rows]
        bound = np.partition(values, len(rows) - FIRST_LOOK)[len(rows) - FIRST_LOOK]
        kept = _suppressed(rows[values >= bound], encodings, scores, anchors, options, most=most)
        if len(kept) == most:
            return kept
    return _suppressed(rows, encodings, scores, anchors, options, most=most)


def _suppressed(
    rows: npt.NDArray[np.int64],
    encodings: Floats,
    scores: Floats,
    anchors: Floats,
    options: PostProcessOptions,
    *,
    most: int,
) -> npt.NDArray[np.int64]:
    boxes = decode(encodings[rows], anchors[rows], options)
    return rows[suppress(boxes, scores[rows], iou=options.nms_iou_threshold, most=most)]


def _fast(encodings: Floats, classes: Floats, anchors: Floats, options: PostProcessOptions) -> _Chosen:
    rows = _kept(encodings, classes.max(axis=1), anchors, options, most=options.max_detections)
    per_box = min(options.max_classes_per_detection, options.num_classes)
    best = np.argsort(-classes[rows], axis=1, kind="stable")[:, :per_box]
    values = np.take_along_axis(classes[rows], best, axis=1)
    return np.repeat(rows, per_box), best.reshape(-1), values.reshape(-1)


def _regular(encodings: Floats, classes: Floats, anchors: Floats, options: PostProcessOptions) -> _Chosen:
    hopeful = np.flatnonzero((classes >= options.nms_score_threshold).any(axis=0))
    kept = [_kept(encodings, classes[:, one], anchors, options, most=options.detections_per_class) for one in hopeful]
    rows = np.concatenate([np.zeros(0, np.int64), *kept])
    class_ids = np.repeat(hopeful, [len(part) for part in kept])
    values = classes[rows, class_ids]
    best = np.argsort(-values, kind="stable")[: options.max_detections]
    return rows[best], class_ids[best], values[best]
