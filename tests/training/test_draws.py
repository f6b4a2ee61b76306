"""Random numbers by hash: even, different from seed to seed, and those that integer arithmetic by hand gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from loadstone.training.draws import uniform  # noqa: E402


def numbers(rows: int, count: int, seed: tuple[int, int], stream: int = 0) -> Any:
    found = uniform((count,), rows, keras.ops.convert_to_tensor(np.asarray(seed, np.int32)), stream=stream)
    return keras.ops.convert_to_numpy(found)


def mixed(value: int) -> int:
    value ^= value >> 16
    value = value * 0x7FEB352D % 2**32
    value ^= value >> 15
    value = value * 0x846CA68B % 2**32
    return value ^ value >> 16


def test_the_numbers_are_those_of_the_hash() -> None:
    seed, golden = (123456789, -5), 0x9E3779B9
    found = numbers(2, 3, seed, stream=1)
    for place, value in enumerate(found.reshape(-1)):
        first = mixed((place * golden + seed[0]) % 2**32)
        assert value == (mixed((first + (seed[1] + 1) * golden) % 2**32) >> 8) / 2**24


def test_they_are_even_and_each_seed_and_stream_has_its_own() -> None:
    found = numbers(4, 500, (1, 0))
    assert found.dtype == np.float32
    assert ((found >= 0) & (found < 1)).all()
    counts = np.histogram(found, bins=10, range=(0, 1))[0]
    assert counts.min() > 140
    assert counts.max() < 260
    for other in (numbers(4, 500, (2, 0)), numbers(4, 500, (1, 1)), numbers(4, 500, (1, 0), stream=1)):
        assert abs(np.corrcoef(found.reshape(-1), other.reshape(-1))[0, 1]) < 0.08
    assert (numbers(4, 500, (1, 0)) == found).all()
