"""A recognised detector, rebuilt from its configuration and filled with the file's weights, instead of its graph.

The graph that the Object Detection API exports carries thousands of nodes of control flow for suppression; the network
alone is a few hundred. What cannot be rebuilt to the last variable is left to the graph.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from loadstone.blueprint.center_net_parts import CenterNetBlueprint
from loadstone.blueprint.faster_rcnn_parts import FasterRcnnBlueprint
from loadstone.blueprint.parts import Blueprint, MultiscaleAnchors
from loadstone.blueprint.yolo_parts import YoloBlueprint
from loadstone.detectors.anchors import Anchors, multiscale_anchors, ssd_anchors
from loadstone.runtime.box_rows import BoxRows
from loadstone.runtime.conversions.conversion import Conversion
from loadstone.runtime.endings import Ending
from loadstone.runtime.engine import openvino
from loadstone.runtime.families.yolo_plan import yolo_model, yolo_rows
from loadstone.runtime.openvino.openvino_network import Values
from loadstone.runtime.pictures.picture_front import picture_front
from loadstone.runtime.pictures.picture_input import AS_IS
from loadstone.runtime.rebuilt import Rebuilt, rebuild
from loadstone.runtime.wish import AS_FOUND, Wish

if TYPE_CHECKING:
    from loadstone.facts import ModelFile


def convert_rebuilt(model: ModelFile, wish: Wish = AS_FOUND) -> Conversion | None:
    """Rebuild the detector as OpenVINO networks; None and errors as `rebuild`."""
    found = rebuild(model, wish)
    return None if found is None else conversion_of(found)


def conversion_of(found: Rebuilt) -> Conversion:
    """Return the detector's networks for OpenVINO, and how they are read."""
    (network, *later), ending = NETWORKS[type(found.blueprint)](found.blueprint, found.values, found.labels)
    return Conversion(found.source_format, network, AS_IS, ending, found.labels, found.notes, later=tuple(later))


def _ssd(blueprint: Blueprint, values: Values, _: Mapping[int, str]) -> tuple[list[Any], Ending]:
    front = picture_front(blueprint.resizer, blueprint.normalisation)
    return [_network(blueprint, values, *front)], ssd_ending(blueprint)


def _center_net(blueprint: CenterNetBlueprint, values: Values, labels: Mapping[int, str]) -> tuple[list[Any], Ending]:
    from loadstone.runtime.families import center_net_plan
    from loadstone.runtime.families.center_net_network import center_net_model

    return [center_net_model(blueprint, values)], center_net_plan.ending_of(blueprint, labels)


def _faster_rcnn(blueprint: FasterRcnnBlueprint, values: Values, _: Mapping[int, str]) -> tuple[list[Any], Ending]:
    from loadstone.runtime.families.faster_rcnn_plan import ending_of, networks_of

    return networks_of(blueprint, values), ending_of(blueprint)


def _yolo(blueprint: YoloBlueprint, values: Values, _: Mapping[int, str]) -> tuple[list[Any], Ending]:
    return [yolo_model(blueprint, values)], yolo_rows(blueprint).ending(blueprint.resizer)


NETWORKS: dict[type[Any], Callable[[Any, Values, Mapping[int, str]], tuple[list[Any], Ending]]] = {
    Blueprint: _ssd,
    CenterNetBlueprint: _center_net,
    FasterRcnnBlueprint: _faster_rcnn,
    YoloBlueprint: _yolo,
}
"""Type of the blueprint → (blueprint, values, labels) → the detector's networks, the one that takes the picture first,
and how they are read.
"""


def _network(blueprint: Blueprint, values: Values, picture: Any, tensor: Any) -> Any:
    ov = openvino()
    ops = ov.opset13

    from loadstone.runtime.openvino.openvino_network import attach

    outputs = attach(blueprint.network, values, tensor)
    results = []
    for name in ("box_encodings", "class_predictions_with_background"):
        result = ops.result(outputs[name])
        result.output(0).set_names({name})
        results.append(result)
    return ov.Model(results, [picture], blueprint.feature_extractor)


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
    return ssd_anchors(blueprint.maps, plan.shapes, image=size, strides=plan.strides, offsets=plan.offsets)


def ssd_rows(blueprint: Blueprint) -> BoxRows:
    """Return what an SSD's rows are read by."""
    return BoxRows(anchors_of(blueprint), blueprint.box_coder.scales, blueprint.background, blueprint.suppression)


def ssd_ending(blueprint: Blueprint) -> Ending:
    """Return how the two head outputs of an SSD are read."""
    return ssd_rows(blueprint).ending(blueprint.resizer)


OneStage = Blueprint | YoloBlueprint
"""Detectors whose networks give a row a box."""

ROWS: dict[type[Any], Callable[[Any], BoxRows]] = {Blueprint: ssd_rows, YoloBlueprint: yolo_rows}


def rows_of(blueprint: OneStage) -> BoxRows:
    """Return what a one-stage detector's rows are read by; `UnsupportedModelError` as `yolo_rows`."""
    return ROWS[type(blueprint)](blueprint)
