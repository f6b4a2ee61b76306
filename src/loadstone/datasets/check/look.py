"""Read every picture of a dataset once: is it there, does it decode, how large is it, what does it resemble."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from loadstone.datasets.check.subject import Look
from loadstone.errors import LoadstoneError, SourceError
from loadstone.wire.picture import PictureHead, opened, rgb, turn_of

if TYPE_CHECKING:
    from loadstone.facts.dataset import Example

THUMBNAIL = 16
"""Side of the thumbnail that pictures are compared by: enough to tell scenes apart, too little to see noise."""

DRAFT = 64
"""A JPEG is decoded at the least size above this, in an eighth of the time; broken data is met all the same."""

AHEAD = 256
"""Pictures that are given to the threads at a time, so that not all of a dataset waits in memory."""


def look_at(
    examples: Sequence[Example], *, threads: int | None = None, step: Callable[[], None] = lambda: None
) -> tuple[Look, ...]:
    """Read each example's picture, on all cores; `step` is called after each. Nothing raises for a broken picture."""
    looks: list[Look] = []
    remaining = iter(examples)
    with ThreadPoolExecutor(threads or os.cpu_count()) as pool:
        while some := list(islice(remaining, AHEAD)):
            for look in pool.map(look_once, some):
                looks.append(look)
                step()
    return tuple(looks)


def look_once(example: Example) -> Look:
    """Read one picture, wholly, and return what that showed."""
    if example.path is not None and not Path(example.path).is_file():
        return Look("missing", "there is no such file")
    try:
        data = example.read()
    except SourceError as error:
        # A reader that found no file of the name gives no path, and says so when the bytes are wanted.
        return Look("missing" if example.path is None else "unreadable", error.fact)
    except LoadstoneError as error:
        return Look("unreadable", error.fact)
    digest = hashlib.blake2b(data, digest_size=16).digest()
    try:
        with opened(io.BytesIO(data), example.key) as image:
            seen = PictureHead(image.width, image.height, image.format or "", turn_of(image))
            image.draft("RGB", (DRAFT, DRAFT))
            image.load()
            small = rgb(image).resize((THUMBNAIL, THUMBNAIL), Image.Resampling.BOX)
    except LoadstoneError as error:
        return Look("truncated" if "truncated" in error.fact else "unreadable", error.fact, digest)
    return Look(
        digest=digest,
        width=seen.width,
        height=seen.height,
        turned=seen.turn is not None,
        upright=seen.upright,
        thumbnail=np.asarray(small if seen.turn is None else small.transpose(seen.turn)),
    )
