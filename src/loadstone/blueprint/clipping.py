"""When and to what a detector clips its boxes: it changed over the years, and graphs say it; no configuration can."""

from __future__ import annotations

from dataclasses import dataclass, replace

from loadstone.blueprint.faster_rcnn_parts import FasterRcnnBlueprint
from loadstone.blueprint.parts import Blueprint
from loadstone.blueprint.reader import AnyBlueprint


@dataclass(frozen=True, slots=True)
class Clipping:
    """`first` is `Suppression.clip_first`; `within_padding` is `Proposals.within_padding`."""

    first: bool = False
    within_padding: bool = False


def clipping_of(blueprint: AnyBlueprint) -> Clipping:
    """Return how the detector clips its boxes."""
    if isinstance(blueprint, FasterRcnnBlueprint):
        return Clipping(blueprint.suppression.clip_first, blueprint.proposals.within_padding)
    return Clipping(isinstance(blueprint, Blueprint) and blueprint.suppression.clip_first)


def clipping_as(blueprint: AnyBlueprint, clipping: Clipping) -> AnyBlueprint:
    """Return the blueprint of a detector that clips its boxes so; proposals are clipped only where there are any."""
    if not isinstance(blueprint, Blueprint | FasterRcnnBlueprint):
        return blueprint
    blueprint = replace(blueprint, suppression=replace(blueprint.suppression, clip_first=clipping.first))
    if isinstance(blueprint, FasterRcnnBlueprint):
        proposals = replace(blueprint.proposals, within_padding=clipping.within_padding)
        return replace(blueprint, proposals=proposals)
    return blueprint
