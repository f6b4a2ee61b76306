"""Names from a file of the user's: label maps and lists, numbered or not."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadstone.errors import FormatError, LoadstoneError, SourceError
from loadstone.runtime.labels import read_labels


@pytest.mark.parametrize(
    ("text", "first_id", "labels"),
    [
        ("person\ndog\n", 1, {1: "person", 2: "dog"}),
        ("person\ndog\n", 0, {0: "person", 1: "dog"}),
        ("???\nperson\ndog\n", 1, {1: "person", 2: "dog"}),
        ("background\nperson\n", 1, {1: "person"}),
        ("0 person\n17 dog\n", 1, {0: "person", 17: "dog"}),
        ("item { id: 3 name: 'n' display_name: 'shown' }", 0, {3: "shown"}),
    ],
)
def test_forms(tmp_path: Path, text: str, first_id: int, labels: dict[int, str]) -> None:
    path = tmp_path / "labels"
    path.write_text(text)
    assert read_labels(path, first_id=first_id) == labels


def test_files_that_hold_none(tmp_path: Path) -> None:
    path = tmp_path / "labels"
    for content in (b"", b"\n\n", b"\xff\xfe\x00", b"item {", b"item { name: 'no id' }"):
        path.write_bytes(content)
        with pytest.raises(LoadstoneError) as caught:
            read_labels(path, first_id=1)
        assert isinstance(caught.value, FormatError)
        assert str(path) in caught.value.where
    with pytest.raises(SourceError):
        read_labels(tmp_path, first_id=1)
