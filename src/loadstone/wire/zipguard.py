"""Zip containers that are not trusted: the list of members.

What it is: the central directory, checked against the local headers and against the bytes in hand.
What it is not: an extractor (`zipread` gives one member's bytes). A member's name is a fact about the file and never
becomes a path; names that would leave a folder are marked `unsafe`, links and devices are marked by `kind`.
Specification: PKWARE APPNOTE.TXT 6.3.10.
"""

from __future__ import annotations

import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from loadstone.errors import FormatError, LimitError, TruncatedError
from loadstone.wire.limits import FOLDER_ENTRIES, NAME_BYTES, shown
from loadstone.wire.protobuf import Buffer

LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
LOCAL_HEADER, _CENTRAL, _END = struct.Struct("<4s5H3L2H"), struct.Struct("<4s6H3L5H2L"), struct.Struct("<4s4H2LH")
_END64, _LOCATOR64 = struct.Struct("<4sQ2H2L4Q"), struct.Struct("<4sLQL")
_COMMENT_BYTES = 0xFFFF
Kind = Literal["file", "folder", "link", "device"]


@dataclass(frozen=True, slots=True)
class ZipMember:
    """One entry of the central directory.

    `name` is normalised (`./a//b` is `a/b`); `unsafe` says why it must not be a path (empty: it may).
    `size` and `packed` are what the directory declares; `header_at` is the local header's offset in the buffer.
    """

    name: str
    kind: Kind
    size: int
    packed: int
    method: int
    flags: int
    crc: int
    header_at: int
    unsafe: str = ""

    @property
    def encrypted(self) -> bool:
        return bool(self.flags & 1)


@dataclass(frozen=True, slots=True)
class ZipIndex:
    """The members in directory order, and what two zip readers would disagree about (`faults`, one sentence each).

    `start` is the offset of the first byte that belongs to the zip (more than 0: something stands before it).
    """

    members: tuple[ZipMember, ...]
    start: int
    end: int
    faults: tuple[str, ...]


def read_index(data: Buffer, at_most: int = FOLDER_ENTRIES) -> ZipIndex:
    """Read the central directory of `at_most` members; checks it against the bytes in hand, notes what is ambiguous."""
    end_at = _find_end(data)
    count, size, offset, directory_end, end = _read_end(data, end_at)
    start_of_directory = directory_end - size
    shift = start_of_directory - offset
    if start_of_directory < 0 or shift < 0:
        raise FormatError(
            "the zip directory lies outside of the file",
            where=f"byte {end_at:,}",
            expected=f"at most {shown(directory_end)}",
            found=f"{shown(size)} from byte {offset:,}",
        )
    if count > at_most:
        raise LimitError(
            "the zip declares too many members",
            where=f"byte {end_at:,}",
            expected=f"at most {at_most:,}",
            found=f"{count:,}",
        )
    members = tuple(_members(data, start_of_directory, directory_end, shift))
    if len(members) != count:
        raise FormatError(
            "the zip directory does not hold the number of members that it declares",
            where=f"byte {start_of_directory:,}",
            expected=f"{count:,}",
            found=f"{len(members):,}",
        )
    start = min((member.header_at for member in members), default=start_of_directory)
    if start and bytes(data[:4]) == LOCAL:
        raise TruncatedError(
            "the zip ends before its directory; the one at its end belongs to a zip inside it",
            where=f"byte {end_at:,}",
            expected="a directory of the members from byte 0 on",
            found=f"one of the members from byte {start:,} on",
        )
    return ZipIndex(members, start, end, tuple(_faults(data, members, start=start, end=end)))


def _find_end(data: Buffer) -> int:
    """Return where the end-of-directory record begins: the last one whose comment fits into the file."""
    low = max(0, len(data) - _END.size - _COMMENT_BYTES)
    tail = bytes(data[low:])
    at = len(tail)
    while (at := tail.rfind(END, 0, at)) >= 0:
        if at + _END.size <= len(tail) and at + _END.size + _END.unpack_from(tail, at)[7] <= len(tail):
            return low + at
    raise TruncatedError(
        "the zip ends before its directory",
        where=f"byte {len(data):,}",
        expected="an end-of-directory record `PK\\5\\6`",
        found=f"none in the last {shown(len(tail))}",
        help="fetch the file again: it is cut short",
    )


