"""What a learner has trained is what the detector finds: encodings, places and classes are the same in both."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from tests.training.running import run_check

LEAST = {"yolo": 0.7, "faster-rcnn": 0.5, "mask-rcnn": 0.5}
"""Of unseen pictures found right, after a minute of training a few thousand weights; 0.975, 0.75, 0.825 were found."""


@pytest.mark.slow
@pytest.mark.skipif(find_spec("jax") is None or find_spec("openvino") is None, reason="no JAX, or no OpenVINO")
@pytest.mark.parametrize("family", LEAST)
def test_a_trained_detector_finds_what_it_was_trained_on(family: str) -> None:
    found = run_check("tests.training.learns_check", family, backend="jax")
    assert found["before"]["right"] < 0.3
    assert found["after"]["right"] >= LEAST[family]
    if family == "mask-rcnn":
        # As the object lies, of eight ways to lie; 0.61 was found, from features of three by three places.
        assert found["after"]["masks"] >= 0.35
