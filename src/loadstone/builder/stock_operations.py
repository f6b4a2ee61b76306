"""How operations of `keras.ops` are written that stand in a model's graph beside its layers: sums, products, curves.

`x + 3.0` between two layers of a functional model is one of them, and so is what a layer of one's own computes with.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import keras
import numpy as np

from loadstone.blueprint.network import Scope, Tensor
from loadstone.builder.site import BATCH, Bordered, Channel, NoFormError, Placed, Site, Value, Weight, array_of
from loadstone.builder.stock_arguments import one_map, same, several, windowed
from loadstone.builder.stock_weights import convolved, depthwise, normalised, offset, product, scaled, unweighted

Handler = Callable[[Site, Any, Scope, Sequence[Any], Mapping[str, Any]], "Value | list[Value]"]

REVERSED = [2, 1, 0]


def summed(site: Site, given: Sequence[Placed]) -> Placed:
    """Return the sum of equal shapes."""
    if len({value.shape for value in given}) > 1:
        raise NoFormError("maps of different shapes")
    return given[0].like(site.to.add(*_alike(site, given)))


def _alike(site: Site, given: Sequence[Placed]) -> list[Tensor]:
    """Return tensors of the same sides: places in one line are put as those of a map among them lie."""
    sides = [value.tensor.shape[:2] for value in given]
    like = next((pair for pair in sides if 1 not in pair), sides[0])
    return [
        x.tensor if x.tensor.shape[:2] == like else site.to.reshape(x.tensor, (*like, x.tensor.channels)) for x in given
    ]


def joined(site: Site, given: Sequence[Placed]) -> Placed:
    """Return the channels of maps one after the other."""
    if len({value.shape[:-1] for value in given}) > 1:
        raise NoFormError("maps of different sizes")
    return given[0].like(site.to.concat(*_alike(site, given)))


def multiplied(site: Site, x: Placed, y: Placed) -> Placed:
    """Return the product; one of the two may be of one place, which counts for all."""
    if y.tensor.shape != x.tensor.shape and x.tensor.shape[:2] == (1, 1):
        x, y = y, x
    if x.shape == y.shape:
        return x.like(site.to.multiply(*_alike(site, [x, y])))
    if y.tensor.channels != x.tensor.channels or set(y.shape[:-1]) != {1}:
        raise NoFormError(f"maps of different shapes, {x.shape} and {y.shape}")
    return x.like(site.to.multiply(x.tensor, y.tensor))


def viewed(site: Site, x: Placed, shape: Sequence[int | None]) -> Placed:
    """Return the same values in the same order under another shape, (`BATCH`, …, channels).

    Where only the places are counted otherwise, nothing is done. Raises `NoFormError` for more than three axes.
    """
    batch, *lead, channels = [side or 0 for side in shape] if len(shape) > 1 else [0, 0]
    if batch != BATCH or len(lead) > 2:
        raise NoFormError(f"of {x.shape} to {tuple(shape[1:])}")
    tensor, wanted = x.tensor, tuple(lead)
    if channels != tensor.channels or (len(wanted) == 2 and wanted != tensor.shape[:2]):
        tensor = site.to.reshape(tensor, (*wanted, *(1,) * (2 - len(wanted)), channels))
    return Placed(tensor, None if wanted == tensor.shape[:2] else wanted)


def _transpose(site: Site, operation: Any, _: Scope, arguments: Sequence[Any], named: Mapping[str, Any]) -> Value:
    """Another order of the axes, but for the batch's."""
    x = _one(arguments, named)
    batch, *axes = operation.axes or range(len(x.shape), -1, -1)
    if batch != 0 or len(axes) not in (2, 3):
        raise NoFormError(f"of {x.shape} in the order {operation.axes}")
    if len(axes) == 3:
        return Placed(site.to.transpose(x.tensor, [axis - 1 for axis in axes]))
    line = site.to.transpose(_matrix(site, x), [0, *axes])
    return Placed(line, (x.tensor.channels,))


def _matrix(site: Site, x: Placed) -> Tensor:
    """Return places in one line as (1, places, channels); a stack of matrices as it is."""
    if len(x.shape) == 3:
        return x.tensor
    if len(x.shape) != 2:
        raise NoFormError(f"a product of {x.shape}, which is no matrix")
    return site.to.reshape(x.tensor, (1, *x.shape)) if x.tensor.shape[0] != 1 else x.tensor


