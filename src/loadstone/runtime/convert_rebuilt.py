"""A recognised detector, rebuilt from its configuration and filled with the file's weights, instead of its graph.

The graph that the Object Detection API exports carries thousands of nodes of control flow for suppression; the network
alone is a few hundred. What cannot be rebuilt to the last variable is left to the graph.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.blueprint.faster_rcnn_parts import FasterRcnnBlueprint
from loadstone.blueprint.parts import Blueprint, MultiscaleAnchors
from loadstone.blueprint.reader import read_any
from loadstone.blueprint.weights import match
from loadstone.detectors.anchors import Anchors, multiscale_anchors, ssd_anchors
from loadstone.errors import UnsupportedModelError
from loadstone.formats.detection.folder import config_beside
from loadstone.formats.tree import DiskTree
from loadstone.runtime.conversion import Conversion
from loadstone.runtime.endings import Ending
from loadstone.runtime.found_labels import counted_from, found_labels
from loadstone.runtime.picture_front import picture_front
from loadstone.runtime.picture_input import AS_IS

if TYPE_CHECKING:
    from loadstone.facts import ModelFile
    from loadstone.runtime.openvino_network import Values
    from loadstone.wire.textmessage import TextMessage

LEVELS_UP = 3
"""`model/saved_model/variables/variables.index` lies two folders below its `pipeline.config`."""


def convert_rebuilt(model: ModelFile) -> Conversion | None:
    """Rebuild the detector; None where it is not recognised, has no configuration, or does not fit it whole."""
    if model.detector is None or not model.complete:
        return None
    config = _config(Path(model.source))
    if config is None:
        return None
    try:
        blueprint = read_any(config)
        if not isinstance(blueprint, Blueprint | FasterRcnnBlueprint):
            return None
        found = match(blueprint, model.tensors.specs)
        if not found.complete or blueprint.unsupported:
            return None
        values = {key: model.tensors[name] for key, name in found.matched.items()}
        (network, *later), ending = _rebuilt(blueprint, values)
    except UnsupportedModelError:
        return None
    note = f"rebuilt natively from its pipeline.config: {found}"
    labels = counted_from(1, found_labels(model))
    return Conversion(model.format, network, AS_IS, ending, labels, (note,), later=tuple(later))


def _rebuilt(blueprint: Blueprint | FasterRcnnBlueprint, values: Values) -> tuple[list[Any], Ending]:
    """Return the detector's networks, the first of which takes the picture, and how they are read."""
    if isinstance(blueprint, FasterRcnnBlueprint):
        from loadstone.runtime.faster_rcnn_plan import ending_of, networks_of

        return networks_of(blueprint, values), ending_of(blueprint)
    front = picture_front(blueprint.resizer, blueprint.normalisation)
    return [_network(blueprint, values, *front)], _ending(blueprint)


def _config(source: Path) -> TextMessage | None:
    folder = source if source.is_dir() else source.parent
    for level in [folder, *folder.resolve().parents][:LEVELS_UP]:
        found = config_beside(DiskTree(level), "")
        if found:
            return found[1]
    return None


def _network(blueprint: Blueprint, values: Values, picture: Any, tensor: Any) -> Any:
    import openvino
    import openvino.opset13 as ops

    from loadstone.runtime.openvino_network import attach

    outputs = attach(blueprint.network, values, tensor)
    results = []
    for name in ("box_encodings", "class_predictions_with_background"):
        result = ops.result(outputs[name])
        result.output(0).set_names({name})
        results.append(result)
    return openvino.Model(results, [picture], blueprint.feature_extractor)


def anchors_of(blueprint: Blueprint) -> Anchors:
    """Return the detector's anchors, float32 (N, 4) yxyx relative to the network's input."""
    size = blueprint.resizer.output or (1, 1)
    plan = blueprint.anchors
    if isinstance(plan, MultiscaleAnchors):
        return multiscale_anchors(
            size,
            min_level=plan.min_level,
            max_level=plan.max_level,
            anchor_scale=plan.scale,
            aspect_ratios=plan.aspect_ratios,
            scales_per_octave=plan.scales_per_octave,
        )
    return ssd_anchors(blueprint.maps, plan.shapes, image=size)


def _ending(blueprint: Blueprint) -> Ending:
    suppression = blueprint.suppression
    settings = {
        key: value
        for key, value in asdict(suppression).items()
        if key in ("score_threshold", "iou_threshold", "max_per_class", "max_total", "converter", "logit_scale")
    }
    settings |= {"background": blueprint.background, "box_scales": list(blueprint.box_coder.scales)}
    padded = blueprint.resizer.kind == "keep-aspect"
    options = {"settings": settings, "boxes": 0, "classes": 1, "fit": list(blueprint.resizer.size) if padded else None}
    return Ending("detection", "ssd", options, {"anchors": np.ascontiguousarray(anchors_of(blueprint))})
