"""How a TF1 graph clips its boxes is told by no configuration: it is kept by whatever is made of the graph."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from loadstone.blueprint.clipping import Clipping, clipping_of
from loadstone.blueprint.two_stage_plan import TwoStagePlan, config_of
from loadstone.graphs.write import const_node, graph_bytes
from loadstone.runtime.wish import Wish
from loadstone.wire.textdump import dump
from tests.blueprint.test_frozen_faster_rcnn import ATROUS, OLD, planned
from tests.support.frozen_two_stages import frozen_two_stages

pytest.importorskip("keras")
pytest.importorskip("openvino")

from loadstone.export import frozen_graph
from loadstone.runtime.families.faster_rcnn_plan import settings_of
from loadstone.runtime.families.faster_rcnn_reading import TwoStages
from loadstone.runtime.rebuilt import rebuild_source

ASKED = replace(OLD, suppression=replace(OLD.suppression, iou_threshold=0.4))


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a padded graph of before 2020, `old.pb`, and of one that is not told, `strange.pb`."""
    folder = tmp_path_factory.mktemp("graph")
    blueprint = planned(OLD)
    values = {key: np.full(one.shape, 0.01, np.float32) for key, one in blueprint.variables.items()}
    written = frozen_two_stages(blueprint, values, clip_first=blueprint.suppression.clip_first)
    (folder / "old.pb").write_bytes(graph_bytes(written))
    other = const_node("add/y", np.array(0.0, np.float32))
    (folder / "strange.pb").write_bytes(graph_bytes(written.replaced({other.name: other})))
    (folder / "asked").mkdir()
    (folder / "asked/pipeline.config").write_text(dump(config_of(ASKED)))
    return folder


def test_it_is_kept_by_an_export_of_the_graph(graph: Path, tmp_path: Path) -> None:
    own = rebuild_source(str(graph / "old.pb"))
    assert clipping_of(own.blueprint) == Clipping(first=True, within_padding=True)
    frozen_graph.write(own, tmp_path / "again.pb")
    assert rebuild_source(str(tmp_path / "again.pb")).blueprint == own.blueprint


def test_a_configuration_says_everything_else(graph: Path) -> None:
    wish = Wish(str(graph / "asked/pipeline.config"))
    assert rebuild_source(str(graph / "old.pb"), wish).blueprint == planned(ASKED)
    told = rebuild_source(str(graph / "strange.pb"), wish)
    assert clipping_of(told.blueprint) == Clipping()
    assert "this one is not told from its operations: the graph does not count its classes" in told.assumed[0]


@pytest.mark.parametrize(("plan", "end"), [(ATROUS, [267.0, 200.0]), (OLD, [340.0, 340.0])], ids=["now", "before"])
def test_proposals_reach_as_far_as_they_are_clipped(plan: TwoStagePlan, end: list[float]) -> None:
    stages = TwoStages(settings_of(planned(plan)), np.array([[10, 20, 500, 600]], np.float32), [])
    outputs = [np.zeros((1, 1, 4), np.float32), np.array([[[0, 1]]], np.float32)]
    assert stages.proposals(outputs, stages.window(400, 300)).tolist() == [[10.0, 20.0, *end]]
