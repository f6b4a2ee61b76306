"""Every fuzz target accepts its own seeds, what once broke it, and a short burst of mutations."""

from __future__ import annotations

import random

import pytest

from tests.fuzz.run import corpus, load, mutate, names
from tests.support.hostile import survives

BURST = 150


@pytest.mark.parametrize("name", names())
def test_reader_survives(name: str) -> None:
    target = load(name)
    seeds = list(target.seeds())
    assert seeds
    dice = random.Random(name)
    for data in [*seeds, *corpus(name)]:
        survives(target.fuzz, data)
    for _ in range(BURST):
        survives(target.fuzz, mutate(dice.choice(seeds), dice, seeds))
