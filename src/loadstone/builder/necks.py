"""What stands between the backbone's maps and the heads: a pyramid, a BiFPN, or a convolution for each map."""

from __future__ import annotations

from collections.abc import Mapping

from loadstone.blueprint.bifpn import BiFPN
from loadstone.blueprint.fpn import FeaturePyramid
from loadstone.blueprint.network import Scope, Tensor, Writer
from loadstone.builder.plan import Plan
from loadstone.builder.words import ROUNDS

KEY = "model/_feature_extractor"
SCOPE = "built_feature_extractor"
EPSILON = 1e-3


def write_neck(to: Writer, taps: Mapping[int, Tensor], plan: Plan, *, low: int, high: int) -> dict[int, Tensor]:
    """Return the levels `low` to `high` at the plan's width; `taps` has the backbone's from `low` on."""
    above = range(max(taps) + 1, high + 1)
    if plan.neck == "fpn":
        pyramid = FeaturePyramid(
            min_level=low,
            max_level=high,
            tap_level=max(taps),
            depth=plan.width,
            separable=plan.light,
            epsilon=EPSILON,
            activation="relu6",
            scope=SCOPE,
            coarse_names={level: f"bottom_up_block{level - 1}" for level in above},
        )
        return pyramid.write(to, taps, KEY)
    if plan.neck == "bifpn":
        return BiFPN(
            iterations=ROUNDS[plan.light],
            filters=plan.width,
            fast_attention=True,
            epsilon=EPSILON,
            activation="swish",
            scope=SCOPE,
            min_level=low,
            max_level=high,
        ).write(to, taps, KEY)
    return _laterals(to, taps, plan, low, high)


def _laterals(to: Writer, taps: Mapping[int, Tensor], plan: Plan, low: int, high: int) -> dict[int, Tensor]:
    """A 1×1 convolution to the width on each of the backbone's maps, and 3×3 ones of stride 2 for levels above."""
    levels: dict[int, Tensor] = {}
    for level in range(low, high + 1):
        place = f"{KEY}/_laterals/{level}"
        inside = level in taps
        source = taps[level] if inside else levels[level - 1]
        at, norm = (Scope(f"{place}/{number}", f"{SCOPE}/lateral_{level}/{number}") for number in (0, 1))
        x = to.conv(source, at, plan.width, 1 if inside else 3, stride=1 if inside else 2)
        levels[level] = to.activation(to.batch_norm(x, norm, epsilon=EPSILON), "relu6")
    return levels
