"""Pictures of another size than their annotation states, told from their first bytes before anything is trained."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from loadstone.errors import LoadstoneError
from loadstone.wire.picture import PictureHead, head

if TYPE_CHECKING:
    from loadstone.facts.dataset import Example

LOOKED_AT = 1000
"""Pictures whose first bytes are looked at, evenly among all: a few tenths of a second on a local disk."""


def note_on_other_sizes(examples: Sequence[Example], why: str) -> tuple[str, ...]:
    """Return a sentence on pictures, such as those `to train on`, whose boxes are scaled with them.

    What cannot be read is passed over here.
    """
    step = -(-len(examples) // LOOKED_AT) or 1
    looked = examples[::step]
    other = [(one, size) for one in looked if (size := _other_size(one))]
    if not other:
        return ()
    one, size = other[0]
    many = f"{len(looked):,} pictures {why}"
    many = many if step == 1 else f"{len(looked):,} that were looked at, among {len(examples):,} pictures {why},"
    verb = "has" if len(other) == 1 else "have"
    shown = f"such as {one.key} ({size[0]} × {size[1]}, stated as {one.width} × {one.height})"
    return (f"{len(other):,} of {many} {verb} another size than annotated, {shown}: boxes are scaled with them",)


def _other_size(example: Example) -> tuple[int, int] | None:
    """Return the (width, height) of a picture that has another one than is stated, be it as stored or as turned."""
    stated = (example.width, example.height)
    if min(stated) <= 0:
        return None
    try:
        found = _head(example)
    except (LoadstoneError, OSError):
        return None
    size = (found.width, found.height)
    return None if stated in (size, found.upright) else size


def _head(example: Example) -> PictureHead:
    if example.path is None:
        return head(io.BytesIO(example.read()), where=example.key)
    with open(example.path, "rb") as stream:
        return head(stream, where=example.path)
