"""The commands that findings give: with the path of what was examined, as a shell or Python takes it."""

from __future__ import annotations

import re
import shlex
import tarfile
from pathlib import Path

import pytest

import loadstone as ls
from loadstone import cli
from loadstone.checks.fault import filled
from loadstone.checks.subject import argument
from tests.checks.keras.test_keras_faults import KERAS3, SHOWN
from tests.checks.test_golden_messages import GOLDEN


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("loadstone fix FILE   writes it", "loadstone fix '/my models/a.h5'   writes it"),
        ("load_model(FILE), or see FOLDER", "load_model(\"/my models/a.h5\"), or see '/my models/a.h5'"),
        ("MODEL_DIR, FILES, LD_LIBRARY_PATH, /data/MODEL/x", "MODEL_DIR, FILES, LD_LIBRARY_PATH, /data/MODEL/x"),
    ],
)
def test_a_path_is_put_where_it_belongs(words: str, expected: str) -> None:
    assert filled(words, "/my models/a.h5") == expected


def test_no_finding_of_a_file_leaves_its_path_open() -> None:
    told = (GOLDEN / "files.txt").read_text(encoding="utf-8")
    helps = re.findall(r"^ {7}help {6}(.*)$", told, re.MULTILINE)
    assert len(helps) > 100
    assert [words for words in helps if filled(words, "x") != words] == []


def test_a_command_of_a_finding_can_be_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "my models; and others"
    folder.mkdir()
    path = SHOWN["keras2-h5-in-keras3-dwconv-groups"][0](folder)
    words = next(one.help for one in ls.check(path, against=KERAS3).findings if one.fault.endswith("dwconv-groups"))
    command = shlex.split(words.partition(": ")[0])
    assert command == ["loadstone", "fix", str(path)]
    assert cli.main([*command[1:], "--against", "keras==3.15.1"]) == 0
    assert "wrote" in capsys.readouterr().out


def test_a_member_of_an_archive_is_named_as_it_lies_unpacked(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    path = SHOWN["keras2-h5-in-keras3-dwconv-groups"][0](tmp_path / "in")
    packed = tmp_path / "a.tar.gz"
    with tarfile.open(packed, "w:gz") as archive:
        archive.add(path, "in/model.h5")
    helps = [one.help for one in ls.check(packed, against=KERAS3).findings if one.fault.endswith("dwconv-groups")]
    assert [words.partition(": ")[0] for words in helps] == ["loadstone fix in/model.h5"]
    assert argument(str(path)) == str(path)


def test_a_file_that_a_message_names_and_that_lies_here_is_named(tmp_path: Path) -> None:
    path = tmp_path / "weights.h5"
    path.write_bytes(b"GGUF" + bytes(300))
    text = f"OSError: Unable to open file '{path}' (file signature not found)"
    helps = {one.fault: one.help for one in ls.explain(text).findings}
    assert helps["h5-signature-not-found"].endswith(f"loadstone inspect {path} names that")
    config = tmp_path / "pipeline.config"
    config.write_text("model { ssd { num_classes: 3 } }\n")
    other = ls.explain(f"ValueError: Unknown layer: CapsuleLayer, of {config}")
    assert other.checked == (str(config),)
    assert {one.fault: one.help for one in other.findings}["custom-object-not-registered"].startswith("load_model(FILE")
    told = ls.explain(text, files=False).findings[0].help
    assert told == "loadstone check FILE   says what the file is"
