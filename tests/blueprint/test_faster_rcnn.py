"""Faster and Mask R-CNNs: the variables of every golden and of real checkpoints exactly, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from loadstone.blueprint.faster_rcnn import read_faster_rcnn
from loadstone.blueprint.faster_rcnn_heads import fitting_depth
from loadstone.blueprint.faster_rcnn_parts import Crops, FasterRcnnBlueprint, GridAnchors
from loadstone.blueprint.fields import Fields
from loadstone.blueprint.parts import MultiscaleAnchors
from loadstone.errors import UnsupportedModelError
from loadstone.formats.checkpoint.bundle_index import read_index
from loadstone.wire.textproto import parse_prefix
from tests.detectors.goldens import variables

GOLDENS = (
    "faster_rcnn_inception_resnet_v2_1024",
    "faster_rcnn_inception_resnet_v2_640",
    "faster_rcnn_resnet152_v1_640",
    "faster_rcnn_resnet50_v1_640",
    "faster_rcnn_resnet50_v1_800x1333",
    "faster_rcnn_resnet50_v1_fpn_640",
    "mask_rcnn_inception_resnet_v2_1024",
)


def read(text: bytes) -> FasterRcnnBlueprint:
    config = parse_prefix(text)[0]
    return read_faster_rcnn(Fields(config.message("model").message("faster_rcnn"), "model.faster_rcnn."))


def golden(shared: Path, name: str) -> FasterRcnnBlueprint:
    config = json.loads((shared / "goldens" / f"{name}.json").read_text())["config"]
    return read((shared / "goldens" / config).read_bytes())


@pytest.mark.parametrize("name", GOLDENS)
def test_variables_are_the_original_s(name: str, shared: Path) -> None:
    blueprint = golden(shared, name)
    ours = {key: (variable.name, variable.shape) for key, variable in blueprint.variables.items()}
    theirs = {key: (variable, shape) for key, (variable, shape, _) in variables(shared, name).items()}
    assert set(ours) ^ set(theirs) == set()
    assert {key: (value, theirs[key]) for key, value in ours.items() if value != theirs[key]} == {}
    assert blueprint.unsupported == ()


@pytest.mark.parametrize("name", ["tf2od-fasterrcnn-r50-hhr", "tf2od-maskrcnn-incres-hhr"])
def test_real_checkpoints_hold_the_same_variables(name: str, shared: Path) -> None:
    folder = shared / "wild" / name
    blueprint = read((folder / "pipeline.config").read_bytes())
    entries = read_index((folder / "checkpoint" / "ckpt-0.index").read_bytes()).entries
    suffix = "/.ATTRIBUTES/VARIABLE_VALUE"
    theirs = {name.removesuffix(suffix): entry.shape for name, entry in entries.items() if name.startswith("model/")}
    assert {key: variable.shape for key, variable in blueprint.variables.items()} == theirs


def test_every_real_configuration_of_these_families_is_read(shared: Path) -> None:
    texts = [path.read_bytes() for path in sorted((shared / "pipeline_configs").glob("*.config"))]
    found = [read(text) for text in texts if b"faster_rcnn {" in text and b"_keras" in text]
    assert len(found) == 17
    assert [blueprint.unsupported for blueprint in found] == [()] * 17


@pytest.mark.parametrize("wish", ["soft_nms_sigma: 0.5", "change_coordinate_frame: false"])
def test_another_suppression_is_refused(wish: str, shared: Path) -> None:
    config = json.loads((shared / "goldens" / "faster_rcnn_resnet50_v1_640.json").read_text())["config"]
    text = (shared / "goldens" / config).read_text()
    with pytest.raises(UnsupportedModelError, match="not built here") as caught:
        read(text.replace("  score_threshold: 0.0", f"  score_threshold: 0.0 {wish}").encode())
    assert "line" in str(caught.value.where)


def test_parts_of_the_mask_detector(shared: Path) -> None:
    blueprint = golden(shared, "mask_rcnn_inception_resnet_v2_1024")
    assert blueprint.meta_architecture == "mask_rcnn"
    assert blueprint.crops == Crops(17, 1, 1)
    assert blueprint.crops.side == 17
    assert blueprint.anchors == GridAnchors((0.25, 0.5, 1.0, 2.0), (0.5, 1.0, 2.0))
    assert not blueprint.shared_boxes
    assert blueprint.masks is not None
    assert blueprint.third_stage is not None
    network = blueprint.third_stage
    assert network.nodes[network.outputs["masks"]].shape == (33, 33, 90)


def test_parts_of_the_pyramid_detector(shared: Path) -> None:
    blueprint = golden(shared, "faster_rcnn_resnet50_v1_fpn_640")
    assert isinstance(blueprint.anchors, MultiscaleAnchors)
    assert blueprint.anchors.per_place == 6
    shapes = {name: blueprint.first_stage.nodes[place].shape for name, place in blueprint.first_stage.outputs.items()}
    assert shapes["features_0"] == (160, 160, 256)
    assert shapes["features_4"] == (10, 10, 256)
    assert shapes["box_encodings"] == (204600, 4)


def test_the_masks_depth_where_it_is_left_open() -> None:
    assert fitting_depth(1536, 90) == 256
    assert fitting_depth(2048, 1) == 16


def test_the_masks_depth_counts_classes_where_all_have_one_mask() -> None:
    fields = "predict_instance_masks: true masks_are_class_agnostic: true mask_prediction_conv_depth: 0"
    predictor = f"mask_rcnn_box_predictor {{ {fields} }}"
    blueprint = small("faster_rcnn_inception_v2", "number_of_stages: 3", predictor=predictor)
    assert blueprint.variables["SecondStageBoxPredictor/Conv/weights"].shape == (3, 3, 1024, fitting_depth(1024, 2))
    assert blueprint.variables["SecondStageBoxPredictor/Conv_1/weights"].shape[-1] == 1


SMALL = """model {{ faster_rcnn {{ num_classes: 2 {more}
  image_resizer {{ fixed_shape_resizer {{ height: 64 width: 64 }} }}
  feature_extractor {{ type: "{kind}" }}
  first_stage_anchor_generator {{ {anchors} }}
  initial_crop_size: 14 maxpool_kernel_size: 2 maxpool_stride: 2
  second_stage_box_predictor {{ {predictor} }} }} }}"""
GRID = "grid_anchor_generator { scales: [1.0] aspect_ratios: [1.0] }"


def small(
    kind: str = "faster_rcnn_resnet50_keras",
    more: str = "",
    anchors: str = GRID,
    predictor: str = "mask_rcnn_box_predictor { }",
) -> FasterRcnnBlueprint:
    return read(SMALL.format(kind=kind, more=more, anchors=anchors, predictor=predictor).encode())


def test_what_is_not_built_is_refused_or_named() -> None:
    assert small().num_classes == 2
    with pytest.raises(UnsupportedModelError, match="faster_rcnn_nas is not rebuilt here") as caught:
        small("faster_rcnn_nas")
    assert caught.value.where == "line 3, column 23"
    with pytest.raises(UnsupportedModelError, match="rfcn_box_predictor is not built here"):
        small(predictor="rfcn_box_predictor { }")
    with pytest.raises(UnsupportedModelError, match="ssd_anchor_generator is not built here"):
        small(anchors="ssd_anchor_generator { }")
    with pytest.raises(UnsupportedModelError, match="number of stages"):
        small(more="number_of_stages: 3")
    assert small(more="context_config { }").unsupported == ("model.faster_rcnn.context_config",)
