"""A binary file that an editor or a transfer read as text and saved as UTF-8.

Every byte above 127 became a character of two or three bytes, so the file grew and no reader takes it. What it is:
the proof (the whole file is valid UTF-8 and yet full of control characters) and the size of the healthy file.
What it is not: a repair.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass

from loadstone.wire.limits import KIB, MIB
from loadstone.wire.protobuf import Buffer

CHECKED_BYTES = 256 * MIB
_STEP = MIB
_SAMPLE = 256 * KIB
_CONTINUATION = bytes(range(0x80, 0xC0))
_REPLACEMENT = "\ufffd"
_HDF5 = b"\x89HDF\r\n\x1a\n"
"""The one beginning of a model file that has a byte above 127; it survives as a character of some code page."""

_LEAST_SHARE = 20
"""One in twenty characters at least is beyond ASCII: weights have about one in two, a stray umlaut far fewer."""

ENCODINGS = (("latin-1", "Latin-1"), ("cp1252", "Windows-1252"), ("mac_roman", "Mac Roman"), ("cp437", "code page 437"))


@dataclass(frozen=True, slots=True)
class Reencoded:
    """`encoding` is what the bytes were read as; None where replacement characters took the place of lost bytes.

    `healthy_size` is the number of characters, which is the number of bytes that the file had (line ends aside).
    """

    encoding: str | None
    healthy_size: int


def reencoded(view: Buffer) -> Reencoded | None:
    """Return how the binary was turned into text, or None where it was not."""
    if not 64 <= len(view) <= CHECKED_BYTES:
        return None
    sample = bytes(view[:_SAMPLE]).decode("utf-8", "ignore")
    beyond = {character for character in sample if ord(character) > 127}
    count = sum(ord(character) > 127 for character in sample)
    control = sum(ord(character) < 32 and character not in "\t\n\r" for character in sample)
    # Replacement characters among control characters are proof enough, and so is the start of an HDF5 file, which may
    # be zeros for the most part; a code page's need to be many.
    telling = _REPLACEMENT in beyond or _begins_as_hdf5(sample) or count * _LEAST_SHARE >= len(sample)
    if not control or not telling or not _is_utf8(view):
        return None
    characters = sum(len(chunk.translate(None, _CONTINUATION)) for chunk in _chunks(view))
    if _REPLACEMENT in beyond:
        return Reencoded(None, characters)
    return Reencoded(next((label for name, label in ENCODINGS if _holds(name, beyond)), "some code page's"), characters)


def _begins_as_hdf5(sample: str) -> bool:
    return any(sample.startswith(_HDF5.decode(name)) for name, _ in ENCODINGS)


def _chunks(view: Buffer) -> Iterator[bytes]:
    return (bytes(view[at : at + _STEP]) for at in range(0, len(view), _STEP))


def _is_utf8(view: Buffer) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for chunk in _chunks(view):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _holds(encoding: str, characters: set[str]) -> bool:
    """Return whether the code page has all of the characters; undefined places of Windows-1252 stay as they are."""
    if encoding == "latin-1":
        return all(ord(character) < 256 for character in characters)
    return all(_in_page(encoding, character) for character in characters)


def _in_page(encoding: str, character: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return encoding == "cp1252" and character in "\x81\x8d\x8f\x90\x9d"
    return True
