"""Tar archives read as a stream, believing nothing.

What it is: the members in order, each with its content as it passes by. What it is not: an extractor; the caller says
what becomes of a member. Read are POSIX ustar headers, GNU long names and the `path` and `size` of pax headers, which
is all that the archives of the model zoos use; anything else has its content skipped.
Specification: POSIX.1-2017 pax, section "ustar Interchange Format".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

from loadstone.errors import FormatError, LimitError, TruncatedError
from loadstone.wire.limits import FOLDER_ENTRIES, KIB, shown
from loadstone.wire.zipguard import safe_name

BLOCK = 512
STEP = 256 * KIB
EXTENDED_BYTES = 64 * KIB
"""One pax or long-name header; a path of 4 KiB needs a tenth of it."""

Kind = Literal["file", "folder", "link", "device", "other"]
_KINDS: dict[bytes, Kind] = {
    b"\0": "file",
    b"0": "file",
    b"7": "file",
    b"5": "folder",
    b"1": "link",
    b"2": "link",
    b"3": "device",
    b"4": "device",
    b"6": "device",
}


class Source(Protocol):
    """Where the archive's bytes come from, already decompressed."""

    def read(self, count: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class TarMember:
    """One member. `unsafe` says why its name must not become a path (empty: it may); `target` is a link's."""

    name: str
    kind: Kind
    size: int
    executable: bool
    at: int
    unsafe: str = ""
    target: str = ""


class TarStream:
    """The members of one archive. `members` and `content` are used in turn, front to back.

    After `members` is exhausted the archive has been read to its end marker; `TruncatedError` says that it has none.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._at = 0
        self._left = 0
        self._padding = 0

    def members(self) -> Iterator[TarMember]:
        """Yield the members; content that was not taken is skipped."""
        count = 0
        extended: dict[str, str] = {}
        while (header := self._header()) is not None:
            count += 1
            if count > FOLDER_ENTRIES:
                raise LimitError("the archive holds too many members", expected=f"at most {FOLDER_ENTRIES:,}")
            flag, size = header[156:157], self._open(header, extended)
            if flag in (b"x", b"L"):
                extended |= self._extended(flag, size)
                continue
            if flag not in (b"g", b"K"):
                yield self._member(header, extended, size)
                extended = {}
            for _ in self.content():
                pass

    def content(self) -> Iterator[bytes]:
        """Yield what is left of the current member's content."""
        while self._left:
            chunk = self._source.read(min(STEP, self._left))
            if not chunk:
                raise self._truncated(f"{shown(self._left)} more of a member")
            self._left -= len(chunk)
            self._at += len(chunk)
            yield chunk
        self._exactly(self._padding, "the padding behind a member")
        self._padding = 0

    def _open(self, header: bytes, extended: dict[str, str]) -> int:
        size = _number(header[124:136], self._at) if "size" not in extended else _decimal(extended["size"], self._at)
        self._left, self._padding = size, -size % BLOCK
        return size

    def _header(self) -> bytes | None:
        """Return the next header block; None at the end marker, two blocks of zeros (one is accepted, as tar does)."""
        block = self._exactly(BLOCK, "a header, or the end marker")
        if not any(block):
            return None
        stored = _number(block[148:156], self._at - BLOCK)
        if stored != sum(block) - sum(block[148:156]) + 8 * 32:
            raise FormatError("a tar header's checksum does not hold", where=f"byte {self._at - BLOCK:,}")
        return block

    def _exactly(self, count: int, what: str) -> bytes:
        got = b""
        while len(got) < count:
            chunk = self._source.read(count - len(got))
            if not chunk:
                raise self._truncated(what)
            got += chunk
        self._at += count
        return got

    def _truncated(self, what: str) -> TruncatedError:
        return TruncatedError("the tar archive ends too early", where=f"byte {self._at:,} unpacked", expected=what)

    def _extended(self, flag: bytes, size: int) -> dict[str, str]:
        if size > EXTENDED_BYTES:
            raise LimitError(
                "a tar header for a long name is too long",
                where=f"byte {self._at:,}",
                expected=f"at most {shown(EXTENDED_BYTES)}",
                found=shown(size),
            )
        content = b"".join(self.content())
        if flag == b"L":
            return {"path": content.rstrip(b"\0").decode("utf-8", "backslashreplace")}
        return {key: value for key, value in _records(content) if key in ("path", "size")}

    def _member(self, header: bytes, extended: dict[str, str], size: int) -> TarMember:
        name = _text(header[:100])
        if header[257:262] == b"ustar" and header[345] and header[263:265] == b"00":
            name = f"{_text(header[345:500])}/{name}"
        name = extended.get("path", name)
        kind = _KINDS.get(header[156:157], "other")
        if kind == "file" and name.endswith("/"):
            kind = "folder"
        plain, unsafe = safe_name(name) if name.strip("./") else ("", "")
        mode = _number(header[100:108], self._at)
        target = _text(header[157:257]) if kind == "link" else ""
        return TarMember(plain, kind, size, bool(mode & 0o100), self._at - BLOCK, unsafe, target)


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "backslashreplace")


def _number(field: bytes, at: int) -> int:
    """Return an octal field's number, or GNU's binary form where the first bit is set."""
    if field[0] == 0x80:
        value = int.from_bytes(field[1:], "big")
    else:
        text = field.strip(b" \0")
        if text.strip(b"01234567"):
            raise FormatError("a tar header holds a number that is none", where=f"byte {at:,}", found=repr(field))
        value = int(text or b"0", 8)
    if value >= 1 << 62:
        raise LimitError("a tar header declares an impossible size", where=f"byte {at:,}", found=f"{value:,}")
    return value


def _decimal(text: str, at: int) -> int:
    if not text.isdecimal() or len(text) > 18:
        raise FormatError("a pax header holds a size that is no number", where=f"byte {at:,}", found=repr(text[:40]))
    return int(text)


def _records(content: bytes) -> Iterator[tuple[str, str]]:
    """Yield the records of a pax header: `LENGTH KEY=VALUE\\n`."""
    at = 0
    while at < len(content):
        digits = content[at : at + 8].partition(b" ")[0]
        length = int(digits) if digits.isdigit() else 0
        record = content[at + len(digits) + 1 : at + length - 1]
        if not length or at + length > len(content) or b"=" not in record:
            raise FormatError("a pax header's record is malformed", found=repr(content[at : at + 20]))
        key, _, value = record.partition(b"=")
        yield key.decode("utf-8", "backslashreplace"), value.decode("utf-8", "backslashreplace")
        at += length
