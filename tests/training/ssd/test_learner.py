"""The SSD's learner on a small network: what it gives, what it freezes, what it refuses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from loadstone.blueprint.parts import Resizer  # noqa: E402
from loadstone.errors import FormatError, UnsupportedModelError  # noqa: E402
from loadstone.training.learners import build_learner  # noqa: E402
from loadstone.training.norms import MovingNorm  # noqa: E402
from loadstone.training.ssd.learner import SsdLearner  # noqa: E402
from tests.training.tiny import blueprint, config, rebuilt, sample, values  # noqa: E402

BOX = (0.1, 0.1, 0.9, 0.6)


def learner(frozen: Any = lambda key: False, **words: str) -> SsdLearner:
    found = build_learner(rebuilt(**words), frozen=frozen)
    assert isinstance(found, SsdLearner)
    return found


@pytest.fixture(scope="module")
def plain() -> SsdLearner:
    return learner()


def encoded(of: SsdLearner, *boxes: Any, **options: Any) -> dict[str, Any]:
    return dict(of.encode(sample(*boxes, **options), np.random.default_rng(0)))


def test_every_sample_has_the_same_shapes(plain: SsdLearner) -> None:
    shapes = [
        {name: (array.shape, array.dtype) for name, array in encoded(plain, *boxes).items()}
        for boxes in ((), (BOX,), (BOX, (0.5, 0.5, 1, 1)))
    ]
    assert shapes[0] == shapes[1] == shapes[2]
    assert shapes[0]["image"] == ((64, 64, 3), np.float32)
    assert shapes[0]["boxes"] == ((40, 4), np.float32)
    assert shapes[0]["columns"] == ((40,), np.int32)


def test_boxes_are_fractions_of_the_padded_picture(plain: SsdLearner) -> None:
    # The picture is 64 × 32 within 64 × 64: what fills its height fills half of the tensor's.
    whole = encoded(plain, (0, 0, 1, 1), classes=[2])
    best = int(np.flatnonzero(whole["match"] == 0)[0])
    assert whole["columns"][best] == 3
    anchor = plain._anchors[best]
    height = (anchor[2] - anchor[0]) * np.exp(whole["boxes"][best, 2] / 5)
    assert height == pytest.approx(0.5, rel=1e-4)


def test_boxes_without_area_or_number_claim_no_anchor(plain: SsdLearner) -> None:
    found = encoded(plain, (0.5, 0.5, 0.5, 0.9), (np.nan, 0, 1, 1), (0.9, 0.1, 0.2, 0.3))
    assert (found["match"] == -1).all()
    assert np.isfinite(found["boxes"]).all()


def test_a_class_that_the_detector_has_not_is_named(plain: SsdLearner) -> None:
    with pytest.raises(FormatError, match="class") as error:
        encoded(plain, BOX, classes=[3])
    assert "noise" in str(error.value)
    assert "0 to 2" in str(error.value)


def test_the_values_come_back(plain: SsdLearner) -> None:
    found = plain.values()
    assert set(found) == set(blueprint().variables)
    for key, value in values().items():
        assert np.array_equal(found[key], value), key


def test_losses_are_scalars_by_name(plain: SsdLearner) -> None:
    batch = [encoded(plain, BOX), encoded(plain)]
    tensors = {key: keras.ops.convert_to_tensor(np.stack([one[key] for one in batch])) for key in batch[0]}
    found = plain.losses(tensors, training=False, seed=None)
    assert tuple(found) == plain.loss_names
    for loss in found.values():
        number = np.asarray(keras.ops.convert_to_numpy(loss))
        assert number.shape == ()
        assert number > 0


def test_l2_is_what_the_configuration_says(plain: SsdLearner) -> None:
    assert {share for _, share in plain.l2()} == {0.0005}
    kernels = [key for key in blueprint().variables if key.endswith("kernel") and "pointwise" not in key]
    heads = [key for key in kernels if "_layers/0/depthwise" in key and "_head_scope" not in key]
    assert len(plain.l2()) == len(kernels) - len(
        [key for key in heads if "encoder" in key or "predictor_layers" in key]
    )
    assert learner(beside="train_config { add_regularization_loss: false }").l2() == []


def test_what_is_frozen_neither_trains_nor_decays(plain: SsdLearner) -> None:
    backbone = learner(lambda key: "/classification_backbone/" in key)
    whole = {variable.path for variable in plain.model.trainable_variables}
    left = {variable.path for variable in backbone.model.trainable_variables}
    assert left < whole
    assert not [path for path in left if "classification_backbone" in path]
    assert 0 < len(backbone.l2()) < len(plain.l2())


def test_norms_move_unless_the_configuration_freezes_them(plain: SsdLearner) -> None:
    norms = [layer for layer in plain.model.layers if isinstance(layer, MovingNorm)]
    assert {(norm.frozen, norm.momentum) for norm in norms} == {(False, 0.9)}
    still = learner(ssd="freeze_batchnorm: true")
    norms = [layer for layer in still.model.layers if isinstance(layer, MovingNorm)]
    assert all(norm.frozen for norm in norms)
    assert len(still.model.trainable_variables) == len(plain.model.trainable_variables)


def test_random_sampling_takes_weights_away() -> None:
    one = learner(loss="random_example_sampler { positive_sample_fraction: 0.25 }")
    found = encoded(one, BOX)
    positives = int((found["box_weights"] > 0).sum())
    assert positives == int((found["match"] >= 0).sum())
    assert int((found["class_weights"] > 0).sum()) == 4 * positives


def test_pictures_of_their_own_size_make_no_batch() -> None:
    plan = replace(blueprint(), resizer=Resizer("keep-aspect", (64, 64)))
    with pytest.raises(UnsupportedModelError, match="own size"):
        SsdLearner(plan, config(), values())


def test_a_family_without_a_learner_is_named() -> None:
    other: Any = object()
    with pytest.raises(UnsupportedModelError, match="family"):
        build_learner(replace(rebuilt(), blueprint=other))
