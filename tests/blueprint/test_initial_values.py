"""New heads begin as the original's do: deviations and biases as measured in it, whatever the initialiser's kind."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from loadstone.blueprint.class_count import dependent_on_classes, with_classes
from loadstone.blueprint.initial_values import drawn_by, initial_values
from loadstone.blueprint.reader import read_any
from loadstone.wire.textproto import parse
from tests.blueprint.any_golden import any_config

MEASURED = (
    "ssd_mobilenet_v2_320",
    "ssd_mobilenet_v2_fpnlite_320",
    "efficientdet_d0",
    "faster_rcnn_resnet50_v1_640",
    "centernet_resnet50_v1_fpn_512",
)


@pytest.mark.parametrize("name", MEASURED)
def test_values_are_those_that_were_measured(name: str, shared: Path) -> None:
    facts = json.loads((shared / "goldens_train" / "init_facts.json").read_text())[name]
    recorded = facts["nonzero_bias_and_head_kernels"]
    config = parse(any_config(shared, name))
    variables = read_any(config).variables
    heads = [key for key in dependent_on_classes(config, read_any(config)) if key in recorded]
    assert heads
    found = initial_values(config, [variables[key] for key in heads])
    for key in heads:
        theirs = recorded[key]
        if isinstance(theirs, list):
            assert set(np.unique(found[key])) == {np.float32(value) for value in theirs}, key
        else:
            assert found[key].std() == pytest.approx(theirs["std"], rel=0.1), key


@pytest.mark.parametrize("name", ["centernet_resnet50_v1_fpn_512", "centernet_mobilenetv2_fpn_kpts"])
def test_only_the_last_bias_of_a_heat_map_is_not_zero(name: str, shared: Path) -> None:
    """TRAINING.md: measured in the original. A layer before it that began at -2.19 would be dead behind its ReLU."""
    config = parse(any_config(shared, name))
    found = initial_values(config, read_any(config).variables.values())
    begun = {key: set(np.unique(value)) for key, value in found.items() if key.endswith("/bias")}
    last = [key for key in begun if key.endswith("/layer_with_weights-1/bias")]
    maps = [key for key in last if "/object_center/" in key or "keypoint.Sheatmap/" in key]
    assert len(maps) == (2 if name.endswith("kpts") else 1)
    assert {key for key, values in begun.items() if values != {0.0}} == set(maps)
    assert all(begun[key] == {np.float32(-2.19)} for key in maps)


@pytest.mark.parametrize(
    ("text", "deviation", "largest"),
    [
        ("truncated_normal_initializer { stddev: 0.03 }", 0.03 * 0.8796, 0.06),
        ("random_normal_initializer { mean: 0 stddev: 0.01 }", 0.01, 1.0),
        ("variance_scaling_initializer { factor: 1 uniform: true mode: FAN_AVG }", 0.0289, 0.0501),
        ("variance_scaling_initializer { }", 0.0447, 1.0),
        ("", 0.0289, 0.0501),
    ],
)
def test_each_kind_of_initializer(text: str, deviation: float, largest: float) -> None:
    values = drawn_by(parse(text.encode()))(np.random.default_rng(3), (1000, 1400))
    assert values.std() == pytest.approx(deviation, rel=0.02)
    assert np.abs(values).max() <= largest


def test_only_class_heads_depend_on_the_number(shared: Path) -> None:
    for name, heads in (
        ("faster_rcnn_resnet50_v1_640", {"_class_predictor_layers/1/kernel", "_class_predictor_layers/1/bias"}),
        ("centernet_resnet50_v1_fpn_512", {"object_center/0/layer_with_weights-1/kernel", "layer_with_weights-1/bias"}),
    ):
        config = parse(any_config(shared, name))
        found = dependent_on_classes(config, read_any(config))
        assert len(found) == 2
        assert all(any(key.endswith(head) for head in heads) for key in found)
        assert read_any(with_classes(config, 3)).num_classes == 3
        assert read_any(config).num_classes != 3
