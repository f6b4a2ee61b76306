"""The error texts of real threads: the right fault first, and for the texts' build rather than for their words."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks.explain_cases import SURE, Asked, ask, load, share
from benchmarks.other_words import other_words

TEXT = (
    'ValueError: Layer #389 (named "mrcnn_bbox_fc"), weight <tf.Variable shape=(1024, 88)> has shape (1024, 88), but '
    "the saved weight has shape (1024, 324)."
)


def test_other_words_keep_what_decides() -> None:
    changed = other_words(TEXT)
    assert changed != TEXT
    assert 'named "mrcnn_bbox_fc"' in changed
    assert "#389" not in changed
    assert changed.count("264)") == 2
    assert "(3072, 972)" in changed
    assert other_words(TEXT) == changed
    assert other_words(TEXT, 2) != changed


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("ValueError: Unknown optimizer: AdaBeliefOptimizer", "AdaBelief"),
        (
            "OSError: SavedModel file does not exist at: /home/ann/project/x_model/{saved_model.pbtxt|saved_model.pb}",
            "ann",
        ),
        (
            "DataLossError: Unable to open table file C:\\Users\\ann\\m\\model.ckpt.data-00000-of-00001: Data loss",
            "ann",
        ),
        ("loc:@ssd_300_vgg/block11_box/conv_cls/weights", "conv_cls"),
        ("NotFoundError: Key MyScope/biases not found in checkpoint", "MyScope"),
    ],
)
def test_other_words_exchange_what_is_a_person_s(text: str, gone: str) -> None:
    changed = other_words(text)
    assert gone not in changed
    kept = [
        part
        for part in ("Unknown optimizer:", "does not exist at:", ".data-00000-of-00001", "/weights")
        if part in text
    ]
    assert [part for part in kept if part not in changed] == []


@pytest.fixture(scope="module")
def asked(shared: Path) -> list[Asked]:
    """Every sure case, asked as it stands and in other words."""
    cases = load(shared / "failures" / "cases.jsonl")
    return [ask(case) for case in cases if case["evidence"] in SURE]


def test_the_right_fault_stands_first(asked: list[Asked]) -> None:
    assert len(asked) >= 100
    assert share(asked) >= 95, [(one.case, one.wanted, one.first) for one in asked if not one.right]


def test_it_does_so_in_other_words(asked: list[Asked]) -> None:
    wrong = [(one.case, one.wanted, one.others) for one in asked if not one.right_in_other_words]
    assert share(asked, other=True) >= 95, wrong
