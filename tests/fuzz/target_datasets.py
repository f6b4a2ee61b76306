"""Fuzz target: the annotations of every dataset format, as bytes and as files of a folder that is opened."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from loadstone.datasets.pictures import Pictures
from loadstone.datasets.readers import coco, createml, csv_file, labelme, tfrecord, via, voc, yolo
from loadstone.datasets.readers.csv_layout import layout_of
from loadstone.datasets.readers.csv_rows import pairs
from loadstone.datasets.readers.data_yaml import parse_settings
from loadstone.datasets.readers.place import Place
from loadstone.datasets.readers.record_fields import parse_record
from loadstone.datasets.readers.yolo_lines import looks_like_labels, parse_lines
from loadstone.errors import LoadstoneError
from loadstone.facts.dataset import Dataset
from loadstone.wire.tfrecord import frame
from loadstone.wire.xml import parse_xml
from tests.datasets import test_drawn as drawn
from tests.datasets.laid_out import example_bytes
from tests.datasets.laid_out import voc as annotation
from tests.datasets.made import picture
from tests.datasets.test_coco import document
from tests.datasets.test_csv_file import HEADER, VIA, _region
from tests.support.memory import MemoryTree

PICTURE = picture(8, 8)


def _table(data: bytes) -> None:
    layout = layout_of(data.split(b"\n", 1)[0].decode("utf-8", "replace"))
    if layout is not None:
        csv_file.parse_table(data, layout)


PARSERS: tuple[Callable[[bytes], object], ...] = (
    parse_xml,
    voc.parse_voc,
    parse_settings,
    looks_like_labels,
    parse_lines,
    lambda data: parse_lines(data, (2, 3)),
    _table,
    lambda data: pairs(data, 1000),
    parse_record,
)

READERS: tuple[tuple[str, Callable[[Place], Dataset]], ...] = (
    ("train.json", coco.read),
    ("a.xml", voc.read),
    ("a.txt", yolo.read),
    ("data.yaml", yolo.read),
    ("train.csv", csv_file.read),
    ("train.record", tfrecord.read),
    ("a.json", labelme.read),
    ("train.json", createml.read),
    ("train.json", via.read),
)


def fuzz(data: bytes) -> None:
    for parse in PARSERS:
        try:
            parse(data)
        except LoadstoneError:
            continue
    for name, read in READERS:
        content = frame(data) + data if name == "train.record" else data
        tree = MemoryTree({name: content, "a.png": PICTURE, "images/b.png": PICTURE})
        try:
            found = read(Place("memory", tree, (name,), Pictures(tree)))
        except LoadstoneError:
            continue
        _check(found)


def _check(found: Dataset) -> None:
    """What every dataset keeps to, whatever its file holds."""
    keys = [example.key for example in found.examples]
    if len(set(keys)) != len(keys) or len(found.classes) != len(found.ids):
        raise AssertionError(f"keys or classes are not one to one: {keys[:5]}, {found.classes[:5]}, {found.ids[:5]}")
    for example in found.examples:
        objects = example.objects
        if objects.boxes.shape != (len(objects), 4) or not (objects.classes < max(1, len(found.classes))).all():
            raise AssertionError(f"objects of no sense: {objects}")


def seeds() -> Iterator[bytes]:
    yield document().encode()
    yield annotation("a.png", ("dog", (1, 2, 3, 4)), ("cat", (0, 0, 9, 9))).encode()
    yield b"0 0.5 0.5 0.25 0.5\n1 0.1 0.1 0.5 0.1 0.5 0.5\n0 0.5 0.5 0.25 0.5 0.5 0.5 2 0 0 0\n"
    yield b"train: images\nval: ../b.txt\nkpt_shape: [2, 3]\nnames:\n  0: 'a'\n  1: \"b\" # c\n"
    yield b"names: ['a', \"b\"]\nnc: 2\n"
    yield (HEADER + "a.png,64,48,dog,1,2,10,20\nb.png,,,,,,,\n").encode()
    yield b"a.png,0.1,0.2,0.3,0.4,dog\nb.png,,,,,\n"
    yield b'image_id,bbox\na,"[1.0, 2.0, 3, 4]"\nb,\n'
    yield b"sep=;\nimage;label;x_center;y_center;w;h\na.png;dog;0.5;0.5;0.25;0.5\n"
    yield b"dog,5,6,20,10,a.png,64,48\n"
    yield (VIA + _region('{"name":"polygon","all_points_x":[9,1],"all_points_y":[2,4]}', '{"class":"dog"}')).encode()
    yield '<?xml version="1.0" encoding="gbk"?><annotation><object/></annotation>'.encode("gbk")
    yield document(annotations=[{"image_id": "9", "category_id": 1.0, "segmentation": [[1, 2, 3, 4, 5, 6]]}]).encode()
    yield drawn.labelme({"label": "dog", "points": drawn.SQUARE, "group_id": 1}, imageData="AAAA").encode()
    yield drawn.labelme({"label": 3, "points": [[1, 2], [3, 4]], "shape_type": "mask", "mask": "AAAA"}).encode()
    yield drawn.createml({"label": "dog", "coordinates": {"x": 1, "y": 2, "width": 3, "height": 4}}).encode()
    shape = {"name": "polygon", "all_points_x": [9, 1, 3], "all_points_y": [2, 4, 5]}
    yield drawn.via({"shape_attributes": shape, "region_attributes": {"class": "dog"}}).encode()
    box = "image/object/bbox"
    yield example_bytes(
        {
            "image/encoded": PICTURE,
            f"{box}/xmin": [0.25, 0.0],
            f"{box}/xmax": [0.75, 1.0],
            f"{box}/ymin": [0.5, 0.0],
            f"{box}/ymax": [1.0, 1.0],
            "image/object/class/label": [3, 1],
            "image/object/class/text": ["cat", "dog"],
            "image/object/keypoint/x": [0.5, 0.25],
            "image/object/keypoint/y": [0.5, 0.25],
            "image/object/weight": [0.5, 0.25],
        }
    )
