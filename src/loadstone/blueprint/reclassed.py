"""A blueprint for another number of classes, where no configuration says how the detector is built.

The layers whose width the classes decide are those that the class outputs come straight from; everything else stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from loadstone.blueprint.center_net_parts import CenterNetBlueprint
from loadstone.blueprint.faster_rcnn_parts import FasterRcnnBlueprint
from loadstone.blueprint.network import Network, Node, Shape, Variable
from loadstone.blueprint.parts import Blueprint
from loadstone.blueprint.reader import AnyBlueprint
from loadstone.blueprint.yolo_parts import CLASSES
from loadstone.errors import UnsupportedModelError

SCORES = "class_predictions_with_background"


def reclassed(blueprint: AnyBlueprint, count: int) -> AnyBlueprint:
    """Return the blueprint with `count` classes; `UnsupportedModelError` where its class layers are not told."""
    before = blueprint.num_classes
    if isinstance(blueprint, Blueprint):
        extra = int(blueprint.background)
        network = _widened(blueprint.network, SCORES, before + extra, count + extra)
        return replace(blueprint, num_classes=count, network=network)
    if isinstance(blueprint, CenterNetBlueprint):
        return replace(
            blueprint, num_classes=count, network=_widened(blueprint.network, "object_center", before, count)
        )
    if isinstance(blueprint, FasterRcnnBlueprint):
        second = _widened(blueprint.second_stage, SCORES, before + 1, count + 1)
        if not blueprint.shared_boxes:
            second = _widened(second, "box_encodings", 4 * before, 4 * count)
        return replace(blueprint, num_classes=count, second_stage=second)
    return replace(blueprint, num_classes=count, network=_widened(blueprint.network, CLASSES, before, count))


def _widened(network: Network, output: str, before: int, after: int) -> Network:
    """Return the network whose output has `after` columns instead of `before`, and so have the layers it comes from."""
    end = network.outputs[output]
    node = network.nodes[end]
    changed = {end: _last(node, before, after)}
    if node.operation == "rows":
        attributes = {**node.attributes, "columns": after}
        changed = {end: replace(changed[end], attributes=attributes)}
        changed |= {source: _last(network.nodes[source], before, after) for source in node.inputs}
    if any(one.operation not in ("rows", "conv", "separable", "dense") for one in changed.values()):
        raise UnsupportedModelError(
            "the layers that the number of classes decides are not known", found=f"{output} comes from {node.operation}"
        )
    nodes = tuple(changed.get(position, one) for position, one in enumerate(network.nodes))
    return Network(nodes, network.outputs)


def _last(node: Node, before: int, after: int) -> Node:
    """Return the layer with its last dimension, and its kernels', in the proportion of the classes."""
    variables = tuple(
        replace(variable, shape=_scaled(variable, before, after)) if _depends(variable) else variable
        for variable in node.variables
    )
    shape: Shape = (*node.shape[:-1], (node.shape[-1] or 0) // before * after)
    return replace(node, shape=shape, variables=variables)


def _depends(variable: Variable) -> bool:
    """A depthwise kernel has the channels that come in."""
    return not variable.key.endswith("depthwise_kernel")


def _scaled(variable: Variable, before: int, after: int) -> tuple[int, ...]:
    return (*variable.shape[:-1], variable.shape[-1] // before * after)


def changed_between(one: Mapping[str, Variable], other: Mapping[str, Variable]) -> Iterable[str]:
    """Yield the keys of the variables of one whose shape the other has otherwise, or that it has not."""
    for key, variable in one.items():
        if key not in other or other[key].shape != variable.shape:
            yield key
