"""Two stages whose pictures keep their own size, trained on padded ones; and the dropouts before the second's heads."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from loadstone.blueprint.faster_rcnn_parts import FasterRcnnBlueprint
from loadstone.blueprint.input_size import with_padding
from loadstone.blueprint.reader import read_any
from loadstone.errors import UnsupportedModelError
from loadstone.wire.textproto import parse

if find_spec("keras") is None:
    pytest.skip("no Keras", allow_module_level=True)

from loadstone.training.faster_rcnn.learner import FasterRcnnLearner
from loadstone.training.faster_rcnn.padding import padded
from tests.support.two_stages import tiny_two_stages, values_of
from tests.training.faster_rcnn.tiny_check import SETTINGS
from tests.training.running import run_check

TEXT = """
model { faster_rcnn {
  number_of_stages: 3 num_classes: 2
  image_resizer { %s }
  feature_extractor { type: "faster_rcnn_inception_v2" first_stage_features_stride: 16 }
  first_stage_anchor_generator { grid_anchor_generator { scales: [0.25, 0.5] aspect_ratios: [1.0, 2.0] } }
  first_stage_max_proposals: 20 initial_crop_size: 14 maxpool_kernel_size: 2 maxpool_stride: 2
  second_stage_batch_size: 8
  second_stage_box_predictor { mask_rcnn_box_predictor { predict_instance_masks: true mask_prediction_conv_depth: 8 } }
  second_stage_post_processing { batch_non_max_suppression { } score_converter: SOFTMAX }
} }
"""
KEEPING = "keep_aspect_ratio_resizer { min_dimension: 64 max_dimension: 96 }"


def test_a_mask_rcnn_of_tf1_that_does_not_pad_trains_on_padded_pictures() -> None:
    config = parse((TEXT % KEEPING).encode())
    blueprint = read_any(config)
    assert isinstance(blueprint, FasterRcnnBlueprint)
    assert blueprint.resizer.output is None
    found, (note,) = padded(blueprint, config)
    assert "96 × 96" in note
    assert found.resizer == replace(blueprint.resizer, pad=True)
    first = found.first_stage
    assert first.nodes[first.outputs["features_0"]].shape[:2] == (6, 6)
    assert found.variables == blueprint.variables
    assert (found.second_stage, found.third_stage) == (blueprint.second_stage, blueprint.third_stage)
    # A detector that pads, or whose resizer cannot, stays as it is.
    assert padded(found, config) == (found, ())
    other = replace(blueprint, resizer=replace(blueprint.resizer, kind="identity"))
    assert padded(other, config) == (other, ())


def test_another_resizer_is_not_made_to_pad() -> None:
    with pytest.raises(UnsupportedModelError, match="keeps the aspect ratio"):
        with_padding(parse((TEXT % "identity_resizer { }").encode()))


@pytest.mark.slow
def test_it_learns_and_is_saved_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "pipeline.config").write_text(TEXT % KEEPING)
    found: dict[str, Any] = run_check("tests.training.faster_rcnn.padding_check", str(tmp_path), backend="torch")
    assert all(np.isfinite(loss) for loss in found["losses"])
    assert found["shapes"] == [[96, 96, 3], [96, 96, 3]]
    assert "pad_to_max_dimension" not in found["saved"]
    assert found["boxes"] > 0


def test_each_head_has_a_dropout_of_its_own() -> None:
    blueprint = tiny_two_stages()
    layers = {}
    for rate in (0.0, 0.2):
        settings = replace(SETTINGS, dropout=rate)
        learner = FasterRcnnLearner(blueprint, parse(b""), values_of(blueprint), settings=settings)
        assert learner.notes == ()
        assert set(learner.values()) == set(blueprint.variables)
        layers[rate] = [one for one in learner.model.second_stage.layers if type(one).__name__ == "DrawnDropout"]
    assert not layers[0.0]
    assert [one.rate for one in layers[0.2]] == [0.2, 0.2]
    assert len({one.stream for one in layers[0.2]}) == 2
    kinds = {type(node.operation).__name__ for one in layers[0.2] for node in one._outbound_nodes}
    assert kinds == {"Dense"}


def test_the_heads_of_tf2_lie_behind_their_dropout() -> None:
    text = (TEXT % KEEPING).replace("faster_rcnn_inception_v2", "faster_rcnn_resnet50_keras")
    text = text.replace("number_of_stages: 3", "").replace("predict_instance_masks: true", "use_dropout: %s")
    keys = {word: set(read_any(parse((text % word).encode())).variables) for word in ("true", "false")}
    moved = {
        key.replace("layers/1/", "layers/2/") if "mask_rcnn_box_predictor" in key else key for key in keys["false"]
    }
    assert keys["true"] == moved != keys["false"]
