"""What a configuration says of an SSD's training, and what it may not say."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

pytest.importorskip("keras")

from loadstone.errors import UnsupportedModelError
from loadstone.formats.detection.config import architecture
from loadstone.training.ssd.loss import SsdLoss
from loadstone.training.ssd.mining import HardExamples
from loadstone.training.ssd.rows import focal_rows, huber_rows, sigmoid_rows, softmax_rows
from loadstone.training.ssd.settings import SsdSettings, read_settings
from loadstone.wire.textproto import parse

LOSS = "loss {{ classification_loss {{ {} }} localization_loss {{ {} }} {} }} "


def settings(classification: str = "weighted_sigmoid { }", boxes: str = "weighted_smooth_l1 { }", more: str = "",
             beside: str = "") -> SsdSettings:  # fmt: skip
    return read_settings(parse(f"{LOSS.format(classification, boxes, more)} {beside}".encode()))


def test_the_defaults_are_the_protos() -> None:
    found = settings()
    assert found.loss.classification is sigmoid_rows
    assert found.loss.by_matches
    assert not found.loss.by_code_size
    assert found.loss.miner is None
    assert not found.force
    assert not found.background_as_zeros


def test_a_focal_loss_without_alpha_has_none() -> None:
    one = settings("weighted_sigmoid_focal { gamma: 1.5 }").loss.classification
    assert isinstance(one, partial)
    assert one.func is focal_rows
    assert one.keywords == {"alpha": None, "gamma": 1.5}


def test_a_miner_is_read_whole() -> None:
    miner = "hard_example_miner { num_hard_examples: 9 iou_threshold: 0.5 loss_type: CLASSIFICATION }"
    assert settings(more=miner).loss.miner == HardExamples(9, 0.5, "CLASSIFICATION")
    assert settings(more="hard_example_miner { }").loss.miner == HardExamples()


def test_what_ssd_says_beside_the_loss() -> None:
    found = settings(
        more="random_example_sampler { positive_sample_fraction: 0.2 } localization_weight: 4",
        beside="freeze_batchnorm: true matcher { argmax_matcher { matched_threshold: 0.6 unmatched_threshold: 0.4 "
        "force_match_for_each_row: true negatives_lower_than_unmatched: false } }",
    )
    assert (found.matched, found.unmatched, found.force, found.negatives_lower) == (0.6, 0.4, True, False)
    assert found.positive_share == 0.2
    assert found.freeze_norms
    assert found.loss.localization_weight == 4


def test_without_thresholds_every_anchor_answers() -> None:
    found = settings(beside="matcher { argmax_matcher { ignore_thresholds: true } }")
    assert (found.matched, found.unmatched) == (0, 0)


def test_a_configuration_that_says_nothing_of_training_gets_the_zoos() -> None:
    assert read_settings(parse(b"num_classes: 3")) == SsdSettings(loss=SsdLoss())
    softmax = read_settings(parse(b"num_classes: 3"), softmax=True).loss
    assert softmax.classification is softmax_rows
    assert softmax.miner is not None
    assert softmax.miner.negatives_per_positive == 3


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (LOSS.format("weighted_sigmoid { }", "weighted_iou { }", ""), "weighted_iou"),
        (LOSS.format("weighted_logits_softmax { }", "weighted_l2 { }", ""), "weighted_logits_softmax"),
        (
            LOSS.format("weighted_sigmoid { }", "weighted_l2 { }", "expected_loss_weights: EXPECTED_SAMPLING"),
            "expected",
        ),
        (LOSS.format("weighted_sigmoid_focal { }", "weighted_l2 { }", "hard_example_miner { }"), "focal"),
        (LOSS.format("weighted_sigmoid { }", "weighted_l2 { }", "") + "matcher { bipartite_matcher { } }", "bipartite"),
        (LOSS.format("weighted_sigmoid { }", "weighted_l2 { }", "") + "implicit_example_weight: 0.5", "implicit"),
        (
            LOSS.format("weighted_sigmoid { }", "weighted_l2 { }", "hard_example_miner { loss_type: WORST }"),
            "loss_type",
        ),
        (
            LOSS.format("weighted_sigmoid { }", "weighted_l2 { }", "") + "similarity_calculator { ioa_similarity { } }",
            "ioa",
        ),
    ],
)
def test_what_is_not_trained_here_is_named(text: str, named: str) -> None:
    with pytest.raises(UnsupportedModelError, match=named):
        read_settings(parse(text.encode()))


def test_every_ssd_of_the_zoo_is_read(shared: Path) -> None:
    count = 0
    for path in sorted((shared / "pipeline_configs").glob("tf*.config")):
        message = architecture(parse(path.read_bytes()))
        if message is not None and message.name == "ssd":
            found = read_settings(message)
            box = found.loss.localization
            assert isinstance(box, partial)
            assert box.func is huber_rows
            assert found.matched == 0.5
            count += 1
    assert count > 40
