"""From the words on a command line to pictures: files, folders, patterns, addresses, a list, a video, a camera.

The kinds are those that people know from other detectors. A word that gives no picture gives a `BadPicture` with the
reason, so that one wrong name in a thousand costs one line and no more.
"""

from __future__ import annotations

import glob
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from loadstone.errors import LoadstoneError, SourceError
from loadstone.wire.picture_names import PICTURE_SUFFIXES

if TYPE_CHECKING:
    from loadstone.runtime.pictures.picture_files import BadPicture, Picture

Kind = Literal["file", "address", "video", "camera", "nothing"]
T = TypeVar("T")

VIDEO_SUFFIXES = {".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv", ".ts"}
ADDRESSES = ("http://", "https://")


@dataclass(frozen=True, slots=True)
class PictureSource:
    """One place that gives pictures: exactly one, except for a video or a camera. `reason` is for `nothing`."""

    kind: Kind
    name: str
    reason: str = ""


def expand(words: Iterable[str], listed: Iterable[str] = ()) -> list[PictureSource]:
    """Turn words into sources, in order; `-` stands for the lines of `listed`."""
    sources: list[PictureSource] = []
    for word in words:
        if word == "-":
            lines = (line.strip() for line in listed)
            sources += [source for line in lines if line for source in _expand_word(line)]
        else:
            sources += _expand_word(word)
    return sources


def _expand_word(word: str) -> list[PictureSource]:
    if word.lower().startswith(ADDRESSES):
        return [PictureSource("address", word)]
    path = Path(word)
    if path.is_dir():
        return _in_folder(path)
    if path.exists():
        return [PictureSource(_kind_of(path), word)]
    if word.isdecimal():
        return [PictureSource("camera", word)]
    if glob.has_magic(word):
        found = [Path(name) for name in sorted(glob.glob(word, recursive=True))]
        sources = [PictureSource(_kind_of(path), str(path)) for path in found if path.is_file()]
        return sources or [PictureSource("nothing", word, "no file matches the pattern")]
    if "://" in word:
        return [PictureSource("nothing", word, "only http and https addresses are fetched")]
    return [PictureSource("nothing", word, "there is no such file or folder")]


def _in_folder(folder: Path) -> list[PictureSource]:
    """List the pictures and videos directly in a folder, sorted; hidden files are left out."""
    known = PICTURE_SUFFIXES | VIDEO_SUFFIXES
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        return [PictureSource("nothing", str(folder), f"the folder cannot be listed: {error.strerror}")]
    files = [path for path in entries if path.suffix.lower() in known and path.name[0] != "." and path.is_file()]
    sources = [PictureSource(_kind_of(path), str(path)) for path in files]
    return sources or [PictureSource("nothing", str(folder), "the folder holds no pictures")]


def _kind_of(path: Path) -> Kind:
    return "video" if path.suffix.lower() in VIDEO_SUFFIXES else "file"


def count_of(sources: Iterable[PictureSource]) -> int | None:
    """Return how many pictures will come; None where a video or camera leaves it open."""
    kinds = [source.kind for source in sources]
    return None if {"video", "camera"} & set(kinds) else len(kinds)


def pictures(
    sources: Iterable[PictureSource], *, ignore_exif: bool = False, stride: int = 1
) -> Iterator[Picture | BadPicture]:
    """Read every source in order; `stride` takes every n-th frame of a video."""
    from loadstone.runtime.pictures.picture_files import BadPicture

    for source in sources:
        try:
            yield from _read(source, ignore_exif=ignore_exif, stride=stride)
        except LoadstoneError as error:
            yield BadPicture(source.name, error)


def _read(source: PictureSource, *, ignore_exif: bool, stride: int) -> Iterator[Picture]:
    from loadstone.runtime.pictures.picture_files import read_picture

    if source.kind == "nothing":
        raise SourceError(source.reason, where=source.name)
    if source.kind in ("video", "camera"):
        from loadstone.runtime.video import frames

        yield from frames(source.name, camera=source.kind == "camera", stride=stride)
    elif source.kind == "address":
        from loadstone.runtime.pictures.picture_address import fetch_picture

        yield fetch_picture(source.name, ignore_exif=ignore_exif)
    else:
        yield read_picture(Path(source.name), name=source.name, ignore_exif=ignore_exif)


def given(images: object, *, ignore_exif: bool = False) -> Iterator[Picture]:
    """Turn what a Python caller hands over into pictures: one of these, or any iterable of them.

    A path or a word as on the command line (`str`, `Path`), an array uint8 (height, width, 3) RGB, or a Pillow image.
    Raises the error of the first that gives no picture.
    """
    from loadstone.runtime.pictures.picture_files import BadPicture

    for number, image in enumerate(_each(images)):
        if isinstance(image, str | Path):
            for item in pictures(expand([str(image)]), ignore_exif=ignore_exif):
                if isinstance(item, BadPicture):
                    raise item.error
                yield item
        else:
            yield _in_memory(image, f"image {number}")


def _each(images: object) -> Iterable[object]:
    """Return the images one by one; a single one, and an array, which could be iterated, stand for themselves."""
    if (
        isinstance(images, Iterable)
        and not isinstance(images, str | Path)
        and not hasattr(images, "__array_interface__")
    ):
        return images
    return (images,)


def _in_memory(image: object, name: str) -> Picture:
    import numpy as np
    from PIL.Image import Image

    from loadstone.runtime.pictures.picture_files import array_picture, image_picture

    if isinstance(image, Image):
        return image_picture(image, name)
    if isinstance(image, np.ndarray):
        return array_picture(image, name)
    raise SourceError(
        "not a picture", where=name, expected="a path, an array or a Pillow image", found=type(image).__name__
    )


def ahead(items: Iterable[T], depth: int) -> Iterator[T]:
    """Yield the items while a thread prepares the next `depth` of them: decoding overlaps with detecting."""
    from concurrent.futures import ThreadPoolExecutor

    iterator, end = iter(items), object()
    pool = ThreadPoolExecutor(1, thread_name_prefix="loadstone-pictures")
    try:
        waiting = deque(pool.submit(next, iterator, end) for _ in range(depth))
        while (item := waiting.popleft().result()) is not end:
            waiting.append(pool.submit(next, iterator, end))
            yield item  # type: ignore[misc]
    finally:
        pool.shutdown(cancel_futures=True)
