"""Files that show a fault of bytes, paths or loaders: one small named builder each, from healthy files beside them."""

from __future__ import annotations

import gzip
import io
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Build = Callable[[Path, Path], Path]
"""From the folder of real files and an empty folder to the source to examine."""


@dataclass(frozen=True)
class Case:
    """`fault` is found in what `build` makes, with a fact that holds every one of `words`."""

    fault: str
    build: Build
    words: tuple[str, ...]
    severity: str = "error"


CASES: list[Case] = []


def case(fault: str, *words: str, severity: str = "error") -> Callable[[Build], Build]:
    """Put a builder into the table."""

    def kept(build: Build) -> Build:
        CASES.append(Case(fault, build, words, severity))
        return build

    return kept


def _h5(wild: Path) -> bytes:
    return (wild / "keras-29-dense-h5" / "model-3.h5").read_bytes()


def _checkpoint(wild: Path, folder: Path) -> Path:
    for path in (wild / "ckpt2-mnist-regression-sugyan").iterdir():
        shutil.copy(path, folder / path.name)
    return folder / "regression.ckpt.data-00000-of-00001"


def _saved_model(wild: Path, folder: Path, name: str = "model") -> Path:
    shutil.copytree(wild / "savedmodel-tfserving-tf2-cpu", folder / name)
    return folder / name


def _write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@case("h5-truncated", "cut short", "10,000 of", "bytes")
def cut_hdf5(wild: Path, folder: Path) -> Path:
    return _write(folder / "m.h5", _h5(wild)[:10_000])


@case("h5-corrupt-content", "damaged inside")
def broken_header_in_hdf5(wild: Path, folder: Path) -> Path:
    data = bytearray(_h5(wild))
    at = data.find(b"TREE")
    data[at : at + 4] = b"EERT"
    return _write(folder / "m.h5", bytes(data))


@case("h5-signature-not-found", "is not HDF5")
def bytes_named_hdf5(wild: Path, folder: Path) -> Path:
    return _write(folder / "m.h5", bytes(range(1, 256)) * 40)


@case("html-instead-of-file", "a web page titled 'Quota exceeded'")
def page_named_hdf5(wild: Path, folder: Path) -> Path:
    return _write(folder / "m.h5", b"<!DOCTYPE html>\n<html><head><title>Quota exceeded</title></head></html>")


@case("html-instead-of-file", "'AccessDenied'")
def storage_error_named_archive(wild: Path, folder: Path) -> Path:
    text = b'<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Access denied.</Message></Error>'
    return _write(folder / "m.tar.gz", text)


@case("git-symlink-as-file", "the text of a symbolic link to '../v1/saved_model.pb'")
def link_as_text(wild: Path, folder: Path) -> Path:
    return _write(folder / "saved_model.pb", b"../v1/saved_model.pb")


@case("file-empty", "it has 0 bytes")
def nothing(wild: Path, folder: Path) -> Path:
    return _write(folder / "m.h5", b"")


@case("file-empty", "nothing but zeros", "70,000 bytes")
def zeros(wild: Path, folder: Path) -> Path:
    return _write(folder / "m.pb", bytes(70_000))


@case("binary-reencoded-as-text", "read as Latin-1 text and saved as UTF-8")
def latin1_hdf5(wild: Path, folder: Path) -> Path:
    return _write(folder / "m.h5", _h5(wild).decode("latin-1").encode())


@case("archive-truncated", "is cut short after")
def cut_tar(wild: Path, folder: Path) -> Path:
    raw = io.BytesIO()
    # Level 0 and no times or owners: the same bytes, and so the same message, on every machine.
    with tarfile.open(fileobj=raw, mode="w") as archive:
        archive.add(wild / "ckpt2-mnist-regression-sugyan", "model", filter=_of_no_one)
    return _write(folder / "m.tar.gz", gzip.compress(raw.getvalue(), compresslevel=0, mtime=0)[:-2000])


