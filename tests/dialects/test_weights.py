"""Weights laid anew: the same numbers come out of the layer as came out in the Keras that wrote them."""

from __future__ import annotations

import numpy as np
import pytest

from loadstone.dialects import WeightRule
from loadstone.dialects.weights import names_after, ruled
from loadstone.errors import FormatError
from tests.support.keras_files import Array, kernels


def after(rule: str, arrays: list[Array], *values: float) -> list[Array]:
    return ruled([WeightRule("layer", rule, values)], "layer", arrays)


def old_sigmoid(x: Array) -> Array:
    return np.clip(0.2 * x + 0.5, 0, 1)


def new_sigmoid(x: Array) -> Array:
    return np.clip(x / 6 + 0.5, 0, 1)


def test_a_keras_1_lstm_is_joined_gate_by_gate() -> None:
    arrays = [np.full((2, 1) if number % 3 < 2 else (1,), number, "f4") for number in range(12)]
    kernel, recurrent, bias = after("keras1-lstm", arrays)
    assert kernel[0].tolist() == [0, 6, 3, 9]
    assert recurrent[0].tolist() == [1, 7, 4, 10]
    assert bias.tolist() == [2, 8, 5, 11]
    names = names_after([WeightRule("layer", "keras1-lstm")], "layer", [str(number) for number in range(12)])
    assert names == ["layer_0_kernel", "layer_0_recurrent_kernel", "layer_0_bias"]


def test_a_keras_1_gru_is_joined_and_one_joined_already_is_left() -> None:
    arrays = [np.full((1,), number, "f4") for number in range(9)]
    assert [array.tolist() for array in after("keras1-gru", arrays)] == [[0, 3, 6], [1, 4, 7], [2, 5, 8]]
    joined = kernels((2, 8), (2, 8), (8,))
    assert after("keras1-lstm", joined) == joined


def test_another_number_of_weights_is_refused() -> None:
    with pytest.raises(FormatError, match="another number of weights"):
        after("keras1-lstm", kernels((1,), (1,), (1,), (1,)))


@pytest.mark.parametrize(
    ("rule", "gates", "squashed"), [("hard-sigmoid-lstm", 4, (0, 1, 3)), ("hard-sigmoid-gru", 3, (0, 1))]
)
def test_the_old_hard_sigmoid_is_the_new_one_of_scaled_weights(
    rule: str, gates: int, squashed: tuple[int, ...]
) -> None:
    units = 3
    kernel, bias = kernels((5, gates * units), (gates * units,))
    inputs = kernels((7, 5), seed=1)[0]
    scaled_kernel, scaled_bias = after(rule, [kernel, bias], 1.2)
    for gate in range(gates):
        part = slice(gate * units, (gate + 1) * units)
        old, new = inputs @ kernel[:, part] + bias[part], inputs @ scaled_kernel[:, part] + scaled_bias[part]
        if gate in squashed:
            np.testing.assert_allclose(new_sigmoid(new), old_sigmoid(old), atol=1e-6)
        else:
            np.testing.assert_array_equal(new, old)


def test_kernels_of_theano_are_turned_around() -> None:
    kernel = np.arange(12, dtype="f4").reshape(2, 3, 1, 2)
    np.testing.assert_array_equal(after("theano-kernel", [kernel])[0], kernel[::-1, ::-1])


def test_kernels_of_keras_1_are_laid_as_in_keras_2() -> None:
    first = np.zeros((8, 3, 5, 7), "f4")
    assert after("keras1-kernel-first", [first])[0].shape == (5, 7, 3, 8)
    assert after("keras1-conv1d", [np.zeros((3, 1, 4, 8), "f4")])[0].shape == (3, 4, 8)
    assert after("keras1-conv1d", [np.zeros((8, 4, 3, 1), "f4")])[0].shape == (3, 4, 8)
    assert after("keras1-transposed", [np.zeros((3, 3, 4, 8), "f4")])[0].shape == (3, 3, 8, 4)


def test_biases_of_cudnn_are_added_for_an_lstm_and_kept_apart_for_a_gru() -> None:
    kernel, recurrent, bias = kernels((2, 12), (3, 12), (24,))
    assert after("cudnn-lstm", [kernel, recurrent, bias])[2] == pytest.approx(bias[:12] + bias[12:])
    kernel, recurrent, bias = kernels((2, 9), (3, 9), (18,))
    assert after("cudnn-gru", [kernel, recurrent, bias])[2].shape == (2, 9)


def test_a_layer_without_a_rule_is_left_alone() -> None:
    arrays = kernels((2, 2))
    assert ruled([WeightRule("other", "hard-sigmoid-all", (1.2,))], "layer", arrays) is arrays
