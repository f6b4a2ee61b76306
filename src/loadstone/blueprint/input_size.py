"""Another size of pictures for a configuration: the sides in its `image_resizer`, everything else as it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from loadstone.errors import UnsupportedModelError
from loadstone.formats.detection.config import architecture
from loadstone.wire.textmessage import Entry, TextMessage
from loadstone.wire.textscalar import token_of

FIXED, KEEPING = "fixed_shape_resizer", "keep_aspect_ratio_resizer"


def with_size(config: TextMessage, size: tuple[int, int]) -> TextMessage:
    """Return the configuration for pictures of this (height, width).

    A resizer that keeps the aspect ratio gets the side as both its bounds and pads, so that the size is fixed.
    Raises `UnsupportedModelError` for a configuration without a resizer that has sides.
    """
    inner = architecture(config)
    resizer = TextMessage() if inner is None else inner.message("image_resizer")
    kind = next((name for name in (FIXED, KEEPING) if name in resizer), None)
    if inner is None or kind is None:
        found = ", ".join(resizer.names) or "no image_resizer"
        raise UnsupportedModelError("the configuration has no size to change", where=resizer.where, found=found)
    return _with_fields(config, resizer, kind, _sides(kind, size, resizer))


def with_padding(config: TextMessage) -> TextMessage:
    """Return the configuration with its `keep_aspect_ratio_resizer` padding every picture to its larger side.

    Raises `UnsupportedModelError` for another resizer.
    """
    inner = architecture(config)
    resizer = TextMessage() if inner is None else inner.message("image_resizer")
    if KEEPING not in resizer:
        found = ", ".join(resizer.names) or "no image_resizer"
        raise UnsupportedModelError("only a resizer that keeps the aspect ratio pads", where=resizer.where, found=found)
    return _with_fields(config, resizer, KEEPING, {"pad_to_max_dimension": b"true"})


def _with_fields(config: TextMessage, resizer: TextMessage, kind: str, sides: Mapping[str, bytes]) -> TextMessage:
    """Return the configuration whose resizer of this kind has these fields, and its others as they are."""
    inner = architecture(config) or TextMessage()
    own = resizer.message(kind)
    kept = [entry for entry in own.entries if entry[0] not in sides]
    fresh = _copy(own, [*kept, *((name, token, own.at) for name, token in sides.items())])
    child: TextMessage = own
    for outer in (resizer, inner, config.message("model"), config):
        replaced = _copy(outer, ((name, fresh if value is child else value, at) for name, value, at in outer.entries))
        child, fresh = outer, replaced
    return fresh


def _sides(kind: str, size: tuple[int, int], resizer: TextMessage) -> dict[str, bytes]:
    """Return the fields to set, and their tokens."""
    if kind == FIXED:
        return {"height": token_of(size[0]), "width": token_of(size[1])}
    if size[0] != size[1]:
        fact = "a resizer that keeps the aspect ratio and pads makes squares"
        raise UnsupportedModelError(fact, where=resizer.where, expected="one side", found=f"{size[0]}×{size[1]}")
    side = token_of(size[0])
    return {"min_dimension": side, "max_dimension": side, "pad_to_max_dimension": b"true"}


def _copy(message: TextMessage, entries: Iterable[Entry]) -> TextMessage:
    copied = TextMessage(message.data, message.name, message.at)
    copied.entries = list(entries)
    return copied
