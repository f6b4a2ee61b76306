"""Pictures that resemble one another: by a fingerprint of brightness steps, then by the correlation of thumbnails.

The fingerprint (a difference hash: Krawetz, "Kind of Like That", 2013) has a bit for each step from one cell of the
thumbnail to the next that goes up, 56 across and 56 down. It bears another size, another quality and another light,
and lets near neighbours be found without comparing all with all: of two that differ in few bits, a part is equal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from loadstone.datasets.check.subject import Look

if TYPE_CHECKING:
    import numpy.typing as npt

    Codes = npt.NDArray[np.uint16]

LEAST_CORRELATION = 0.98
"""Of the thumbnails' 768 values. Half the size, JPEG of quality 50 or a third less light leave 0.983 at least (200
practice pictures), and of 1,500 different ones the two closest have 0.974.
"""

FLAT = 4.0
"""A thumbnail whose values deviate less than this (of 255) shows nothing that could be compared."""

MOST_ALIKE = 20_000
"""Neighbours with one part of the fingerprint in common that a picture is compared with; more are one dull scene."""


def alike(looks: Sequence[Look]) -> list[tuple[int, int]]:
    """Return the positions of every two pictures that look the same, the first below the second, in order.

    The same bytes look the same, of course; flat pictures are left out.
    """
    rows = np.array([row for row, look in enumerate(looks) if look.thumbnail is not None], np.int64)
    if len(rows) < 2:
        return []
    pixels = np.stack([looks[row].thumbnail for row in rows]).astype(np.float32)
    flat = pixels.reshape(len(rows), -1)
    busy = flat.std(axis=1) >= FLAT
    rows, pixels, flat = rows[busy], pixels[busy], flat[busy]
    normal = flat - flat.mean(axis=1, keepdims=True)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    found = {
        pair
        for codes in fingerprints(pixels)
        for pair in _candidates(codes)
        if float(normal[pair[0]] @ normal[pair[1]]) >= LEAST_CORRELATION
    }
    return sorted((int(rows[one]), int(rows[other])) for one, other in found)


def fingerprints(pixels: npt.NDArray[np.float32]) -> tuple[Codes, Codes]:
    """Return the bits across and down of thumbnails (M, 16, 16, 3), each as uint16 (M, 4)."""
    grey = pixels.mean(axis=3)
    across = grey.reshape(-1, 8, 2, 16).mean(axis=2)
    down = grey.reshape(-1, 16, 8, 2).mean(axis=3)
    right, below = across[:, :, 2::2] > across[:, :, :-2:2], down[:, 2::2] > down[:, :-2:2]
    return _codes(right), _codes(below.swapaxes(1, 2))


def _codes(bits: npt.NDArray[np.bool_]) -> Codes:
    """Pack bits (M, 8, 7) into four numbers of 14 bits, so that two that differ in three bits share one of them.

    Each number has bits from all over the picture: neighbours are alike, and tell pictures apart less.
    """
    parts = bits.reshape(len(bits), 14, 4)
    return np.asarray((parts * (1 << np.arange(14))[:, None]).sum(axis=1), np.uint16)


def _candidates(codes: Codes) -> Iterator[tuple[int, int]]:
    """Yield every two rows that differ in three bits at most, the lower first; some more than once."""
    for part in range(codes.shape[1]):
        order = np.argsort(codes[:, part], kind="stable")
        shared = codes[order, part]
        # Each row against the next with the same part, then against the next but one, and so on.
        firsts = np.arange(len(order))
        for apart in range(1, min(len(order), MOST_ALIKE)):
            firsts = firsts[firsts + apart < len(order)]
            firsts = firsts[shared[firsts] == shared[firsts + apart]]
            if not len(firsts):
                break
            one, other = order[firsts], order[firsts + apart]
            close = _BITS[codes[one] ^ codes[other]].sum(axis=1) <= 3
            yield from zip(one[close].tolist(), other[close].tolist(), strict=True)


def groups_of(pairs: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Return the positions that pairs tie together, each group in order, the groups by their first."""
    leader: dict[int, int] = {}

    def first(row: int) -> int:
        while leader.setdefault(row, row) != row:
            leader[row] = leader[leader[row]]
            row = leader[row]
        return row

    for one, other in pairs:
        low, high = sorted((first(one), first(other)))
        leader[high] = low
    groups: dict[int, list[int]] = {}
    for row in sorted(leader):
        groups.setdefault(first(row), []).append(row)
    return list(groups.values())


_BITS = np.array([number.bit_count() for number in range(1 << 14)], np.uint8)