def _read_end(data: Buffer, at: int) -> tuple[int, int, int, int, int]:
    """Return (members, directory bytes, directory offset, where the directory ends, where the zip ends)."""
    _, disk, first_disk, _, count, size, offset, comment = _END.unpack(bytes(data[at : at + _END.size]))
    end = at + _END.size + comment
    if disk or first_disk:
        raise FormatError("the zip is one part of a split archive", where=f"byte {at:,}", found=f"part {disk:,}")
    if 0xFFFF not in (count,) and 0xFFFFFFFF not in (size, offset):
        return count, size, offset, at, end
    locator_at = at - _LOCATOR64.size
    if locator_at < 0 or bytes(data[locator_at : locator_at + 4]) != b"PK\x06\x07":
        return count, size, offset, at, end
    record_at = int(_LOCATOR64.unpack(bytes(data[locator_at:at]))[2])
    if record_at + _END64.size > locator_at or bytes(data[record_at : record_at + 4]) != b"PK\x06\x06":
        raise FormatError("the Zip64 end record is not where its locator says", where=f"byte {locator_at:,}")
    fields = _END64.unpack(bytes(data[record_at : record_at + _END64.size]))
    return fields[7], fields[8], fields[9], record_at, end


def _members(data: Buffer, at: int, end: int, shift: int) -> Iterator[ZipMember]:
    directory = bytes(data[at:end])
    here = 0
    while here + _CENTRAL.size <= len(directory) and directory.startswith(CENTRAL, here):
        fields = _CENTRAL.unpack_from(directory, here)
        name_at = here + _CENTRAL.size
        extra_at = name_at + fields[10]
        here = extra_at + fields[11] + fields[12]
        if here > len(directory):
            raise TruncatedError("a zip directory entry ends after the directory", where=f"byte {at + name_at:,}")
        member = _member(fields, directory[name_at:extra_at], directory[extra_at : extra_at + fields[11]], shift)
        if member.header_at + LOCAL_HEADER.size + member.packed > at:
            raise TruncatedError(
                f"the zip member {member.name!r} is declared past the zip's data",
                where=f"byte {at + name_at:,}",
                expected=f"at most {at:,}",
                found=f"{shown(member.packed)} from byte {member.header_at:,}",
            )
        yield member


def _member(fields: tuple[int, ...], raw_name: bytes, extra: bytes, shift: int) -> ZipMember:
    flags, method, crc, packed, size, attributes, offset = (fields[i] for i in (3, 4, 7, 8, 9, 15, 16))
    size, packed, offset = _zip64(extra, (size, packed, offset))
    name, unsafe = safe_name(_decode(raw_name, flags))
    kind: Kind = "folder" if raw_name.endswith(b"/") else _kind(attributes >> 16)
    return ZipMember(
        name=name,
        kind=kind,
        size=size,
        packed=packed,
        method=method,
        flags=flags,
        crc=crc,
        header_at=offset + shift,
        unsafe=unsafe,
    )


def _decode(raw_name: bytes, flags: int) -> str:
    """Decode a name: UTF-8 where flag bit 11 says so, else code page 437, as the specification has it."""
    return raw_name.decode("utf-8", "backslashreplace") if flags & 0x800 else raw_name.decode("cp437")


