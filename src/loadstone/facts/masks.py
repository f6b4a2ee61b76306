"""Instance masks: as annotations hold them, and as they are seen through what became of their picture since.

What it is: values that draw themselves when they are asked to. What it is not: knowledge of any file's way of writing
them (`datasets.masks`), or of what changes pictures (`augmentation.masks`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Pixels = npt.NDArray[np.bool_]
    Places = npt.NDArray[np.int64]

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