def _matmul(site: Site, operation: Any, at: Scope, arguments: Sequence[Any], named: Mapping[str, Any]) -> Value:
    """A product with a weight of the layer's own, or of two stacks of matrices, as attention has it."""
    x, y = _two(arguments, named)
    if isinstance(y, Weight):
        return product(site, operation, at, arguments, named)
    if not isinstance(x, Placed) or not isinstance(y, Placed) or len(x.shape) != len(y.shape):
        raise NoFormError("it is not called with two stacks of matrices")
    one, other = _matrix(site, x), _matrix(site, y)
    if other.shape[0] != one.shape[0]:
        raise NoFormError(f"a product of {x.shape} and {y.shape}")
    found = site.to.matmul(one, other)
    return Placed(found) if len(x.shape) == 3 else Placed(found, x.shape[:-1])


def _two(arguments: Sequence[Any], named: Mapping[str, Any]) -> tuple[Any, Any]:
    given = [*arguments, *named.values()]
    if len(given) != 2:
        raise NoFormError("it is not called with two values")
    return given[0], given[1]


def _one(arguments: Sequence[Any], named: Mapping[str, Any]) -> Placed:
    given = [*arguments, *named.values()]
    if len(given) != 1 or not isinstance(given[0], Placed):
        raise NoFormError("it is not called with one tensor")
    return given[0]


def _constant(value: Any, channels: int) -> list[float]:
    """Return a number, or one a channel."""
    array = array_of(value).astype(np.float64)
    if (array.size != 1 and array.shape[-1:] != (channels,)) or array.size not in (1, channels):
        raise NoFormError(f"a constant {array.shape} that is not one number, or one a channel")
    found: list[float] = np.ravel(array).tolist()
    return found


def _add(site: Site, _: Any, __: Scope, arguments: Sequence[Any], named: Mapping[str, Any]) -> Value:
    x, y = _two(arguments, named)
    if isinstance(x, Placed) and isinstance(y, Placed):
        return summed(site, [x, y])
    x, y = (x, y) if isinstance(x, Placed) else (y, x)
    if isinstance(y, Weight):
        return offset(site, x, y)
    return x.like(site.to.affine(x.tensor, [1.0], _constant(y, x.tensor.channels)))


def _subtract(site: Site, _: Any, __: Scope, arguments: Sequence[Any], named: Mapping[str, Any]) -> Value:
    x, y = _two(arguments, named)
    if isinstance(x, Placed) and isinstance(y, Placed):
        return summed(site, [x, y.like(site.to.scale(y.tensor, -1.0))])
    if isinstance(x, Weight):
        return offset(site, y.like(site.to.scale(y.tensor, -1.0)), x)
    if isinstance(x, Placed):
        shift = [-value for value in _constant(unweighted(y), x.tensor.channels)]
        return x.like(site.to.affine(x.tensor, [1.0], shift))
    other: Placed = y
    return other.like(site.to.affine(other.tensor, [-1.0], _constant(x, other.tensor.channels)))


def _multiply(site: Site, _: Any, __: Scope, arguments: Sequence[Any], named: Mapping[str, Any]) -> Value:
    x, y = _two(arguments, named)
    if isinstance(x, Placed) and isinstance(y, Placed):
        return multiplied(site, x, y)
    x, y = (x, y) if isinstance(x, Placed) else (y, x)
    if isinstance(y, Weight):
        return scaled(site, x, y)
    return x.like(site.to.affine(x.tensor, _constant(y, x.tensor.channels), [0.0]))


def _divide(site: Site, _: Any, __: Scope, arguments: Sequence[Any], named: Mapping[str, Any]) -> Value:
    x, y = _two(arguments, named)
    if not isinstance(x, Placed) or isinstance(y, Placed):
        raise NoFormError("division by a map")
    shares = _constant(unweighted(y), x.tensor.channels)
    if 0.0 in shares:
        raise NoFormError("division by 0")
    return x.like(site.to.affine(x.tensor, [1 / share for share in shares], [0.0]))


def _negative(site: Site, _: Any, __: Scope, arguments: Sequence[Any], named: Mapping[str, Any]) -> Value:
    x = _one(arguments, named)
    return x.like(site.to.scale(x.tensor, -1.0))


def _square(site: Site, _: Any, __: Scope, arguments: Sequence[Any], named: Mapping[str, Any]) -> Value:
    x = _one(arguments, named)
    return multiplied(site, x, x)


def _cast(_: Site, operation: Any, __: Scope, arguments: Sequence[Any], ___: Mapping[str, Any]) -> Value:
    """Everything is float32 here, so one kind of fractions or another makes no difference."""
    if "float" not in str(operation.dtype or "float32") or not isinstance(arguments[0], Value):
        raise NoFormError(f"to {operation.dtype}")
    value: Value = arguments[0]
    return value


