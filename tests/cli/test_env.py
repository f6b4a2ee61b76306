"""`loadstone env` on real files; nothing is installed here."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from loadstone.cli import main


def test_the_environment_of_a_file_is_printed(wild: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["env", str(wild / "savedmodel-tfserving-tf2-cpu")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["# Python 3.11", "# the file records TensorFlow 2.14.0"] or lines[0].startswith("# Python 3.")
    assert any(line.startswith("tensorflow==2.1") for line in lines)


def test_the_document_has_its_fields(wild: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["env", str(wild / "keras-29-dense-h5" / "model-3.h5"), "--json", "--tensorflow", "2.9"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["schema_version"] == 1
    assert found["tensorflow"] == "2.9.3"
    assert found["packages"]["keras"] == "2.9.0"
    assert found["folder"] is None
    assert found["reasons"] == ["TensorFlow 2.9 was asked for"]


@pytest.mark.parametrize("form", ["requirements", "pyproject", "conda"])
def test_every_form_is_written(wild: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    assert main(["env", str(wild / "keras-zip-35-lstm"), "--format", form]) == 0
    assert "keras==3.5.0" in capsys.readouterr().out


def test_a_demand_that_no_wheel_meets(wild: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["env", str(wild / "keras-zip-35-lstm"), "--tensorflow", "2.15", "--python", "3.13"]) == 4
    assert "no wheel of TensorFlow 2.15 on Python 3.13" in capsys.readouterr().err


def test_a_command_runs_in_the_environment(wild: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from loadstone.runtime.isolated import create

    (tmp_path / "bin").mkdir()
    monkeypatch.setattr(create, "ensure", lambda found, say: tmp_path)
    check = "import os, sys; sys.exit(7 if os.environ['VIRTUAL_ENV'] == sys.argv[1] else 1)"
    command = f'{sys.executable} -c "{check}" {tmp_path}'
    assert main(["env", str(wild / "keras-zip-35-lstm"), "--run", command]) == 7
    assert main(["env", str(wild / "keras-zip-35-lstm"), "--run", "no-such-program-here"]) == 4
    assert main(["env", str(wild / "keras-zip-35-lstm"), "--run", "python 'not closed"]) == 4
