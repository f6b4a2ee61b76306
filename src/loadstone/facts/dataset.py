"""Annotated pictures as every dataset format says them: `Dataset`, its `Example`s and their `Objects`; and `Sample`.

Annotations stand in the convention of `Detections`: xyxy in pixels, x to the right and y down from the picture's upper
left corner. What training takes, a `Sample`, stands in the original's: ymin, xmin, ymax, xmax as fractions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from loadstone.facts.masks import Mask, MaskView

ReadBytes = Callable[[], bytes]
"""Gives a picture's encoded bytes (JPEG, PNG, …); it reads a file or a record, and may raise `SourceError`."""


@dataclass(frozen=True, slots=True, eq=False)
class Objects:
    """The G annotated objects of one picture, in the file's order, as they were written: nothing is clipped or dropped.

    boxes: float64 (G, 4), xyxy in pixels, so that what one format says another can say again.
    classes: int64 (G,), positions in `Dataset.classes`; -1 where the file names a class that the dataset has not.
    crowd, difficult, group_of: bool (G,), what COCO, Pascal VOC and Open Images call so.
    weights: float32 (G,), 1 but where the file says otherwise.
    keypoints: float64 (G, K, 3), x, y and COCO's visibility (0 not labelled, 1 hidden, 2 visible); None without any.
    masks: each object's mask, outlines or pixels, or None for one without; None without any.
    areas: float64 (G,), square pixels that each object itself covers, where the file says so (COCO's `area`, TFRecord's
        `image/object/area`; it sorts objects into small, medium and large); NaN for one without, None without any.
    """

    boxes: npt.NDArray[np.float64]
    classes: npt.NDArray[np.int64]
    crowd: npt.NDArray[np.bool_]
    difficult: npt.NDArray[np.bool_]
    group_of: npt.NDArray[np.bool_]
    weights: npt.NDArray[np.float32]
    keypoints: npt.NDArray[np.float64] | None = None
    masks: tuple[Mask | None, ...] | None = None
    areas: npt.NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.classes)


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """One picture and what is in it.

    `key` names it within the dataset, once (a path relative to the dataset's folder, or the record's own name); `width`
    and `height` are what the annotation states, or, where it counts in fractions, the picture's own, which made pixels
    of them; 0 where there is neither. `where` is the file (and line or record) that annotates it. `path` is the
    picture's file, None where it lies within a record. `id` is what the file calls the picture (COCO's image id).
    `upright` says whether boxes are of the picture as its EXIF orientation turns it; None: as the stated size tells.
    `verified` are the classes, as positions in `Dataset.classes`, that somebody looked for in the whole picture, found
    or not (Open Images' image-level labels, TFRecord's `image/class/label`); None where the file says nothing of them.
    """

    key: str
    where: str
    width: int
    height: int
    objects: Objects
    read: ReadBytes
    path: str | None = None
    verified: tuple[int, ...] | None = None
    id: str = ""
    upright: bool | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Annotated pictures. `classes` are their names in order, `ids` what the files call them (COCO leaves gaps).

    `format` is `coco`, `voc`, `yolo`, `csv`, `tfrecord`, `labelme`, `createml` or `via`; `splits` maps `train`, `val`
    or `test` to positions in `examples` where the files tell them apart; `skipped` says in a sentence each what could
    not be read, `notes` what the reader chose, took for granted or left out.
    """

    source: str
    format: str
    classes: tuple[str, ...]
    ids: tuple[int, ...]
    examples: Sequence[Example]
    splits: Mapping[str, Sequence[int]] = field(default_factory=dict)
    skipped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    keypoint_names: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Return a line; a hundred thousand examples, in full, would fill a notebook."""
        counts = f"{len(self.examples):,} pictures, {len(self.classes):,} classes"
        return f"<Dataset {self.source!r}: {self.format}, {counts}>"

    def __str__(self) -> str:
        """Return what `loadstone data inspect` prints."""
        from loadstone.report.dataset_text import dataset_text

        return dataset_text(self)


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One decoded picture on its way to a detector.

    image: float32 (H, W, 3), RGB 0..255. boxes: float32 (G, 4), ymin, xmin, ymax, xmax as fractions of the picture.
    classes: int64 (G,), from 0. weights: float32 (G,); an object of weight 0 does not count, but matches.
    keypoints: float32 (G, K, 2), y and x as fractions, NaN where there is none; None without any.
    masks: each object's, not drawn yet, or None for one without; None where nobody asked for them.
    """

    key: str
    image: npt.NDArray[np.float32]
    boxes: npt.NDArray[np.float32]
    classes: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float32]
    keypoints: npt.NDArray[np.float32] | None = None
    masks: tuple[MaskView | None, ...] | None = None
