"""Weights laid as the target expects them: what the rules of `WeightRule` do to one layer's arrays.

Arrays come and go in the order in which the file lists a layer's weights. A rule that does not fit the arrays' number
or shapes raises `FormatError`: nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from loadstone.dialects.ledger import WeightRule
from loadstone.errors import FormatError

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[Any]

_LSTM1 = ((0, 6, 3, 9), (1, 7, 4, 10), (2, 8, 5, 11))
"""Keras 1 listed W, U and b of the gates i, c, f, o in turn; Keras 2 joins i, f, c, o."""
_GRU1 = ((0, 3, 6), (1, 4, 7), (2, 5, 8))


def ruled(rules: Sequence[WeightRule], layer: str, arrays: list[Array]) -> list[Array]:
    """Return a layer's arrays after all rules for it."""
    for rule in rules:
        if rule.layer == layer:
            arrays = _RULES[rule.rule](arrays, rule.values)
    return arrays


def names_after(rules: Sequence[WeightRule], layer: str, names: list[str]) -> list[str]:
    """Return the names of a layer's weights after all rules for it: joined ones are named for what they are."""
    for rule in rules:
        if rule.layer == layer and rule.rule in ("keras1-lstm", "keras1-gru"):
            parts = 12 if rule.rule == "keras1-lstm" else 9
            if len(names) % parts == 0:
                sets = range(len(names) // parts)
                names = [
                    f"{layer}_{number}_{kind}" for number in sets for kind in ("kernel", "recurrent_kernel", "bias")
                ]
    return names


def _joined(arrays: list[Array], order: Sequence[Sequence[int]], layer: str) -> list[Array]:
    import numpy as np

    parts = sum(map(len, order))
    if arrays and len(arrays) % 3 == 0 and len(arrays) % parts:
        # Written with consume_less="gpu", which joined them already.
        return arrays
    if not arrays or len(arrays) % parts:
        raise FormatError(
            f"a {layer} of Keras 1 has another number of weights", expected=str(parts), found=str(len(arrays))
        )
    return [
        np.concatenate([arrays[start + number] for number in kind], axis=-1)
        for start in range(0, len(arrays), parts)
        for kind in order
    ]


def _lstm1(arrays: list[Array], _: tuple[float, ...]) -> list[Array]:
    return _joined(arrays, _LSTM1, "LSTM")


def _gru1(arrays: list[Array], _: tuple[float, ...]) -> list[Array]:
    return _joined(arrays, _GRU1, "GRU")


def _conv1d(arrays: list[Array], _: tuple[float, ...]) -> list[Array]:
    kernel = arrays[0]
    if kernel.ndim != 4:
        return arrays
    if kernel.shape[1] != 1:
        # The oldest ones: output, input, length, 1.
        kernel = kernel.transpose(2, 3, 1, 0)
    return [kernel[:, 0], *arrays[1:]]


def _kernel_first(arrays: list[Array], _: tuple[float, ...]) -> list[Array]:
    """Output, input, rows, columns → rows, columns, input, output."""
    kernel = arrays[0]
    return [kernel.transpose(*range(2, kernel.ndim), 1, 0), *arrays[1:]]


def _transposed(arrays: list[Array], _: tuple[float, ...]) -> list[Array]:
    kernel = arrays[0]
    return [kernel.swapaxes(-1, -2), *arrays[1:]]


def _transposed_first(arrays: list[Array], _: tuple[float, ...]) -> list[Array]:
    kernel = arrays[0]
    return [kernel.transpose(*range(2, kernel.ndim), 0, 1), *arrays[1:]]


def _flipped(arrays: list[Array], _: tuple[float, ...]) -> list[Array]:
    """Theano turns kernels around where TensorFlow does not: all spatial axes, which are all but the last two."""
    kernel = arrays[0]
    turned = kernel[tuple(slice(None, None, -1) for _ in range(kernel.ndim - 2))]
    return [turned, *arrays[1:]]


def _gates(arrays: list[Array], values: tuple[float, ...], gates: int, scaled: tuple[int, ...]) -> list[Array]:
    """Multiply the columns of some gates in every array of a recurrent layer."""
    found = []
    for array in arrays:
        if array.shape[-1] % gates:
            raise FormatError(
                "a recurrent weight does not divide into gates",
                expected=f"a multiple of {gates}",
                found=str(array.shape),
            )
        units = array.shape[-1] // gates
        made = array.copy()
        for gate in scaled:
            made[..., gate * units : (gate + 1) * units] *= array.dtype.type(values[0])
        found.append(made)
    return found


def _lstm_gates(arrays: list[Array], values: tuple[float, ...]) -> list[Array]:
    return _gates(arrays, values, 4, (0, 1, 3))


def _gru_gates(arrays: list[Array], values: tuple[float, ...]) -> list[Array]:
    return _gates(arrays, values, 3, (0, 1))


def _all(arrays: list[Array], values: tuple[float, ...]) -> list[Array]:
    return [array * array.dtype.type(values[0]) for array in arrays]


def _separable(arrays: list[Array], values: tuple[float, ...]) -> list[Array]:
    return [arrays[0], *_all(arrays[1:], values)]


def _cudnn(arrays: list[Array], gates: int) -> list[Array]:
    """cuDNN's kernels are the transposed ones, read in the other order; its two biases are kept apart for a GRU."""
    import numpy as np

    found: list[Array] = []
    for kernel, recurrent, bias in zip(arrays[::3], arrays[1::3], arrays[2::3], strict=True):
        inputs = np.hstack([part.T.reshape(part.shape, order="F") for part in np.hsplit(kernel, gates)])
        states = np.hstack([part.T for part in np.hsplit(recurrent, gates)])
        both = bias.reshape(2, -1)
        found += [inputs, states, both.sum(axis=0, dtype=bias.dtype) if gates == 4 else both]
    return found


def _cudnn_lstm(arrays: list[Array], _: tuple[float, ...]) -> list[Array]:
    return _cudnn(arrays, 4)


def _cudnn_gru(arrays: list[Array], _: tuple[float, ...]) -> list[Array]:
    return _cudnn(arrays, 3)


_RULES: Mapping[str, Callable[[list[Array], tuple[float, ...]], list[Array]]] = {
    "keras1-lstm": _lstm1,
    "keras1-gru": _gru1,
    "keras1-conv1d": _conv1d,
    "keras1-kernel-first": _kernel_first,
    "keras1-transposed": _transposed,
    "keras1-transposed-first": _transposed_first,
    "theano-kernel": _flipped,
    "hard-sigmoid-lstm": _lstm_gates,
    "hard-sigmoid-gru": _gru_gates,
    "hard-sigmoid-all": _all,
    "hard-sigmoid-separable": _separable,
    "cudnn-lstm": _cudnn_lstm,
    "cudnn-gru": _cudnn_gru,
}
