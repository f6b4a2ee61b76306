"""The decoupled head and its neck: outputs, shapes, names, and what biases begin with."""

from __future__ import annotations

import math

import pytest

from loadstone.blueprint.yolo_head import initial_bias
from tests.support.yolo import tiny_yolo


def test_the_head_has_a_row_for_every_place_of_every_map() -> None:
    blueprint = tiny_yolo(size=(64, 96), classes=5)
    shapes = {name: blueprint.network.nodes[at].shape for name, at in blueprint.network.outputs.items()}
    assert blueprint.maps == ((8, 12), (4, 6))
    assert shapes == {"box_encodings": (120, 4), "objectness": (120, 1), "class_predictions": (120, 5)}


def test_each_map_has_layers_of_its_own_and_no_name_stands_for_two_variables() -> None:
    variables = tiny_yolo().variables
    names = [variable.name for variable in variables.values()]
    assert len(set(names)) == len(names)
    for level in (0, 1):
        kernel = variables[f"model/_yolo_head/level_{level}/class_branch_0/conv/kernel"]
        assert kernel.shape == (3, 3, 8, 8)
        assert kernel.name == f"yolo_head/level_{level}/class_branch_0/conv/kernel"


@pytest.mark.parametrize("neck", [True, False])
def test_the_neck_keeps_the_maps_sides(neck: bool) -> None:
    blueprint = tiny_yolo(levels=3, neck=neck)
    assert blueprint.maps == ((8, 8), (4, 4), (2, 2))
    assert any("_yolo_neck" in key for key in blueprint.variables) == neck


def test_scores_begin_at_one_in_a_hundred_and_boxes_at_the_places_themselves() -> None:
    score = 1 / (1 + math.exp(-initial_bias("model/_yolo_head/level_0/objectness/bias")))
    assert score == pytest.approx(0.01)
    assert initial_bias("model/_yolo_head/level_0/class_predictions/bias") == pytest.approx(-4.59512, abs=1e-5)
    assert initial_bias("model/_yolo_head/level_0/box_encodings/bias") == 0
