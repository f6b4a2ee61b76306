"""Links: the names in a group and what each stands for.

Only hard links are ever followed: a soft link may lead anywhere in the file, an external one into another file,
and a user-defined one means whatever some library makes of it (attacks on Keras' loader used all three).
Specification: HDF5 File Format Specification 3.0, section IV.A.2.g.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from loadstone.errors import FormatError, LimitError
from loadstone.wire.hdf5.source import Cursor, decoded
from loadstone.wire.limits import NAME_BYTES, shown

LinkKind = Literal["hard", "soft", "external", "user-defined"]
_SOFT, _EXTERNAL, _FIRST_USER = 1, 64, 64


@dataclass(frozen=True, slots=True)
class Link:
    """One name in a group. `address` is the object header's for a hard link; `target` says where others want to go."""

    name: str
    kind: LinkKind
    address: int | None = None
    target: str = ""


def parse_link(cursor: Cursor) -> Link:
    """Parse a link message."""
    cursor.version(1)
    flags = cursor.uint(1)
    kind = cursor.uint(1) if flags & 8 else 0
    # The creation order and the name's character set, where they are present.
    cursor.take((8 if flags & 4 else 0) + (1 if flags & 16 else 0))
    length = cursor.uint(1 << (flags & 3))
    if length > NAME_BYTES:
        raise LimitError(
            "the name of a link is longer than is read",
            where=cursor.where,
            expected=f"at most {shown(NAME_BYTES)}",
            found=shown(length),
        )
    name = cursor.take(length).decode("utf-8", "backslashreplace")
    if kind == 0:
        return Link(name, "hard", cursor.address(f"link {name}"))
    value = cursor.take(cursor.uint(2))
    if kind == _SOFT:
        return Link(name, "soft", target=decoded(value))
    if kind == _EXTERNAL:
        return Link(name, "external", target=_external(value))
    if kind > _FIRST_USER:
        return Link(name, "user-defined", target=f"type {kind}")
    raise FormatError("a link of a type that is not known", where=cursor.where, found=f"type {kind}")


def _external(value: bytes) -> str:
    """Return `file:object` from an external link's value: a flags byte, then two NUL-terminated names."""
    parts = value[1:].split(b"\0")
    return ":".join(part.decode("utf-8", "backslashreplace") for part in parts[:2])
