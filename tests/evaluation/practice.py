"""The embedded detector of `loadstone demo` and pictures that it can find things in, as a dataset made by hand."""

from __future__ import annotations

import io
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import numpy as np
from PIL import Image

from loadstone.facts.dataset import Dataset, Example
from loadstone.facts.detections import Detections
from tests.evaluation.pictures import objects

CLASSES = ("ball", "mug", "key", "clock", "road sign", "bottle")


def demo_folder() -> str:
    """Return the folder of the embedded detector."""
    return str(files("loadstone.demo"))


def sample() -> bytes:
    """Return the embedded picture's JPEG."""
    return files("loadstone.demo").joinpath("sample.jpg").read_bytes()


def as_dataset(found: Detections, **other: Any) -> Dataset:
    """Return a dataset of one picture in which exactly what was found is there; `other` are fields of `Dataset`."""
    classes = [CLASSES.index(name) for name in found.names]
    truth = objects(found.boxes.tolist(), classes)
    example = Example("sample.jpg", "sample", found.width, found.height, truth, sample)
    return Dataset("practice", "coco", CLASSES, tuple(range(1, 7)), [example], **other)


def turned(data: bytes) -> bytes:
    """Return the picture stored on its side, with the EXIF orientation that brings it upright."""
    image = Image.open(io.BytesIO(data)).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    image.save(out, "PNG", exif=exif)
    return out.getvalue()


def pixels(data: bytes) -> Callable[[], np.ndarray[Any, np.dtype[np.uint8]]]:
    """Return what gives a picture's pixels."""
    return lambda: np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
