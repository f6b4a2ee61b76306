"""The SSDs' anchor generators (ssd_anchor_generator.proto, multiscale_anchor_generator.proto)."""

from __future__ import annotations

import math
from itertools import pairwise

from loadstone.blueprint.fields import Fields
from loadstone.blueprint.parts import MultiscaleAnchors, SsdAnchors
from loadstone.errors import UnsupportedModelError


def read_multiscale_anchors(fields: Fields) -> MultiscaleAnchors:
    """Read `multiscale_anchor_generator`."""
    return MultiscaleAnchors(
        min_level=fields.integer("min_level", 3),
        max_level=fields.integer("max_level", 7),
        scale=fields.number("anchor_scale", 4.0),
        aspect_ratios=fields.numbers("aspect_ratios"),
        scales_per_octave=fields.integer("scales_per_octave", 2),
        normalise=fields.flag("normalize_coordinates", True),
    )


def read_ssd_anchors(fields: Fields) -> SsdAnchors:
    """Read `ssd_anchor_generator`: scales evenly spaced over the maps, or given one by one."""
    layers = fields.integer("num_layers", 6)
    smallest, largest = fields.number("min_scale", 0.2), fields.number("max_scale", 0.95)
    scales = fields.numbers("scales") or _even(layers, smallest, largest)
    ratios = fields.numbers("aspect_ratios")
    interpolated = fields.number("interpolated_scale_aspect_ratio", 1.0)
    reduce_lowest = fields.flag("reduce_boxes_in_lowest_layer", True)
    for name in ("base_anchor_height", "base_anchor_width"):
        if fields.number(name, 1.0) != 1.0:
            raise UnsupportedModelError(f"{name} other than 1 is not built here", where=fields.place(name))
    shapes: list[tuple[tuple[float, float], ...]] = []
    for layer, (scale, following) in enumerate(pairwise((*scales, 1.0))):
        if layer == 0 and reduce_lowest:
            shapes.append(((0.1, 1.0), (scale, 2.0), (scale, 0.5)))
            continue
        pairs = [(scale, ratio) for ratio in ratios]
        if interpolated > 0:
            pairs.append((math.sqrt(scale * following), interpolated))
        shapes.append(tuple(pairs))
    places = (_pairs(fields, kind, len(shapes)) for kind in ("stride", "offset"))
    return SsdAnchors(tuple(shapes), *places)


def _pairs(fields: Fields, kind: str, maps: int) -> tuple[tuple[int, int], ...]:
    """Return each map's (height, width) of a kind, or nothing where the configuration gives none."""
    heights, widths = fields.integers(f"height_{kind}"), fields.integers(f"width_{kind}")
    pairs = tuple(zip(heights, widths, strict=False))
    if len(heights) != len(widths) or len(pairs) not in (0, maps):
        raise UnsupportedModelError(
            f"the anchors' {kind}s are not one for each map",
            where=fields.place(f"height_{kind}"),
            expected=str(maps),
            found=f"{len(heights)} and {len(widths)}",
        )
    return pairs


def _even(layers: int, smallest: float, largest: float) -> tuple[float, ...]:
    if layers == 1:
        return (smallest,)
    return tuple(smallest + (largest - smallest) * layer / (layers - 1) for layer in range(layers))