def _of_no_one(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.mtime, member.uid, member.gid, member.uname, member.gname, member.mode = 0, 0, 0, "", "", 0o644
    return member


@case("archive-truncated", "is cut short after")
def cut_zip(wild: Path, folder: Path) -> Path:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        archive.writestr("saved_model.pb", bytes(range(256)) * 50)
        archive.writestr("b", b"b" * 500)
    return _write(folder / "m.zip", raw.getvalue()[:-400])


@case("zip-corrupt-or-html", "the CRC of")
def changed_byte_in_keras(wild: Path, folder: Path) -> Path:
    data = bytearray((wild / "keras-zip-310-mlp" / _name(wild / "keras-zip-310-mlp", ".keras")).read_bytes())
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        weights = next(info for info in archive.infolist() if info.filename == "model.weights.h5")
    at = weights.header_offset + 30 + len(weights.filename) + weights.compress_size - 4
    data[at] ^= 0xFF
    return _write(folder / "m.keras", bytes(data))


def _name(folder: Path, ending: str) -> str:
    return next(path.name for path in sorted(folder.iterdir()) if path.name.endswith(ending))


@case("zip-corrupt-or-html", "is no zip")
def bytes_named_keras(wild: Path, folder: Path) -> Path:
    return _write(folder / "m.keras", bytes(range(1, 256)) * 40)


@case("ckpt-data-truncated", "cut short", "8,000 of")
def cut_data(wild: Path, folder: Path) -> Path:
    data = _checkpoint(wild, folder)
    data.write_bytes(data.read_bytes()[:8000])
    return folder


@case("ckpt-data-zero-filled", "2 tensors are zeros", "31,400 bytes")
def zeroed_data(wild: Path, folder: Path) -> Path:
    data = _checkpoint(wild, folder)
    content = data.read_bytes()
    data.write_bytes(content[: len(content) - 31_400] + bytes(31_400))
    return folder


@case("ckpt-data-corrupt", "1 of", "do not have their checksums")
def changed_data(wild: Path, folder: Path) -> Path:
    data = _checkpoint(wild, folder)
    content = bytearray(data.read_bytes())
    content[-100] ^= 0xFF
    data.write_bytes(bytes(content))
    return folder


@case("ckpt-index-data-mismatch", "it belongs to other data")
def data_of_another_run(wild: Path, folder: Path) -> Path:
    shutil.copytree(wild / "keras-savedmodel-kws", folder / "m")
    data = folder / "m" / "variables" / "variables.data-00000-of-00001"
    data.write_bytes(bytes(byte ^ 0x55 for byte in data.read_bytes()))
    return folder / "m"


@case("ckpt-index-corrupt", "the index of the checkpoint cannot be read")
def cut_index(wild: Path, folder: Path) -> Path:
    _checkpoint(wild, folder)
    index = folder / "regression.ckpt.index"
    index.write_bytes(index.read_bytes()[:-20])
    return index


@case("ckpt-shard-renamed-or-missing", "of 31,400 bytes is missing")
def no_data(wild: Path, folder: Path) -> Path:
    _checkpoint(wild, folder).unlink()
    return folder


@case("ckpt-shard-renamed-or-missing", "regression.ckpt.data has its size")
def renamed_data(wild: Path, folder: Path) -> Path:
    _checkpoint(wild, folder).rename(folder / "regression.ckpt.data")
    return folder / "regression.ckpt.index"


@case("savedmodel-incomplete", "variables/ is missing")
def no_variables(wild: Path, folder: Path) -> Path:
    shutil.rmtree(_saved_model(wild, folder) / "variables")
    return folder / "model"


@case("frozen-graph-corrupt", "the graph is cut short")
def cut_graph(wild: Path, folder: Path) -> Path:
    data = (wild / "tf1-ssdmnv1-0125-trafficsign" / "frozen_inference_graph.pb").read_bytes()
    return _write(folder / "frozen_inference_graph.pb", data[:700_001])


@case("frozen-graph-corrupt", "the SavedModel is cut short")
def cut_saved_model(wild: Path, folder: Path) -> Path:
    graph = _saved_model(wild, folder) / "saved_model.pb"
    _write(graph, graph.read_bytes()[:-9])
    return folder


@case("tflite-corrupt", "the TFLite model cannot be read")
def cut_tflite(wild: Path, folder: Path) -> Path:
    source = wild / "tflite-ultralight-rfb320"
    return _write(folder / "m.tflite", (source / _name(source, ".tflite")).read_bytes()[:5000])


@case("tfhub-cache-incomplete", "holds no saved_model.pb")
def empty_cache_folder(wild: Path, folder: Path) -> Path:
    place = folder / ("ab" * 20)
    place.mkdir()
    (place / "tfhub.lock").write_bytes(b"x")
    return place


@case("zoo-bad-release", "defective", severity="warning")
def withdrawn_release(wild: Path, folder: Path) -> Path:
    place = folder / "ssd_mobilenet_v1_coco_2017_11_08"
    shutil.copytree(wild / "tf1-ssdmnv1-0125-trafficsign", place)
    return place


@case("ckpt-path-is-shard-file", "loaders want the prefix", severity="warning")
def shard_named(wild: Path, folder: Path) -> Path:
    return _checkpoint(wild, folder)


@case("ckpt-path-is-state-file", "model.ckpt-7", severity="warning")
def state_named(wild: Path, folder: Path) -> Path:
    for path in (wild / "ckpt2-mnist-regression-sugyan").iterdir():
        shutil.copy(path, folder / path.name.replace("regression.ckpt", "model.ckpt-7"))
    return _write(folder / "checkpoint", b'model_checkpoint_path: "/gone/run/model.ckpt-7"\n')


@case("ckpt-prefix-not-found", "there is no checkpoint model.ckpt-9", "model.ckpt-7 is here")
def other_step_named(wild: Path, folder: Path) -> Path:
    state_named(wild, folder)
    return folder / "model.ckpt-9"


@case("savedmodel-path-is-the-pb", "loaders want the folder", severity="warning")
def graph_file_named(wild: Path, folder: Path) -> Path:
    return _saved_model(wild, folder) / "saved_model.pb"


@case("path-is-directory", "m.h5 is a folder", severity="warning")
def folder_named_as_file(wild: Path, folder: Path) -> Path:
    return _saved_model(wild, folder, "m.h5")


@case("path-wrong-or-missing", "there is nothing at")
def mistyped(wild: Path, folder: Path) -> Path:
    _write(folder / "detector.h5", _h5(wild))
    return folder / "detektor.h5"


@case("wrong-loader-savedmodel-as-frozen", "a parser of GraphDefs rejects it")
def saved_model_named_frozen(wild: Path, folder: Path) -> Path:
    data = (wild / "savedmodel-tfserving-tf2-cpu" / "saved_model.pb").read_bytes()
    return _write(folder / "frozen_inference_graph.pb", data)


@case("wrong-loader-frozen-as-savedmodel", "is a bare graph (GraphDef)")
def frozen_named_saved_model(wild: Path, folder: Path) -> Path:
    data = (wild / "tf1-ssdmnv1-0125-trafficsign" / "frozen_inference_graph.pb").read_bytes()
    return _write(folder / "saved_model.pb", data)


@case("h5-weights-only", "and no configuration", severity="warning")
def weights_alone(wild: Path, folder: Path) -> Path:
    return _write(folder / "w.h5", (wild / "keras1-json-plus-weights-liucong" / "model.h5").read_bytes())


@case("extension-mismatch-keras3", "needs .h5", severity="warning")
def hdf5_named_keras(wild: Path, folder: Path) -> Path:
    return _write(folder / "m.keras", _h5(wild))


@case("savedmodel-mount-or-layout", "saved_model.pb is a folder")
def folder_in_place_of_the_graph(wild: Path, folder: Path) -> Path:
    shutil.copytree(wild / "savedmodel-tfserving-tf2-cpu", folder / "1" / "saved_model.pb")
    return folder / "1"


@case("extension-mismatch-format", "m.pb is a TFLite model", severity="warning")
def tflite_named_as_a_graph(wild: Path, folder: Path) -> Path:
    source = wild / "tflite-facemask-aizoo"
    shutil.copyfile(source / _name(source, ".tflite"), folder / "m.pb")
    return folder / "m.pb"


@case("savedmodel-mount-or-layout", "the graph's file is named model.pb")
def graph_under_another_name(wild: Path, folder: Path) -> Path:
    shutil.copytree(wild / "savedmodel-tfserving-tf2-cpu", folder / "export")
    (folder / "export" / "saved_model.pb").rename(folder / "export" / "model.pb")
    return folder / "export"


@case("archive-not-extracted", "an archive with a savedmodel in it", severity="warning")
def packed(wild: Path, folder: Path) -> Path:
    with tarfile.open(folder / "m.tar.gz", "w:gz") as archive:
        archive.add(wild / "savedmodel-tfserving-tf2-cpu", "export")
    return folder / "m.tar.gz"


@case("ckpt-v1-v2-format", "takes it for", "old format", severity="warning")
def stray_file(wild: Path, folder: Path) -> Path:
    _checkpoint(wild, folder)
    _write(folder / "regression.ckpt", b"stray bytes that are no checkpoint\x00\x01")
    return folder / "regression.ckpt.index"


@case("not-a-tensorflow-model", "is a GGUF file")
def of_another_framework(wild: Path, folder: Path) -> Path:
    return _write(folder / "model.pb", b"GGUF" + bytes(200))


@case("savedmodel-not-keras", "it has signatures", severity="info")
def plain_saved_model(wild: Path, folder: Path) -> Path:
    return _saved_model(wild, folder)


@case("tfhub-tf1-in-tf2-api", "first format", severity="info")
def hub_module(wild: Path, folder: Path) -> Path:
    shutil.copytree(wild / "tfhub-v1-mini-mediapipe", folder / "hub")
    return folder / "hub"
