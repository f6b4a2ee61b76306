"""TFRecords of the Object Detection API, read without TensorFlow."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from loadstone.datasets.find import open_dataset
from loadstone.errors import ChecksumError, FormatError
from tests.datasets.laid_out import boxes, lay_out, names, record
from tests.datasets.made import picture

MAP = "item { id: 1 name: '/m/01' display_name: 'dog' }\nitem { id: 3 name: 'cat' }\n"
JPEG = picture(kind="JPEG")


def features(**changes: Any) -> dict[str, Any]:
    box = "image/object/bbox"
    plain: dict[str, Any] = {
        "image/encoded": JPEG,
        "image/format": "jpeg",
        "image/filename": "a.jpg",
        "image/source_id": "17",
        "image/width": 64,
        "image/height": 48,
        f"{box}/xmin": [0.25, 0.0],
        f"{box}/xmax": [0.75, 1.0],
        f"{box}/ymin": [0.5, 0.0],
        f"{box}/ymax": [1.0, 1.0],
        "image/object/class/label": [3, 1],
        "image/object/class/text": ["cat", "/m/01"],
    }
    return {name: value for name, value in (plain | changes).items() if value is not None}


def test_boxes_classes_and_the_picture(tmp_path: Path) -> None:
    extra = {
        "image/object/is_crowd": [0, 1],
        "image/object/difficult": [1, 0],
        "image/object/group_of": [0, 1],
        "image/object/weight": [1.0, 0.5],
        "image/object/area": [10.0, 20.0],
        "image/class/label": [3],
    }
    files: dict[str, str | bytes] = {"x_train.record": record(features(**extra)), "label_map.pbtxt": MAP}
    found = open_dataset(lay_out(tmp_path, files))
    assert (found.format, found.classes, found.ids) == ("tfrecord", ("dog", "cat"), (1, 3))
    example = found.examples[0]
    assert (example.key, example.id, example.width, example.height, example.path) == ("a.jpg", "17", 64, 48, None)
    assert example.where == "x_train.record: record 0"
    assert boxes(found) == [[16, 24, 48, 48], [0, 0, 64, 48]]
    assert names(found) == ["cat", "dog"]
    objects = example.objects
    assert (objects.crowd.tolist(), objects.difficult.tolist()) == ([False, True], [True, False])
    assert (objects.group_of.tolist(), objects.weights.tolist()) == ([False, True], [1, 0.5])
    np.testing.assert_array_equal(objects.areas, [10, 20])
    assert example.verified == (0, 1)
    assert example.read() == JPEG
    assert found.splits == {"train": (0,)}
    assert found.notes == ()


def test_shards_of_several_splits(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        f"coco_{split}.record-{at:05d}-of-00002": record(features(**{"image/filename": f"{split}{at}.jpg"}))
        for split in ("train", "val")
        for at in range(2)
    }
    found = open_dataset(lay_out(tmp_path, {**files, "map.pbtxt": MAP}))
    assert [example.key for example in found.examples] == ["train0.jpg", "train1.jpg", "val0.jpg", "val1.jpg"]
    assert found.splits == {"train": (0, 1), "val": (2, 3)}
    assert found.skipped == ()
    several = open_dataset(f"{tmp_path}/coco_val*")
    assert len(several.examples) == 2
    one = open_dataset(tmp_path / "coco_train.record-00001-of-00002")
    assert one.skipped[0].endswith("of its set of 2, 1 are not read, such as coco_train.record-00000-of-00002")


def test_without_a_label_map_records_name_the_classes(tmp_path: Path) -> None:
    unnamed = features(**{"image/object/class/text": None, "image/object/class/label": [5, 1]})
    found = open_dataset(lay_out(tmp_path, {"x.tfrecord": record(features()) + record(unnamed)}))
    assert (found.classes, found.ids) == (("/m/01", "cat", "5"), (1, 3, 5))
    assert names(found, 1) == ["5", "/m/01"]
    assert found.examples[1].key == "a.jpg#2"
    assert "no label map can be read here" in found.notes[0]


def test_the_label_map_nearest_to_the_records_counts(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "a_label_map.pbtxt": "item { id: 1 name: 'bus' } item { id: 3 name: 'tram' }",
        "data/z.pbtxt": MAP,
        "data/x.record": record(features()),
    }
    found = open_dataset(lay_out(tmp_path, files))
    assert found.classes == ("dog", "cat")
    (tmp_path / "data" / "z.pbtxt").unlink()
    found = open_dataset(tmp_path)
    assert found.classes == ("/m/01", "cat")
    assert "the classes of a_label_map.pbtxt are not those of the records" in found.notes[0]


def test_a_list_of_names_counts_from_1(tmp_path: Path) -> None:
    unnamed = features(**{"image/object/class/text": None, "image/object/class/label": [2, 1]})
    found = open_dataset(lay_out(tmp_path, {"x.record": record(unnamed), "classes.txt": "dog\ncat\n"}))
    assert names(found) == ["cat", "dog"]


NUMBERED = features(**{"image/object/class/text": None, "image/object/class/label": [2, 1]})


def test_a_label_map_may_name_the_background_0(tmp_path: Path) -> None:
    named = (
        "item { id: 0 name: 'background' } item { id: 1 name: '/m/02' display_name: 'dog' } item { id: 2 name: 'cat' }"
    )
    found = open_dataset(lay_out(tmp_path, {"x.record": record(NUMBERED), "label_map.pbtxt": named}))
    assert (found.classes, found.ids, names(found)) == (("dog", "cat"), (1, 2), ["cat", "dog"])
    found = open_dataset(tmp_path, classes=tmp_path / "label_map.pbtxt")
    assert (found.classes, names(found)) == (("dog", "cat"), ["cat", "dog"])


def test_a_label_map_from_0_numbers_the_records_so(tmp_path: Path) -> None:
    named = "item { id: 0 name: 'dog' }\nitem { id: 1 name: 'cat' }"
    found = open_dataset(lay_out(tmp_path, {"x.record": record(NUMBERED), "label_map.pbtxt": named}))
    assert (found.classes, found.ids, names(found)) == (("dog", "cat"), (0, 1), ["?", "cat"])
    assert found.notes == ("the class/label of 1 objects is no class's number, so that they have no class",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("item { name: 'cat' }", "label_map.pbtxt is not used: the item has no id"),
        ('{"1": "cat"}', "label_map.pbtxt is not used: a field cannot begin here"),
        ("item { id: 1 name: 'cat'", "label_map.pbtxt is not used: the text ends inside"),
        ("item { id: 1 name: 'cat' }\nitem { id: 1 name: 'dog' }", "label_map.pbtxt: the id 1 is given twice; line 2"),
    ],
)
def test_an_odd_label_map_is_told(text: str, said: str, tmp_path: Path) -> None:
    found = open_dataset(lay_out(tmp_path, {"x.record": record(features()), "label_map.pbtxt": text}))
    assert any(note.startswith(said) for note in found.notes)


def test_no_file_stays_open(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {f"x.record-{at:05d}-of-00030": record(features()) for at in range(30)}
    before = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").exists() else 0
    found = open_dataset(lay_out(tmp_path, files))
    assert {example.read() for example in found.examples} == {JPEG}
    after = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").exists() else 0
    assert after <= before + 2


def test_where_text_and_number_disagree_the_text_counts(tmp_path: Path) -> None:
    odd = features(**{"image/object/class/label": [1, 1], "image/object/class/text": ["cat", "horse"]})
    found = open_dataset(lay_out(tmp_path, {"x.record": record(odd), "map.pbtxt": MAP}))
    assert names(found) == ["cat", "?"]
    assert found.notes == (
        "of 1 objects, class/text and class/label are two classes: the text counts",
        "the class/text of 1 objects is not in the label map, so that they have no class: 'horse'",
    )
    bare = open_dataset(lay_out(tmp_path / "bare", {"x.record": record(features()) + record(odd)}))
    assert [names(bare, at) for at in (0, 1)] == [["cat", "/m/01"], ["/m/01", "/m/01"]]


def test_keypoints(tmp_path: Path) -> None:
    points = {
        "image/object/keypoint/x": [0.5, float("nan"), 0.0, 1.0],
        "image/object/keypoint/y": [0.5, float("nan"), 0.0, 1.0],
        "image/object/keypoint/text": ["nose", "eye", "nose", "eye"],
    }
    seen = points | {"image/object/keypoint/visibility": [1, 0, 0, 2]}
    found = open_dataset(lay_out(tmp_path, {"x.record": record(features(**points)) + record(features(**seen))}))
    assert found.keypoint_names == ("nose", "eye")
    expected = [[[32, 24, 2], [0, 0, 0]], [[0, 0, 2], [64, 48, 2]]]
    assert [
        example.objects.keypoints.tolist() for example in found.examples if example.objects.keypoints is not None
    ] == [
        expected,
        [[[32, 24, 1], [0, 0, 0]], [[0, 0, 0], [64, 48, 2]]],
    ]


def test_what_a_record_leaves_out(tmp_path: Path) -> None:
    bare = {"image/encoded": JPEG}
    found = open_dataset(lay_out(tmp_path, {"x.record": record(bare), "map.pbtxt": MAP}))
    example = found.examples[0]
    assert (example.key, example.width, example.height, len(example.objects)) == ("x.record: record 0", 64, 48, 0)


@pytest.mark.parametrize("window", [zlib.MAX_WBITS, 16 + zlib.MAX_WBITS])
def test_compressed_files(window: int, tmp_path: Path) -> None:
    engine = zlib.compressobj(wbits=window)
    packed = engine.compress(record(features())) + engine.flush()
    found = open_dataset(lay_out(tmp_path, {"x.record": packed, "map.pbtxt": MAP}))
    assert found.examples[0].read() == JPEG


def test_broken_records(tmp_path: Path) -> None:
    short = features(**{"image/object/bbox/xmin": [0.5]})
    data = record(features()) + record(short) + record({"x": 1}) + record(features(**{"image/filename": "b.jpg"}))
    found = open_dataset(lay_out(tmp_path, {"x.record": data + record(features())[:-9], "map.pbtxt": MAP}))
    assert [example.key for example in found.examples] == ["a.jpg", "b.jpg"]
    assert "record 1: boxes whose sides are not of the same number" in found.skipped[0]
    assert "record 2: not an annotated picture" in found.skipped[1]
    assert "what comes after this is not read: the file ends inside a record" in found.skipped[2]


def test_a_broken_picture_is_told_by_its_checksum(tmp_path: Path) -> None:
    data = bytearray(record(features()))
    data[data.index(JPEG) + 100] ^= 1
    found = open_dataset(lay_out(tmp_path, {"x.record": bytes(data), "map.pbtxt": MAP}))
    with pytest.raises(ChecksumError, match=r"x\.record: record 0"):
        found.examples[0].read()


def test_records_of_something_else(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="no annotated picture"):
        open_dataset(lay_out(tmp_path, {"x.record": record({"text": "hello"})}))
