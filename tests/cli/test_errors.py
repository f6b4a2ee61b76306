"""No traceback reaches a user: what the operating system refuses is an error with its place and what to do."""

from __future__ import annotations

import argparse
import errno
import json
import os
from types import SimpleNamespace

import pytest

from loadstone import cli
from loadstone.runtime.quantise import PRECISIONS


def failing(arguments: argparse.Namespace) -> int:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/data/out.bin")


@pytest.fixture
def _full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true")

    command = SimpleNamespace(SUMMARY="x", add_arguments=nothing, run=failing)
    monkeypatch.setattr(cli, "_command", lambda name: command)


@pytest.mark.usefixtures("_full_disk")
def test_what_the_system_refuses_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["inspect"]) == 3
    told = capsys.readouterr().err
    assert "no space left on device" in told
    assert "/data/out.bin" in told
    assert "help" in told


@pytest.mark.usefixtures("_full_disk")
def test_json_stays_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["inspect", "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["error"]["where"] == "/data/out.bin"


@pytest.mark.usefixtures("_full_disk")
def test_debug_shows_the_traceback() -> None:
    with pytest.raises(OSError, match="No space left"):
        cli.main(["inspect", "--debug"])


def test_detect_offers_the_precisions_that_there_are() -> None:
    from loadstone.cli.detect import add_arguments

    parser = argparse.ArgumentParser()
    add_arguments(parser)
    action = next(one for one in parser._actions if "--precision" in one.option_strings)
    assert tuple(action.choices or ()) == PRECISIONS
