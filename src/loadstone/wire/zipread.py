"""One zip member's bytes under a hard limit.

Believes no size: what comes out is counted against what the directory declares, and the CRC-32 is checked.
Methods 0 (stored) and 8 (deflated) are read; others, and encrypted members, are named and refused.
Specification: PKWARE APPNOTE.TXT 6.3.10; RFC 1951 for deflate.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from loadstone.errors import ChecksumError, FormatError, LimitError, TruncatedError
from loadstone.wire.limits import EXPANSION_RATIO, KIB, shown
from loadstone.wire.protobuf import Buffer
from loadstone.wire.zipguard import LOCAL_HEADER, ZipMember, difference

STORED, DEFLATED = 0, 8
METHODS = {1: "shrunk", 6: "imploded", 9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "xz", 99: "AES"}
_STEP = 64 * KIB


def member_span(data: Buffer, member: ZipMember) -> tuple[int, int]:
    """Return (start, end) of a member's packed bytes; refuses a member whose two headers differ."""
    if words := difference(data, member):
        raise FormatError(
            f"the zip member {member.name!r} is not the same to every reader: {words}",
            where=f"byte {member.header_at:,}",
        )
    fields = LOCAL_HEADER.unpack(bytes(data[member.header_at : member.header_at + LOCAL_HEADER.size]))
    start = member.header_at + LOCAL_HEADER.size + fields[9] + fields[10]
    if start + member.packed > len(data):
        raise TruncatedError(
            f"the zip ends inside its member {member.name!r}",
            where=f"byte {start:,}",
            expected=shown(member.packed),
            found=shown(max(0, len(data) - start)),
        )
    return start, start + member.packed


def chunks(data: Buffer, member: ZipMember) -> Iterator[bytes]:
    """Yield a member's unpacked content piece by piece; never more than it declares; the CRC-32 is checked at the end.

    Believes no size: stops with `LimitError` where more comes out than is declared, or where deflate could not do it.
    """
    _readable(member)
    start, end = member_span(data, member)
    source = (bytes(data[at : min(end, at + _STEP)]) for at in range(start, end, _STEP))
    crc = total = 0
    for piece in source if member.method == STORED else _inflated(source, member):
        total += len(piece)
        if total > member.size:
            raise LimitError(
                f"the zip member {member.name!r} unpacks to more than it declares",
                where=f"byte {member.header_at:,}",
                expected=shown(member.size),
            )
        crc = zlib.crc32(piece, crc)
        yield piece
    if total < member.size:
        raise TruncatedError(
            f"the zip member {member.name!r} unpacks to less than it declares",
            where=f"byte {member.header_at:,}",
            expected=shown(member.size),
            found=shown(total),
        )
    if crc != member.crc:
        raise ChecksumError(
            f"the CRC-32 of the zip member {member.name!r} does not hold",
            where=f"byte {member.header_at:,}",
            expected=f"{member.crc:08x}",
            found=f"{crc:08x}",
        )


def _inflated(source: Iterator[bytes], member: ZipMember) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(-15)
    try:
        for packed in source:
            rest = packed
            while rest:
                yield unpacker.decompress(rest, _STEP)
                rest = unpacker.unconsumed_tail
        while not unpacker.eof and (piece := unpacker.decompress(b"", _STEP)):
            yield piece
    except zlib.error as error:
        raise FormatError(
            f"the zip member {member.name!r} does not unpack: {error}", where=f"byte {member.header_at:,}"
        ) from error


def _readable(member: ZipMember) -> None:
    where = f"byte {member.header_at:,}"
    if member.encrypted:
        raise FormatError(f"the zip member {member.name!r} is encrypted", where=where)
    if member.method not in (STORED, DEFLATED):
        method = METHODS.get(member.method, f"method {member.method}")
        raise FormatError(
            f"the zip member {member.name!r} is compressed with {method}",
            where=where,
            expected="stored or deflated",
        )
    if member.method == STORED and member.size != member.packed:
        raise FormatError(
            f"the stored zip member {member.name!r} declares two sizes",
            where=where,
            found=f"{member.packed:,} and {member.size:,}",
        )
    if member.size > member.packed * EXPANSION_RATIO + _STEP:
        raise LimitError(
            f"the zip member {member.name!r} declares more than deflate can pack",
            where=where,
            expected=f"at most {EXPANSION_RATIO:,} times {shown(member.packed)}",
            found=shown(member.size),
        )


def read_member(data: Buffer, member: ZipMember, limit: int) -> bytes:
    """Return a member's content, its CRC-32 checked; `LimitError` if it declares more than `limit` bytes."""
    if member.size > limit:
        raise LimitError(
            f"the zip member {member.name!r} is longer than is read as a whole",
            where=f"byte {member.header_at:,}",
            expected=f"at most {shown(limit)}",
            found=shown(member.size),
        )
    return b"".join(chunks(data, member))


def head_of_member(data: Buffer, member: ZipMember, count: int) -> bytes:
    """Return at most the first `count` bytes of a member; the CRC-32 is not checked."""
    _readable(member)
    start, end = member_span(data, member)
    if member.method == STORED:
        return bytes(data[start : min(end, start + count)])
    # Deflate writes at most a few bytes per symbol, so the head of the output lies in the head of the input.
    source = (bytes(data[at : min(end, at + _STEP)]) for at in range(start, end, _STEP))
    out = b""
    for piece in _inflated(source, member):
        out += piece
        if len(out) >= count:
            break
    return out[:count]


def stored_span(data: Buffer, member: ZipMember) -> tuple[int, int]:
    """Return (start, end) of a stored member's content in the buffer."""
    _readable(member)
    return member_span(data, member)
