"""Graphs run as they are, through OpenVINO's own reader: one export's frozen graph, SavedModel and MetaGraph."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from loadstone.errors import UnsupportedModelError
from loadstone.facts import ModelFile
from loadstone.formats.registry import open_source
from loadstone.runtime.conversions import conversion
from loadstone.runtime.conversions.conversion import Conversion, finish
from loadstone.runtime.conversions.convert_graph import convert_frozen, convert_savedmodel
from loadstone.runtime.conversions.convert_metagraph import convert_metagraph
from loadstone.runtime.detector import Detector
from loadstone.runtime.endings import output_names
from loadstone.runtime.raw import RawDetections
from loadstone.runtime.shortcut import same

EXPORT: dict[str, Callable[[ModelFile], Conversion]] = {
    "frozen_inference_graph.pb": convert_frozen,
    "saved_model": convert_savedmodel,
    "model.ckpt.meta": convert_metagraph,
}


@pytest.fixture(scope="module")
def whole(shared: Path, wild: Path) -> RawDetections:
    """What the whole frozen graph gives, its own suppression included."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(conversion, "shortcut", lambda *_: None)
        made = finish(
            convert_frozen(open_source(str(wild / "tf1-ssdmnv1-0125-trafficsign" / "frozen_inference_graph.pb"))), "CPU"
        )
    assert made.manifest.reading == "detection-outputs"
    return run(Detector(made), shared)


def run(detector: Detector, shared: Path) -> RawDetections:
    from PIL import Image

    raw = detector.run([np.asarray(Image.open(shared / "images" / "image1.jpg").convert("RGB"))])[0]
    assert isinstance(raw, RawDetections)
    return raw


@pytest.mark.parametrize("name", EXPORT)
def test_the_shorter_way_gives_what_the_whole_graph_gives(
    shared: Path, wild: Path, whole: RawDetections, name: str
) -> None:
    model = open_source(str(wild / "tf1ckpt-ssdmnv1-trafficsign" / name))
    made = finish(EXPORT[name](model), "CPU")
    assert made.manifest.reading == "multiclass"
    found = run(Detector(made), shared)
    assert len(found) == 100
    assert same(whole, found)


def test_a_metagraph_without_its_checkpoint_says_which_file_is_missing(wild: Path, tmp_path: Path) -> None:
    alone = tmp_path / "model.ckpt.meta"
    alone.write_bytes((wild / "tf1ckpt-ssdmnv1-trafficsign" / "model.ckpt.meta").read_bytes())
    with pytest.raises(UnsupportedModelError) as refused:
        convert_metagraph(open_source(str(alone)))
    assert refused.value.expected == "model.ckpt.index"


def test_names_below_a_scope_are_those_of_an_imported_graph() -> None:
    names = [{"import/detection_boxes:0", "a:0"}, {"import/detection_scores:0"}, {"import/detection_classes:0"}]
    model = SimpleNamespace(outputs=[SimpleNamespace(names=each) for each in names])
    assert output_names(model) == ["detection_boxes", "detection_scores", "detection_classes"]