def _zip64(extra: bytes, sizes: tuple[int, int, int]) -> tuple[int, int, int]:
    """Replace the fields that are 0xFFFFFFFF by their 64-bit values, in the specified order."""
    if 0xFFFFFFFF not in sizes:
        return sizes
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        block = extra[at + 4 : at + 4 + length]
        at += 4 + length
        if kind == 1:
            longs = iter(struct.unpack(f"<{len(block) // 8}Q", block[: len(block) // 8 * 8]))
            size, packed, offset = (next(longs, value) if value == 0xFFFFFFFF else value for value in sizes)
            return size, packed, offset
    return sizes


def _kind(mode: int) -> Kind:
    kind = stat.S_IFMT(mode)
    if kind in (0, stat.S_IFREG):
        return "file"
    return {stat.S_IFDIR: "folder", stat.S_IFLNK: "link"}.get(kind, "device")  # type: ignore[return-value]


def safe_name(name: str) -> tuple[str, str]:
    """Return a member's name without `.` and empty parts, and why it must not be used as a path (`""`: it may)."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    normal = "/".join(parts)
    if name.startswith("/"):
        return name, "it is an absolute path"
    if ".." in parts:
        return name, "it leaves its folder by `..`"
    if "\\" in name:
        return name, "it holds a backslash, which some readers take for a folder"
    if len(name) > 1 and name[1] == ":" and name[0].isalpha():
        return name, "it begins with a drive letter"
    if not normal or any(ord(character) < 32 for character in name):
        return name, "it is empty or holds control characters"
    if len(name) > NAME_BYTES:
        return name[:NAME_BYTES], f"it is longer than {shown(NAME_BYTES)}"
    return normal, ""


def _faults(data: Buffer, members: tuple[ZipMember, ...], *, start: int, end: int) -> Iterator[str]:
    """Yield what makes two readers of this zip disagree."""
    if start:
        yield f"{shown(start)} stand before the first member"
    if end < len(data):
        yield f"{shown(len(data) - end)} stand after the zip's end"
    seen: set[str] = set()
    reached = 0
    for member in sorted(members, key=lambda member: member.header_at):
        if member.name in seen:
            yield f"two members are named {member.name!r}"
        seen.add(member.name)
        if member.header_at < reached:
            yield f"the member {member.name!r} overlaps the one before it"
        reached = member.header_at + LOCAL_HEADER.size + member.packed
        if words := difference(data, member):
            yield f"the two headers of the member {member.name!r} differ: {words}"
        if member.unsafe:
            yield f"the name {member.name!r} is not used as a path: {member.unsafe}"


def difference(data: Buffer, member: ZipMember) -> str:
    """Return how the local header differs from the directory's entry; empty where it does not."""
    raw = bytes(data[member.header_at : member.header_at + LOCAL_HEADER.size])
    if len(raw) < LOCAL_HEADER.size or not raw.startswith(LOCAL):
        return f"no local header at byte {member.header_at:,}"
    _, _, flags, method, _, _, crc, packed, size, name_length, _ = LOCAL_HEADER.unpack(raw)
    name_at = member.header_at + LOCAL_HEADER.size
    local, _ = safe_name(_decode(bytes(data[name_at : name_at + name_length]), flags))
    if local != member.name:
        return f"the local name is {local!r}"
    if method != member.method or (flags ^ member.flags) & 1:
        return f"the local method is {method}, the directory's {member.method}"
    # With flag bit 3 the sizes stand behind the data, and with Zip64 in the extra field.
    late = flags & 8 or 0xFFFFFFFF in (packed, size)
    if not late and (crc, packed, size) != (member.crc, member.packed, member.size):
        return f"the local sizes are {packed:,} and {size:,}, the directory's {member.packed:,} and {member.size:,}"
    return ""


def local_members(data: Buffer) -> Iterator[ZipMember]:
    """Yield the members of a zip without its directory, by their local headers, as far as they are whole.

    A member that was written as a stream states its size behind its data, and ends the walk.
    """
    at = 0
    while (raw := bytes(data[at : at + LOCAL_HEADER.size])).startswith(LOCAL) and len(raw) == LOCAL_HEADER.size:
        _, _, flags, method, _, _, crc, packed, size, name_length, extra_length = LOCAL_HEADER.unpack(raw)
        name_at = at + LOCAL_HEADER.size
        name, unsafe = safe_name(_decode(bytes(data[name_at : name_at + name_length]), flags))
        end = name_at + name_length + extra_length + packed
        if flags & 8 or end > len(data):
            return
        yield ZipMember(name, "file", size, packed, method, flags, crc, at, unsafe)
        at = end
