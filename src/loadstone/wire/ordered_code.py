"""The keys under which checkpoints keep slices: a name and its extents, encoded so that bytes sort as values do.

What it is: decoding, and encoding for writers.
What it is not: the whole of OrderedCode (no decreasing order, no infinity).
Specification: tensorflow/core/lib/strings/ordered_code.cc; core/util/saved_tensor_slice_util.cc for the key's parts:
the number 0, the name, the rank, then start and length of each dimension, where length -1 means all of it.
"""

from __future__ import annotations

import re

from loadstone.errors import FormatError, TruncatedError
from loadstone.wire.limits import TENSOR_RANK

WHOLE = -1
"""The length of an extent that covers its dimension."""

Extents = tuple[tuple[int, int], ...]
"""(start, length) of each dimension; length may be `WHOLE`."""

_TERMINATOR = b"\x00\x01"
_ESCAPED = re.compile(rb"(?>(?:[^\x00\xff]++|\x00\xff|\xff\x00)*)")
_ESCAPES = re.compile(rb"\x00\xff|\xff\x00")
_NUMBER_BYTES = 8
_SIGNED_BYTES = 10


def is_slice_key(key: bytes) -> bool:
    """Return whether a key is a slice's: it begins with the encoded number 0, and no variable's name does."""
    return key[:1] == b"\x00"


def read_slice_key(key: bytes) -> tuple[str, Extents]:
    """Return (variable name, extents) of a slice's key."""
    zero, at = _read_number(key, 0)
    name, at = _read_string(key, at)
    rank, at = _read_number(key, at)
    if zero != 0 or rank > TENSOR_RANK:
        raise FormatError(
            "not the key of a slice", expected=f"0 and a rank up to {TENSOR_RANK}", found=f"{zero}, {rank}"
        )
    extents = []
    for _ in range(rank):
        start, at = _read_signed(key, at)
        length, at = _read_signed(key, at)
        extents.append((start, length))
    if at != len(key):
        raise FormatError("the key of a slice goes on after its extents", where=f"byte {at} of the key")
    return name, tuple(extents)


def slice_key(name: str, extents: Extents) -> bytes:
    """Return the key of a slice."""
    parts = [_number(0), _string(name), _number(len(extents))]
    for start, length in extents:
        parts += [_signed(start), _signed(length)]
    return b"".join(parts)


def _read_number(key: bytes, at: int) -> tuple[int, int]:
    """A byte that says how many big-endian bytes follow, at most eight."""
    width = key[at] if at < len(key) else _NUMBER_BYTES + 1
    after = at + 1 + width
    if width > _NUMBER_BYTES or after > len(key):
        raise TruncatedError("the key of a slice ends inside a number", where=f"byte {at} of the key")
    return int.from_bytes(key[at + 1 : after], "big"), after


def _read_string(key: bytes, at: int) -> tuple[str, int]:
    """Bytes up to 00 01, in which 00 is written 00 FF and FF is written FF 00."""
    match = _ESCAPED.match(key, at)
    end = match.end() if match else at
    if key[end : end + 2] != _TERMINATOR:
        raise TruncatedError("the key of a slice ends inside its name", where=f"byte {at} of the key")
    raw = _ESCAPES.sub(lambda pair: pair.group()[:1], key[at:end])
    return raw.decode("utf-8", "backslashreplace"), end + len(_TERMINATOR)


def _read_signed(key: bytes, at: int) -> tuple[int, int]:
    """As many leading ones as bytes, then a zero and the payload; a negative number has every bit inverted."""
    window = key[at : at + _SIGNED_BYTES]
    if not window:
        raise TruncatedError("the key of a slice ends before its extents", where=f"byte {at} of the key")
    negative = window[0] < 0x80
    if negative:
        window = bytes(byte ^ 0xFF for byte in window)
    head = int.from_bytes(window[:2].ljust(2, b"\x00"), "big")
    width = 16 - (head ^ 0xFFFF).bit_length()
    if width > _SIGNED_BYTES or width > len(window):
        raise TruncatedError("the key of a slice ends inside an extent", where=f"byte {at} of the key")
    payload = int.from_bytes(window[:width], "big") & ((1 << (7 * width)) - 1)
    return (~payload if negative else payload), at + width


def _number(value: int) -> bytes:
    raw = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return bytes([len(raw)]) + raw


def _string(text: str) -> bytes:
    # UTF-8 has no byte FF, so only 00 needs its escape.
    return text.encode("utf-8").replace(b"\x00", b"\x00\xff") + _TERMINATOR


def _signed(value: int) -> bytes:
    payload = ~value if value < 0 else value
    width = max(1, (payload.bit_length() + 7) // 7)
    marked = (((1 << width) - 1) << (7 * width)) | payload
    raw = marked.to_bytes(width, "big")
    return bytes(byte ^ 0xFF for byte in raw) if value < 0 else raw
