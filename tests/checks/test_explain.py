"""`explain`: ranking, files of the text, and the honest answer to a text that is not known."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

import loadstone as ls
from loadstone import cli
from loadstone.checks import explain as engine
from loadstone.checks.error_text import read
from loadstone.checks.fault import Fault, Saying

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize 9804211\n" % (b"ab" * 32)


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of three faults: a cause, a fault that is only likely, and one that leaves an echo."""
    pages = {
        "cause": Saying(r"inner (?P<what>\w+)", "the cause is {what}"),
        "guess": Saying(r"maybe", "it may be that", "likely"),
        "echo": Saying(r"DNN is not found", "an echo", echo=True),
    }
    modules = {}
    for name, saying in pages.items():
        modules[name] = ModuleType(name)
        modules[name].__dict__.update(FAULT=Fault(name, "error", "do something"), TEXTS=(saying,))
    monkeypatch.setattr(engine, "faults", lambda: dict.fromkeys(pages, ("", frozenset())))
    monkeypatch.setattr(engine, "module", modules.__getitem__)


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("DNN is not found\nmaybe\ninner 5", ["cause", "guess", "echo"]),
        ("maybe\nDNN is not found", ["guess", "echo"]),
        ("2021-01-01 00:00:00.1: W x/y.cc:3] inner 4\nValueError: maybe", ["guess", "cause"]),
        ("the message inner\n  seven was wrapped", ["cause"]),
        ("nothing of it", []),
    ],
)
def test_the_cause_stands_before_guess_and_echo(text: str, order: list[str]) -> None:
    assert [finding.fault for finding in ls.explain(text, files=False).findings] == order


@pytest.mark.usefixtures("table")
def test_the_evidence_names_the_line() -> None:
    finding = ls.explain("one\nValueError: inner seven").findings[0]
    assert finding.fact == "the cause is seven"
    assert (finding.evidence[0].where, finding.evidence[0].found) == ("line 2 of the text", "ValueError: inner seven")


def test_a_file_of_the_text_is_examined(tmp_path: Path) -> None:
    path = tmp_path / "model.h5"
    path.write_bytes(POINTER)
    text = f"OSError: Unable to open file (unable to open file: name = '{path}', errno = 2)"
    explanation = ls.explain(text)
    assert explanation.checked == (str(path),)
    assert explanation.findings[0].fault == "lfs-pointer"
    assert "9,804,211" in explanation.findings[0].fact
    assert ls.explain(text, files=False).checked == ()


def test_an_unknown_text_says_what_was_understood(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_text('  File "/usr/lib/python3.9/site-packages/zoo/x.py", line 2, in f\nZooError: no such animal\n')
    assert cli.main(["explain", str(path)]) == 3
    shown = capsys.readouterr().out
    assert shown.startswith("not known")
    assert "ZooError: no such animal" in shown
    assert "python        3.9" in shown
    assert cli.main(["explain", str(path), "--json"]) == 3
    document = json.loads(capsys.readouterr().out)
    assert document["findings"] == []
    assert {"what": "system", "value": "Linux"} in document["understood"]
    assert {"schema_version", "findings", "errors", "not_examined"} <= set(document)


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(POINTER)))
    assert cli.main(["explain"]) == 1
    assert "lfs-pointer" in capsys.readouterr().out


def test_a_terminal_is_told_how_to_use_it(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", terminal)
    assert cli.main(["explain"]) == 2
    assert "2>&1 | loadstone explain" in capsys.readouterr().err


def test_no_file_is_an_error_without_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", str(tmp_path / "none.log")]) == 3
    assert "there is no text to read" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text", ["", "\n\n", "\x00\x00", "a" * 100_000, "(" * 5000, "File " * 20_000, "keras/" * 20_000]
)
def test_no_text_raises_or_takes_long(text: str) -> None:
    assert ls.explain(text, files=False).errors == ()


def test_a_long_log_is_not_joined_to_one_line() -> None:
    text = "2024-06-12 14:20:54.2: I tensorflow/core/x.cc:142] a 'b' keras.src.models /home/u/model.h5: 12\n" * 300
    unwrapped = engine._unwrapped(read(text))
    assert unwrapped.text.count("\n") >= 299
    assert engine._unwrapped(read("one\n two\n\nthree")).text == "one two\nthree"
