"""Stochastic depth: the original's rates at its blocks, and factors that keep the mean."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from loadstone.training.stochastic_depth import drop_rates, survivals, with_survival  # noqa: E402
from tests.training.golden_truth import blueprint, facts  # noqa: E402


def test_the_rates_are_the_originals(shared: Path) -> None:
    network = blueprint(shared, "efficientdet_d0").network
    recorded = [rate for name, rate in facts(shared, "efficientdet_d0")["dropout_disabled"] if "stack" in name]
    # The last block has no residual, and what follows it feeds no output.
    assert list(drop_rates(network).values()) == pytest.approx(recorded)
    assert drop_rates(blueprint(shared, "ssd_mobilenet_v2_320").network) == {}


def test_the_network_gets_one_input_for_each_block(shared: Path) -> None:
    network = blueprint(shared, "efficientdet_d0").network
    rates = drop_rates(network)
    dropped = with_survival(network, list(rates))
    assert len(dropped.nodes) == len(network.nodes) + 2 * len(rates)
    assert list(dropped.variables) == list(network.variables)
    inputs = [node.name for node in dropped.nodes if node.operation == "input"]
    assert inputs == ["picture", *(f"survival_{number}" for number in range(len(rates)))]
    for node in dropped.nodes:
        if node.operation == "multiply" and dropped.nodes[node.inputs[1]].operation == "input":
            assert dropped.nodes[node.inputs[0]].name.endswith("project_bn")
    assert {name: dropped.nodes[at] for name, at in dropped.outputs.items()}.keys() == network.outputs.keys()


def test_a_factor_is_0_or_makes_up_for_it() -> None:
    seed = keras.random.SeedGenerator(3)
    rates = {5: 0.25, 9: 0.5}
    first, second = (np.asarray(keras.ops.convert_to_numpy(one)) for one in survivals(rates, 4000, seed))
    assert set(np.unique(second)) == {0.0, 2.0}
    assert first.max() == pytest.approx(1 / 0.75)
    assert first.mean() == pytest.approx(1, abs=0.05)
    assert survivals({}, 4, seed) == []
    assert all((keras.ops.convert_to_numpy(one) == 1).all() for one in survivals(rates, 4, None))
