"""Layers of other people's packages, against their arithmetic written out: default boxes, normalisation, resizing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

pytest.importorskip("keras")
from keras import ops

from loadstone.detectors.known_layers import AnchorBoxes, L2Normalization, UpsampleLike


def by_hand(height: int, width: int, own: dict[str, Any]) -> list[list[list[list[float]]]]:
    """The boxes as (cx, cy, w, h), one at a time, as the package describes them."""
    size = min(own["img_height"], own["img_width"])
    step_y, step_x = own.get("this_steps") or (own["img_height"] / height, own["img_width"] / width)
    offset_y, offset_x = own.get("this_offsets") or (0.5, 0.5)
    found = []
    for row in range(height):
        line = []
        for column in range(width):
            place = []
            for ratio in own["aspect_ratios"]:
                wide, high = own["this_scale"] * size * math.sqrt(ratio), own["this_scale"] * size / math.sqrt(ratio)
                centre = [(offset_x + column) * step_x, (offset_y + row) * step_y]
                place.append([*centre, wide, high])
                if ratio == 1 and own["two_boxes_for_ar1"]:
                    place.append([*centre, *[math.sqrt(own["this_scale"] * own["next_scale"]) * size] * 2])
            line.append(place)
        found.append(line)
    return found


OWN: dict[str, Any] = {
    "img_height": 30,
    "img_width": 40,
    "this_scale": 0.2,
    "next_scale": 0.5,
    "aspect_ratios": [0.5, 1.0, 2.0],
    "two_boxes_for_ar1": True,
    "variances": [0.1, 0.1, 0.2, 0.2],
}


@pytest.mark.parametrize("more", [{}, {"this_steps": [8, 9], "this_offsets": [0.4, 0.3]}, {"two_boxes_for_ar1": False}])
def test_default_boxes_are_those_of_the_description(more: dict[str, Any]) -> None:
    layer = AnchorBoxes(**{**OWN, **more})
    boxes = np.asarray(layer(ops.zeros((2, 3, 5, 7))))
    wanted = by_hand(3, 5, {**OWN, **more})
    np.testing.assert_allclose(boxes[0, ..., :4], wanted, rtol=1e-6)
    np.testing.assert_array_equal(boxes[0], boxes[1])
    np.testing.assert_allclose(boxes[..., 4:], np.broadcast_to(OWN["variances"], boxes[..., 4:].shape), rtol=1e-6)
    assert boxes.shape == layer.compute_output_shape((2, 3, 5, 7))


@pytest.mark.parametrize("name", ["limit_boxes", "clip_boxes"])
def test_clipped_boxes_end_one_pixel_before_the_side(name: str) -> None:
    boxes = AnchorBoxes(**{**OWN, "this_scale": 0.9, "coords": "corners", name: True}).boxes(3, 5)
    centre = np.asarray(by_hand(3, 5, {**OWN, "this_scale": 0.9}))
    high = centre[..., 1] + centre[..., 3] / 2
    assert (high >= 30).any()
    np.testing.assert_allclose(boxes[..., 3], np.where(high >= 30, 29, high), rtol=1e-6)
    assert boxes[..., :4].min() == 0


@pytest.mark.parametrize(("coords", "order"), [("corners", [0, 1, 2, 3]), ("minmax", [0, 2, 1, 3])])
def test_forms_and_fractions(coords: str, order: list[int]) -> None:
    boxes = AnchorBoxes(**{**OWN, "coords": coords, "normalize_coords": True}).boxes(3, 5)[..., :4]
    cx, cy, wide, high = np.moveaxis(np.asarray(by_hand(3, 5, OWN)), -1, 0)
    corners = np.stack([cx - wide / 2, cy - high / 2, cx + wide / 2, cy + high / 2], axis=-1) / [40, 30, 40, 30]
    np.testing.assert_allclose(boxes, corners[..., order], rtol=1e-5, atol=1e-7)


def test_a_layer_comes_back_from_its_configuration() -> None:
    layer = AnchorBoxes(**OWN, limit_boxes=True)
    again = AnchorBoxes.from_config(layer.get_config())
    np.testing.assert_array_equal(again.boxes(2, 2), layer.boxes(2, 2))


def test_an_unknown_form_is_refused() -> None:
    with pytest.raises(ValueError, match="centroids"):
        AnchorBoxes(**{**OWN, "coords": "polar"})


def test_channels_are_normalised_and_scaled() -> None:
    maps = np.random.default_rng(0).normal(size=(2, 3, 4, 5)).astype(np.float32)
    maps[0, 0, 0] = 0
    layer = L2Normalization(gamma_init=3)
    found = np.asarray(layer(maps))
    length = np.sqrt((maps**2).sum(-1, keepdims=True))
    np.testing.assert_allclose(found, 3 * maps / np.maximum(length, 1e-6), rtol=1e-4, atol=1e-6)
    assert [tuple(weight.shape) for weight in layer.weights] == [(5,)]


def test_a_map_takes_the_size_of_another() -> None:
    small = np.arange(4, dtype=np.float32).reshape(1, 2, 2, 1)
    found = np.asarray(UpsampleLike()([small, np.zeros((1, 4, 4, 9), np.float32)]))
    np.testing.assert_array_equal(found[0, ..., 0], np.repeat(np.repeat(small[0, ..., 0], 2, axis=0), 2, axis=1))
