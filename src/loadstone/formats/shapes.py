"""A `TensorShapeProto` as a tuple, bounded.

Specification: tensorflow/core/framework/tensor_shape.proto; a size of -1 is an open dimension.
"""

from __future__ import annotations

from loadstone.errors import FormatError, LimitError
from loadstone.facts.tensor import Shape
from loadstone.wire.limits import TENSOR_DIMENSION, TENSOR_RANK
from loadstone.wire.protobuf import Message, index_fields, signed


def shape_of(proto: Message) -> Shape | None:
    """Return the dimensions, None for an open one; None for all where the rank is unknown."""
    if proto.flag("unknown_rank"):
        return None
    return tuple(None if size < 0 else size for size in _sizes(proto))


def known_shape(proto: Message) -> tuple[int, ...]:
    """Return the dimensions of a tensor that exists: none may be open."""
    sizes = _sizes(proto)
    if proto.flag("unknown_rank") or any(size < 0 for size in sizes):
        raise FormatError("a stored tensor has an open dimension", where=proto.where, found=str(sizes))
    return tuple(sizes)


def _sizes(proto: Message) -> list[int]:
    spans = proto.spans_of("dim")
    if len(spans) > TENSOR_RANK:
        raise LimitError(
            "a shape has more dimensions than TensorFlow allows",
            where=proto.where,
            expected=f"at most {TENSOR_RANK}",
            found=f"{len(spans):,}",
        )
    return [_size(proto, start, end) for start, end in spans]


def _size(proto: Message, start: int, end: int) -> int:
    data = proto.data
    if end - start == 2 and data[start] == 8 and (small := data[start + 1]) < 0x80:
        # `size` alone in one byte is nearly every dimension that there is.
        return small
    entry = index_fields(data, start, end).get(1, [0])[-1]
    if not isinstance(entry, int):
        raise FormatError("a dimension is not a number", where=f"{proto.where}.dim (byte {start:,})")
    size = signed(entry)
    if not -1 <= size <= TENSOR_DIMENSION:
        raise LimitError(
            "a dimension is larger than any model has",
            where=f"{proto.where}.dim (byte {start:,})",
            expected=f"-1 to {TENSOR_DIMENSION:,}",
            found=f"{size:,}",
        )
    return size
