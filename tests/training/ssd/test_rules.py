"""Which variables decay and how batch norms move: as the original has them, variable by variable."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("keras")

from loadstone.errors import UnsupportedModelError
from loadstone.formats.detection.config import architecture
from loadstone.training.norms import NormRule
from loadstone.training.ssd.rules import SsdRules
from loadstone.wire.textproto import parse
from tests.detectors import goldens
from tests.training.golden_truth import arrays, blueprint, config, facts

NAMES = ("ssd_mobilenet_v2_320", "ssd_mobilenet_v2_fpnlite_320", "efficientdet_d0")


def rules(shared: Path, name: str, *, freeze: bool = False) -> SsdRules:
    ssd = architecture(config(shared, name))
    assert ssd is not None
    return SsdRules(ssd, blueprint(shared, name).feature_extractor, freeze=freeze)


@pytest.mark.parametrize("name", NAMES)
def test_each_variable_decays_as_in_the_original(name: str, shared: Path) -> None:
    ours = rules(shared, name).decayed(blueprint(shared, name).variables.values())
    for key, recorded in zip(goldens.variables(shared, name), arrays(shared, name)["l2_coefficient"], strict=True):
        assert ours.get(key, 0.0) == pytest.approx(recorded, rel=1e-6), key
    assert len(ours) == facts(shared, name)["variants"]["base"]["num_regularization_terms"]


@pytest.mark.parametrize("name", NAMES)
def test_each_norm_has_the_originals_momentum(name: str, shared: Path) -> None:
    recorded = json.loads((shared / "goldens_train" / "init_facts.json").read_text(encoding="utf-8"))[name]
    ours = rules(shared, name)
    means = [key for key in goldens.variables(shared, name) if key.endswith("/moving_mean")]
    found = {ours.norm(key).momentum for key in means}
    # The record counts a shared tower's layers once for each head, so that only the momenta are compared.
    np.testing.assert_allclose(sorted(found), sorted({row[1] for row in recorded["batch_norm"]}), rtol=1e-6)


def test_freezing_does_not_reach_efficientnet(shared: Path) -> None:
    own = "model/_feature_extractor/_efficientnet/layer_with_weights-1/gamma"
    assert rules(shared, "efficientdet_d0", freeze=True).norm(own) == NormRule(0.99, frozen=False)
    pyramid = "model/_feature_extractor/_bifpn_stage/node_post_combine_block/1/2/gamma"
    assert rules(shared, "efficientdet_d0", freeze=True).norm(pyramid).frozen


def test_a_backbone_that_is_not_overridden_keeps_its_own_settings() -> None:
    text = b"feature_extractor { conv_hyperparams { batch_norm { decay: 0.9 } } }"
    own = "model/_feature_extractor/classification_backbone/layer_with_weights-1/gamma"
    added = "model/_feature_extractor/feature_map_generator/convolutions/2/1/gamma"
    found = SsdRules(parse(text), "ssd_mobilenet_v2_keras")
    assert found.norm(own).momentum == 0.9997
    assert found.norm(added).momentum == 0.9


def test_an_l1_term_is_refused() -> None:
    text = b"feature_extractor { conv_hyperparams { regularizer { l1_regularizer { weight: 1 } } } }"
    with pytest.raises(UnsupportedModelError, match="l1_regularizer"):
        SsdRules(parse(text), "ssd_mobilenet_v2_keras").decayed(())
