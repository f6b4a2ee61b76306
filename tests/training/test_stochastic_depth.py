"""Stochastic depth: the original's rates at its blocks, before their sums."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadstone.training.stochastic_depth import drop_rates, with_dropouts
from tests.training.golden_truth import blueprint, facts


def test_the_rates_are_the_originals(shared: Path) -> None:
    network = blueprint(shared, "efficientdet_d0").network
    recorded = [rate for name, rate in facts(shared, "efficientdet_d0")["dropout_disabled"] if "stack" in name]
    # The last block has no residual, and what follows it feeds no output.
    assert list(drop_rates(network).values()) == pytest.approx(recorded)
    assert drop_rates(blueprint(shared, "ssd_mobilenet_v2_320").network) == {}


def test_each_block_gets_a_dropout_over_pictures(shared: Path) -> None:
    network = blueprint(shared, "efficientdet_d0").network
    rates = drop_rates(network)
    dropped = with_dropouts(network)
    assert len(dropped.nodes) == len(network.nodes) + len(rates)
    assert list(dropped.variables) == list(network.variables)
    found = [node for node in dropped.nodes if node.operation == "dropout"]
    assert [node.attributes["rate"] for node in found] == list(rates.values())
    assert {node.attributes["over"] for node in found} == {"pictures"}
    assert all(dropped.nodes[node.inputs[0]].name.endswith("project_bn") for node in found)
    assert {name: dropped.nodes[at] for name, at in dropped.outputs.items()}.keys() == network.outputs.keys()
