"""MetaGraphs beside checkpoints and in SessionBundles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from loadstone.errors import FormatError
from loadstone.formats import metagraph
from loadstone.formats.registry import locate
from tests.support.graphs import graph_bytes, meta_graph, node, placeholder, shape, small_graph
from tests.support.hostile import bit_flips, inflated, survives, truncations
from tests.support.memory import folder, single

WILD = {
    "tf1ckpt-mtcnn-pnet/PNet-18.meta": 31,
    "tf1ckpt-mtcnn-rnet/RNet-14.meta": None,
    "tf1ckpt-lenet-tarasovp/lenet.meta": None,
    "tf1ckpt-ssdmnv1-trafficsign/model.ckpt.meta": 200,
    "tf1ckpt-ssdmnv1-zoo-minakhan/model.ckpt.meta": None,
    "lfs-mixed-ssdmnv1-hnt4499/model.ckpt.meta": None,
    "dl4j-tf-simple-graph/data-all-1000.meta": 1,
    "broken-sessionbundle-tfserving/export.meta": 2,
}


@pytest.mark.parametrize("path", WILD)
def test_wild_metagraphs_are_described(wild: Path, manifest: dict[str, Any], path: str) -> None:
    candidate = locate(str(wild / path))
    assert metagraph.sniff(candidate)
    model = metagraph.read(candidate)
    assert model.format == "metagraph"
    assert model.inputs
    assert model.outputs
    recorded = manifest[path.partition("/")[0]]["recorded_version"]
    if recorded:
        assert model.producer["tensorflow"] == recorded.removeprefix("tf ")
    variables = WILD[path]
    assert variables is None or model.details["variables"] == variables


def test_a_metagraph_that_was_saved_as_text_is_refused_with_its_place(wild: Path) -> None:
    with pytest.raises(FormatError, match="more bytes than there are"):
        metagraph.read(locate(str(wild / "ckptv1-sessionbundle-mediapipe" / "export.meta")))


def test_a_detectors_training_graph_shows_its_answers(wild: Path) -> None:
    model = metagraph.read(locate(str(wild / "tf1ckpt-ssdmnv1-trafficsign" / "model.ckpt.meta")))
    assert [spec.name for spec in model.outputs][:2] == ["detection_boxes", "detection_scores"]
    assert model.detector is not None
    assert model.detector.feature_extractor == "ssd_mobilenet_v1"


def test_the_place_of_the_values_is_told() -> None:
    graph = graph_bytes(
        placeholder("x", 1),
        node("v", "VariableV2", dtype={"type": 1}, shape={"shape": shape(2)}),
        node("y", "Mul", "x", "v"),
        node("gradients/y", "Mul", "x", "v"),
        node("case/switch_t", "Identity", "x"),
    )
    data = meta_graph(graph, saver_def={"restore_op_name": "save/restore_all", "version": 2})
    alone = metagraph.read(single(data, "a.meta"))
    assert any("does not lie beside it" in note for note in alone.notes)
    candidate = folder({"a.meta": data, "a.index": b""})
    beside = metagraph.read(type(candidate)("a.meta", candidate.tree, "a.meta", False))
    assert any("in the checkpoint beside it" in note for note in beside.notes)
    assert [spec.name for spec in beside.outputs] == ["y"]
    assert beside.details["saver"]["restore_op"] == "save/restore_all"


def test_a_metagraph_of_nothing_is_refused() -> None:
    with pytest.raises(FormatError, match="no nodes"):
        metagraph.read(single(meta_graph(b""), "a.meta"))


def test_broken_metagraphs_end_in_an_error() -> None:
    whole = meta_graph(small_graph(), "train", collection_def={"variables": {"bytes_list": {"value": [b"abc"]}}})
    for broken in (*truncations(whole, every=1), *bit_flips(whole), *inflated(whole)):
        survives(lambda data: metagraph.read(single(data, "a.meta")), broken)
