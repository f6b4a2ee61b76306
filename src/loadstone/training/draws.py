"""Random numbers within a compiled step that are the same on every backend: a hash of the seed and of each place.

`keras.random` draws other numbers on TensorFlow than on JAX or PyTorch, so that what is sampled with it makes their
losses differ. Here every number is integer arithmetic on its position. What it is not: fit for anything but sampling.
Source of the mixing: C. Wellons, Prospecting for Hash Functions, 2018 (`lowbias32`).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from keras import ops

FIRST, SECOND = (int(np.uint32(value).astype(np.int32)) for value in (0x7FEB352D, 0x846CA68B))
APART = int(np.uint32(0x9E3779B9).astype(np.int32))
"""2³² over the golden ratio, as int32: neighbouring places begin far apart."""


def uniform(shape: Sequence[int], rows: Any, seed: Any, *, stream: int = 0) -> Any:
    """Return float32 (rows, *shape), each in [0, 1), a multiple of 2⁻²⁴.

    rows: an int32 scalar, which may be known only when the step runs. seed: int32 (2,). `stream` tells several draws
    of one step apart.
    """
    count = prod(shape)
    places = ops.reshape(ops.cast(ops.arange(rows), "int32"), (-1, 1)) * count + ops.arange(count, dtype="int32")[None]
    mixed = _mixed(places * APART + seed[0])
    mixed = _mixed(mixed + (seed[1] + stream) * APART)
    high = ops.cast(_shifted(mixed, 8), "float32")
    return ops.reshape(high / float(1 << 24), (-1, *shape))


def _shifted(values: Any, bits: int) -> Any:
    """Shift int32 right and fill with zeros; the sign's copies are masked away."""
    return ops.bitwise_and(ops.right_shift(values, bits), (1 << (32 - bits)) - 1)


def _mixed(values: Any) -> Any:
    """Return 32 bits each of which depends on all of the given ones; products wrap around."""
    values = ops.bitwise_xor(values, _shifted(values, 16)) * FIRST
    values = ops.bitwise_xor(values, _shifted(values, 15)) * SECOND
    return ops.bitwise_xor(values, _shifted(values, 16))
