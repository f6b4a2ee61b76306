"""A dataset on its way out: each picture with what is written of it, the picture's file, and what was lost.

What it is: what all writers share. What it is not: knowledge of a format.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from loadstone.datasets.decoded import pixels
from loadstone.datasets.masks import mask_pixels
from loadstone.datasets.objects import FARTHEST, only
from loadstone.errors import LoadstoneError
from loadstone.facts.dataset import Example, Objects
from loadstone.facts.masks import PixelMask
from loadstone.wire.picture import PictureHead, head

if TYPE_CHECKING:
    import numpy.typing as npt

    from loadstone.facts.masks import Pixels

Files = Literal["copy", "link", "none"]
"""What becomes of picture files: copied, linked hard (one file in two places), or left where they are."""

Frame = Literal["stated", "upright", "stored"]
"""Which way up a format takes a picture to be: as the size that it states tells, as EXIF turns it, or as stored."""

ENDINGS = {"JPEG": ".jpg", "MPO": ".jpg", "PNG": ".png", "GIF": ".gif", "BMP": ".bmp", "WEBP": ".webp", "TIFF": ".tif"}
_QUALITY = 95


class Tally:
    """How often something was lost or changed, by the sentence that says so."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def add(self, sentence: str, count: int = 1) -> None:
        """Count; a sentence stands behind its number: `3 objects …`."""
        if count:
            self._counts[sentence] = self._counts.get(sentence, 0) + count

    def notes(self) -> tuple[str, ...]:
        """Return the sentences with their counts, in the order in which they came up."""
        return tuple(f"{count:,} {sentence}" for sentence, count in self._counts.items())


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One picture as it is written. `objects` have finite boxes and known classes; `width`, `height` are theirs.

    `data` are the bytes to write; None where the file at `example.path` is to be linked, or no picture is written.
    """

    stem: str
    ending: str
    example: Example
    objects: Objects
    width: int
    height: int
    data: bytes | None
    kind: str = ""

    @property
    def file_name(self) -> str:
        """The picture's file name."""
        return self.stem + self.ending


