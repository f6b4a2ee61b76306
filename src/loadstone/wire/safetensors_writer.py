"""The safetensors container, written as a stream.

What it is: a header of reserved length, then each tensor's bytes as they come, then the header itself, written into
its place. So a tensor that turns out to be unreadable is left out without a hole, which the format forbids.
What it is not: a reader, or a converter of types.
Specification: the safetensors format: 8 bytes of header length, JSON (padded with spaces), the tensors without gaps.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import IO, NamedTuple

from loadstone.errors import FormatError, LimitError
from loadstone.wire.limits import SAFETENSORS_HEADER, shown

WIDTHS: Mapping[str, int] = {
    "BOOL": 1, "U8": 1, "I8": 1, "F8_E4M3": 1, "F8_E5M2": 1,
    "U16": 2, "I16": 2, "F16": 2, "BF16": 2,
    "U32": 4, "I32": 4, "F32": 4,
    "U64": 8, "I64": 8, "F64": 8,
}  # fmt: skip
"""Every type of the format that is written here, and its bytes."""

METADATA = "__metadata__"
"""The one name that no tensor may have."""


class Entry(NamedTuple):
    """One tensor to be written: its type as the format names it, and its shape."""

    name: str
    dtype: str
    shape: tuple[int, ...]

    @property
    def nbytes(self) -> int:
        """Bytes that it will occupy."""
        return math.prod(self.shape) * WIDTHS[self.dtype]


class SafetensorsWriter:
    """Writes tensors one after another into a seekable binary stream, from its present position on."""

    def __init__(self, stream: IO[bytes], entries: Iterable[Entry], metadata: Mapping[str, str]) -> None:
        self._stream = stream
        self._metadata = dict(metadata)
        self._start = stream.tell()
        self._written: list[tuple[Entry, int]] = []
        self._at = 0
        # Leaving tensors out can only make offsets, and so the header, shorter.
        planned, at = [], 0
        for entry in entries:
            planned.append((entry, at))
            at += entry.nbytes
        # The data begins on a multiple of eight, as the format's readers like it for mapped access.
        self._reserved = -(-len(self._header(planned)) // 8) * 8
        if self._reserved > SAFETENSORS_HEADER:
            raise LimitError(
                "the header would be longer than readers of safetensors accept",
                expected=f"at most {shown(SAFETENSORS_HEADER)}",
                found=shown(self._reserved),
            )
        stream.write(bytes(8 + self._reserved))

    def add(self, entry: Entry, data: memoryview) -> None:
        """Write one tensor's bytes (little-endian, row-major)."""
        if data.nbytes != entry.nbytes:
            raise FormatError(
                f"tensor {entry.name} has other bytes than its shape says",
                expected=shown(entry.nbytes),
                found=shown(data.nbytes),
            )
        self._stream.write(data)
        self._written.append((entry, self._at))
        self._at += entry.nbytes

    def finish(self) -> None:
        """Write the header into its place, and return to the end of the stream."""
        header = self._header(self._written).ljust(self._reserved, b" ")
        self._stream.seek(self._start)
        self._stream.write(len(header).to_bytes(8, "little") + header)
        self._stream.seek(self._start + 8 + self._reserved + self._at)

    def _header(self, placed: list[tuple[Entry, int]]) -> bytes:
        table: dict[str, object] = {METADATA: self._metadata} if self._metadata else {}
        for entry, at in placed:
            offsets = [at, at + entry.nbytes]
            table[entry.name] = {"dtype": entry.dtype, "shape": list(entry.shape), "data_offsets": offsets}
        return json.dumps(table, separators=(",", ":")).encode("ascii")
