"""String tensors as a bundle stores them: the lengths as varints, their masked checksum, then the bytes end to end.

Specification: WriteStringTensor in tensorflow/core/util/tensor_bundle. The entry's checksum covers the lengths as
fixed32 (fixed64 where one passes 32 bits), the stored checksum of the lengths, and the bytes.
"""

from __future__ import annotations

from loadstone.errors import ChecksumError, FormatError, TruncatedError
from loadstone.wire.crc32c import crc32c, masked
from loadstone.wire.limits import shown
from loadstone.wire.protobuf import Buffer, read_varint
from loadstone.wire.protobuf_writer import varint

CHECKSUM_BYTES = 4


def string_spans(data: Buffer, count: int) -> list[tuple[int, int]]:
    """Return the (start, end) of each string in `data`, which is one entry's bytes; verifies the lengths' checksum."""
    lengths, at = _lengths(data, count)
    stored = int.from_bytes(bytes(data[at : at + CHECKSUM_BYTES]), "little")
    computed = masked(crc32c(_fixed(lengths)))
    if stored != computed:
        raise ChecksumError(
            "the lengths of a string tensor do not match their checksum",
            where=f"byte {at:,} of the tensor",
            expected=f"{stored:#010x}",
            found=f"{computed:#010x}",
        )
    at += CHECKSUM_BYTES
    if at + sum(lengths) != len(data):
        raise FormatError(
            "the strings of a tensor do not fill its bytes",
            expected=shown(len(data)),
            found=shown(at + sum(lengths)),
        )
    spans = []
    for length in lengths:
        spans.append((at, at + length))
        at += length
    return spans


def string_checksum(data: Buffer, count: int) -> int:
    """Return the masked checksum of an entry's bytes, as the entry states it."""
    lengths, at = _lengths(data, count)
    return masked(crc32c(data, at, len(data), crc32c(_fixed(lengths))))


def encode_strings(strings: list[bytes]) -> tuple[bytes, int]:
    """Return (an entry's bytes, their masked checksum) for a writer."""
    lengths = [len(string) for string in strings]
    checksum = crc32c(_fixed(lengths))
    tail = masked(checksum).to_bytes(CHECKSUM_BYTES, "little") + b"".join(strings)
    return b"".join(map(varint, lengths)) + tail, masked(crc32c(tail, value=checksum))


def _lengths(data: Buffer, count: int) -> tuple[list[int], int]:
    """Return the lengths and the offset after them. Each takes a byte at least, so `count` meets the bytes in hand."""
    if count > len(data) - CHECKSUM_BYTES and count:
        raise TruncatedError(
            "a string tensor has fewer bytes than strings", expected=f"{count:,} strings", found=shown(len(data))
        )
    lengths = []
    at = 0
    for _ in range(count):
        length, at = read_varint(data, at, len(data))
        lengths.append(length)
    return lengths, at


def _fixed(lengths: list[int]) -> bytes:
    return b"".join(length.to_bytes(4 if length <= 0xFFFFFFFF else 8, "little") for length in lengths)
