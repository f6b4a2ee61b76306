"""A run's folder where the disk is full: empty as before, and no word of going on with what has not begun."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest

from loadstone.errors import FormatError, SourceError
from loadstone.training.run import folder
from loadstone.training.run.files import unwritable
from tests.training.tiny import rebuilt


def test_a_disk_that_is_full_at_the_beginning_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, values: Any) -> None:
        raise unwritable(OSError(errno.ENOSPC, "No space left on device"), path)

    monkeypatch.setattr(folder, "save_values", full)
    with pytest.raises(SourceError, match="the run cannot begin: the disk is full") as caught:
        folder.create_run(tmp_path / "run", {}, rebuilt())
    assert list((tmp_path / "run").iterdir()) == []
    assert "--resume" not in caught.value.help


def test_a_damaged_record_cannot_be_fetched_again(tmp_path: Path) -> None:
    for broken in ('{"schema": 1, "ask', '{"schema": 1,, }', '{"schema": 1, "schema": 1}'):
        (tmp_path / "run.json").write_text(broken)
        with pytest.raises(FormatError) as caught:
            folder.open_run(tmp_path)
        assert caught.value.help == folder.AGAIN
