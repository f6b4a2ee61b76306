"""TF Hub's first format: a marker file beside a SavedModel."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadstone.formats import savedmodel, tfhub
from loadstone.formats.registry import locate
from loadstone.wire.protobuf_writer import encode
from loadstone.wire.schemas.saved_model import HUB_MODULE
from tests.support.graphs import small_saved_model
from tests.support.hostile import bit_flips, survives, truncations
from tests.support.memory import folder

MARKER = b"\x08\x03"


@pytest.mark.parametrize("name", ["tfhub-v1-mini-mediapipe", "tfhub-v1-mini-train-mediapipe"])
@pytest.mark.parametrize("inner", ["", "saved_model.pb", "tfhub_module.pb"])
def test_wild_modules_are_recognised_by_any_of_their_names(wild: Path, name: str, inner: str) -> None:
    candidate = locate(str(wild / name / inner))
    assert tfhub.sniff(candidate)
    assert not savedmodel.sniff(candidate)
    model = tfhub.read(candidate)
    assert model.format == "tfhub-v1"
    assert model.producer["tensorflow"] == "1.15.0"
    assert [spec.name for spec in model.inputs] == ["default"]
    assert "tfhub_module.pb" in [file.path for file in model.files]


def test_a_module_of_pointers_is_incomplete(wild: Path) -> None:
    model = tfhub.read(locate(str(wild / "lfs-tfhub-embeddings")))
    assert not model.complete
    sizes = {file.path: file.expected for file in model.files if file.state == "lfs-pointer"}
    assert sizes["saved_model.pb"] == 4_594_782
    assert sizes["variables/variables.data-00000-of-00001"] == 845_382_912


def test_what_the_marker_says_is_told() -> None:
    marker = encode(HUB_MODULE, {"format": 2, "required_features": ["time-travel"]})
    model = tfhub.read(folder({"saved_model.pb": small_saved_model(), "tfhub_module.pb": marker}))
    assert any("states the format 2" in note for note in model.notes)
    assert any("time-travel" in note for note in model.notes)


def test_a_second_format_module_is_a_saved_model() -> None:
    candidate = folder({"saved_model.pb": small_saved_model()})
    assert not tfhub.sniff(candidate)
    assert savedmodel.sniff(candidate)


def test_broken_markers_and_graphs_end_in_an_error() -> None:
    whole = small_saved_model()
    for broken in (*truncations(whole, every=8), *bit_flips(whole, 50)):
        survives(lambda data: tfhub.read(folder({"saved_model.pb": data, "tfhub_module.pb": data[:40]})), broken)
    model = tfhub.read(folder({"saved_model.pb": whole, "tfhub_module.pb": b"\x08"}))
    assert any("cannot be read" in note for note in model.notes)
