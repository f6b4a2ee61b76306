"""The way back: from names and shapes alone to a configuration that has exactly these variables."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadstone.blueprint.class_count import dependent_on_classes
from loadstone.blueprint.initial_values import initial_values
from loadstone.blueprint.reader import read_any
from loadstone.blueprint.recovered.recover import Recovered, recover, variables_of
from loadstone.errors import UnsupportedModelError
from loadstone.facts.tensor import Shape
from loadstone.formats.checkpoint.bundle_index import read_index
from loadstone.formats.detection import config_beside, from_pipeline
from loadstone.formats.trees.tree import DiskTree
from loadstone.wire.textproto import dump, parse


def golden_shapes(shared: Path, name: str) -> dict[str, Shape | None]:
    golden = json.loads(gzip.decompress((shared / "goldens" / f"{name}.vars.json.gz").read_bytes()))
    return {row[0] + golden["suffix"]: tuple(row[1]) for row in golden["rows"]}


def names(shared: Path) -> list[str]:
    found = sorted(path.name.removesuffix(".vars.json.gz") for path in (shared / "goldens").glob("*.vars.json.gz"))
    return [name for name in found if not name.startswith("tf1_")]


def test_every_golden_finds_its_configuration_again(shared: Path) -> None:
    assert len(names(shared)) == 28
    for name in names(shared):
        found = recover(golden_shapes(shared, name))
        assert found.blueprint.unsupported == (), name
        original = json.loads((shared / "goldens" / f"{name}.json").read_text())["config"]
        theirs = read_any(parse((shared / "goldens" / original).read_bytes()))
        assert variables_of(found.blueprint) == variables_of(theirs), name
        # What is written reads as what was found.
        assert read_any(parse(dump(found.config).encode())) == found.blueprint


def test_real_checkpoints_find_what_their_configurations_say(shared: Path) -> None:
    """Fine-tuned to other classes, with optimizer slots, from the zoo: 14 of them."""
    paths = sorted((shared / "wild").glob("tf2od*/**/ckpt*.index"))
    assert len(paths) == 14
    for path in paths:
        entries = read_index(path.read_bytes()).entries
        found = recover({name: entry.shape for name, entry in entries.items()})
        config = config_beside(DiskTree(shared / "wild"), path.parent.relative_to(shared / "wild").as_posix())
        assert config is not None
        ours, theirs = from_pipeline(found.config), from_pipeline(config[1])
        assert (ours.feature_extractor, ours.num_classes) == (theirs.feature_extractor, theirs.num_classes), path
        assert ours.meta_architecture == theirs.meta_architecture


def test_new_class_heads_begin_small_without_a_configuration(shared: Path) -> None:
    """Where nothing states an initialiser it is Glorot's: a deviation of 1 made the first loss a hundredfold."""
    config = recover(golden_shapes(shared, "ssd_resnet50_v1_fpn_640")).config
    blueprint = read_any(config)
    values = initial_values(config, [blueprint.variables[key] for key in dependent_on_classes(config, blueprint)])
    assert len(values) == 2
    for key, value in values.items():
        assert (value == np.float32(-4.6)).all() if key.endswith("bias") else value.std() < 0.05, key


def test_a_known_size_is_taken(shared: Path) -> None:
    found = recover(golden_shapes(shared, "ssd_mobilenet_v2_fpnlite_320"), (320, 256))
    assert from_pipeline(found.config).input_size == (320, 256)
    assert found.assumed


SSD = """model {{ ssd {{ num_classes: {classes}
  image_resizer {{ fixed_shape_resizer {{ height: 256 width: 256 }} }}
  feature_extractor {{ type: "{kind}" depth_multiplier: {alpha} min_depth: 16 use_depthwise: {separable}
    conv_hyperparams {{ activation: RELU_6 batch_norm {{ epsilon: 0.001 }} }}
    override_base_feature_extractor_hyperparams: true
    fpn {{ min_level: {low} max_level: {high} additional_layer_depth: {depth} }} }}
  box_coder {{ faster_rcnn_box_coder {{ }} }}
  anchor_generator {{ multiscale_anchor_generator {{ min_level: {low} max_level: {high}
    aspect_ratios: [1.0, 2.0, 0.5] scales_per_octave: {octave} }} }}
  box_predictor {{ weight_shared_convolutional_box_predictor {{ depth: {tower} num_layers_before_predictor: {layers}
    kernel_size: 3 share_prediction_tower: {share} use_depthwise: {separable}
    conv_hyperparams {{ activation: RELU_6 batch_norm {{ epsilon: 0.001 }} }} }} }}
  post_processing {{ batch_non_max_suppression {{ }} score_converter: SIGMOID }} }} }}"""


@settings(max_examples=25)
@given(
    classes=st.integers(1, 200),
    kind=st.sampled_from(["ssd_mobilenet_v1_fpn_keras", "ssd_mobilenet_v2_fpn_keras"]),
    alpha=st.sampled_from([0.5, 0.75, 1.0]),
    low=st.integers(2, 4),
    high=st.integers(5, 7),
    depth=st.sampled_from([32, 64, 256]),
    tower=st.sampled_from([24, 128]),
    layers=st.integers(1, 4),
    octave=st.integers(1, 3),
    share=st.sampled_from(["true", "false"]),
    separable=st.sampled_from(["true", "false"]),
)
def test_other_sizes_find_their_configuration_as_well(**values: object) -> None:
    """Nothing is fitted to the zoo's own files: widths, levels, towers and anchors of other models come back."""
    blueprint = read_any(parse(SSD.format(**values).encode()))
    found: Recovered = recover(dict(variables_of(blueprint)))
    assert variables_of(found.blueprint) == variables_of(blueprint)
    assert found.blueprint.num_classes == values["classes"]


def test_what_fits_no_configuration_is_refused_by_name(shared: Path) -> None:
    shapes = golden_shapes(shared, "ssd_mobilenet_v2_fpnlite_320")
    odd = "model/_feature_extractor/classification_backbone/layer_with_weights-10/kernel/.ATTRIBUTES/VARIABLE_VALUE"
    with pytest.raises(UnsupportedModelError, match="1 of 384 variables differ") as caught:
        recover({**shapes, odd: (1, 1, 96, 32)})
    assert "layer_with_weights-10/kernel (1, 1, 96, 32) for (1, 1, 96, 24)" in caught.value.found
    with pytest.raises(UnsupportedModelError, match="not those of a detector"):
        recover({"model/dense/kernel": (3, 4)})
    half = {key: shape for key, shape in shapes.items() if "_fpn_features_generator" not in key}
    with pytest.raises(UnsupportedModelError):
        recover(half)
