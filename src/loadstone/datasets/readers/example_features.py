"""The features of a `tf.train.Example`, asked for by name: only what is wanted is decoded, and no picture is copied.

What it is: a view of one record in a buffer. A feature that is absent, or of another kind than is asked for, is empty.
Specification: tensorflow/core/example/example.proto and feature.proto.
"""

from __future__ import annotations

import struct

from loadstone.errors import FormatError
from loadstone.wire.protobuf import Buffer, Message, index_fields
from loadstone.wire.schemas.example import EXAMPLE, FEATURE

_KEY, _VALUE = 1, 2
_FEATURES, _FEATURE = 1, 1


class Features:
    """The features of the record in `data[start:end]`."""

    def __init__(self, data: Buffer, start: int = 0, end: int = -1) -> None:
        self._data = data
        end = len(data) if end < 0 else end
        self._spans: dict[bytes, tuple[int, int]] = {}
        # Without a message object for each level: a record has twenty features, and a set 100,000 records.
        for features in index_fields(data, start, end).get(_FEATURES, ()):
            for entry in index_fields(data, *_span(features)).get(_FEATURE, ()):
                pair = index_fields(data, *_span(entry))
                key, value = _span(pair.get(_KEY, [(0, 0)])[-1]), _span(pair.get(_VALUE, [(0, 0)])[-1])
                self._spans[bytes(data[key[0] : key[1]])] = value

    def __contains__(self, name: str) -> bool:
        return name.encode() in self._spans

    def __len__(self) -> int:
        return len(self._spans)

    def _feature(self, name: str, kind: str) -> Message | None:
        span = self._spans.get(name.encode())
        if span is None:
            return None
        feature = Message(self._data, FEATURE, *span, where=name)
        return feature.message(kind) if kind in feature else None

    def floats(self, name: str) -> tuple[float, ...]:
        """Return a list of floats."""
        found = self._feature(name, "float_list")
        if found is None:
            return ()
        packed = found.fixed_bytes("value")
        return struct.unpack(f"<{len(packed) // 4}f", packed)

    def integers(self, name: str) -> list[int]:
        """Return a list of int64."""
        found = self._feature(name, "int64_list")
        return [] if found is None else found.sints("value")

    def integer(self, name: str) -> int:
        """Return the first of a list of int64, 0 for an empty one."""
        found = self.integers(name)
        return found[0] if found else 0

    def texts(self, name: str) -> list[str]:
        """Return a list of bytes as text; what is not UTF-8 is shown as escapes."""
        found = self._feature(name, "bytes_list")
        return [] if found is None else found.texts("value")

    def text(self, name: str) -> str:
        """Return the first of a list of bytes as text, "" for an empty one."""
        found = self.texts(name)
        return found[0] if found else ""

    def spans(self, name: str) -> list[tuple[int, int]]:
        """Return (start, end) in the buffer of each of a list of bytes."""
        found = self._feature(name, "bytes_list")
        return [] if found is None else found.spans_of("value")

    def span(self, name: str) -> tuple[int, int] | None:
        """Return (start, end) in the buffer of the first of a list of bytes; None for an empty one."""
        return next(iter(self.spans(name)), None)

    def packed_span(self, name: str) -> tuple[int, int] | None:
        """Return (start, end) of a list of floats, as they stand packed in the buffer; None for any other."""
        found = self._feature(name, "float_list")
        spans = [] if found is None else found.spans_of("value")
        return spans[0] if len(spans) == 1 else None

    def refuse_other(self) -> None:
        """Raise `FormatError` unless these are the features of an annotated picture."""
        if "image/encoded" not in self:
            found = ", ".join(sorted(name.decode("utf-8", "backslashreplace") for name in self._spans)[:5])
            raise FormatError(
                "not an annotated picture", expected="the feature image/encoded", found=found or f"no {EXAMPLE.name}"
            )


def _span(entry: int | tuple[int, int]) -> tuple[int, int]:
    if isinstance(entry, int):
        raise FormatError("a number where a message is expected", expected=EXAMPLE.name)
    return entry
