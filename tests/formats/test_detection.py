"""Detectors recognised from names and shapes, held against their configurations."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest

from loadstone.facts import DetectorFacts
from loadstone.facts.tensor import Shape
from loadstone.formats.checkpoint.bundle_index import read_index
from loadstone.formats.detection import from_folder, from_names, from_pipeline, merged, recognise
from loadstone.formats.trees.tree import DiskTree
from loadstone.wire.textproto import parse

GOLDENS = 32


def essence(facts: DetectorFacts | None) -> tuple[str | None, str | None, int | None]:
    assert facts is not None
    return facts.meta_architecture, facts.feature_extractor, facts.num_classes


def goldens(shared: Path) -> list[tuple[str, dict[str, Any], DetectorFacts]]:
    found = []
    for path in sorted((shared / "goldens").glob("*.vars.json.gz")):
        name = path.name.removesuffix(".vars.json.gz")
        config = json.loads((shared / "goldens" / f"{name}.json").read_text())["config"]
        facts = from_pipeline(parse((shared / "goldens" / config).read_bytes()))
        found.append((name, json.loads(gzip.decompress(path.read_bytes())), facts))
    assert len(found) == GOLDENS
    return found


def test_checkpoint_keys_of_every_golden_tell_what_its_configuration_says(shared: Path) -> None:
    for name, golden, expected in goldens(shared):
        keys = {row[0] + golden["suffix"]: tuple(row[1]) for row in golden["rows"]}
        assert essence(from_names(keys)) == essence(expected), name


def test_variable_names_of_every_golden_tell_the_same_where_they_can(shared: Path) -> None:
    """Without object keys a CenterNet's layers are called `conv2d_8`: nothing but its hourglass shows."""
    for name, golden, expected in goldens(shared):
        found = from_names({row[3]: tuple(row[1]) for row in golden["rows"]})
        if "centernet" not in name:
            assert essence(found) == essence(expected), name
        elif found is not None:
            assert essence(found) == ("center_net", "hourglass", None)


def indexes(shared: Path) -> list[Path]:
    """Real checkpoints with a pipeline.config beside or above; git-lfs pointers have under 200 bytes."""
    found = [
        *shared.glob("wild/*od-*/**/*.index"),
        *shared.glob("wild/*ssd*/*.index"),
        *shared.glob("exports/*/**/*.index"),
    ]
    return sorted(path for path in {*found, *shared.glob("wild/*rcnn*/*.index")} if path.stat().st_size > 200)


def test_real_checkpoints_tell_what_their_configurations_say(shared: Path) -> None:
    paths = indexes(shared)
    assert len(paths) == 36
    for path in paths:
        shapes: dict[str, Shape | None] = {
            name: entry.shape for name, entry in read_index(path.read_bytes()).entries.items()
        }
        tree = DiskTree(path.parents[len(path.relative_to(shared).parts) - 3])
        folder = str(path.parent.relative_to(tree.root)).replace(os.sep, "/").removeprefix(".")
        expected = from_folder(tree, folder)
        assert essence(from_names(shapes)) == essence(expected), path
        assert recognise(shapes, (), tree, folder) == (expected, ()), path


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (
            "wild/tf1-ssd-person-cat-dog/mobilenet_ssd_256res_0.125_person_cat_dog.pb",
            DetectorFacts("ssd", "ssd_mobilenet_v1", 3, (256, 256)),
        ),
        ("wild/tf1-ssdmnv1-0125-trafficsign/frozen_inference_graph.pb", DetectorFacts("ssd", "ssd_mobilenet_v1", 11)),
        ("exports/tf1_ssd_mobilenet_v1_coco/frozen_inference_graph.pb", DetectorFacts("ssd", "ssd_mobilenet_v1", 90)),
        ("wild/tf1-facemask-aizoo/face_mask_detection.pb", None),
        ("wild/tf1-opencv-face-uint8/opencv_face_detector_uint8.pb", None),
    ],
)
@pytest.mark.tensorflow
def test_frozen_graphs_are_recognised_from_their_nodes(shared: Path, path: str, expected: DetectorFacts | None) -> None:
    graph_pb2 = pytest.importorskip("tensorflow.core.framework.graph_pb2")
    graph = graph_pb2.GraphDef.FromString((shared / path).read_bytes())
    assert from_names({node.name: _shape(node) for node in graph.node}, {node.op for node in graph.node}) == expected


def _shape(node: Any) -> Shape | None:
    if node.op == "Const":
        return tuple(side.size for side in node.attr["value"].tensor.tensor_shape.dim)
    if node.op == "Placeholder":
        return tuple(side.size if side.size >= 0 else None for side in node.attr["shape"].shape.dim)
    return None


