"""Every artifact found in public repositories, as a folder and file by file, gets the right name and a true account.

`wild.txt` is the expectation, written by hand from the manifest: an artifact's folder with its format, then its files;
`short` where something lacks. A pointer, read by itself, is a pointer; in its folder it stands for what is meant.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from loadstone.facts import FileFact, ModelFile
from loadstone.formats.registry import open_source

TABLE = Path(__file__).with_name("wild.txt")

UNKNOWABLE = {
    # Nothing in what was kept says that these ever stood there.
    "tf1-mobilenetv1-eval-pbtxt": {"mobilenet_v1_1.0_224_frozen.pb"},
    "tf1ckpt-ssdmnv1-zoo-minakhan": {"frozen_inference_graph.pb", "saved_model/saved_model.pb"},
    "lfs-fasterrcnn-zoo-danielgalvis": {"model.ckpt.meta"},
}

BYTES_SHORT = {
    "ckpt2-indexonly-convolutional-sugyan": {"convolutional.ckpt.data-00000-of-00001": 13_098_536},
    "keras-savedmodel-mobilenetv2-mask": {"variables/variables.data-00000-of-00001": 11_100_545},
    "tfjs-graphmodel-tribe": {"group1-shard1of3.bin": 4_194_304, "group1-shard2of3.bin": 4_194_304},
    "tf2od-effdet-carparts": {"variables/variables.data-00000-of-00001": 33_908_730},
    "tf2od-ssdmnv2fpnlite-trainckpts": {"ckpt-13.data-00000-of-00001": 20_743_221},
    "lfs-fasterrcnn-trainckpt-hnt4499": {"model.ckpt-3013.data-00000-of-00001": 102_968_376},
    "lfs-tfhub-embeddings": {"variables/variables.data-00000-of-00001": 845_382_912, "saved_model.pb": 4_594_782},
    "lfs-frozen-ae4317": {"frozen_inference_graph.pb": 52_238_561},
    "broken-macroman-facedet-pb": {"opencv_face_detector_uint8.pb": 0},
}


def expected() -> dict[str, tuple[str, dict[str, str]]]:
    """Return artifact → (its format, its files' formats), each with ` short` behind it where something lacks."""
    table: dict[str, tuple[str, dict[str, str]]] = {}
    files: dict[str, str] = {}
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        name, _, account = line.partition(" | ")
        if line.startswith(" "):
            files[name.strip()] = account
        else:
            files = {}
            table[name] = (account, files)
    return table


EXPECTED = expected()


@cache
def opened(path: str) -> ModelFile:
    """Read each source once for all of these tests."""
    return open_source(path)


def account(model: ModelFile) -> str:
    return model.format if model.complete else f"{model.format} short"


@pytest.mark.parametrize("name", EXPECTED)
def test_the_folder_is_named_for_the_model_in_it(wild: Path, name: str) -> None:
    model = opened(str(wild / name))
    assert account(model) == EXPECTED[name][0]
    if not model.complete:
        assert model.notes, "what lacks is said in words"
        # OpenCV's text graph lacks nodes, which are in no file that it names.
        assert name == "tf1-opencv-ssdmnv2-pbtxt" or any(fact.state != "present" for fact in model.files)


@pytest.mark.parametrize("name", EXPECTED)
def test_every_single_file_is_named_for_what_it_is(wild: Path, name: str) -> None:
    files = sorted(path for path in (wild / name).rglob("*") if path.is_file())
    found = {str(path.relative_to(wild / name)): account(opened(str(path))) for path in files}
    assert found == EXPECTED[name][1]


def test_the_table_has_every_artifact_of_the_manifest(manifest: dict[str, dict[str, Any]]) -> None:
    assert set(EXPECTED) == set(manifest)


def _all_files(model: ModelFile) -> Iterator[FileFact]:
    yield from model.files
    for part in model.parts:
        yield from _all_files(part)


def test_a_file_that_was_not_kept_is_missed(wild: Path, manifest: dict[str, dict[str, Any]]) -> None:
    for name, record in manifest.items():
        model = opened(str(wild / name))
        lacking = [fact.path for fact in _all_files(model) if fact.state != "present"]
        for path in set(record["files_not_kept"]) - UNKNOWABLE.get(name, set()):
            assert any(path.endswith(known) for known in lacking), (name, path, lacking)


@pytest.mark.parametrize("name", BYTES_SHORT)
def test_what_lacks_is_told_with_its_bytes(wild: Path, name: str) -> None:
    facts = {fact.path: fact.bytes_short for fact in opened(str(wild / name)).files if fact.state != "present"}
    assert {path: facts[path] for path in BYTES_SHORT[name]} == BYTES_SHORT[name]


def test_a_pointer_that_was_not_fetched_is_told_as_the_pointers_say(wild: Path) -> None:
    """The size that a checkpoint's index implies is the size that the pointer in the data's place states."""
    for folder in sorted(wild.glob("tf2od-*hhr")):
        stated = {path.name: int(path.read_text().split()[-1]) for path in folder.rglob("*.data-*")}
        told = {fact.path.rpartition("/")[2]: fact.bytes_short for fact in _all_files(opened(str(folder)))}
        assert stated
        assert {name: told[name] for name in stated} == stated


def test_labels_reach_the_model_of_their_folder(wild: Path) -> None:
    labels = {
        "tflite-ssd-fpnlite-plasrov": (3, 0, "Nurdle"),
        "tflite-ssd-pets-gmikels": (37, 0, "Abyssinian"),
        "tflite-coco-ssd-mnv1-meta": (90, 0, "person"),
        "tf2od-tictactoe-iliaroz": (4, 1, None),
        "tm-keras-h5-elio": (8, 0, "Banana"),
        "lfs-frozen-ae4317": (1, 1, "gate"),
    }
    for name, (count, first, word) in labels.items():
        found = opened(str(wild / name)).labels
        assert (len(found), min(found)) == (count, first), name
        assert word is None or found[first] == word


def test_a_graph_is_not_taken_for_a_list_of_labels(wild: Path) -> None:
    assert not opened(str(wild / "tf1-opencv-ssdmnv2-pbtxt")).labels


def test_detectors_state_their_facts_from_the_folder(wild: Path) -> None:
    found = opened(str(wild / "lfs-frozen-plate-sidboxy")).detector
    assert found is not None
    assert (found.meta_architecture, found.feature_extractor, found.num_classes, found.input_size) == (
        "ssd",
        "ssd_inception_v2",
        1,
        (300, 300),
    )
