"""Datasets on disk, for the tests of readers: texts and pictures under a folder, by name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from loadstone.facts.dataset import Dataset
from loadstone.wire.protobuf_writer import encode
from loadstone.wire.schemas.example import EXAMPLE
from loadstone.wire.tfrecord import frame
from tests.datasets.made import picture

XML = """<annotation><folder>x</folder><filename>{filename}</filename><path>C:\\elsewhere\\{filename}</path>
<size><width>64</width><height>48</height><depth>3</depth></size>{objects}</annotation>"""
OBJECT = """<object><name>{name}</name><pose>Left</pose><truncated>0</truncated><difficult>{difficult}</difficult>
<bndbox><xmin>{box[0]}</xmin><ymin>{box[1]}</ymin><xmax>{box[2]}</xmax><ymax>{box[3]}</ymax></bndbox>
<part><name>head</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></part></object>"""


def lay_out(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files below a folder; a name that ends as a picture's with the content "" becomes a picture of 64 × 48."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content == "" and path.suffix in (".jpg", ".png"):
            content = picture(kind="JPEG" if path.suffix == ".jpg" else "PNG", seed=len(name))
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def voc(filename: str, *objects: tuple[str, tuple[float, float, float, float]], difficult: int = 0) -> str:
    """Return an annotation with these objects; sides as they are written."""
    listed = (OBJECT.format(name=name, box=box, difficult=difficult) for name, box in objects)
    return XML.format(filename=filename, objects="".join(listed))


def record(features: Mapping[str, Any]) -> bytes:
    """Return a framed `tf.train.Example`: lists of bytes, str, int or float by name."""
    return frame(example_bytes(features))


def example_bytes(features: Mapping[str, Any]) -> bytes:
    """Return an encoded `tf.train.Example`."""
    return encode(EXAMPLE, {"features": {"feature": {name: _feature(value) for name, value in features.items()}}})


def _feature(value: Any) -> dict[str, Any]:
    values = [one.encode() if isinstance(one, str) else one for one in (value if isinstance(value, list) else [value])]
    if any(isinstance(one, bytes) for one in values):
        return {"bytes_list": {"value": values}}
    if any(isinstance(one, float) for one in values):
        return {"float_list": {"value": values}}
    return {"int64_list": {"value": values}} if values else {"float_list": {"value": []}}


def boxes(found: Dataset, at: int = 0) -> list[list[float]]:
    """Return an example's boxes as lists, rounded to what float32 fractions keep."""
    rounded: list[list[float]] = found.examples[at].objects.boxes.round(3).tolist()
    return rounded


def names(found: Dataset, at: int = 0) -> list[str]:
    """Return the class names of an example's objects."""
    return [found.classes[number] if number >= 0 else "?" for number in found.examples[at].objects.classes]
