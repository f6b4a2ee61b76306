"""Nothing in a file runs, no link is followed, no other file is opened, memory stays capped: seen from outside."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.security.samples import SAMPLES
from tests.support.audited import audited

PEAK_BYTES = 320 * 1024 * 1024
"""The promised 256 MB for a reader, on top of the interpreter itself."""


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_inspecting_runs_nothing(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    canary = tmp_path / "canary.txt"
    canary.write_text("secret-of-another-file")
    source = SAMPLES[name](folder, canary)

    audit = audited(tmp_path, "inspect", str(source), "--verify", "--variables", "--ops")

    assert audit.code in (0, 1, 3, 6), audit.err
    assert "Traceback" not in audit.err
    assert audit.out or audit.err
    assert canary.read_text() == "secret-of-another-file"
    assert "secret-of-another-file" not in audit.out + audit.err
    assert {path for path in audit.opened() if not path.startswith(str(folder))} == set()
    assert audit.others() == []
    assert audit.peak_bytes < PEAK_BYTES
    assert sorted(path.name for path in tmp_path.iterdir()) == ["audit.json", "canary.txt", "model"]
