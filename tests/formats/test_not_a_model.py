"""Files that are no model are named for what they are, in one true sentence."""

from __future__ import annotations

import io
import pickle
from pathlib import Path

import numpy as np
import pytest

import loadstone as ls
from loadstone.errors import NotAModelError
from loadstone.formats import not_a_model
from loadstone.formats.folder_parts import FOREIGN
from loadstone.formats.kinds.other_engines import ENGINES
from loadstone.formats.registry import open_source, read
from loadstone.runtime.conversions.convert import convert_model
from tests.support.hostile import bit_flips, inflated, survives, truncations
from tests.support.memory import single
from tests.support.zips import zipped

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:2d88\nsize 52290170\n"
ONNX = b"\x08\x07\x12\x07pytorch\x1a\x051.9.0:\x02\x0a\x00B\x02\x10\x0d"
TENSOR = b"\x08\x02\x12\x07Float32\x1a\x04\x00\x00\x80\x3f"
MINDSPORE = (b"\x0a\x1b\x0a\x06weight\x12\x11" + TENSOR) * 2


def npy() -> bytes:
    out = io.BytesIO()
    np.save(out, np.zeros(3))
    return out.getvalue()


KINDS: list[tuple[str, bytes, str, str]] = [
    ("a.pb", b"", "empty", "0 bytes"),
    ("a.pb", POINTER, "git-lfs-pointer", "52,290,170 bytes"),
    ("a.pb", b"\n\n <!DOCTYPE html>\n<html><title> Sign\n in </title>", "html", "titled 'Sign in'"),
    ("a.pb", b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "xml", "'AccessDenied'"),
    ("a.xml", b'<?xml version="1.0"?>\n<net name="a" version="11">', "openvino-ir", "OpenVINO"),
    ("a.ipynb", b'{"cells": [], "nbformat": 4}', "notebook", "Jupyter"),
    ("a.h5", b"../../models/best.h5", "symlink-text", "'../../models/best.h5'"),
    ("a.h5", b"model_v2.h5\n", "symlink-text", "'model_v2.h5'"),
    ("a.h5", b"import tensorflow as tf\nprint(1)\n", "text", "source code"),
    ("a.txt", b"just words", "text", "no model"),
    ("a.txt", b"yes and/or no", "text", "no model"),
    ("a.pb", b"<<<<<<< HEAD\nversion x", "text", "merge conflict"),
    ("a.json", b'{"a": 1}', "json", "no model"),
    ("a.cfg", b"[net]\nbatch=1\n", "darknet-cfg", "Darknet"),
    ("a.prototxt", b'layer {\n  name: "a"\n  type: "Convolution"\n}\n', "caffe", "Caffe"),
    ("a.param", b"7767517\n75 83\n", "ncnn", "ncnn"),
    ("a.onnx", ONNX, "onnx", "pytorch"),
    ("a.onnx", b"\x08\x07\x3a\x02\x0a\x00\x42\x02\x10\x0d", "onnx", "ONNX"),
    ("a.pkl", pickle.dumps({"a": 1}), "pickle", "runs code"),
    ("a.pkl", b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.", "torch", "old form"),
    ("a.joblib", b"\x80\x04\x95\x10joblib.numpy_pickle", "joblib", "joblib"),
    ("a.pt", zipped([("archive/data.pkl", b"x"), ("archive/data/0", b"y")]), "torch", "data.pkl"),
    ("a.npz", zipped([("a.npy", b"x"), ("b.npy", b"y")]), "npz", "a.npy, b.npy"),
    ("a.docx", zipped([("word/document.xml", b"x")]), "office", "Word"),
    ("a.npy", npy(), "numpy", "NumPy"),
    ("a.ckpt", MINDSPORE, "mindspore-checkpoint", "2 parameters"),
    ("a.caffemodel", b"\x0a\x03net\xa2\x06\x04\x0a\x02c1", "caffe", "caffemodel"),
    ("a.mlmodel", b"\x08\x04\x12\x02\x0a\x00\xa2\x1f\x02\x0a\x00", "coreml", "Core ML"),
    ("a.weights", b"\0\0\0\0\2\0\0\0\0\0\0\0" + bytes(30), "darknet-weights", "Darknet"),
    ("a.gguf", b"GGUF\3\0\0\0", "gguf", "llama.cpp"),
    ("a.engine", b"ftrt\0\0\0\0", "tensorrt", "TensorRT"),
    ("a.params", b"\x12\x01" + bytes(20), "mxnet", "MXNet"),
    ("a.pb", b"\x89PNG\r\n\x1a\n", "image", "PNG"),
    ("a.pb", b"\xff\xd8\xff\xe0", "image", "JPEG"),
    ("a.pb", b"%PDF-1.7", "pdf", "PDF"),
    ("a.pb", b"\x7fELF\2\1", "executable", "Linux"),
    ("a.zip", b"7z\xbc\xaf\x27\x1c", "7z", "7-Zip"),
    ("a.db", b"SQLite format 3\0", "sqlite", "SQLite"),
    ("a.parquet", b"PAR1\x15\x04", "parquet", "Parquet"),
    ("events.out", b"\x18" + bytes(7) + b"crc.\x09" + bytes(8) + b"\x1a\x0dbrain.Event:2", "tensorboard-events", "log"),
    ("a.bin", b"\x80\x81\x82\x00\xff\xfe\xfd\xfc\xfb", "unknown", "80 81 82 00 ff fe fd fc"),
]


@pytest.mark.parametrize(("name", "content", "format_name", "words"), KINDS, ids=[f"{k[2]}-{k[3]}" for k in KINDS])
def test_it_is_named_for_what_it_is(name: str, content: bytes, format_name: str, words: str) -> None:
    model = read(single(content, name))
    assert model.format == format_name
    assert len(model.notes) == 1
    assert model.notes[0].startswith("this file is ")
    assert words in model.notes[0]


def test_a_pointer_says_what_it_points_to() -> None:
    model = read(single(POINTER, "graph.pb"))
    assert model.details == {"oid": "sha256:2d88", "size": 52290170}
    (fact,) = model.files
    assert (fact.state, fact.size, fact.expected, fact.bytes_short) == ("lfs-pointer", len(POINTER), 52290170, 52290170)
    assert not model.complete


def test_a_pointer_without_a_size_is_still_one() -> None:
    model = read(single(b"version https://git-lfs.github.com/spec/v1\noid sha256:2d88\n"))
    assert model.format == "git-lfs-pointer"
    assert model.files[0].bytes_short is None


@pytest.mark.parametrize(
    ("codec", "shown"), [("mac_roman", "Mac Roman"), ("latin-1", "Latin-1"), ("cp437", "code page")]
)
def test_binary_saved_as_text_is_proved_with_its_healthy_size(codec: str, shown: str) -> None:
    healthy = b"\x0a\x34" + bytes(range(256)) * 8
    model = read(single(healthy.decode(codec).encode("utf-8"), "graph.pb"))
    assert model.format == "reencoded-binary"
    assert shown in model.notes[0]
    assert model.details["healthy_size"] == len(healthy)


def test_replacement_characters_are_lost_bytes() -> None:
    broken = (b"\x0a\x34" + bytes(range(256)) * 8).decode("utf-8", "replace").encode("utf-8")
    model = read(single(broken, "graph.pb"))
    assert model.format == "reencoded-binary"
    assert "lost for good" in model.notes[0]


def test_the_wild_page_and_the_wild_mac_roman_file(wild: Path) -> None:
    page = open_source(str(wild / "broken-html-facedet-pb" / "opencv_face_detector_uint8.pb"))
    assert (page.format, page.complete) == ("html", True)
    assert page.details["title"].startswith("AGE-Gender") or page.details["title"]
    text = open_source(str(wild / "broken-macroman-facedet-pb" / "opencv_face_detector_uint8.pb"))
    healthy = (wild / "tf1-opencv-face-uint8" / "opencv_face_detector_uint8.pb").stat().st_size
    assert text.details == {"encoding": "Mac Roman", "healthy_size": healthy + 1}


def test_nothing_in_a_pickle_runs() -> None:
    class Hostile:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (pytest.fail, ("a pickle was loaded",))

    assert read(single(pickle.dumps(Hostile()), "model.pkl")).format == "pickle"


def test_any_bytes_get_a_name() -> None:
    for _, content, _, _ in KINDS:
        for broken in (*truncations(content, 16), *bit_flips(content, 20), *inflated(content, 20)):
            survives(lambda data: not_a_model.read(single(data)), broken)


@pytest.mark.parametrize("codec", ["latin-1", "cp437", "mac_roman"])
def test_hdf5_saved_as_text_is_proved_by_its_first_bytes(codec: str) -> None:
    # Mostly zeros, as a small network's file is: too few bytes above 127 to prove it by their number.
    healthy = b"\x89HDF\r\n\x1a\n" + bytes(4000)
    model = read(single(healthy.decode(codec).encode("utf-8"), "model.h5"))
    assert (model.format, model.complete) == ("reencoded-binary", False)
    assert model.details["healthy_size"] == len(healthy)


@pytest.mark.parametrize(("before", "after"), [(b"\n", b"\r\n"), (b"\r\n", b"\n")])
def test_hdf5_with_translated_line_ends(before: bytes, after: bytes) -> None:
    model = read(single((b"\x89HDF\r\n\x1a\n" + bytes(4000)).replace(before, after), "model.h5"))
    assert (model.format, model.complete) == ("reencoded-binary", False)
    assert "text-mode transfers" in model.notes[0]


def test_an_openvino_networks_weights_are_known_by_the_network_beside_them(tmp_path: Path) -> None:
    path = tmp_path / "m.bin"
    path.write_bytes(bytes(range(64)))
    assert open_source(str(path)).format == "unknown"
    (tmp_path / "m.xml").write_text('<?xml version="1.0"?>\n<net name="m" version="11"></net>')
    found = open_source(str(path))
    assert found.format == "openvino-weights"
    assert "m.xml" in found.notes[0]


def test_who_runs_a_foreign_model_is_told(tmp_path: Path) -> None:
    assert set(ENGINES) <= set(FOREIGN)
    for name, content, said in (
        ("a.onnx", ONNX, "onnxruntime.InferenceSession("),
        ("a.xml", b'<?xml version="1.0"?>\n<net name="a">', "openvino.Core().compile_model("),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(NotAModelError) as caught:
            convert_model(str(path))
        assert said in caught.value.help
        assert str(path) in caught.value.help
        (finding,) = ls.check(path).findings
        assert finding.help == caught.value.help
