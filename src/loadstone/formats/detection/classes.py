"""How many classes a detector has, from the shapes of its predictors.

What it is: arithmetic on output channels. An SSD location with A anchors has 4·A box channels and A·S class channels,
where S is the number of classes, plus one where the model has a background column.
What it is not: knowledge of names; the callers pick the shapes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from loadstone.facts.tensor import Shape

BOX_CODE = 4


def outputs(shape: Shape) -> int | None:
    """Return a kernel's, bias's or activation's channels: its last dimension."""
    return shape[-1] if shape else None


def slots_of(pairs: Iterable[tuple[int, int]]) -> int | None:
    """Return S from (box channels, class channels) of each map; None where they do not agree on one whole number."""
    found = {BOX_CODE * classes / boxes if boxes else 0.0 for boxes, classes in pairs}
    slots = found.pop() if len(found) == 1 else 0.0
    return int(slots) if slots.is_integer() and slots >= 1 else None


def slots_of_sequence(kernels: Sequence[Shape]) -> int | None:
    """Return S from a predictor's kernels in the order made: towers (one width), then or before them the heads.

    The box heads come first, then as many class heads; a tower's width is the commonest one.
    """
    widths = [shape[3] for shape in kernels if len(shape) == 4 and shape[3] not in (None, 1)]
    heads = [width for width in widths if width is not None]
    if len(heads) > 2 and (tower := _tower_width(kernels)) is not None:
        heads = [width for width in heads if width != tower]
    half = len(heads) // 2
    if not half or len(heads) % 2:
        return None
    return slots_of(zip(heads[:half], heads[half:], strict=True))


def _tower_width(kernels: Sequence[Shape]) -> int | None:
    """A tower's kernels keep their width: as many channels come out as go in."""
    same = Counter(shape[3] for shape in kernels if len(shape) == 4 and shape[2] == shape[3])
    same += Counter(shape[2] for shape in kernels if len(shape) == 4 and shape[3] == 1 and shape[2] in same)
    return same.most_common(1)[0][0] if same else None
