"""What training takes of `model { faster_rcnn { … } }`; anchors beyond the picture; what decays and moves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("keras")

from loadstone.blueprint.faster_rcnn_parts import FasterRcnnBlueprint
from loadstone.blueprint.reader import read_any
from loadstone.errors import UnsupportedModelError
from loadstone.formats.detection.config import architecture
from loadstone.training.faster_rcnn.anchors import training_anchors
from loadstone.training.faster_rcnn.learner import MASK_LOSS, MOST_BOXES, FasterRcnnLearner
from loadstone.training.faster_rcnn.settings import FasterRcnnRules, StageSettings, read_settings
from loadstone.training.norms import NormRule
from loadstone.training.ssd.mining import HardExamples
from loadstone.wire.textmessage import TextMessage
from loadstone.wire.textproto import parse
from tests.support.two_stages import tiny_two_stages, values_of
from tests.training.compiled import squares


def config(shared: Path, name: str) -> TextMessage:
    return parse((shared / "pipeline_configs" / f"tf2_{name}.config").read_bytes())


def message(text: str) -> TextMessage:
    found = architecture(parse(f"model {{ faster_rcnn {{ {text} }} }}".encode()))
    assert found is not None
    return found


def test_a_tpu_configuration(shared: Path) -> None:
    found = read_settings(architecture(config(shared, "faster_rcnn_resnet50_v1_640x640_coco17_tpu-8")))
    assert found.first == StageSettings(256, 0.5, 2.0, 1.0)
    assert found.second == StageSettings(64, 0.25, 2.0, 1.0)
    assert (found.static, found.static_sampler, found.norms_train, found.dropout) == (True, True, True, 0.0)


def test_a_gpu_configuration_leaves_batch_norms_and_drops_anchors_beyond_the_picture(shared: Path) -> None:
    whole = config(shared, "faster_rcnn_resnet50_v1_800x1333_coco17_gpu-8")
    found = read_settings(architecture(whole))
    assert (found.static, found.norms_train) == (False, False)
    blueprint = read_any(whole)
    assert isinstance(blueprint, FasterRcnnBlueprint)
    anchors = training_anchors(blueprint)
    # Counted in the original.
    assert len(anchors.boxes) == 56416
    assert anchors.boxes.min() >= 0
    assert anchors.boxes.max() <= 1333
    rules = FasterRcnnRules(architecture(whole), blueprint.feature_extractor, norms_train=False)
    assert rules.norm("model/any/gamma") == NormRule(0.997, frozen=True)
    assert rules.decayed(blueprint.variables.values()) == {}


def test_a_built_detectors_batch_norms_follow_its_hyperparameters() -> None:
    model = message("feature_extractor { conv_hyperparams { batch_norm { decay: 0.97 } } }")
    assert FasterRcnnRules(model, "mobilenetv2", norms_train=True).norm("any/gamma") == NormRule(0.97)
    assert FasterRcnnRules(model, "faster_rcnn_resnet50_keras", norms_train=True).norm("any/gamma") == NormRule(0.997)
    fpn = FasterRcnnRules(model, "faster_rcnn_resnet50_fpn_keras", norms_train=True)
    assert fpn.norm("model/_feature_extractor_for_proposal_features/fpn/gamma") == NormRule(0.97)
    assert fpn.norm("model/x/classification_backbone/layer/gamma") == NormRule(0.997)


def test_no_configuration_is_the_zoos_and_an_empty_one_the_protos() -> None:
    assert read_settings(None).second.box_weight == 2.0
    found = read_settings(message(""))
    assert (found.first, found.second) == (StageSettings(256, 0.5), StageSettings(64, 0.25))


def test_every_field_is_read() -> None:
    found = read_settings(
        message(
            "first_stage_minibatch_size: 8 first_stage_positive_balance_fraction: 0.1 "
            "first_stage_localization_loss_weight: 3 first_stage_objectness_loss_weight: 4 second_stage_batch_size: 5 "
            "second_stage_balance_fraction: 0.6 second_stage_localization_loss_weight: 7 "
            "second_stage_classification_loss_weight: 8 use_static_balanced_label_sampler: true "
            "second_stage_mask_prediction_loss_weight: 9 "
            "hard_example_miner { num_hard_examples: 10 loss_type: CLASSIFICATION max_negatives_per_positive: 3 } "
            "second_stage_box_predictor { mask_rcnn_box_predictor { use_dropout: true dropout_keep_probability: 0.8 } }"
        )
    )
    assert (found.first, found.second) == (StageSettings(8, 0.1, 3, 4), StageSettings(5, 0.6, 7, 8))
    assert found.mask_weight == 9
    # The quota of negatives is not looked at.
    assert found.miner == HardExamples(10, 0.7, "CLASSIFICATION")
    # Without static shapes the original takes the other sampler.
    assert not found.static_sampler
    assert found.dropout == pytest.approx(0.2)


@pytest.mark.parametrize(
    "text",
    [
        "hard_example_miner { loss_type: NONE }",
        "second_stage_classification_loss { bootstrapped_sigmoid { alpha: 0.5 } }",
        "second_stage_balance_fraction: 1.5",
    ],
)
def test_what_is_not_trained_is_named_with_its_place(text: str) -> None:
    with pytest.raises(UnsupportedModelError) as raised:
        read_settings(message(text))
    assert raised.value.where


def test_decay_is_half_the_weight_of_the_hyperparameters_that_reach_a_kernel() -> None:
    weight = "regularizer {{ l2_regularizer {{ weight: {} }} }}"
    model = message(
        f"first_stage_box_predictor_conv_hyperparams {{ {weight.format(0.2)} }} second_stage_box_predictor {{ "
        f"mask_rcnn_box_predictor {{ fc_hyperparams {{ {weight.format(0.4)} }} }} }}"
    )
    found = FasterRcnnRules(model, "tiny", norms_train=True).decayed(tiny_two_stages().variables.values())
    assert {key.split("/")[1]: round(share, 6) for key, share in found.items()} == {
        "_first_stage_box_predictor_first_conv": 0.1,
        "_first_stage_box_predictor": 0.1,
        "_mask_rcnn_box_predictor": 0.2,
    }
    assert all(key.endswith("/kernel") for key in found)


def test_a_batch_has_one_shape_whatever_is_in_the_pictures() -> None:
    blueprint = tiny_two_stages(clip=False)
    learner = FasterRcnnLearner(blueprint, TextMessage(), values_of(blueprint))
    many = squares("many", [(8, 8, 40, 40)] * (MOST_BOXES + 5), classes=3)
    shapes: list[dict[str, tuple[tuple[int, ...], str]]] = []
    for sample in (many, squares("none", [], classes=3, size=(64, 40))):
        found = learner.encode(sample, np.random.default_rng(0))
        shapes.append({name: (array.shape, str(array.dtype)) for name, array in found.items()})
    assert shapes[0] == shapes[1]
    assert shapes[0]["boxes"] == ((MOST_BOXES, 4), "float32")
    # Fewer anchors than are to be drawn, so that all of them are.
    assert shapes[0]["rpn_rows"] == ((len(learner._anchors.rows),), "int32")


def test_a_mask_r_cnn_trains_its_masks(shared: Path) -> None:
    whole = config(shared, "mask_rcnn_inception_resnet_v2_1024x1024_coco17_gpu-8")
    assert read_settings(architecture(whole)).mask_weight == 4.0
    masks = read_any(whole)
    assert isinstance(masks, FasterRcnnBlueprint)
    blueprint = replace(tiny_two_stages(), third_stage=masks.third_stage, masks=masks.masks)
    learner = FasterRcnnLearner(blueprint, TextMessage(), values_of(blueprint))
    assert learner.masks
    assert learner.loss_names[-1] == MASK_LOSS
    assert any("_mask_predictor_layers" in variable.path for variable in learner.model.trainable_variables)
    assert set(learner.values()) == set(blueprint.variables)


def test_pictures_of_their_own_size_are_refused() -> None:
    blueprint = tiny_two_stages()
    blueprint = replace(blueprint, resizer=replace(blueprint.resizer, kind="identity"))
    with pytest.raises(UnsupportedModelError, match="keep their own size"):
        FasterRcnnLearner(blueprint, TextMessage(), values_of(blueprint))
