"""Names for class ids from a file that the user names: a label map, or names one a line.

A list without numbers begins at the model's own first id: 1 for TensorFlow's detectors, whose 0 is the background,
and 0 for TFLite and for classifiers. A first line `???` or `background` says that the list counts from 0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from loadstone.errors import FormatError, SourceError
from loadstone.wire.limits import TEXT_BYTES, shown

_NUMBERED = re.compile(r"(\d{1,9})(?:\s*[:=,]\s*|\s+)(\S.*)")
_PLACEHOLDERS = frozenset({"???", "background", "__background__"})


def read_labels(path: Path, *, first_id: int) -> Mapping[int, str]:
    """Return class id → name; raises `SourceError`, or `FormatError` when the file holds no names."""
    text = _text(path)
    labels = _label_map(path) if re.search(r"\bitem\s*\{", text) else listed_labels(text, first_id=first_id)
    if not labels:
        raise FormatError("the file names no classes", where=str(path), expected="a label map, or one name a line")
    return labels


def listed_labels(text: str, *, first_id: int) -> Mapping[int, str]:
    """Read names one a line, numbered (`0 person`, `1: person`) or not."""
    lines = [line.strip() for line in text.removeprefix("\ufeff").splitlines()]
    numbered = [_NUMBERED.fullmatch(line) for line in lines if line]
    if numbered and all(numbered):
        return {int(match[1]): match[2].strip() for match in numbered if match}
    while lines and not lines[-1]:
        lines.pop()
    start = 0 if lines and lines[0].casefold() in _PLACEHOLDERS else first_id
    return {number: name for number, name in enumerate(lines, start) if name and name != "???"}


def _label_map(path: Path) -> Mapping[int, str]:
    from loadstone.formats.registry import open_source

    return open_source(str(path)).labels


def _text(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > TEXT_BYTES:
            raise SourceError(
                "too long for a file of labels",
                where=str(path),
                expected=f"at most {shown(TEXT_BYTES)}",
                found=shown(size),
            )
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise SourceError(f"the labels cannot be read: {error.strerror}", where=str(path)) from error
    except UnicodeDecodeError as error:
        raise FormatError("the labels are not UTF-8 text", where=f"{path}: byte {error.start}") from error
