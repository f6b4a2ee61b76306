"""A graph, frozen or saved, tells what detector it is: it is rebuilt from itself alone, unless its weights differ."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("keras")
pytest.importorskip("openvino")

import loadstone as ls
from loadstone.errors import UnsupportedModelError
from loadstone.export import frozen_graph, saved_model
from loadstone.formats.rebuilt_member import ATTRIBUTE
from loadstone.formats.registry import open_source
from loadstone.runtime.rebuilt import rebuild_source
from loadstone.runtime.save_keras import member_of
from loadstone.training.learners import build_learner
from tests.export.test_built import built

WRITERS = {"graph.pb": frozen_graph.write, "saved": saved_model.write}


@pytest.mark.parametrize(
    ("kind", "name"),
    [("retinanet", "graph.pb"), ("faster-rcnn", "graph.pb"), ("yolo", "graph.pb"), ("yolo", "saved")],
)
def test_a_graph_is_rebuilt_from_itself_alone(kind: str, name: str, tmp_path: Path) -> None:
    own = built(kind)
    WRITERS[name](own, tmp_path / name)
    again = rebuild_source(str(tmp_path / name))
    assert again.blueprint == own.blueprint
    assert again.built
    assert again.values.keys() == own.values.keys()
    assert all(np.array_equal(again.values[key], value) for key, value in own.values.items())
    facts = open_source(str(tmp_path / name)).detector
    assert facts is not None
    assert (facts.num_classes, facts.feature_extractor) == (3, "plain")


def test_a_saved_model_opens_as_the_rebuilt_detector_and_trains_further(tmp_path: Path) -> None:
    own = replace(built("yolo"), labels={1: "cat", 2: "dog", 3: "hare"})
    saved_model.write(own, tmp_path / "saved")
    model = ls.load(tmp_path / "saved")
    assert model.labels == own.labels
    assert model.notes[0].startswith("rebuilt natively from its own graph")
    values = model.rebuilt.values
    learner = build_learner(model.rebuilt)
    assert all(np.array_equal(value, values[key]) for key, value in learner.values().items())


def test_weights_in_another_form_run_as_the_graph_they_are(tmp_path: Path) -> None:
    # Its backbone has a convolution of several groups, of which each is a constant of its own.
    frozen_graph.write(built("ssd"), tmp_path / "graph.pb")
    assert open_source(str(tmp_path / "graph.pb")).details["described"]
    with pytest.raises(UnsupportedModelError, match="no detector that is rebuilt here"):
        rebuild_source(str(tmp_path / "graph.pb"))


@pytest.mark.parametrize("kept", [0, 100])
def test_a_broken_description_is_none(kept: int, tmp_path: Path) -> None:
    packed = member_of(built("retinanet")).as_packed()
    frozen_graph.write(built("retinanet"), tmp_path / "graph.pb")
    data = (tmp_path / "graph.pb").read_bytes()
    assert (data.count(packed), data.count(ATTRIBUTE.encode())) == (1, 1)
    (tmp_path / "graph.pb").write_bytes(data.replace(packed, packed[:kept] + bytes(len(packed) - kept)))
    found = open_source(str(tmp_path / "graph.pb"))
    assert "described" not in found.details
    assert found.format == "frozen-graph"
