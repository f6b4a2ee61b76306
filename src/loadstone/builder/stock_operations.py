"""How operations of `keras.ops` are written that stand in a model's graph beside its layers: sums, products, curves.

`x + 3.0` between two layers of a functional model is one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from loadstone.blueprint.network import Scope
from loadstone.builder.site import Channel, NoFormError, Placed, Site, Value, array_of

Handler = Callable[[Site, Any, Scope, Sequence[Any], Mapping[str, Any]], Value]

REVERSED = [2, 1, 0]


def summed(site: Site, given: Sequence[Placed]) -> Placed:
    """Return the sum of equal shapes."""
    if len({value.tensor.shape for value in given}) > 1:
        raise NoFormError("maps of different shapes")
    return Placed(site.to.add(*(value.tensor for value in given)), given[0].flat)


def multiplied(site: Site, x: Placed, y: Placed) -> Placed:
    """Return the product; one of the two may be of one place, which counts for all."""
    if y.tensor.shape != x.tensor.shape and x.tensor.shape[:2] == (1, 1):
        x, y = y, x
    if y.tensor.channels != x.tensor.channels or y.tensor.shape[:2] not in ((1, 1), x.tensor.shape[:2]):
        raise NoFormError("maps of different shapes")
    return Placed(site.to.multiply(x.tensor, y.tensor), x.flat and y.flat)


def _two(arguments: Sequence[Any], named: Mapping[str, Any]) -> tuple[Any, Any]:
    given = [*arguments, *named.values()]
    if len(given) != 2:
        raise NoFormError("it is not called with two values")
    return given[0], given[1]


def _constant(value: Any, channels: int) -> list[float]:
    """Return a number, or one a channel."""
    array = np.ravel(array_of(value)).astype(np.float64)
    if array.size not in (1, channels):
        raise NoFormError("a constant that is not one number, or one a channel")
    found: list[float] = array.tolist()
    return found


def _add(site: Site, _: Any, __: Scope, arguments: Sequence[Any], named: Mapping[str, Any]) -> Value:
    x, y = _two(arguments, named)
    if isinstance(x, Placed) and isinstance(y, Placed):
        return summed(site, [x, y])
    x, y = (x, y) if isinstance(x, Placed) else (y, x)
    return Placed(site.to.affine(x.tensor, [1.0], _constant(y, x.tensor.channels)), x.flat)


def _subtract(site: Site, _: Any, __: Scope, arguments: Sequence[Any], named: Mapping[str, Any]) -> Value:
    x, y = _two(arguments, named)
    if isinstance(x, Placed) and isinstance(y, Placed):
        return summed(site, [x, Placed(site.to.scale(y.tensor, -1.0), y.flat)])
    if isinstance(x, Placed):
        offset = [-value for value in _constant(y, x.tensor.channels)]
        return Placed(site.to.affine(x.tensor, [1.0], offset), x.flat)
    return Placed(site.to.affine(y.tensor, [-1.0], _constant(x, y.tensor.channels)), y.flat)


def _multiply(site: Site, _: Any, __: Scope, arguments: Sequence[Any], named: Mapping[str, Any]) -> Value:
    x, y = _two(arguments, named)
    if isinstance(x, Placed) and isinstance(y, Placed):
        return multiplied(site, x, y)
    x, y = (x, y) if isinstance(x, Placed) else (y, x)
    return Placed(site.to.affine(x.tensor, _constant(y, x.tensor.channels), [0.0]), x.flat)


def _divide(site: Site, _: Any, __: Scope, arguments: Sequence[Any], named: Mapping[str, Any]) -> Value:
    x, y = _two(arguments, named)
    if not isinstance(x, Placed) or isinstance(y, Placed):
        raise NoFormError("division by a map")
    shares = _constant(y, x.tensor.channels)
    if 0.0 in shares:
        raise NoFormError("division by 0")
    return Placed(site.to.affine(x.tensor, [1 / share for share in shares], [0.0]), x.flat)


def _curve(kind: str) -> Handler:
    def write(site: Site, operation: Any, _: Scope, arguments: Sequence[Any], named: Mapping[str, Any]) -> Value:
        if len(arguments) != 1 or named or not isinstance(arguments[0], Placed):
            raise NoFormError("it is called with options")
        alpha = {"leaky_relu": "negative_slope", "elu": "alpha"}.get(kind)
        slope = float(getattr(operation, alpha)) if alpha else None
        tanh = kind == "gelu" and getattr(operation, "approximate", False)
        x = arguments[0]
        return Placed(site.to.activation(x.tensor, "gelu_tanh" if tanh else kind, slope), x.flat)

    return write


def _item(site: Site, _: Any, __: Scope, arguments: Sequence[Any], ___: Mapping[str, Any]) -> Value:
    """One channel of the picture, or all of them in the other order; any other part of a map has no form."""
    x, key = arguments[0], arguments[1]
    if isinstance(x, Placed) and isinstance(key, tuple) and len(key) == 2 and key[0] is Ellipsis:
        if isinstance(key[1], int) and x.tensor.channels == len(REVERSED):
            return Channel(x, key[1] % len(REVERSED))
        if key[1] == slice(None, None, -1) and x.tensor.channels == len(REVERSED):
            return Placed(site.to.reverse(x.tensor))
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
