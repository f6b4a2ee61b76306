"""A recognised detector, rebuilt from its configuration and filled with the file's weights, instead of its graph.

The graph that the Object Detection API exports carries thousands of nodes of control flow for suppression; the network
alone is a few hundred. What cannot be rebuilt to the last variable is left to the graph.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.blueprint.center_net_parts import CenterNetBlueprint
from loadstone.blueprint.faster_rcnn_parts import FasterRcnnBlueprint
from loadstone.blueprint.frozen_source import holds_slim_ssd, slim_ssd
from loadstone.blueprint.parts import Blueprint, MultiscaleAnchors
from loadstone.blueprint.reader import AnyBlueprint, readings_of
from loadstone.blueprint.slim_faster_rcnn import SLIM_FASTER_RCNN
from loadstone.blueprint.slim_ssd import SLIM_EXTRACTORS
from loadstone.blueprint.weights import Match, match
from loadstone.detectors.anchors import Anchors, multiscale_anchors, ssd_anchors
from loadstone.errors import LoadstoneError, UnsupportedModelError
from loadstone.formats.detection.folder import config_beside
from loadstone.formats.object_graph import OBJECT_GRAPH_KEY
from loadstone.formats.object_paths import ObjectPaths
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

GRAPHS = ("frozen-graph", "savedmodel")
"""Formats that hold the graph that ran."""

VALUES_ELSEWHERE = ("metagraph",)
"""Formats that name variables without holding them; the checkpoint beside them is a source of its own."""


@dataclass(frozen=True, slots=True)
class Known:
    """A detector known whole: its description, every variable's array by key, names counted from 1, and a sentence."""

    blueprint: AnyBlueprint
    values: Values
    labels: Mapping[int, str]
    note: str


def convert_rebuilt(model: ModelFile) -> Conversion | None:
    """Rebuild the detector; None where the file is none, or nothing describes it.

    Raises `UnsupportedModelError` with the reason where a detector is described but is not rebuilt.
    """
    found = known(model)
    if found is None:
        return None
    (network, *later), ending = _rebuilt(found.blueprint, found.values, found.labels)
    return Conversion(model.format, network, AS_IS, ending, found.labels, (found.note,), later=tuple(later))


def known(model: ModelFile) -> Known | None:
    """Return the detector as data with its weights read; None and errors as in `convert_rebuilt`."""
    if model.detector is None or not model.complete or model.format in VALUES_ELSEWHERE:
        return None
    described = _described(model)
    if described is None:
        return None
    blueprint, origin = described
    found = matched(blueprint, model)
    if not found.complete:
        raise UnsupportedModelError(f"the weights are not those of {origin}", found=str(found))
    if any("_quant/" in name for name in found.unused):
        raise UnsupportedModelError("the weights are for 8-bit arithmetic, which is not rebuilt here")
    if blueprint.unsupported:
        raise UnsupportedModelError(f"{blueprint.unsupported[0]} is not known here")
    values = {key: model.tensors[name] for key, name in found.matched.items()}
    labels = counted_from(1, found_labels(model))
    return Known(blueprint, values, labels, f"rebuilt natively from {origin}: {found}")


def _described(model: ModelFile) -> tuple[AnyBlueprint, str] | None:
    """Return the detector and what describes it: a TF1 SSD's own graph says more than a configuration beside it."""
    if holds_slim_ssd(model):
        return slim_ssd(model)[0], "its graph"
    config = _config(Path(model.source))
    if config is None:
        return None
    blueprint = _fitting(config, model)
    if model.format in GRAPHS and blueprint.feature_extractor in (*SLIM_EXTRACTORS, *SLIM_FASTER_RCNN):
        # Graphs of TF1 suppress in an order that changed over the years and that no configuration states.
        raise UnsupportedModelError(f"a TF1 graph of {blueprint.feature_extractor} is not told from its operations")
    return blueprint, "its pipeline.config"


def _fitting(config: TextMessage, model: ModelFile) -> AnyBlueprint:
    """Return what the configuration stands for that the weights fit, else what it says."""
    first, *others = readings_of(config)
    if not others or matched(first, model).complete:
        return first
    return next((other for other in others if matched(other, model).complete), first)


def matched(blueprint: AnyBlueprint, model: ModelFile) -> Match:
    """Find the variables in a file, through its object graph where its own keys and names do not tell all.

    A SavedModel's keys begin with `_model` and often end in a bare number.
    """
    found = match(blueprint, model.tensors.specs)
    if found.complete or OBJECT_GRAPH_KEY not in model.tensors:
        return found
    try:
        paths = ObjectPaths(b"".join(model.tensors[OBJECT_GRAPH_KEY].ravel()[:1]))
        through = match(blueprint, model.tensors.specs, lambda key: paths.key_at(key) or paths.key_at(f"_{key}"))
    except LoadstoneError:
        return found
    return through if through.complete else found


def _rebuilt(blueprint: AnyBlueprint, values: Values, labels: Mapping[int, str]) -> tuple[list[Any], Ending]:
    """Return the detector's networks, the first of which takes the picture, and how they are read."""
    if isinstance(blueprint, CenterNetBlueprint):
        from loadstone.runtime import center_net_plan
        from loadstone.runtime.center_net_network import center_net_model

        return [center_net_model(blueprint, values)], center_net_plan.ending_of(blueprint, labels)
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


KEPT_SETTINGS = (
    "score_threshold",
    "iou_threshold",
    "max_per_class",
    "max_total",
    "converter",
    "logit_scale",
    "clip_first",
)
"""The fields of `Suppression` that the reading takes."""


def _ending(blueprint: Blueprint) -> Ending:
    suppression = blueprint.suppression
    settings = {key: value for key, value in asdict(suppression).items() if key in KEPT_SETTINGS}
    settings |= {"background": blueprint.background, "box_scales": list(blueprint.box_coder.scales)}
    padded = blueprint.resizer.kind == "keep-aspect"
    options = {"settings": settings, "boxes": 0, "classes": 1, "fit": list(blueprint.resizer.size) if padded else None}
    return Ending("detection", "ssd", options, {"anchors": np.ascontiguousarray(anchors_of(blueprint))})
