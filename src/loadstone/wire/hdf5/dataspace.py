"""Dataspace messages: how many values, along which axes.

Specification: HDF5 File Format Specification 3.0, section IV.A.2.b (versions 1 and 2).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from loadstone.errors import LimitError
from loadstone.wire.hdf5.source import Cursor
from loadstone.wire.limits import HDF5_RANK

_SCALAR, _SIMPLE, _NULL = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Dataspace:
    """The extent of a dataset or attribute. `shape` is None for a null space, which holds nothing, `()` for a scalar.

    `maximum` is the extent that the file allows; an axis that may grow without end is None.
    """

    shape: tuple[int, ...] | None
    maximum: tuple[int | None, ...] = ()

    @property
    def elements(self) -> int:
        """Number of values."""
        return 0 if self.shape is None else math.prod(self.shape)


def parse_dataspace(cursor: Cursor) -> Dataspace:
    """Parse a dataspace message."""
    version = cursor.version(1, 2)
    rank, flags = cursor.uint(1), cursor.uint(1)
    if rank > HDF5_RANK:
        raise LimitError(
            "a dataspace has more axes than HDF5 knows",
            where=cursor.where,
            expected=f"at most {HDF5_RANK}",
            found=str(rank),
        )
    kind = cursor.uint(1) if version == 2 else _SIMPLE
    if version == 1:
        cursor.take(5)
    if kind == _NULL:
        return Dataspace(None)
    shape = tuple(cursor.length() for _ in range(rank))
    if not flags & 1:
        return Dataspace(shape, shape)
    unlimited = (1 << (8 * cursor.length_width)) - 1
    limits = (cursor.length() for _ in range(rank))
    return Dataspace(shape, tuple(None if limit == unlimited else limit for limit in limits))
