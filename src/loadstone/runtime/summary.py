"""A rebuilt or built detector on one screen: its parts, maps and anchors, parameters, and what is frozen.

What it is: lines of text made from the blueprint and the values. What it is not: a list of all layers, which
`Model.keras.summary()` gives.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from loadstone.blueprint.center_net_parts import CenterNetBlueprint
from loadstone.blueprint.faster_rcnn_parts import FasterRcnnBlueprint, GridAnchors
from loadstone.blueprint.parts import Blueprint, MultiscaleAnchors, Normalisation, SsdAnchors, Suppression
from loadstone.blueprint.yolo_parts import YoloBlueprint
from loadstone.runtime.fitting import networks_in

if TYPE_CHECKING:
    from loadstone.blueprint.network import Variable
    from loadstone.blueprint.reader import AnyBlueprint
    from loadstone.runtime.rebuilt import Rebuilt

PARTS = (
    ("backbone", ("/classification_backbone/", "/_efficientnet/", "/_base_model/")),
    ("first stage", ("model/_first_stage", "/_feature_extractor_for_proposal_features/")),
    ("second stage", ("/_feature_extractor_for_box_classifier_features/", "model/_mask_rcnn_box_predictor/")),
    ("head", ("model/_box_predictor/", "model/_prediction_head_dict/", "model/_yolo_head/")),
    ("neck", ("model/_feature_extractor/", "model/_yolo_neck/")),
)
"""Part → what the keys of its variables contain; the first that fits counts."""


def summary(rebuilt: Rebuilt) -> str:
    """Return the text."""
    blueprint = rebuilt.blueprint
    size = blueprint.resizer.output
    classes = f"{blueprint.num_classes:,} {'class' if blueprint.num_classes == 1 else 'classes'}"
    lines = [
        f"{blueprint.meta_architecture} on {blueprint.feature_extractor}, {classes}",
        _row("pictures", f"{size[0]} × {size[1]}" if size else "of any size", _scaling(blueprint.normalisation)),
    ]
    lines += [_row(*row) for row in _maps(blueprint)]
    if not isinstance(blueprint, CenterNetBlueprint):
        lines += [_row(*row) for row in _anchors(blueprint)]
        lines.append(_row("suppression", *_suppression(blueprint.suppression)))
    lines += [_row(*row) for row in _parameters(blueprint)]
    lines += [_row("note", note) for note in rebuilt.notes]
    return "\n".join(lines)


def _row(title: str, *cells: str) -> str:
    return f"  {title:<12} {'   '.join(cell for cell in cells if cell)}"


def _scaling(rule: Normalisation) -> str:
    order = "BGR" if rule.bgr else "RGB"
    if set(rule.mean) == {0.0} and set(rule.deviation) == {1.0}:
        return f"{order} 0..255"
    mean, deviation = (", ".join(f"{value:g}" for value in dict.fromkeys(each)) for each in (rule.mean, rule.deviation))
    return f"{order}, less {mean}, by {deviation}"


def _maps(blueprint: AnyBlueprint) -> Iterator[tuple[str, str, str, str]]:
    """Yield a row for each map: its stride, its sides, its anchors."""
    if isinstance(blueprint, CenterNetBlueprint):
        high, wide, _ = blueprint.network.nodes[blueprint.network.outputs["object_center"]].shape
        yield "map", f"stride {blueprint.stride}", f"{high} × {wide}", "no anchors: centres"
        return
    if isinstance(blueprint, FasterRcnnBlueprint):
        first = blueprint.first_stage
        shapes = [first.nodes[at].shape for name, at in first.outputs.items() if name.startswith("features_")]
        counts = [blueprint.anchors.per_place] * len(shapes)
        sides = [(shape[0], shape[1]) for shape in shapes]
    else:
        sides, counts = list(blueprint.maps), _per_place(blueprint)
    for (high, wide), count in zip(sides, counts, strict=True):
        places = f"{(high or 0) * (wide or 0) * count:,}" if high and wide else "as many as the picture has"
        kind = "places, no anchors" if isinstance(blueprint, YoloBlueprint) else f"anchors, {count} a place"
        yield "map", f"stride {_stride(blueprint, high)}", f"{high} × {wide}", f"{places} {kind}"


def _per_place(blueprint: Blueprint | YoloBlueprint) -> list[int]:
    if isinstance(blueprint, YoloBlueprint):
        return [1] * len(blueprint.maps)
    if isinstance(blueprint.anchors, MultiscaleAnchors | GridAnchors):
        return [blueprint.anchors.per_place] * len(blueprint.maps)
    return list(blueprint.anchors.per_map)


def _anchors(blueprint: Blueprint | FasterRcnnBlueprint | YoloBlueprint) -> Iterator[tuple[str, str, str]]:
    """Yield what the anchors of a place are: width by height, and sides."""
    if isinstance(blueprint, YoloBlueprint):
        return
    anchors = blueprint.anchors
    if isinstance(anchors, SsdAnchors):
        # The first map may have a scale and ratios of its own.
        ratios = dict.fromkeys(ratio for pairs in reversed(anchors.shapes) for _, ratio in pairs)
        sides = f"sides {_few(pairs[-2:][0][0] for pairs in anchors.shapes)} of the picture's, and between"
    elif isinstance(anchors, GridAnchors):
        ratios = dict.fromkeys(anchors.aspect_ratios)
        sides = f"sides {_few(anchors.base[0] * scale for scale in anchors.scales)} pixels"
    else:
        ratios, steps = dict.fromkeys(anchors.aspect_ratios), anchors.scales_per_octave
        sides = f"sides {_few(anchors.scale * 2 ** (step / steps) for step in range(steps))} strides"
    yield "anchors", f"width by height {_few(ratios)}", sides


def _few(numbers: Iterable[float]) -> str:
    return ", ".join(f"{number:.4g}" for number in numbers)


def _suppression(rule: Suppression) -> tuple[str, str]:
    return "across classes" if rule.class_agnostic else "class by class", f"above IoU {rule.iou_threshold:g}"


def _stride(blueprint: AnyBlueprint, high: int | None) -> str:
    size = blueprint.resizer.output
    # A map has its last place where the picture ends within it, and "valid" windows take a place or two away.
    return str(2 ** math.ceil(math.log2(size[0] / high) - 0.1)) if size and high else "?"


def _parameters(blueprint: AnyBlueprint) -> Iterator[tuple[str, str, str]]:
    """Yield a row for each part: its parameters, and how many of them are frozen."""
    frozen = {
        variable.key
        for network in networks_in(blueprint)
        for node in network.nodes
        if node.attributes.get("frozen")
        for variable in node.variables
    }
    parts: dict[str, list[Variable]] = {}
    for key, variable in blueprint.variables.items():
        title = next((title for title, marks in PARTS if any(mark in key for mark in marks)), "rest")
        parts.setdefault(title, []).append(variable)
    for title, variables in parts.items():
        still = _count({one.key: one for one in variables if one.key in frozen})
        told = f"{still:,} of them frozen" if still else ""
        yield title, f"{_count({one.key: one for one in variables}):,} parameters", told
    yield "all", f"{_count(blueprint.variables):,} parameters", ""


def _count(variables: Mapping[str, Variable]) -> int:
    return sum(math.prod(variable.shape) for variable in variables.values())
