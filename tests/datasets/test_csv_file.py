"""CSV files of boxes: the three layouts in use, and any other header that says enough."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from loadstone.datasets.find import open_dataset
from loadstone.datasets.readers.csv_layout import layout_of
from loadstone.datasets.readers.csv_rows import rows
from loadstone.errors import LimitError, SourceError
from tests.datasets.laid_out import boxes, lay_out, names

HEADER = "filename,width,height,class,xmin,ymin,xmax,ymax\n"


def test_the_layout_of_the_tutorials(tmp_path: Path) -> None:
    files = {
        "train_labels.csv": HEADER
        + "a.jpg,64,48,dog,1,2,10,20\nb.jpg,64,48,cat,0,0,64,48\na.jpg,64,48,cat,3,3,4,4.5\n",
        "test_labels.csv": HEADER + "c.jpg,64,48,dog,1,2,10,20\n",
        "images/train/a.jpg": "",
        "images/train/b.jpg": "",
        "images/test/c.jpg": "",
    }
    found = open_dataset(lay_out(tmp_path, files))
    assert (found.format, found.classes, found.ids) == ("csv", ("cat", "dog"), (1, 2))
    assert [example.key for example in found.examples] == [
        "images/test/c.jpg",
        "images/train/a.jpg",
        "images/train/b.jpg",
    ]
    assert found.splits == {"train": (1, 2), "test": (0,)}
    assert boxes(found, 1) == [[1, 2, 10, 20], [3, 3, 4, 4.5]]
    assert names(found, 1) == ["dog", "cat"]
    assert found.examples[1].where == "train_labels.csv: line 2"


def test_the_layout_of_keras_retinanet(tmp_path: Path) -> None:
    files = {
        "annotations.csv": "/data/imgs/img_1.jpg,1,2,10,20,cow\n/data/imgs/img_2.jpg,,,,,\n",
        "classes.csv": "cat,1\ncow,0\n",
        "imgs/img_1.jpg": "",
        "imgs/img_2.jpg": "",
    }
    found = open_dataset(lay_out(tmp_path, files))
    assert (found.classes, found.ids) == (("cow", "cat"), (0, 1))
    assert boxes(found) == [[1, 2, 10, 20]]
    assert len(found.examples[1].objects) == 0
    assert found.skipped == ()


def test_the_layout_of_open_images(tmp_path: Path) -> None:
    header = "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax"
    header += ",IsOccluded,IsTruncated,IsGroupOf,IsDepiction,IsInside\n"
    labels = "ImageID,Source,LabelName,Confidence\n0001,verification,/m/03,0\n"
    files = {
        "validation-annotations-bbox.csv": header
        + "0001,xclick,/m/01,1,0.25,0.75,0,1,0,0,1,0,0\n0001,xclick,/m/02,1,0.5,1,0.5,1,0,0,0,0,0\n"
        + "0002,xclick,/m/02,1,0,1,0,1,0,0,0,0,0\n",
        "validation-annotations-human-imagelabels.csv": labels,
        "class-descriptions-boxable.csv": "/m/01,Cat\n/m/02,Dog\n/m/03,Bus\n",
        "validation/0001.jpg": "",
    }
    found = open_dataset(lay_out(tmp_path, files))
    assert found.classes == ("Cat", "Dog")
    assert found.splits == {"val": (0,)}
    example = found.examples[0]
    assert (example.id, example.key, example.width, example.height) == ("0001", "validation/0001.jpg", 64, 48)
    assert boxes(found) == [[16, 0, 48, 48], [32, 24, 64, 48]]
    assert example.objects.group_of.tolist() == [True, False]
    assert example.verified == (0, 1)
    assert len(found.skipped) == 1
    assert "0002" in found.skipped[0]


def test_the_layout_of_cloud_automl(tmp_path: Path) -> None:
    text = "TRAIN,gs://bucket/a.jpg,dog,0.25,0.5,,,0.75,1,,\nVALIDATION,gs://bucket/b.jpg,,,,,,,,,\n"
    found = open_dataset(lay_out(tmp_path, {"x.csv": text, "images/a.jpg": "", "images/b.jpg": ""}))
    assert (found.classes, found.splits) == (("dog",), {"train": (0,), "val": (1,)})
    assert boxes(found) == [[16, 24, 48, 48]]


def test_a_corner_with_a_width_and_a_height(tmp_path: Path) -> None:
    header = "label_name,bbox_x,bbox_y,bbox_width,bbox_height,image_name,image_width,image_height\n"
    text = header + "dog,5,6,20,10,a.jpg,64,48\n"
    found = open_dataset(lay_out(tmp_path, {"x.csv": text, "a.jpg": ""}))
    assert boxes(found) == [[5, 6, 25, 16]]
    assert (found.examples[0].width, found.examples[0].height) == (64, 48)


def test_fractions_of_a_stated_size(tmp_path: Path) -> None:
    found = open_dataset(lay_out(tmp_path, {"x.csv": HEADER + "a.jpg,200,100,dog,0.5,0.5,1,1\n"}))
    assert boxes(found) == [[100, 50, 200, 100]]


def test_fractions_that_rounding_takes_past_1(tmp_path: Path) -> None:
    text = "filename,class,x_center,y_center,w,h\na.jpg,dog,0.75,0.5,0.501,1\na.jpg,dog,0.5,0.5,1,1\n"
    found = open_dataset(lay_out(tmp_path, {"x.csv": text, "a.jpg": ""}))
    assert boxes(found) == [[31.968, 0, 64.032, 48], [0, 0, 64, 48]]


def test_a_box_of_the_whole_picture_is_no_pixel(tmp_path: Path) -> None:
    found = open_dataset(lay_out(tmp_path, {"x.csv": HEADER + "a.jpg,64,48,dog,0,0,1,1\n", "a.jpg": ""}))
    assert boxes(found) == [[0, 0, 64, 48]]


VIA = "filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,region_attributes\n"


def _region(shape: str, attributes: str) -> str:
    quoted = (f'"{cell}"' for cell in (shape.replace('"', '""'), attributes.replace('"', '""')))
    return f'a.jpg,12,"{{}}",1,0,{",".join(quoted)}\n'


def test_a_table_with_tabs(tmp_path: Path) -> None:
    text = (HEADER + "a.jpg,64,48,dog,1,2,10,20\n").replace(",", "\t")
    found = open_dataset(lay_out(tmp_path, {"x.tsv": text, "classes.tsv": "cat\t1\ndog\t2\n", "a.jpg": ""}))
    assert (found.format, found.classes, boxes(found), names(found)) == (
        "csv",
        ("cat", "dog"),
        [[1, 2, 10, 20]],
        ["dog"],
    )


@pytest.mark.parametrize("mark", ["", "#"])
def test_the_layout_of_the_vgg_image_annotator(mark: str, tmp_path: Path) -> None:
    text = mark + VIA
    text += _region('{"name":"rect","x":5,"y":6,"width":20,"height":10}', '{"class":"dog"}')
    text += _region(
        '{"name":"polygon","all_points_x":[9,1,30],"all_points_y":[2,2,40]}', '{"Class_Name":"cat","id":"7"}'
    )
    text += _region('{"name":"circle","cx":10,"cy":11,"r":2}', '{"kind":{"cat":true,"dog":false}}')
    text += _region('{"name":"ellipse","cx":10,"cy":11,"rx":2,"ry":3}', '{"name":"dog"}')
    text += 'b.jpg,12,"{}",0,0,"{}","{}"\n'
    text += _region('{"name":"point","cx":10,"cy":11}', '{"name":"dog"}')
    text += _region('{"name":"rect","x":5,"y":6,"width":20,"height":10}', "{}")
    text += _region('{"name":"rect","x":5', '{"name":"dog"}')
    text += _region('{"name":"rect","x":5}', '{"name":"dog"}')
    text += _region(f'{{"name":"circle","cx":1,"cy":1,"r":1{"0" * 400}}}', '{"name":"dog"}')
    found = open_dataset(lay_out(tmp_path, {"x.csv": text, "a.jpg": "", "b.jpg": ""}))
    assert boxes(found) == [[5, 6, 25, 16], [1, 2, 30, 40], [8, 9, 12, 13], [8, 8, 12, 14]]
    assert names(found) == ["dog", "cat", "cat", "dog"]
    assert len(found.examples[1].objects) == 0
    assert [sentence.split(":")[1] for sentence in found.skipped] == [f" line {number}" for number in (7, 8, 9, 10, 11)]


@pytest.mark.parametrize(
    "text",
    [
        'image_id,width,height,bbox,source\na,64,48,"[5.0, 6.0, 20.0, 10.0]",x\nb,64,48,,x\n',
        "image,xmin,ymin,xmax,ymax\na.jpg,5,6,25,16\nb.jpg,,,,\n",
    ],
)
def test_a_table_without_a_class_has_one(text: str, tmp_path: Path) -> None:
    found = open_dataset(lay_out(tmp_path, {"x.csv": text, "a.jpg": "", "b.jpg": ""}))
    assert (boxes(found), names(found)) == ([[5, 6, 25, 16]], ["object"])
    assert len(found.examples) == 2
    assert found.notes == ("no column of x.csv names a class: all its objects are called 'object'",)


def test_a_table_without_a_class_beside_one_with_it_is_not_read(tmp_path: Path) -> None:
    files = {"x.csv": HEADER + "a.jpg,64,48,dog,1,2,10,20\n", "found.csv": "image,x1,y1,x2,y2\na.jpg,5,6,25,16\n"}
    found = open_dataset(lay_out(tmp_path, {**files, "a.jpg": ""}))
    assert boxes(found) == [[1, 2, 10, 20]]
    assert found.notes == ("found.csv is not read: it has no column for a class, and other tables have one",)


def test_width_and_height_behind_x_and_y_are_the_box_s(tmp_path: Path) -> None:
    found = open_dataset(
        lay_out(tmp_path, {"x.csv": "image,label,x,y,width,height\na.jpg,dog,5,6,20,10\n", "a.jpg": ""})
    )
    assert boxes(found) == [[5, 6, 25, 16]]
    assert (found.examples[0].width, found.examples[0].height) == (0, 0)


def test_rows_of_makesense_without_a_header(tmp_path: Path) -> None:
    found = open_dataset(lay_out(tmp_path, {"x.csv": "dog,5,6,20,10,a.jpg,64,48\n", "a.jpg": ""}))
    assert (boxes(found), names(found)) == ([[5, 6, 25, 16]], ["dog"])
    assert (found.examples[0].width, found.examples[0].height) == (64, 48)


def test_a_class_without_a_box_is_a_picture_without_objects(tmp_path: Path) -> None:
    text = "image_id,class_id,x_min,y_min,x_max,y_max\na,3,1,2,10,20\nb,14,,,,\n"
    found = open_dataset(lay_out(tmp_path, {"x.csv": text, "a.jpg": "", "b.jpg": ""}))
    assert (names(found), len(found.examples[1].objects), found.skipped) == (["3"], 0, ())
    assert found.notes == ("1 rows of x.csv have a class and no box: their pictures show no object there",)


def test_a_box_that_is_no_number_is_kept_for_the_check(tmp_path: Path) -> None:
    found = open_dataset(lay_out(tmp_path, {"x.csv": HEADER + "a.jpg,64,48,dog,nan,nan,nan,nan\n", "a.jpg": ""}))
    assert np.isnan(found.examples[0].objects.boxes).all()


def test_a_table_in_utf_16(tmp_path: Path) -> None:
    text = (HEADER + "a.jpg,64,48,Bär,1,2,10,20\n").replace(",", "\t").encode("utf-16")
    found = open_dataset(lay_out(tmp_path, {"x.csv": text, "a.jpg": ""}))
    assert (boxes(found), names(found)) == ([[1, 2, 10, 20]], ["Bär"])


def test_a_column_may_say_the_split_and_the_flags(tmp_path: Path) -> None:
    text = (
        "set;image;label;left;top;right;bottom;is_crowd;weight\ntrain;a.jpg;x;1;2;3;4;1;0.5\nvalid;b.jpg;x;1;2;3;4;0;\n"
    )
    found = open_dataset(lay_out(tmp_path, {"x.csv": text, "a.jpg": "", "b.jpg": ""}))
    assert found.splits == {"train": (0,), "val": (1,)}
    assert found.examples[0].objects.crowd.tolist() == [True]
    assert [example.objects.weights.tolist() for example in found.examples] == [[0.5], [1.0]]


@pytest.mark.parametrize("before", ["sep=,\r\n", "# written by hand\n\n", "\n"])
def test_what_stands_before_the_header_is_passed_over(before: str, tmp_path: Path) -> None:
    found = open_dataset(lay_out(tmp_path, {"x.csv": before + HEADER + "a.jpg,64,48,dog,1,2,10,20\n", "a.jpg": ""}))
    assert (boxes(found), found.skipped) == ([[1, 2, 10, 20]], ())


def test_rows_that_are_none(tmp_path: Path) -> None:
    text = (
        HEADER
        + "a.jpg,64,48,dog,1,2,3\n,64,48,dog,1,2,3,4\na.jpg,64,48,dog,1,two,3,4\n"
        + "a.jpg,64,48,,1,2,3,4\n\na.jpg,w,h,x,1,2,3,4\n"
    )
    found = open_dataset(lay_out(tmp_path, {"x.csv": text, "a.jpg": ""}))
    assert [sentence.split(":")[1] for sentence in found.skipped] == [f" line {number}" for number in (2, 3, 4, 5)]
    assert (found.examples[0].width, len(found.examples[0].objects)) == (0, 1)


def test_a_sentence_counts_what_is_not_shown(tmp_path: Path) -> None:
    text = HEADER + "a.jpg,64,48,dog,1,2,3,4\n" + "b.jpg,x\n" * 150
    found = open_dataset(lay_out(tmp_path, {"x.csv": text, "a.jpg": ""}))
    assert len(found.skipped) == 101
    assert found.skipped[-1] == "and 50 more like these"


@pytest.mark.parametrize(
    "line",
    [
        "a,b,c",
        "image,caption",
        "filename,class,xmin,ymin,xmax",
        "image,width,height,label,x,y",
        "a.jpg,1,2,3,4,x,y",
        "a.jpg,one,2,3,4,x",
        "",
        "1,2,3,4,5,6",
    ],
)
def test_other_tables_are_not_taken(line: str) -> None:
    assert layout_of(line) is None


def test_a_folder_of_other_tables_holds_nothing(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no annotated pictures"):
        open_dataset(lay_out(tmp_path, {"x.csv": "image,caption\na.jpg,hello\n"}))


def test_an_endless_line_meets_its_cap() -> None:
    with pytest.raises(LimitError, match="a line longer"):
        list(rows(b"a," * 100_000))
