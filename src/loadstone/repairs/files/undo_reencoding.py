"""Turn a binary that was read as text and saved as UTF-8 or UTF-16 back into its bytes.

Every character becomes the byte that it was in the code page. Line ends that the editor changed cannot be told from
those that were there: where a file holds none of a kind, that kind was changed, and a person is asked.
"""

from __future__ import annotations

from pathlib import Path

from loadstone.checks.subject import Subject
from loadstone.errors import LoadstoneError
from loadstone.facts.plan import Edit, Grade, Plan
from loadstone.formats.kinds.reencoded import ENCODINGS
from loadstone.formats.registry import Candidate, module, recognise
from loadstone.formats.trees.tree import DiskTree
from loadstone.wire.limits import MIB, shown

NAME = "undo-reencoding"
_LONGEST = 256 * MIB
_UNDEFINED = {"cp1252": "\x81\x8d\x8f\x90\x9d"}
"""Places that a code page leaves open; editors keep the number."""

_NOTHING = ("unknown", "reencoded-binary", "text", "empty")


def plan(subject: Subject) -> Plan | None:
    """Return the plan for a file that one code page explains wholly."""
    candidate = subject.candidate
    if candidate is None or candidate.is_folder or not 0 < candidate.size <= _LONGEST:
        return None
    if subject.format != "reencoded-binary" and candidate.head[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        return None
    data = bytes(candidate.tree.view(candidate.name))
    found = _undone(data, subject)
    if found is None:
        return None
    label, healthy = found
    trimmed = _without_last_line_end(data, healthy)
    doubtful = 0 if b"\r" in trimmed else trimmed.count(b"\n")
    asked = ""
    if doubtful:
        asked = f"no CR is left, so that some of its {doubtful:,} LF were CR and stay wrong: better fetch it again"
    edit = Edit(subject.source, shown(len(data)), shown(len(trimmed)), f"the bytes were read as {label}")
    grade: Grade = "ask" if asked else "safe"
    return Plan(NAME, subject.source, (edit,), grade, ("binary-reencoded-as-text",), asked=asked, details=trimmed)


def apply(plan: Plan, target: Path) -> None:
    """Write the bytes."""
    target.write_bytes(plan.details)


def _undone(data: bytes, subject: Subject) -> tuple[str, bytes] | None:
    """Return (the code page, the bytes before) of a re-encoded binary; None for any other file."""
    if subject.format == "reencoded-binary":
        label = (subject.model.details.get("encoding") if subject.model else None) or ""
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            return None
        named = [pair for pair in ENCODINGS if pair[1] == label]
        for codec, name in (*named, *(pair for pair in ENCODINGS if pair not in named)):
            if (healthy := _bytes_of(text, codec)) is not None:
                return name, healthy
        return None
    return _from_utf16(data)


def _from_utf16(data: bytes) -> tuple[str, bytes] | None:
    """Return the bytes of a binary that was read as Latin-1 or Windows-1252 and saved as UTF-16."""
    codec = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}.get(data[:2])
    if codec is None or len(data) % 2:
        return None
    try:
        text = data[2:].decode(codec)
    except UnicodeDecodeError:
        return None
    if sum(ord(one) < 32 and one not in "\t\r\n" for one in text[:4096]) * 50 < min(len(text), 4096):
        return None
    for name, label in ENCODINGS:
        if (healthy := _bytes_of(text, name)) is not None and _is_model(healthy):
            return f"{label}, saved as UTF-16", healthy
    return None


def _bytes_of(text: str, codec: str) -> bytes | None:
    try:
        return text.removeprefix("\ufeff").encode(codec)
    except UnicodeEncodeError:
        pass
    if codec not in _UNDEFINED:
        return None
    if not any(one in text for one in _UNDEFINED[codec]):
        return None
    try:
        return b"".join(_kept(one, codec) for one in text.removeprefix("\ufeff"))
    except UnicodeEncodeError:
        return None


def _kept(character: str, codec: str) -> bytes:
    return bytes((ord(character),)) if character in _UNDEFINED[codec] else character.encode(codec)


def _is_model(data: bytes) -> bool:
    try:
        return recognise(_candidate(data)) not in ("not_a_model", "label_list")
    except LoadstoneError:
        return False


def _without_last_line_end(data: bytes, healthy: bytes) -> bytes:
    """Return the bytes without the line end that an editor adds to what it saves, where the format has no room for it.

    A message, a table and HDF5 end where their own lengths say; one byte more is the editor's.
    """
    if not healthy.endswith(b"\n"):
        return healthy
    shorter = healthy.removesuffix(b"\n").removesuffix(b"\r")
    return shorter if _reads(shorter) or not _reads(healthy) else healthy


def _reads(data: bytes) -> bool:
    candidate = _candidate(data)
    try:
        name = recognise(candidate)
        return module(name).read(candidate).format not in _NOTHING
    except LoadstoneError:
        return False


class _Memory(DiskTree):
    """A tree of one file whose bytes are in memory."""

    def __init__(self, data: bytes) -> None:
        super().__init__(Path("/nonexistent"), only="file")
        self._data = data

    @property
    def sizes(self) -> dict[str, int]:
        return {"file": len(self._data)}

    def size(self, name: str) -> int | None:
        return len(self._data) if name == "file" else None

    def listing(self, folder: str) -> dict[str, int]:
        return {} if folder else {"file": len(self._data)}

    def read(self, name: str, limit: int) -> bytes:
        return self._data[: limit + 1]

    def head(self, name: str, count: int = 4096) -> bytes:
        return self._data[:count]

    def view(self, name: str) -> bytes:
        return self._data


def _candidate(data: bytes) -> Candidate:
    return Candidate("the restored file", _Memory(data), "file", is_folder=False)
