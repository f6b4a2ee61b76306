"""Which anchors or proposals of a picture count, drawn at random: so many positives, the rest negatives; in NumPy.

Sources: `balanced_positive_negative_sampler.py` of the Object Detection API; Ren et al., Faster R-CNN, 2015, section
3.1.3.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Flags = npt.NDArray[np.bool_]


def balanced(
    candidates: Flags, positives: Flags, random: np.random.Generator, *, size: int | None, positive_share: float
) -> Flags:
    """Return which of N examples are drawn, bool (N,), from the `candidates` only.

    At most `positive_share` of `size` are positives, and negatives fill up to `size`, as far as there are any. Without
    a size all positives are drawn, and so many negatives that the positives' share is right.
    """
    positive, negative = np.flatnonzero(candidates & positives), np.flatnonzero(candidates & ~positives)
    if size is None:
        most = int(len(positive) * (1 - positive_share) / positive_share) if positive_share > 0 else len(negative)
    else:
        positive = _drawn(positive, int(positive_share * size), random)
        most = size - len(positive)
    drawn = np.zeros(len(candidates), np.bool_)
    drawn[positive] = True
    drawn[_drawn(negative, most, random)] = True
    return drawn


def _drawn(rows: npt.NDArray[np.int64], most: int, random: np.random.Generator) -> npt.NDArray[np.int64]:
    """Return at most so many of the rows, each as likely as any other."""
    return rows if len(rows) <= most else random.choice(rows, most, replace=False)
