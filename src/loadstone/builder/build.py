"""Head and backbone → a detector with all its values, as the rebuilt ones are: the table of heads."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from loadstone.blueprint.initial_values import initial_values
from loadstone.builder.anchors import anchors_of
from loadstone.builder.backbone import Backbone, Taps, backbone_of
from loadstone.builder.freeze import Freeze, frozen
from loadstone.builder.one_stage import build_retinanet, build_ssd
from loadstone.builder.plan import WIDEST, Plan, agnostic_of, classes_of, neck_of, size_of
from loadstone.builder.points import build_center_net, build_yolo
from loadstone.builder.two_stage import build_faster_rcnn
from loadstone.errors import SourceError
from loadstone.facts.filling import WeightReport
from loadstone.runtime.rebuilt import BUILT, Rebuilt

BUILDERS: Mapping[str, Callable[[Backbone, Plan], tuple[Any, Any]]] = {
    "ssd": build_ssd,
    "retinanet": build_retinanet,
    "faster-rcnn": build_faster_rcnn,
    "yolo": build_yolo,
    "centernet": build_center_net,
}
"""Head → the writer of its blueprint, and of the words that training reads."""

LIGHT_BELOW = 8_000_000
"""A backbone with fewer parameters gets a light neck and head, so that these do not outweigh it: MobileNets and the
smallest EfficientNets, DenseNets and NASNets."""

WIDTHS = {True: 128, False: 256}
BIFPN_WIDTHS = {True: 64, False: 112}
"""Channels of neck and head, light or not: the zoo's FPNLite and RetinaNet, EfficientDet-D0 and -D2."""

Labels = Mapping[int, str] | Sequence[str] | None


def build_detector(
    model: Any,
    head: str,
    num_classes: int,
    input_size: int | tuple[int, int],
    neck: str | None = None,
    *,
    name: str = "",
    taps: Taps = None,
    preprocessing: str | None = None,
    width: int | None = None,
    light: bool | None = None,
    labels: Labels = None,
    freeze: Freeze = None,
    anchor_ratios: Iterable[float] | None = None,
    anchor_scales: Iterable[float] | None = None,
    scales_per_octave: int | None = None,
    class_agnostic: bool = False,
) -> Rebuilt:
    """Return a detector on a Keras model; see `loadstone.build`. `name` is as `backbone_of` has it."""
    chosen, size = neck_of(head, neck), size_of(input_size)
    anchors = anchors_of(head, anchor_ratios, anchor_scales, scales_per_octave)
    agnostic = agnostic_of(head, class_agnostic)
    named = _labels(labels, classes_of(num_classes))
    backbone = backbone_of(model, size, name=name, taps=taps, preprocessing=preprocessing)
    backbone = frozen(backbone, freeze)
    backbone = replace(backbone, name=re.sub(r"[^A-Za-z0-9._-]", "_", backbone.name)[:80])
    small = sum(array.size for array in backbone.values.values()) < LIGHT_BELOW if light is None else light
    usual = (BIFPN_WIDTHS if chosen == "bifpn" else WIDTHS)[small]
    plan = Plan(head, chosen, num_classes, size, _width(width, usual), small, anchors, agnostic, taps is not None)
    blueprint, words = BUILDERS[head](backbone, plan)
    fresh = [variable for key, variable in blueprint.variables.items() if key not in backbone.values]
    return Rebuilt(
        source=f"{head} on {backbone.name}",
        source_format=BUILT,
        blueprint=blueprint,
        config=words,
        values={**backbone.values, **initial_values(words, fresh)},
        labels=named,
        report=WeightReport(
            backbone.name,
            {key: key for key in backbone.values},
            initialised=tuple(variable.key for variable in fresh),
        ),
        origin=f"{head} ({chosen}) on {backbone.name}",
        assumed=backbone.notes,
        built=True,
    )


def _width(given: int | None, usual: int) -> int:
    if given is None:
        return usual
    if not isinstance(given, int) or not 8 <= given <= WIDEST or given % 8:
        raise SourceError(
            "the width is no number of channels", expected=f"a multiple of 8 up to {WIDEST:,}", found=str(given)
        )
    return given


def _labels(labels: Labels, classes: int) -> dict[int, str]:
    """Return class id → name, from 1; `SourceError` where there are more or fewer names than classes."""
    if labels is None:
        return {}
    if isinstance(labels, str):
        raise SourceError("labels are names, not one text", expected='["cat", "dog"]', found=repr(labels)[:80])
    named = dict(labels) if isinstance(labels, Mapping) else dict(enumerate(labels, 1))
    if not isinstance(labels, Mapping) and len(named) != classes:
        raise SourceError("there are not as many names as classes", expected=f"{classes:,}", found=f"{len(named):,}")
    if wrong := [number for number in named if not 1 <= number <= classes]:
        found = f"{wrong[0]} ({named[wrong[0]]!r})"
        helps = f"ask for {max(named):,} classes, or name fewer" if min(named) > 0 else "number the names from 1"
        raise SourceError("a class's number is out of range", expected=f"1 to {classes:,}", found=found, help=helps)
    if len({*named.values()}) < len(named):
        twice = next(name for name in named.values() if [*named.values()].count(name) > 1)
        raise SourceError("two classes have one name, and would be taken for each other", found=repr(twice))
    return named
