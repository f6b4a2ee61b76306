"""The fields of `center_net { … }` from a CenterNet's variables."""

from __future__ import annotations

import re

from loadstone.blueprint.recovered.traces import Pairs, Traces, Value, repeated
from loadstone.facts import DetectorFacts

HOURGLASS = ((104.01362025, 114.03422265, 119.9165958), (73.6027665, 69.89082075, 70.9150767))
"""Channel means and deviations, BGR, that the zoo's hourglass configurations give."""

_TASK = re.compile(r"_prediction_head_dict/([^/]+)\.Skeypoint\.Sheatmap/")


def center_net_fields(traces: Traces, facts: DetectorFacts) -> Pairs:
    """Return the message's fields."""
    keep: Pairs = [("min_dimension", 512), ("max_dimension", 512), ("pad_to_max_dimension", True)]
    empty: Pairs = []
    boxes: list[tuple[str, Value]] = []
    if traces.has(r"_prediction_head_dict/box\.Sscale/"):
        boxes.append(("object_detection_task", empty))
    return [
        ("num_classes", facts.num_classes or 0),
        ("feature_extractor", _extractor(facts.feature_extractor or "")),
        ("image_resizer", [("keep_aspect_ratio_resizer", keep)]),
        ("use_depthwise", traces.has(r"_prediction_head_dict/object_center/0/layer_with_weights-0/depthwise_kernel$")),
        *boxes,
        ("object_center_params", [("max_box_predictions", 100)]),
        *_tasks(traces),
    ]


def _extractor(kind: str) -> Pairs:
    if not kind.startswith("hourglass"):
        return [("type", kind)]
    means, deviations = HOURGLASS
    return [
        ("type", kind),
        ("bgr_ordering", True),
        *repeated("channel_means", means),
        *repeated("channel_stds", deviations),
    ]


def _tasks(traces: Traces) -> list[tuple[str, Value]]:
    """One task for each name in the heads' keys; its keypoints have no names here, only a number."""
    names = dict.fromkeys(found[1] for key in traces.shapes if (found := _TASK.search(key)))
    return [("keypoint_estimation_task", _task(traces, name)) for name in names]


def _task(traces: Traces, name: str) -> Pairs:
    head = rf"_prediction_head_dict/{re.escape(name)}\.Skeypoint\.S"
    count = traces.last(head + r"heatmap/0/layer_with_weights-1/bias$")
    offsets = traces.last(head + r"offset/0/layer_with_weights-1/bias$")
    deviations: list[tuple[str, Value]] = [
        ("keypoint_label_to_std", [("key", f"keypoint_{number}"), ("value", 1.0)]) for number in range(count)
    ]
    return [("task_name", name), *deviations, ("per_keypoint_offset", offsets == 2 * count and count != 1)]
