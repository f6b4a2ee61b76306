"""A configuration written from what a file shows gives the file's variables again, for TF1 and TF2 SSDs."""

from __future__ import annotations

from pathlib import Path

import pytest

import loadstone as ls
from loadstone.blueprint.parts import Blueprint
from loadstone.blueprint.reader import read_blueprint
from loadstone.blueprint.two_stage_plan import config_of
from loadstone.blueprint.weights import KEY_SUFFIX, match
from loadstone.blueprint.write_config import FROM_GRAPH, FROM_WEIGHTS, config_for
from loadstone.errors import UnsupportedModelError
from loadstone.facts import DetectorFacts, LazyTensor, ModelFile, Tensors, TensorSpec
from loadstone.formats.detection.names import from_names
from loadstone.graphs.write import graph_bytes
from loadstone.wire.textdump import dump
from loadstone.wire.textproto import parse
from tests.blueprint.test_frozen_faster_rcnn import PLAN, written_graph
from tests.blueprint.test_reader import GOLDENS, golden_blueprint
from tests.blueprint.test_tf1 import GOLDENS as TF1_GOLDENS
from tests.detectors.goldens import variables


def _written(model: ModelFile) -> Blueprint:
    return read_blueprint(parse(config_for(model).encode()))


def _model(specs: list[TensorSpec], detector: DetectorFacts | None) -> ModelFile:
    """A checkpoint of these tensors, whose values nobody asks for."""
    tensors = Tensors(LazyTensor(spec, lambda: None) for spec in specs)  # type: ignore[arg-type, return-value]
    return ModelFile("ckpt", "checkpoint-v2", tensors=tensors, detector=detector)


@pytest.mark.parametrize("name", [*GOLDENS, *TF1_GOLDENS])
def test_weights_of_every_golden_get_a_fitting_configuration(name: str, shared: Path) -> None:
    suffix = "" if name.startswith("tf1_") else KEY_SUFFIX
    specs = [
        TensorSpec(key + suffix, "float32", shape, tensor_name=variable)
        for key, (variable, shape, _) in variables(shared, name).items()
    ]
    # EfficientDet D6 and D7 share every variable; only the size of their pictures differs.
    detector = from_names({spec.name: spec.shape for spec in specs} | {spec.tensor_name: spec.shape for spec in specs})
    ours, theirs = _written(_model(specs, detector)), golden_blueprint(shared, name)
    assert {key: one.shape for key, one in ours.network.variables.items()} == {
        key: one.shape for key, one in theirs.network.variables.items()
    }
    assert ours.unsupported == ()
    assert (ours.anchors, ours.box_coder, ours.suppression) == (theirs.anchors, theirs.box_coder, theirs.suppression)
    assert (ours.feature_extractor, ours.num_classes, ours.background) == (
        theirs.feature_extractor,
        theirs.num_classes,
        theirs.background,
    )


@pytest.mark.parametrize(
    ("name", "origin"),
    [
        ("tf1-ssd-person-cat-dog", FROM_GRAPH),
        ("tf1ckpt-ssdmnv1-trafficsign", FROM_GRAPH),
        ("tf1ckpt-ssdmnv1-trafficsign/model.ckpt.index", FROM_WEIGHTS),
        ("tf1ckpt-ssdmnv1-zoo-minakhan", FROM_WEIGHTS),
        ("tf2od-ssdmnv2fpnlite-plasrov/checkpoint/ckpt-0", FROM_WEIGHTS),
        ("tf2od-ssdmnv2fpn-11s18069/checkpoint/ckpt-0", FROM_WEIGHTS),
        ("tf2od-effdet-d1-hhr/checkpoint/ckpt-0", FROM_WEIGHTS),
        ("tf2od-ssdr50fpn-hhr/checkpoint/ckpt-0", FROM_WEIGHTS),
        ("tf2od-ssdmnv2fpnlite-trainckpts/ckpt-13", FROM_WEIGHTS),
    ],
)
def test_real_files_get_a_fitting_configuration(name: str, origin: str, wild: Path) -> None:
    model = ls.inspect(wild / name)
    text = config_for(model)
    assert text.startswith(origin)
    assert match(read_blueprint(parse(text.encode())), model.tensors.specs).complete


@pytest.mark.parametrize("name", ["efficientdet_d0/saved_model", "ssd_mobilenet_v2_fpnlite_320/saved_model"])
def test_exports_get_a_fitting_configuration(name: str, shared: Path) -> None:
    model = ls.inspect(shared / "exports" / name)
    assert match(_written(model), model.tensors.specs).complete


def test_the_graph_s_own_configuration_says_the_same_as_the_author_s(wild: Path) -> None:
    folder = wild / "tf1-ssdmnv1-0125-trafficsign"
    theirs = read_blueprint(parse((folder / "pipeline.config").read_bytes()))
    ours = _written(ls.inspect(folder / "frozen_inference_graph.pb"))
    assert ours == theirs


def test_what_fits_nothing_is_refused() -> None:
    with pytest.raises(UnsupportedModelError, match="no SSD"):
        config_for(_model([], DetectorFacts("faster_rcnn", "faster_rcnn_resnet50_keras", 3)))
    with pytest.raises(UnsupportedModelError, match="fit no configuration"):
        config_for(_model([TensorSpec("x", "float32", (1,))], DetectorFacts("ssd", "ssd_mobilenet_v1", 3)))
    with pytest.raises(UnsupportedModelError, match=r"fit no configuration"):
        config_for(_model([TensorSpec("x", "float32", (1,))], DetectorFacts("ssd", "ssd_resnet50_v1_fpn_keras", 3)))


def test_a_two_stage_graph_gets_its_own_configuration(tmp_path: Path) -> None:
    path = tmp_path / "graph.pb"
    path.write_bytes(graph_bytes(written_graph(PLAN)[0]))
    text = config_for(ls.inspect(path))
    assert text == FROM_GRAPH + dump(config_of(PLAN))
