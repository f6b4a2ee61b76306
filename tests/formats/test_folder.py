"""Which model a folder means, and what is said of the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadstone.formats.folder import read
from loadstone.formats.registry import open_source
from loadstone.wire.limits import FOLDER_PARTS
from tests.support.memory import folder
from tests.support.tfjs import layers
from tests.support.tflite import tflite
from tests.support.zips import zipped

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:2d88\nsize 5000\n"
GRAPH = b"\x0a\x12\x0a\x01x\x12\x0bPlaceholder\x0a\x1e\x0a\x01y\x12\x03Abs\x1a\x01x"


def test_the_whole_model_comes_before_a_short_one_and_the_outer_before_the_inner() -> None:
    model = read(folder({"a/m.tflite": tflite(), "m.tflite": tflite(), "frozen.pb": POINTER, "x.txt": b"words"}))
    assert (model.format, model.source, model.complete) == ("tflite", "folder/m.tflite", True)
    assert [(part.format, part.source, part.complete) for part in model.parts] == [
        ("frozen-graph", "folder/frozen.pb", False),
        ("tflite", "folder/a/m.tflite", True),
    ]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("saved_model.pb", "savedmodel"),
        ("frozen_inference_graph.pb", "frozen-graph"),
        ("mask_detector.model", "keras-h5"),
        ("model.weights.h5", "keras-h5-weights"),
        ("model.keras", "keras-zip"),
        ("detect.tflite", "tflite"),
        ("model.ckpt.meta", "metagraph"),
        ("ckpt-0.index", "checkpoint-v2"),
    ],
)
def test_a_pointer_stands_for_what_its_name_means(name: str, kind: str) -> None:
    model = read(folder({name: POINTER}))
    assert (model.format, model.complete) == (kind, False)
    assert ("lfs-pointer", 5000) in [(fact.state, fact.bytes_short) for fact in model.files]


def test_an_unreadable_model_is_still_an_account() -> None:
    model = read(folder({"m.tflite": tflite()[:100]}))
    assert (model.format, model.complete, model.files[0].state) == ("tflite", False, "unreadable")
    assert "declares more than the file holds" in model.notes[0]


def test_shards_and_labels_belong_to_their_model() -> None:
    model = read(folder({**layers(), "labels.txt": b"cat\ndog\n"}))
    assert (model.format, dict(model.labels)) == ("tfjs-layers", {0: "cat", 1: "dog"})
    assert [part.format for part in model.parts] == ["label-map"]


def test_labels_that_count_from_one_are_shifted_for_detection_post_processing() -> None:
    found = b"item { id: 1 name: 'cat' }\nitem { id: 2 name: 'dog' }\n"
    bare = tflite()[: tflite().rindex(b"PK\x03\x04")]
    assert dict(read(folder({"m.tflite": bare, "label_map.pbtxt": found})).labels) == {0: "cat", 1: "dog"}


def test_a_strangers_model_is_told_where_none_of_ours_is() -> None:
    onnx = b"\x08\x07\x12\x07pytorch\x1a\x051.9.0"
    assert read(folder({"net.onnx": onnx, "photo.png": b"\x89PNG\r\n\x1a\n"})).format == "onnx"
    assert read(folder({"net.onnx": onnx, "m.tflite": tflite()})).format == "tflite"


def test_a_page_under_a_models_name_is_told() -> None:
    model = read(folder({"saved_model.h5": b"<html><title>404</title>", "index.html": b"<html><title>x</title>"}))
    assert (model.format, model.parts) == ("html", ())


def test_hidden_and_mac_folders_are_left_alone() -> None:
    files = {".git/m.tflite": tflite(), "__MACOSX/._m.tflite": b"x", "m.tflite": tflite()}
    assert read(folder(files)).parts == ()


def test_no_model_and_no_file_are_told() -> None:
    nothing = read(folder({"a.txt": b"words", "b.png": b"\x89PNG\r\n\x1a\n"}))
    assert (nothing.format, nothing.complete) == ("unknown", True)
    assert nothing.notes == ("this folder holds no model that is known here, but a.txt, b.png",)
    assert read(folder({})).format == "empty"


def test_a_link_is_named_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "model.h5").symlink_to("/etc/passwd")
    model = open_source(str(tmp_path))
    assert model.format == "empty"
    assert model.notes[1].startswith("the link model.h5 to /etc/passwd is not followed")


def test_what_was_not_looked_at_is_counted() -> None:
    files = {f"{number:05}.bin": b"\x00\x01" for number in range(FOLDER_PARTS + 7)} | {"0.tflite": tflite()}
    assert "8 more files here were not looked at" in read(folder(files)).notes


def test_an_archive_beside_a_model_is_a_part() -> None:
    model = read(folder({"m.tflite": tflite(), "old.zip": zipped([("x.tflite", tflite())])}))
    assert (model.format, [part.format for part in model.parts]) == ("tflite", ["archive"])
