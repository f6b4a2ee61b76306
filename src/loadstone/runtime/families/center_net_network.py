"""A CenterNet's network from uint8 picture to peaks, as one OpenVINO model; boxes and points are read from its outputs.

A peak is a place that scores no less than its neighbours; all other places score 0. Finding them here costs one pass
over the map. Sorting does not belong here: a map of 90 classes has 1.5 million scores, a hundred of which count.
Source: object_detection/meta_architectures/center_net_meta_arch.py (top_k_feature_map_locations).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.runtime.engine import openvino
from loadstone.runtime.pictures.picture_front import picture_front, true_size

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loadstone.blueprint.center_net_parts import CenterNetBlueprint
    from loadstone.runtime.openvino.openvino_network import Values

SAME = 1e-6
"""What a score may lie below the highest of its neighbours and be a peak still, as in the original."""


def center_net_model(blueprint: CenterNetBlueprint, values: Values) -> Any:
    """Return the model. With P places of a map and C classes, its outputs are in this order: scores of peaks (1, C, P),
    the best of each place (1, P), heights and widths (1, P, 2), offsets y and x (1, P, 2); and of K keypoints: scores
    of peaks (1, K, P), offsets (1, P, 2 or 2·K), places from the centre's (1, P, 2·K).
    """
    ov = openvino()
    ops = ov.opset13

    from loadstone.runtime.openvino.openvino_network import attach

    picture, tensor = picture_front(blueprint.resizer, blueprint.normalisation)
    heads = attach(blueprint.network, values, tensor)
    results = []
    for name, output in _outputs(ops, blueprint, heads, picture).items():
        result = ops.result(output)
        result.output(0).set_names({name})
        results.append(result)
    return ov.Model(results, [picture], blueprint.feature_extractor)


def _outputs(ops: Any, blueprint: CenterNetBlueprint, heads: Mapping[str, Any], picture: Any) -> dict[str, Any]:
    scores = ops.multiply(_scores(ops, heads["object_center"]), _mask(ops, blueprint, picture))
    peaks = _peaks(ops, scores, blueprint.peak_window)
    best = ops.reduce_max(peaks, ops.constant(np.array([1], np.int64)), False)
    outputs = {"peaks": peaks, "best": best}
    outputs |= {name: _places(ops, heads[f"box/{name}"]) for name in ("scale", "offset")}
    for task in blueprint.keypoint_tasks:
        outputs["point peaks"] = _peaks(ops, _scores(ops, heads[f"{task.name}/keypoint/heatmap"]), task.peak_window)
        for name in ("offset", "regression"):
            outputs[f"point {name}"] = _places(ops, heads[f"{task.name}/keypoint/{name}"])
    return outputs


def _scores(ops: Any, logits: Any) -> Any:
    """Return the scores of a map (1, height, width, channels) as (1, channels, height, width)."""
    return ops.sigmoid(ops.transpose(logits, ops.constant(np.array([0, 3, 1, 2], np.int64))))


def _places(ops: Any, tensor: Any) -> Any:
    """Return a map (1, height, width, channels) as rows (1, places, channels)."""
    return ops.reshape(tensor, [1, -1, tensor.get_output_partial_shape(0)[3].get_length()], False)


def _peaks(ops: Any, scores: Any, window: int) -> Any:
    """Return the scores of a map (1, channels, height, width) where they are peaks and 0 elsewhere, a row a channel."""
    side = [window, window]
    pooled = ops.max_pool(scores, [1, 1], [1, 1], [0, 0], [0, 0], side, "floor", "same_upper", "i64").output(0)
    below = ops.abs(ops.subtract(scores, pooled))
    peaks = ops.select(ops.less(below, ops.constant(np.float32(SAME))), scores, ops.constant(np.float32(0)))
    return ops.reshape(peaks, [1, scores.get_output_partial_shape(0)[1].get_length(), -1], False)


def _mask(ops: Any, blueprint: CenterNetBlueprint, picture: Any) -> Any:
    """Return 1 for places of the map whose row and column are below the unpadded picture's height and width, else 0.

    The original compares places of the map with pixels of the picture, so that padding counts until it is three
    quarters of a side; what was trained and measured that way is kept.
    """
    size = true_size(blueprint.resizer, picture)
    height, width, _ = blueprint.network.nodes[blueprint.network.outputs["object_center"]].shape
    inside = [
        ops.less(
            ops.constant(np.arange(side or 0, dtype=np.int64).reshape(shape)),
            ops.gather(size, ops.constant(np.array(axis, np.int64)), ops.constant(np.int64(0))),
        )
        for axis, side, shape in ((0, height, (1, 1, -1, 1)), (1, width, (1, 1, 1, -1)))
    ]
    return ops.convert(ops.logical_and(*inside), "f32")
