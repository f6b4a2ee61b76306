"""The preparing process: what it says, and what is said when it dies."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from loadstone.errors import FormatError, SourceError, UnsupportedModelError
from loadstone.runtime import cache, open_detector, prepare
from loadstone.runtime.conversions.frontends import refusal
from loadstone.runtime.sources import model_files

needs_shell = pytest.mark.skipif(os.name == "nt", reason="the stand-in for Python is a shell script")


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("LOADSTONE_HOME", str(tmp_path / "home"))
    path = tmp_path / "model.tflite"
    path.write_bytes(b"\x1c\0\0\0TFL3")
    return str(path)


def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Let a shell script run in place of the preparing process; $4 is its folder."""
    path = tmp_path / "python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(path))


@needs_shell
def test_a_crash_is_a_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str) -> None:
    stand_in(tmp_path, monkeypatch, "echo last words >&2; kill -SEGV $$")
    with pytest.raises(UnsupportedModelError) as died:
        open_detector(model)
    assert "SIGSEGV" in died.value.fact
    assert died.value.found == "last words"
    assert not list(cache.plans().glob(".preparing-*"))


@needs_shell
def test_a_process_that_hangs_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str) -> None:
    stand_in(tmp_path, monkeypatch, "exec sleep 60")
    monkeypatch.setattr(prepare, "PREPARE_SECONDS", 0.2)
    with pytest.raises(UnsupportedModelError, match="took too long"):
        open_detector(model)


@needs_shell
@pytest.mark.parametrize("record", ["", "[]", '{"class": "system", "message": "x"}', '{"class": "FormatError"}'])
def test_an_unreadable_account_is_an_error_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str, record: str
) -> None:
    stand_in(tmp_path, monkeypatch, f"printf '%s' '{record}' > $4/{prepare.FAILURE}; exit 1")
    with pytest.raises(SourceError, match="unreadable"):
        open_detector(model)


@needs_shell
def test_an_error_comes_over_with_all_of_its_fields(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    fields = {"message": "a fact", "where": "byte 3", "expected": "4", "found": "5", "help": "do"}
    record = json.dumps({"class": "FormatError", **fields})
    stand_in(tmp_path, monkeypatch, f"printf '%s' '{record}' > $4/{prepare.FAILURE}; exit 1")
    with pytest.raises(FormatError) as told:
        open_detector(model)
    assert {**told.value.as_json(), "code": ""} == {**fields, "code": ""}


def test_a_folder_of_the_user_is_never_imported_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    for name in ("numpy", "loadstone", "openvino", "json"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the file beside the model ran')")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FormatError) as refused:
        open_detector(model)
    assert "ran" not in str(refused.value)


MESSAGES = {
    "No conversion rule found for operations: Foo, Bar": "the operations `Foo`, `Bar`",
    "Summary:\n-- Conversion is failed for: ArgMax\n": "the operation `ArgMax`",
    "No translator found for TFLite_Detection_PostProcess node.": "the operation `TFLite_Detection_PostProcess`",
    "Check 'x' failed at y.cpp:1:\nsomething odd": "OpenVINO cannot read the graph",
    "": "OpenVINO cannot read the graph",
}


@pytest.mark.parametrize("message", MESSAGES)
def test_many_lines_of_openvino_become_one_sentence(message: str) -> None:
    fact = refusal(message).fact
    assert MESSAGES[message] in fact
    assert "\n" not in fact


def test_the_files_of_a_model_are_its_own_and_those_that_say_how_to_use_it(tmp_path: Path) -> None:
    for name in ("net.pb", "net.pbtxt", "labels.txt", "pipeline.config", "other.pb", "holiday.jpg", "ckpt.index"):
        (tmp_path / name).write_bytes(b"x")
    found = [path.name for path in model_files(str(tmp_path / "net.pb"))]
    assert found == ["labels.txt", "net.pb", "net.pbtxt", "pipeline.config"]
    with pytest.raises(SourceError):
        model_files(str(tmp_path / "missing.pb"))


def test_a_checkpoint_prefix_has_files(tmp_path: Path) -> None:
    for name in ("ckpt-3.index", "ckpt-3.data-00000-of-00001", "ckpt-30.index"):
        (tmp_path / name).write_bytes(b"x")
    found = {path.name for path in model_files(str(tmp_path / "ckpt-3"))}
    assert {"ckpt-3.index", "ckpt-3.data-00000-of-00001"} <= found