def _clip(site: Site, operation: Any, __: Scope, arguments: Sequence[Any], named: Mapping[str, Any]) -> Value:
    x = _one(arguments, named)
    if (operation.x_min, operation.x_max) != (0, 6):
        raise NoFormError(f"to {operation.x_min} … {operation.x_max}, where 0 … 6 has a form")
    return x.like(site.to.activation(x.tensor, "relu6"))


def _maximum(site: Site, _: Any, __: Scope, arguments: Sequence[Any], named: Mapping[str, Any]) -> Value:
    x, y = _two(arguments, named)
    x, y = (x, y) if isinstance(x, Placed) else (y, x)
    if not isinstance(y, int | float) or y != 0:
        raise NoFormError("the larger of two, where that of a map and 0 has a form")
    return x.like(site.to.activation(x.tensor, "relu"))


def _mean(site: Site, operation: Any, _: Scope, arguments: Sequence[Any], named: Mapping[str, Any]) -> Value:
    x = _one(arguments, named)
    rank = len(x.shape) + 1
    over = sorted(axis % rank for axis in operation.axis or range(rank))
    if over != list(range(1, rank - 1)) or not over:
        raise NoFormError(f"over the axes {operation.axis} of {x.shape}, where height and width have a form")
    lead = (1,) * len(over) if operation.keepdims else ()
    return Placed(site.to.mean(x.tensor, keep_sides=True), None if lead == (1, 1) else lead)


def _view(site: Site, operation: Any, _: Scope, arguments: Sequence[Any], named: Mapping[str, Any]) -> Value:
    """Reshape, expand and squeeze: whatever leaves values where they are."""
    if isinstance(arguments[0], Weight):
        shape = operation.compute_output_spec(keras.KerasTensor(arguments[0].shape)).shape
        return Weight(arguments[0].variable, arguments[0].at, tuple(shape))
    x = _one(arguments, named)
    return viewed(site, x, operation.compute_output_spec(keras.KerasTensor((BATCH, *x.shape))).shape)


def _concatenate(site: Site, operation: Any, _: Scope, arguments: Sequence[Any], __: Mapping[str, Any]) -> Value:
    given = several(arguments)
    if operation.axis not in (-1, len(given[0].shape)):
        raise NoFormError(f"along axis {operation.axis}, where the channels are the last")
    return joined(site, given)


def _pad(site: Site, operation: Any, _: Scope, arguments: Sequence[Any], named: Mapping[str, Any]) -> Value:
    filled = named.get("constant_values", arguments[1] if len(arguments) > 1 else None)
    batch, high, wide, channels = _ends(operation.pad_width)
    x = arguments[0]
    if operation.mode != "constant" or batch != (0, 0) or channels != (0, 0) or not isinstance(x, Placed):
        raise NoFormError("around other axes than height and width, or not with zeros")
    if filled == float("-inf"):
        return Bordered(x, (high, wide))
    if filled not in (None, 0) or x.lead is not None:
        raise NoFormError(f"with {filled}")
    return Placed(site.to.pad(x.tensor, (high, wide)))


def pooled(site: Site, pool: Any, _: Scope, arguments: Sequence[Any], __: Mapping[str, Any]) -> Value:
    """A layer or an operation that takes the largest value or the mean of windows."""
    window, padding = same(pool.pool_size, "a window"), windowed(pool)
    stride = window if pool.strides is None else same(pool.strides, "strides")
    if type(pool).__name__.startswith("Average"):
        return Placed(site.to.average_pool(one_map(arguments).tensor, window, stride=stride, padding=padding))
    bordered = arguments[0]
    if not isinstance(bordered, Bordered):
        return Placed(site.to.max_pool(one_map(arguments).tensor, window, stride=stride, padding=padding))
    if padding != "valid" or max(end for ends in bordered.around for end in ends) >= window:
        raise NoFormError("of a map with a border as wide as the window")
    x = bordered.of.tensor
    return Placed(site.to.max_pool(x, window, stride=stride, padding=padding, around=bordered.around))


def _ends(pairs: Sequence[Any]) -> list[tuple[int, int]]:
    found = [(int(first), int(last)) for first, last in pairs]
    if len(found) != 4:
        raise NoFormError("around what is no map")
    return found