def test_tflite_names_are_recognised() -> None:
    """As TFLite writes them: fused names joined by `;`, kernels with the output channels first."""
    head = "WeightSharedConvolutionalBoxPredictor/WeightSharedConvolutional"
    shapes: dict[str, Shape | None] = {
        "serving_default_input:0": (1, 320, 320, 3),
        "ssd_mobile_net_v2_fpn_keras_feature_extractor/functional_1/Conv1/Conv2D": (32, 3, 3, 3),
        f"{head}BoxHead/BoxPredictor/BiasAdd_4;{head}BoxHead/BoxPredictor/separable_conv2d_4": (1, 3, 3, 24),
        f"{head}ClassHead/ClassPredictor/BiasAdd_4;{head}ClassHead/ClassPredictor/bias1": (1, 3, 3, 24),
    }
    expected = DetectorFacts("ssd", "ssd_mobilenet_v2_fpn_keras", 3, (320, 320))
    assert from_names(shapes, ["TFLite_Detection_PostProcess"]) == expected
    assert from_names({"x": (1,)}, ["TFLite_Detection_PostProcess"]) == DetectorFacts("ssd")


def test_training_state_does_not_count() -> None:
    names = {
        "BoxPredictor_0/BoxEncodingPredictor/biases": (12,),
        "BoxPredictor_0/ClassPredictor/biases": (36,),
        "BoxPredictor_0/ClassPredictor/biases/RMSProp": (36,),
        "FeatureExtractor/MobilenetV3/expanded_conv_14/project/weights": (1, 1, 960, 160),
        "FeatureExtractor/MobilenetV3/Conv/weights": None,
    }
    assert from_names(names) == DetectorFacts("ssd", "ssd_mobilenet_v3_large", 11)


@pytest.mark.parametrize("names", [{}, {"dense/kernel": (4, 2)}, {"FeatureExtractorX": None}, {"a/b/c/d/e/f": ()}])
def test_what_is_no_detector_is_none(names: dict[str, Shape | None]) -> None:
    assert from_names(names) is None


def test_predictors_that_contradict_each_other_tell_no_number_of_classes() -> None:
    names = {f"BoxPredictor_{i}/BoxEncodingPredictor/biases": (12,) for i in range(2)}
    names |= {"BoxPredictor_0/ClassPredictor/biases": (36,), "BoxPredictor_1/ClassPredictor/biases": (39,)}
    assert essence(from_names(names)) == ("ssd", None, None)
    assert essence(from_names({"BoxPredictor_0/BoxEncodingPredictor/biases": (0,)})) == ("ssd", None, None)


def test_the_weights_word_stands_and_the_contradiction_is_a_note() -> None:
    weights = DetectorFacts("ssd", "ssd_mobilenet_v2", 3)
    config = DetectorFacts("ssd", "ssd_inception_v2", 90, (300, 300))
    facts, notes = merged(weights, config, "a/pipeline.config")
    assert facts == DetectorFacts("ssd", "ssd_mobilenet_v2", 3, (300, 300))
    assert notes == (
        "a/pipeline.config states the feature extractor ssd_inception_v2, but the model has ssd_mobilenet_v2",
        "a/pipeline.config states the number of classes 90, but the model has 3",
    )


def test_a_configuration_may_be_more_exact_than_variables_can_be() -> None:
    weights = DetectorFacts("faster_rcnn", "faster_rcnn_resnet101", 48)
    config = DetectorFacts("context_rcnn", "faster_rcnn_resnet101", 48, (640, 640))
    assert merged(weights, config, "c") == (config, ())
    embedded = DetectorFacts("ssd", "embedded_ssd_mobilenet_v1", 3)
    assert merged(DetectorFacts("ssd", "ssd_mobilenet_v1", 3), embedded, "c") == (embedded, ())


def test_the_nearest_configuration_counts(tmp_path: Path) -> None:
    text = "model { ssd { num_classes: %d feature_extractor { type: 'e' } } } train_config { oops"
    inner = tmp_path / "saved_model" / "variables"
    inner.mkdir(parents=True)
    assert from_folder(DiskTree(tmp_path), "saved_model/variables") is None
    (tmp_path / "pipeline.config").write_text(text % 1)
    assert essence(from_folder(DiskTree(tmp_path), "saved_model/variables")) == ("ssd", "e", 1)
    (inner / "a.config").write_text(text % 2)
    assert essence(from_folder(DiskTree(tmp_path), "saved_model/variables")) == ("ssd", "e", 2)
    (inner / "b.config").write_text(text % 3)
    assert essence(from_folder(DiskTree(tmp_path), "saved_model/variables")) == ("ssd", "e", 1)
    (inner / "pipeline.config").write_text("not a config")
    assert essence(from_folder(DiskTree(tmp_path), "saved_model/variables")) == ("ssd", "e", 1)


def test_the_configuration_above_an_exported_saved_model_is_found(tmp_path: Path) -> None:
    (tmp_path / "saved_model").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "pipeline.config").write_text("model { ssd { num_classes: 7 } }")
    found = from_folder(DiskTree(tmp_path / "saved_model"), "")
    assert found is not None
    assert found.num_classes == 7
    # Only the folders that the exporter makes belong to what lies above them.
    assert from_folder(DiskTree(tmp_path / "other"), "") is None
