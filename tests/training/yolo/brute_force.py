"""SimOTA object by object in plain Python, as the paper tells it: to compare with, and written from the paper alone."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def overlap(one: Any, other: Any) -> float:
    """Return intersection over union of two boxes yxyx."""
    high = min(one[2], other[2]) - max(one[0], other[0])
    wide = min(one[3], other[3]) - max(one[1], other[1])
    if high <= 0 or wide <= 0:
        return 0.0
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return float(high * wide / (areas[0] + areas[1] - high * wide))


def assigned(picture: dict[str, Any], places: list[tuple[float, float, float]], radius: float = 2.5) -> list[int]:
    """Return each place's object or -1. `picture`: predicted `boxes`, `class_scores`, `object_scores`, true `truth` and
    `classes`, of one picture; `places` are (y, x, stride) of the middles.
    """
    truth, kinds = picture["truth"], picture["classes"]

    def lies(place: tuple[float, float, float], box: Any) -> tuple[bool, bool]:
        y, x, stride = place
        within = box[0] < y < box[2] and box[1] < x < box[3]
        middle = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        return within, abs(y - middle[0]) < radius * stride and abs(x - middle[1]) < radius * stride

    candidates = [at for at, place in enumerate(places) if any(any(lies(place, box)) for box in truth)]
    offers: dict[int, list[tuple[float, int]]] = {}
    for number, (box, kind) in enumerate(zip(truth, kinds, strict=True)):
        priced = []
        for at in candidates:
            price = 0.0
            for column, score in enumerate(picture["class_scores"][at]):
                joint = min(max(math.sqrt(score * picture["object_scores"][at]), 1e-7), 1 - 1e-7)
                price -= math.log(joint if column == kind else 1 - joint)
            price -= 3 * math.log(overlap(picture["boxes"][at], box) + 1e-8)
            # Prices of what lies outside are only as fine as float32 has them.
            priced.append((price if all(lies(places[at], box)) else float(np.float32(price + 1e5)), at))
        best = sorted((overlap(picture["boxes"][at], box) for at in candidates), reverse=True)[:10]
        for price, at in sorted(priced)[: max(int(np.float32(sum(best))), 1)]:
            offers.setdefault(at, []).append((price, number))
    return [min(offers[at])[1] if at in offers else -1 for at in range(len(places))]
