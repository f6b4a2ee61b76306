"""`lfs-pointer`: a stand-in is named with the size of what it stands for; a real file is not."""

from __future__ import annotations

from pathlib import Path

from loadstone.checks import check
from loadstone.facts.environment import Environment

ENVIRONMENT = Environment()
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize 9804211\n" % (b"ab" * 32)


def test_a_pointer_is_named_with_the_size_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "model.h5"
    path.write_bytes(POINTER)
    report = check(path, ENVIRONMENT)
    assert [finding.fault for finding in report.findings] == ["lfs-pointer"]
    assert "9,804,211 bytes" in report.findings[0].fact
    assert [unseen.reason for unseen in report.not_examined] == [
        f"it is a git-lfs pointer: {len(POINTER)} bytes for 9,804,211"
    ]
    assert report.errors == ()


def test_a_text_is_no_pointer(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("a file of words\n")
    assert check(path, ENVIRONMENT).findings == ()
