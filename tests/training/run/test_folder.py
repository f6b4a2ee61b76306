"""A run's folder where the disk is full: empty as before, and no word of going on with what has not begun."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest

from loadstone.errors import SourceError
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
