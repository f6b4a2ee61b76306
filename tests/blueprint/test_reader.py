"""Configurations become blueprints whose variables are exactly those of the original's checkpoint."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from loadstone.blueprint.parts import Blueprint
from loadstone.blueprint.reader import read_blueprint
from loadstone.wire.textproto import parse
from tests.detectors.goldens import variables

GOLDENS = (
    "ssd_mobilenet_v1_fpn_640",
    "ssd_mobilenet_v2_320",
    "ssd_mobilenet_v2_fpnlite_320",
    "ssd_resnet50_v1_fpn_640",
    "ssd_resnet50_v1_fpn_1024",
    "ssd_resnet101_v1_fpn_1024",
    "ssd_resnet152_v1_fpn_640",
    "efficientdet_d0",
    "efficientdet_d2",
    "efficientdet_d4",
    "efficientdet_d6",
    "efficientdet_d7",
)


def golden_blueprint(shared: Path, name: str) -> Blueprint:
    """Read the configuration that a golden was computed with."""
    config = json.loads((shared / "goldens" / f"{name}.json").read_text())["config"]
    return read_blueprint(parse((shared / "goldens" / config).read_bytes()))


@pytest.mark.parametrize("name", GOLDENS)
def test_variables_are_the_original_s(name: str, shared: Path) -> None:
    blueprint = golden_blueprint(shared, name)
    ours = {key: (variable.name, variable.shape) for key, variable in blueprint.network.variables.items()}
    theirs = {key: (variable, shape) for key, (variable, shape, _) in variables(shared, name).items()}
    assert set(ours) ^ set(theirs) == set()
    assert {key: (value, theirs[key]) for key, value in ours.items() if value != theirs[key]} == {}
    assert blueprint.unsupported == ()
