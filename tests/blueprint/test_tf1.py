"""TF1's SSDs: their configurations become networks whose variables are exactly those of the original's checkpoints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import loadstone as ls
from loadstone.blueprint.reader import read_any, read_blueprint
from loadstone.blueprint.weights import match
from loadstone.errors import UnsupportedModelError
from loadstone.wire.textproto import parse
from tests.blueprint.test_reader import golden_blueprint
from tests.detectors.goldens import variables

GOLDENS = ("tf1_ssd_inception_v2_coco", "tf1_ssd_mobilenet_v1_coco", "tf1_ssdlite_mobilenet_v2_coco")


@pytest.mark.parametrize("name", GOLDENS)
def test_variables_are_the_original_s(name: str, shared: Path) -> None:
    blueprint = golden_blueprint(shared, name)
    ours = {key: variable.shape for key, variable in blueprint.network.variables.items()}
    assert ours == {key: shape for key, (_, shape, _) in variables(shared, name).items()}
    assert blueprint.unsupported == ()


def test_variables_of_a_faster_rcnn_are_the_original_s(shared: Path) -> None:
    name = "tf1_faster_rcnn_inception_v2_coco"
    config = json.loads((shared / "goldens" / f"{name}.json").read_text())["config"]
    blueprint = read_any(parse((shared / "goldens" / config).read_bytes()))
    ours = {key: variable.shape for key, variable in blueprint.variables.items()}
    assert ours == {key: shape for key, (_, shape, _) in variables(shared, name).items()}
    assert blueprint.unsupported == ()


@pytest.mark.parametrize(
    "name",
    [
        "tf1ckpt-ssdmnv1-trafficsign/model.ckpt.index",
        "tf1ckpt-ssdmnv1-zoo-minakhan/model.ckpt.index",
        "lfs-mixed-ssdmnv1-hnt4499/model.ckpt.index",
        "tf1-ssdmnv1-0125-trafficsign/frozen_inference_graph.pb",
        "tf1ckpt-ssdmnv1-trafficsign/saved_model",
    ],
)
def test_real_files_hold_what_their_configurations_imply(name: str, wild: Path) -> None:
    folder = wild / name.partition("/")[0]
    blueprint = read_blueprint(parse((folder / "pipeline.config").read_bytes()))
    found = match(blueprint.network, ls.inspect(wild / name).tensors.specs)
    assert found.complete, (str(found), found.unmatched[:3], found.misshapen[:3])


@pytest.mark.parametrize(
    ("folder", "index"),
    [
        ("lfs-fasterrcnn-trainckpt-hnt4499", "model.ckpt-3013.index"),
        ("lfs-fasterrcnn-zoo-danielgalvis", "model.ckpt.index"),
    ],
)
def test_real_faster_rcnns_hold_what_their_configurations_imply(folder: str, index: str, wild: Path) -> None:
    blueprint = read_any(parse((wild / folder / "pipeline.config").read_bytes()))
    found = match(blueprint, ls.inspect(wild / folder / index).tensors.specs)
    assert found.complete, (str(found), found.unmatched[:3], found.misshapen[:3])


CONFIG = """
model { ssd {
  num_classes: 3
  image_resizer { fixed_shape_resizer { height: 96 width: 96 } }
  feature_extractor {
    type: "ssd_mobilenet_v2" depth_multiplier: 0.25 min_depth: 8 num_layers: LAYERS EXTRA
    conv_hyperparams { activation: RELU_6 NORM }
  }
  box_predictor { convolutional_box_predictor { kernel_size: 3 use_depthwise: true
    conv_hyperparams { activation: RELU_6 NORM } } }
  anchor_generator { ssd_anchor_generator { num_layers: LAYERS aspect_ratios: 1.0 } }
} }
"""


def _config(layers: int = 3, extra: str = "", norm: str = "batch_norm { scale: true }") -> bytes:
    return CONFIG.replace("LAYERS", str(layers)).replace("EXTRA", extra).replace("NORM", norm).encode()


def test_a_multiplier_narrows_every_layer_and_num_layers_cuts_the_maps() -> None:
    blueprint = read_blueprint(parse(_config()))
    shapes = {key: variable.shape for key, variable in blueprint.network.variables.items()}
    assert len(blueprint.maps) == 3
    assert shapes["FeatureExtractor/MobilenetV2/Conv_1/weights"] == (1, 1, 80, 320)
    assert shapes["FeatureExtractor/MobilenetV2/layer_19_1_Conv2d_2_1x1_64/weights"] == (1, 1, 320, 64)
    assert shapes["BoxPredictor_2/ClassPredictor/weights"] == (1, 1, 128, 8)


def test_layers_without_batch_norm_have_biases() -> None:
    variables = read_blueprint(parse(_config(norm=""))).network.variables
    assert "FeatureExtractor/MobilenetV2/layer_19_1_Conv2d_2_1x1_64/biases" in variables
    assert "BoxPredictor_0/ClassPredictor_depthwise/biases" in variables
    assert not any("BatchNorm" in key for key in variables if "layer_19" in key)


@pytest.mark.parametrize(
    ("kind", "asked"),
    [
        ("ssd_mobilenet_v2", "pad_to_multiple: 64"),
        ("ssd_inception_v2", "use_explicit_padding: true"),
        ("ssd_mobilenet_v2_fpn", "use_explicit_padding: true"),
        ("ssd_efficientnet-b0_bifpn_keras", ""),
    ],
)
def test_what_is_not_built_is_named(kind: str, asked: str) -> None:
    text = _config(extra=asked).replace(b"ssd_mobilenet_v2", kind.encode(), 1)
    with pytest.raises(UnsupportedModelError, match=asked.partition(":")[0] or "depth_multiplier"):
        read_blueprint(parse(text))


def test_padding_to_a_multiple_that_the_size_has_already_changes_nothing() -> None:
    assert read_blueprint(parse(_config(extra="pad_to_multiple: 32"))) == read_blueprint(parse(_config()))


def test_explicit_padding_changes_no_shape_of_a_variable() -> None:
    plain, padded = (read_blueprint(parse(_config(extra=extra))) for extra in ("", "use_explicit_padding: true"))
    assert plain.variables == padded.variables
    assert plain.network != padded.network


def test_anchors_for_other_maps_are_refused() -> None:
    text = _config().replace(b"ssd_anchor_generator { num_layers: 3", b"ssd_anchor_generator { num_layers: 6")
    with pytest.raises(UnsupportedModelError, match="not for the feature maps"):
        read_blueprint(parse(text))
