"""The networks of a Faster or Mask R-CNN as OpenVINO models: picture → maps and proposals' raw numbers; a map and some
regions of it → raw boxes and classes; features of final boxes → masks.

They are three because what lies between them, suppression, has no fixed size. The second and third take a fixed number
of rows at once, so that memory stays small and few proposals cost little.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.runtime.engine import openvino
from loadstone.runtime.openvino.openvino_crops import crop_and_pool
from loadstone.runtime.openvino.openvino_network import Values, attach
from loadstone.runtime.pictures.picture_front import picture_front

if TYPE_CHECKING:
    from loadstone.blueprint.faster_rcnn_parts import FasterRcnnBlueprint
    from loadstone.blueprint.network import Network

ROWS = 25
"""Regions that the second stage looks at in one run: a region costs no more time than in larger runs."""


def first_stage(blueprint: FasterRcnnBlueprint, values: Values) -> Any:
    """Input: the uint8 picture. Outputs: `box_encodings`, `objectness`, then the maps `features_0`, …

    Raises `UnsupportedModelError` for a resizer that is not built into the network.
    """
    picture, tensor = picture_front(blueprint.resizer, blueprint.normalisation, open_size=True)
    found = attach(blueprint.first_stage, values, tensor)
    names = ["box_encodings", "objectness", *(name for name in found if name.startswith("features_"))]
    return _model([picture], {name: found[name] for name in names})


def second_stage(blueprint: FasterRcnnBlueprint, values: Values) -> Any:
    """Inputs: one map (1, height, width, channels), ROWS `regions` of it, and which of their samples are `inside`.

    Outputs: `box_encodings`, `class_predictions_with_background`, and `features` where masks follow.
    """
    ops = openvino().opset13

    shapes = map_shapes(blueprint.first_stage)
    sides = shapes[0][:2] if len(shapes) == 1 else (None, None)
    shape = openvino().PartialShape([1, *(-1 if side is None else side for side in sides), shapes[0][2]])
    features = ops.parameter(shape, np.float32, name="features")
    rois = ops.parameter([ROWS, 4], np.float32, name="regions")
    side = blueprint.crops.size
    inside = ops.parameter([ROWS, 1, side, side], np.float32, name="inside")
    crops = crop_and_pool(features, rois, blueprint.crops, inside)
    found = attach(blueprint.second_stage, values, crops)
    names = ["box_encodings", "class_predictions_with_background", *(["features"] if blueprint.third_stage else [])]
    return _model([features, rois, inside], {name: found[name] for name in names})


def third_stage(network: Network, values: Values) -> Any:
    """Input: the second stage's `features` (ROWS, …). Output: `masks` (ROWS, height, width, classes), logits."""
    ops = openvino().opset13

    node = next(node for node in network.nodes if node.operation == "input")
    features = ops.parameter([ROWS, *node.shape], np.float32, name=node.name)
    return _model([features], attach(network, values, features))


def map_shapes(first: Network) -> list[tuple[int | None, ...]]:
    """Return the shapes (height, width, channels) of the maps that are cropped, finest first."""
    return [first.nodes[at].shape for name, at in first.outputs.items() if name.startswith("features_")]


def _model(inputs: list[Any], outputs: dict[str, Any]) -> Any:
    ov = openvino()
    ops = ov.opset13

    results = []
    for name, tensor in outputs.items():
        result = ops.result(tensor)
        result.output(0).set_names({name})
        results.append(result)
    return ov.Model(results, inputs, "stage")
