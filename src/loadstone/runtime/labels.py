"""Names for class ids from a file that the user names: a label map, or names one a line.

A list without numbers and without a placeholder on its first line begins at the model's own first id:
1 for TensorFlow's detectors, whose 0 is the background, and 0 for TFLite and for classifiers.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from loadstone.errors import FormatError, SourceError
from loadstone.formats.label_map import is_label_map, parse_label_map
from loadstone.formats.labels import numbered, parse_labels
from loadstone.wire.limits import LABEL_BYTES, shown


def read_labels(path: Path, *, first_id: int) -> Mapping[int, str]:
    """Return class id → name; raises `SourceError`, or `FormatError` when the file holds no names."""
    data = _content(path)
    try:
        labels = parse_label_map(data).names if is_label_map(data) else listed_labels(data, first_id=first_id)
    except FormatError as error:
        raise error.at(str(path)) from error
    if not labels:
        raise FormatError("the file names no classes", where=str(path), expected="a label map, or one name a line")
    return labels


def listed_labels(data: bytes, *, first_id: int) -> Mapping[int, str]:
    """Read names one a line; ids of the file's own are kept, places are counted from `first_id`."""
    labels = parse_labels(data)
    own_ids = numbered(data.decode("utf-8-sig").splitlines()) is not None
    return labels if own_ids or 0 not in labels else {place + first_id: name for place, name in labels.items()}


def _content(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise SourceError("there is no such file of labels", where=str(path))
        size = path.stat().st_size
        if size <= LABEL_BYTES:
            return path.read_bytes()
    except OSError as error:
        raise SourceError(f"the labels cannot be read: {error.strerror}", where=str(path)) from error
    raise SourceError(
        "too long for a file of labels", where=str(path), expected=f"at most {shown(LABEL_BYTES)}", found=shown(size)
    )