def _split(site: Site, operation: Any, _: Scope, arguments: Sequence[Any], named: Mapping[str, Any]) -> list[Value]:
    """Split the channels at equal distances or given places."""
    x = _one(arguments, named)
    if operation.axis not in (-1, len(x.shape)):
        raise NoFormError(f"along axis {operation.axis}, where the channels are the last")
    places, channels = operation.indices_or_sections, x.tensor.channels
    if isinstance(places, int):
        places = [channels // places * number for number in range(1, places)]
    ends = [0, *(min(int(place), channels) for place in places), channels]
    return [x.like(site.to.slice(x.tensor, first, last)) for first, last in pairwise(ends)]


def _curve(kind: str) -> Handler:
    def write(site: Site, operation: Any, _: Scope, arguments: Sequence[Any], named: Mapping[str, Any]) -> Value:
        if len(arguments) != 1 or named or not isinstance(arguments[0], Placed):
            raise NoFormError("it is called with options")
        alpha = {"leaky_relu": "negative_slope", "elu": "alpha"}.get(kind)
        slope = float(getattr(operation, alpha)) if alpha else None
        tanh = kind == "gelu" and getattr(operation, "approximate", False)
        x = arguments[0]
        return x.like(site.to.activation(x.tensor, "gelu_tanh" if tanh else kind, slope))

    return write


def _softmax(site: Site, operation: Any, _: Scope, arguments: Sequence[Any], named: Mapping[str, Any]) -> Value:
    x = _one(arguments, named)
    if operation.axis not in (-1, len(x.shape)):
        raise NoFormError(f"along axis {operation.axis}, where the channels are the last")
    return x.like(site.to.activation(x.tensor, "softmax"))


def _item(site: Site, operation: Any, _: Scope, arguments: Sequence[Any], ___: Mapping[str, Any]) -> Value:
    """Some of the channels, one of the picture's, all in the other order, or new axes; other parts have no form."""
    x, key = arguments[0], arguments[1] if isinstance(arguments[1], tuple) else (arguments[1],)
    whole = [part is None or part is Ellipsis or part == slice(None) for part in key]
    if isinstance(x, Weight) and all(whole):
        return Weight(x.variable, x.at, operation.compute_output_spec(keras.KerasTensor(x.shape), key).shape)
    if isinstance(x, Placed) and all(whole):
        return viewed(site, x, operation.compute_output_spec(keras.KerasTensor((BATCH, *x.shape)), key).shape)
    if isinstance(x, Placed) and all(whole[:-1]) and None not in key and (Ellipsis in key or len(key) > len(x.shape)):
        last, channels = key[-1], x.tensor.channels
        if isinstance(last, int) and channels == len(REVERSED):
            return Channel(x, last % len(REVERSED))
        if last == slice(None, None, -1) and channels == len(REVERSED):
            return Placed(site.to.reverse(x.tensor))
        if isinstance(last, slice) and last.step in (None, 1) and (ends := last.indices(channels))[0] < ends[1]:
            return x.like(site.to.slice(x.tensor, ends[0], ends[1]))
    raise NoFormError(f"the part {key} of a map")


def _stack(site: Site, operation: Any, _: Scope, arguments: Sequence[Any], __: Mapping[str, Any]) -> Value:
    given = list(arguments[0])
    channels = [value for value in given if isinstance(value, Channel)]
    if len(channels) == len(given) and operation.axis in (-1, 3) and len({id(one.of) for one in channels}) == 1:
        order = [one.number for one in channels]
        if order == REVERSED:
            return Placed(site.to.reverse(channels[0].of.tensor))
        if order == REVERSED[::-1]:
            return channels[0].of
    raise NoFormError("maps that are put one upon the other")


OPERATIONS: dict[str, Handler] = {
    "Add": _add,
    "Negative": _negative,
    "Square": _square,
    "Mean": _mean,
    "Maximum": _maximum,
    "Clip": _clip,
    "Cast": _cast,
    "ConvertToTensor": _cast,
    "Reshape": _view,
    "ExpandDims": _view,
    "Squeeze": _view,
    "Concatenate": _concatenate,
    "Pad": _pad,
    "MaxPool": pooled,
    "AveragePool": pooled,
    "Split": _split,
    "Softmax": _softmax,
    "Conv": convolved,
    "DepthwiseConv": depthwise,
    "Matmul": _matmul,
    "Transpose": _transpose,
    "BatchNorm": normalised,
    "Subtract": _subtract,
    "Multiply": _multiply,
    "Divide": _divide,
    "TrueDivide": _divide,
    "GetItem": _item,
    "Stack": _stack,
    "Relu": _curve("relu"),
    "Relu6": _curve("relu6"),
    "Sigmoid": _curve("sigmoid"),
    "Silu": _curve("swish"),
    "HardSilu": _curve("hard_swish"),
    "HardSigmoid": _curve("hard_sigmoid"),
    "Gelu": _curve("gelu"),
    "Tanh": _curve("tanh"),
    "Softplus": _curve("softplus"),
    "Elu": _curve("elu"),
    "LeakyRelu": _curve("leaky_relu"),
}
"""Name of the operation's class → handler."""
