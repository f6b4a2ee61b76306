"""What handlers ask of a layer or operation before they write it: its tensors, and options that have to be plain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from loadstone.builder.site import NoFormError, Placed


def one(arguments: Sequence[Any]) -> Placed:
    """Return the one tensor that a layer is called with."""
    if not arguments or not isinstance(arguments[0], Placed):
        raise NoFormError("it is not called with one tensor")
    return arguments[0]


def one_map(arguments: Sequence[Any]) -> Placed:
    """Return the one map that a layer is called with."""
    x = one(arguments)
    if x.lead is not None:
        raise NoFormError(f"it is not called with a map, but with {x.shape}")
    return x


def several(arguments: Sequence[Any]) -> list[Placed]:
    """Return the tensors that a merging layer is called with."""
    given = list(arguments[0]) if arguments and isinstance(arguments[0], list | tuple) else []
    if not given or not all(isinstance(value, Placed) for value in given):
        raise NoFormError("it is not called with a list of tensors")
    return given


def same(pair: Any, what: str) -> int:
    """Return the number that both axes have."""
    values = tuple(pair) if isinstance(pair, list | tuple) else (pair, pair)
    if len(values) != 2 or values[0] != values[1]:
        raise NoFormError(f"{what} of two sides that differ ({pair})")
    return int(values[0])


def channels_last(layer: Any) -> None:
    """Refuse the other layout."""
    if getattr(layer, "data_format", "channels_last") not in ("channels_last", None):
        raise NoFormError("channels_first is not the layout of detectors here")


def windowed(layer: Any, padding: Sequence[str] = ("same", "valid")) -> str:
    """Return a sliding window's padding."""
    channels_last(layer)
    if layer.padding not in padding:
        raise NoFormError(f"padding {layer.padding!r}")
    return str(layer.padding)