@dataclass(slots=True)
class Job:
    """What a writer is given: the pictures of each split, in order, and the folder to write below.

    `splits` maps a split, or "" for pictures of none, to (name without ending, example). `shards` is how many files a
    split is divided into, where the format can. A writer takes the pictures of `going`, and counts what its format
    cannot say in `tally`.
    """

    folder: Path
    classes: Sequence[str]
    ids: Sequence[int]
    keypoint_names: Sequence[str]
    splits: Mapping[str, Sequence[tuple[str, Example]]]
    files: Files = "copy"
    shards: int = 1
    tally: Tally = field(default_factory=Tally)
    step: Callable[[], None] = lambda: None
    order: npt.NDArray[np.int64] | None = None
    written: dict[str, Outgoing] = field(default_factory=dict)
    unread: str = ""
    left: int = 0
    """Pictures that could not be read."""

    def going(self, split: str, frame: Frame, kinds: Sequence[str] = ()) -> Iterator[Outgoing]:
        """Yield the pictures of a split that can be had, for a format that takes them in a `frame`.

        `kinds` are the formats of pictures, as Pillow names them, that its readers open; any without it.
        """
        for stem, example in self.splits[split]:
            self.step()
            try:
                found = self._ready(stem, example, frame, kinds)
            except LoadstoneError as error:
                # One sentence for all of them: where the first lies says where to look.
                self.unread = self.unread or f"such as {example.key}: {error.fact}"
                self.tally.add(f"pictures cannot be read and are left out, {self.unread}")
                self.left += 1
                continue
            # What was written is compared once it is read again; the pictures themselves would be too much to keep.
            self.written[stem] = replace(found, data=None)
            yield found

    def _ready(self, stem: str, example: Example, frame: Frame, kinds: Sequence[str]) -> Outgoing:
        objects = self._objects(example)
        width, height = example.width, example.height
        ending = os.path.splitext(example.path or example.key)[1].lower() or ".jpg"
        if self.files == "none" and width and height:
            return Outgoing(stem, ending, example, objects, width, height, None)
        data = example.read()
        found = head(io.BytesIO(data), where=example.path or example.where)
        turned = _is_turned(example, found)
        if not (width and height):
            width, height = found.upright if turned else (found.width, found.height)
        kind = "JPEG" if found.format == "MPO" else found.format
        fits = _fits(found, turned, frame, (width, height))
        if not fits or (kinds and kind not in kinds):
            self.tally.add(
                "pictures are encoded anew, upright or as they are stored, as the annotation means them"
                if not fits
                else f"pictures are encoded anew, as the format's readers open only {', '.join(kinds)}"
            )
            data, kind = _encoded(example, data, kind)
            return Outgoing(stem, ENDINGS[kind], example, objects, width, height, data, kind)
        same = self.files != "copy" and example.path is not None
        return Outgoing(stem, ENDINGS.get(kind, ending), example, objects, width, height, None if same else data, kind)

    def _objects(self, example: Example) -> Objects:
        """Return the objects that any format can say, with their classes as they are written."""
        objects = example.objects
        finite = (np.abs(objects.boxes) <= FARTHEST).all(1)
        self.tally.add("boxes with a side that is no number of pixels are left out", int((~finite).sum()))
        known = objects.classes >= 0
        self.tally.add("objects of a class that the dataset does not list are left out", int((finite & ~known).sum()))
        objects = only(objects, finite & known)
        if self.order is None:
            return objects
        classes = self.order[objects.classes]
        self.tally.add("objects of classes that were not asked for are left out", int((classes < 0).sum()))
        return replace(only(objects, classes >= 0), classes=classes[classes >= 0])

    def put(self, going: Outgoing, folder: Path) -> None:
        """Write a picture's file into a folder, unless pictures stay where they are."""
        if self.files == "none":
            return
        target = folder / going.file_name
        if going.data is None and going.example.path is not None:
            try:
                os.link(going.example.path, target, follow_symlinks=False)
                return
            except OSError:
                self.tally.add("pictures are copied, as they cannot be linked: they lie on another file system")
        target.write_bytes(going.data if going.data is not None else going.example.read())

    def masks(self, going: Outgoing, *, outlines: bool = True) -> list[Pixels | None]:
        """Return the pixels of each object's mask in the picture as it is written, None for one without.

        Without `outlines`, those are not drawn either. Masks that cannot be drawn are counted and left out.
        """
        drawn: list[Pixels | None] = []
        for mask in going.objects.masks or ():
            wanted = mask is not None and (outlines or isinstance(mask, PixelMask))
            try:
                drawn.append(mask_pixels(mask, going.height, going.width) if mask is not None and wanted else None)
            except LoadstoneError as error:
                self.tally.add(f"masks cannot be drawn and are left out: {error.fact}")
                drawn.append(None)
        return drawn

    def lose(self, objects: Objects, said: str, *, keeps: Sequence[str]) -> None:
        """Count what a format, by its name, cannot say of objects; `keeps` are the fields that it can."""
        lost = {
            "crowd": (objects.crowd, "crowds"),
            "difficult": (objects.difficult, "difficult ones"),
            "group_of": (objects.group_of, "groups"),
            "weights": (objects.weights != 1, "ones of another weight than 1"),
        }
        for name, (which, words) in lost.items():
            if name not in keeps:
                self.tally.add(
                    f"objects are {words}, which {said} cannot say: they become like others", int(which.sum())
                )
        if "keypoints" not in keeps and objects.keypoints is not None:
            count = int((objects.keypoints[..., 2] > 0).any(1).sum())
            self.tally.add(f"objects lose their keypoints, which {said} cannot say", count)
        if "masks" not in keeps and objects.masks is not None:
            count = sum(mask is not None for mask in objects.masks)
            self.tally.add(f"objects lose their masks: only boxes are written to {said}", count)
        if "areas" not in keeps and objects.areas is not None:
            self.tally.add(
                f"objects lose the area that the file counts to them, which {said} cannot say", _own_areas(objects)
            )


def _own_areas(objects: Objects) -> int:
    """Return how many objects have an area that is not just their box's."""
    if objects.areas is None:
        return 0
    sides = objects.boxes[:, 2:] - objects.boxes[:, :2]
    of_box = sides[:, 0] * sides[:, 1]
    return int((np.abs(objects.areas - of_box) > 1e-3 * np.abs(of_box) + 1e-6).sum())


def _is_turned(example: Example, found: PictureHead) -> bool:
    """Whether the annotation is of the picture as EXIF turns it."""
    if found.turn is None or example.upright is False:
        return False
    return True if example.upright else found.turns_to((example.width, example.height))


def _fits(found: PictureHead, turned: bool, frame: Frame, size: tuple[int, int]) -> bool:
    """Whether a format's readers take a picture the way up that the annotation means."""
    if found.turn is None:
        return True
    if frame == "stated":
        return found.turns_to(size) == turned
    return turned == (frame == "upright")


def _encoded(example: Example, data: bytes, kind: str) -> tuple[bytes, str]:
    """Return a picture encoded anew, the way up that the annotation means and without EXIF, and its format."""
    from PIL import Image

    kind = "JPEG" if kind == "JPEG" else "PNG"
    out = io.BytesIO()
    Image.fromarray(pixels(example, data)).save(out, kind, **({"quality": _QUALITY} if kind == "JPEG" else {}))
    return out.getvalue(), kind


def tidy(value: float) -> float | int:
    """Return a number to a millionth, whole where it is whole: what its shortest text is made of."""
    rounded = round(float(value), 6)
    return int(rounded) if rounded.is_integer() else rounded
