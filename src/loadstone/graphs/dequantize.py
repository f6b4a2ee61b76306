"""`Dequantize` in NumPy: quantised values back to floats, as TensorFlow computes it.

Specification: tensorflow/core/kernels/dequantize_op.cc and quantization_utils.h (`QuantizedToFloatStruct`); the order
of operations and the precision of each are the kernel's, so that results are equal, not close. One difference is meant:
TensorFlow's threads flush tiny numbers to zero, so that a range as narrow as [0, 1.2e-38] gives not-a-number there;
here it gives what the range says, zero. A detector that OpenCV distributes has six such tensors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loadstone.errors import UnsupportedModelError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

LIMITS = {
    "qint8": (-128, 127),
    "quint8": (0, 255),
    "qint16": (-32768, 32767),
    "quint16": (0, 65535),
    "qint32": (-(2**31), 2**31 - 1),
}
"""Quantised type → the smallest and largest value of its integers."""


@dataclass(frozen=True, slots=True)
class Quantisation:
    """A `Dequantize` node's attributes. `axis` is -1 where one range serves the whole tensor."""

    dtype: str
    mode: str = "MIN_COMBINED"
    narrow_range: bool = False
    axis: int = -1


def dequantize(
    values: npt.NDArray[Any], low: npt.NDArray[Any], high: npt.NDArray[Any], how: Quantisation
) -> npt.NDArray[np.float32]:
    """Return float32 of the values' shape; `low` and `high` are the range, one number or one for each slice of `axis`.

    Raises `UnsupportedModelError` for a type or mode that the kernel does not have.
    """
    import numpy as np

    compute = _MODES.get(how.mode)
    if compute is None or how.dtype not in LIMITS:
        raise UnsupportedModelError(f"Dequantize of {how.dtype} in mode {how.mode} is not known")
    if how.axis >= 0:
        sides = [-1 if place == how.axis else 1 for place in range(values.ndim)]
        low, high = low.reshape(sides), high.reshape(sides)
    else:
        low, high = low.reshape(()), high.reshape(())
    # A range that is infinite or not a number gives what C gives, without a word.
    with np.errstate(all="ignore"):
        return compute(values, low.astype(np.float32), high.astype(np.float32), how)


def _min_combined(
    values: npt.NDArray[Any], low: npt.NDArray[np.float32], high: npt.NDArray[np.float32], how: Quantisation
) -> npt.NDArray[np.float32]:
    """Spread the integers evenly over the range, shifted to start at zero."""
    import numpy as np

    least, most = LIMITS[how.dtype]
    half = np.float32((float(most) - least + 1) / 2.0) if least < 0 else np.float32(0)
    scale = (high - low) / np.float32(float(most) - least)
    return (values.astype(np.float32) + half) * scale + low


def _min_first(
    values: npt.NDArray[Any], low: npt.NDArray[np.float32], high: npt.NDArray[np.float32], how: Quantisation
) -> npt.NDArray[np.float32]:
    """Count steps from the smallest integer, with the range's start rounded to a whole step."""
    import numpy as np

    least, most = LIMITS[how.dtype]
    steps = float(most) - least + 1
    scale = ((high - low).astype(np.float64) / (steps - 1.0)).astype(np.float32)
    start = np.where(high == low, low, _away_from_zero(low / scale) * scale).astype(np.float32)
    return values.astype(np.float32) * scale + (start - np.float32(least) * scale)


def _scaled(
    values: npt.NDArray[Any], low: npt.NDArray[np.float32], high: npt.NDArray[np.float32], how: Quantisation
) -> npt.NDArray[np.float32]:
    """Multiply by one factor: zero stays zero."""
    import numpy as np

    least, most = LIMITS[how.dtype]
    least = least + 1 if how.narrow_range and least < 0 else least
    scale = high / np.float32(most)
    if least < 0:
        scale = np.maximum(low / np.float32(least), scale)
    return values.astype(np.float32) * scale


def _away_from_zero(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Round halves away from zero, as C's `round` does; NumPy rounds them to even."""
    import numpy as np

    return np.copysign(np.floor(np.abs(values) + np.float32(0.5)), values)


_MODES = {"MIN_COMBINED": _min_combined, "MIN_FIRST": _min_first, "SCALED": _scaled}
