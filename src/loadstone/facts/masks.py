"""Instance masks: as annotations hold them, and as they are seen through what became of their picture since.

What it is: values that draw themselves when they are asked to. What it is not: knowledge of any file's way of writing
them (`datasets.masks`), or of what changes pictures (`augmentation.masks`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Pixels = npt.NDArray[np.bool_]
    Places = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float32]

Polygons = tuple[tuple[float, ...], ...]
"""An object's outlines, flat x, y lists in pixels, as COCO writes them; what any of them encloses is the object's."""


@dataclass(frozen=True, slots=True, eq=False)
class PixelMask:
    """An object's mask that is written pixel by pixel.

    `draw` gives bool (H, W), true for the object's pixels, of the picture as it is annotated; it reads or decodes, and
    may raise `LoadstoneError`. `written` gives the bytes that the annotation holds it as, which tell it from another
    mask without drawing it; None where there are none.
    """

    draw: Callable[[], Pixels]
    written: Callable[[], bytes] | None = None


Mask = Polygons | PixelMask


@dataclass(frozen=True, slots=True, eq=False)
class MaskView:
    """A mask as a picture shows it that was cut, mirrored, filled up or resized since.

    rows: int64 (H,), the row of `draw`'s pixels that each of the picture's rows shows, -1 for one beyond them;
    columns: int64 (W,). `turned`: the pixels are transposed before. Every such change picks rows and columns, so that
    nothing has to be drawn before the last of them.
    """

    draw: Callable[[], Pixels]
    rows: Places
    columns: Places
    turned: bool = False

    def pixels(self) -> Pixels:
        """Return bool (H, W); raises what `draw` raises."""
        import numpy as np

        whole = self.draw()
        whole = whole.T if self.turned else whole
        down, across = self.rows >= 0, self.columns >= 0
        shown = np.zeros((len(self.rows), len(self.columns)), bool)
        shown[np.ix_(down, across)] = whole[np.ix_(self.rows[down], self.columns[across])]
        return shown


LEAST = 0.5
"""A pixel is the object's where its mask is above this, as the original API has it."""


def pasted(mask: Floats, box: Sequence[float], height: int, width: int) -> Pixels:
    """Return bool (height, width): where a mask (h, w), stretched over its box, xyxy in pixels, is above a half."""
    import numpy as np

    rows, columns, inside = pasted_part(mask, box, height, width)
    whole = np.zeros((height, width), bool)
    whole[rows, columns] = inside
    return whole


def pasted_part(mask: Floats, box: Sequence[float], height: int, width: int) -> tuple[slice, slice, Pixels]:
    """Return the rows and the columns of the picture that a mask's box covers, and what `pasted` has there.

    Bilinear (`reframe_box_masks_to_image_masks` of the original's ops.py).
    """
    rows, tops, bottoms, down = _along(box[1] / height, box[3] / height, mask.shape[0], height)
    columns, lefts, rights, across = _along(box[0] / width, box[2] / width, mask.shape[1], width)
    upper, lower = mask[tops], mask[bottoms]
    between = upper + (lower - upper) * down[:, None]
    left, right = between[:, lefts], between[:, rights]
    return _reach(rows), _reach(columns), left + (right - left) * across > LEAST


def _reach(places: Places) -> slice:
    return slice(int(places[0]), int(places[-1]) + 1) if len(places) else slice(0, 0)


def _along(low: float, high: float, inside: int, outside: int) -> tuple[Places, Places, Places, Floats]:
    """Return which of the picture's `outside` places a mask of `inside` ones covers; for each of these, its neighbours
    in the mask and the share of the second. Both ends stand on the picture's and the box's edges (`crop_and_resize`).
    """
    import numpy as np

    if not high > low:
        none = np.zeros(0, np.int64)
        return none, none, none, np.zeros(0, np.float32)
    places = (np.arange(outside) / max(outside - 1, 1) - low) / (high - low) * (inside - 1)
    covered = np.flatnonzero((places >= 0) & (places <= inside - 1))
    first = np.floor(places[covered]).astype(np.int64)
    return covered, first, np.minimum(first + 1, inside - 1), (places[covered] - first).astype(np.float32)
