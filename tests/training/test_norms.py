"""Batch norms: the moving variance is the unbiased one, and frozen ones stay still."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from loadstone.training.norms import MovingNorm, notes_on_norms  # noqa: E402

INPUTS = np.random.default_rng(2).normal(3, 2, (2, 3, 3, 4)).astype(np.float32)


def numbers(tensor: Any) -> Any:
    return np.asarray(keras.ops.convert_to_numpy(tensor))


def norm(**options: Any) -> Any:
    layer = MovingNorm(momentum=0.9, **options)
    layer.build(INPUTS.shape)
    return layer


def test_it_normalises_by_the_biased_variance_and_keeps_the_unbiased_one() -> None:
    layer = norm()
    outputs = numbers(layer(keras.ops.convert_to_tensor(INPUTS), training=True))
    mean, biased = INPUTS.mean(axis=(0, 1, 2)), INPUTS.var(axis=(0, 1, 2))
    np.testing.assert_allclose(outputs, (INPUTS - mean) / np.sqrt(biased + 1e-3), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(numbers(layer.moving_mean), 0.1 * mean, rtol=1e-5)
    np.testing.assert_allclose(numbers(layer.moving_variance), 0.9 + 0.1 * biased * 18 / 17, rtol=1e-5)


@pytest.mark.parametrize("options", [{"frozen": True}, {"trainable": False}])
def test_a_frozen_one_uses_and_leaves_its_statistics(options: dict[str, bool]) -> None:
    layer = norm(**options)
    outputs = numbers(layer(keras.ops.convert_to_tensor(INPUTS), training=True))
    np.testing.assert_allclose(outputs, INPUTS / np.sqrt(1 + 1e-3), rtol=1e-5)
    assert numbers(layer.moving_mean).tolist() == [0] * 4
    assert len(layer.trainable_variables) == (2 if options.get("frozen") else 0)


def test_a_layer_comes_back_from_its_configuration() -> None:
    again = MovingNorm.from_config(MovingNorm(frozen=True, momentum=0.5).get_config())
    assert (again.frozen, again.momentum) == (True, 0.5)


def test_norms_that_will_not_have_their_statistics_in_time_are_told_of() -> None:
    def model(momentum: float, **options: Any) -> Any:
        x = inputs = keras.Input((4, 4, 2))
        for each in (0.9, momentum):
            x = MovingNorm(momentum=each, **options)(x)
        return keras.Model(inputs, x)

    (note,) = notes_on_norms(model(0.997), 500)
    assert "momentum 0.997 begin without statistics, and 22% of that is left at the end (500 updates)" in note
    assert not notes_on_norms(model(0.997), 2000)
    assert not notes_on_norms(model(0.97), 10)
    assert not notes_on_norms(model(0.997, frozen=True), 10)
    trained = model(0.997)
    trained.layers[-1].moving_mean.assign([0.1, 0.2])
    assert not notes_on_norms(trained, 10)
