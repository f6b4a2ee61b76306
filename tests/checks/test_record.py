"""A record beside a model, and what `check` tells when the model or the environment is another."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

import loadstone as ls
from loadstone import cli
from loadstone.environment.commit import commit
from loadstone.environment.here import here
from loadstone.errors import RefusedError


def _weights(path: Path, last: float = 3.0) -> Path:
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = np.array([b"dense"])
        group = file.create_group("dense")
        group.attrs["weight_names"] = np.array([b"dense/kernel:0", b"dense/bias:0"])
        group["dense/kernel:0"] = np.arange(6, dtype="float32").reshape(2, 3)
        group["dense/bias:0"] = np.array([1.0, 2.0, last], dtype="float32")
    return path


def _named(path: Path) -> dict[str, ls.Finding]:
    findings = ls.check(path, against=replace(here(), packages=dict(here().packages))).findings
    return {finding.fault: finding for finding in findings if finding.fault.startswith("record-")}


def test_a_model_that_did_not_change_is_not_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = _weights(tmp_path / "w.h5")
    assert cli.main(["record", str(path)]) == 0
    assert "w.h5.record.json" in capsys.readouterr().out
    document = json.loads((tmp_path / "w.h5.record.json").read_text())
    assert document["format"] == "keras-h5-weights"
    assert [(file["path"], file["bytes"]) for file in document["files"]] == [("w.h5", path.stat().st_size)]
    assert document["environment"]["numpy"] == np.__version__
    assert len(document["tensors"]) == 2
    assert _named(path) == {}


def test_a_changed_tensor_is_named(tmp_path: Path) -> None:
    path = _weights(tmp_path / "w.h5")
    ls.record(path)
    _weights(path, last=4.0)
    finding = _named(path)["record-changed"]
    assert finding.severity == "warning"
    assert "1 of 2 tensors differ" in finding.fact
    assert any("bias" in evidence.where for evidence in finding.evidence)
    ls.record(path)
    assert _named(path) == {}


def test_a_folder_s_missing_and_added_files_are_named(tmp_path: Path, wild: Path) -> None:
    source = next(path.parent for path in sorted(wild.glob("*/saved_model.pb")) if (path.parent / "variables").is_dir())
    folder = Path(shutil.copytree(source, tmp_path / "model"))
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755)
    ls.record(folder)
    assert _named(folder) == {}
    (folder / "extra.txt").write_text("x")
    next((folder / "variables").glob("*.index")).unlink()
    found = {
        evidence.where.partition(": ")[2]: evidence.found for evidence in _named(folder)["record-changed"].evidence
    }
    assert found["extra.txt"] == "a file"
    assert "missing" in found.values()


def test_other_versions_are_an_info(tmp_path: Path) -> None:
    path = _weights(tmp_path / "w.h5")
    place = ls.record(path)
    document = json.loads(place.read_text())
    document["environment"] |= {"numpy": "1.0.0", "python": "2.7.1"}
    place.write_text(json.dumps(document))
    finding = _named(path)["record-environment-differs"]
    assert finding.severity == "info"
    assert finding.help == "python -m pip install numpy==1.0.0"
    assert {evidence.where for evidence in finding.evidence} == {"numpy", "python"}


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"kind": "loadstone-record", "schema_version": 1}', '{"kind": "loadstone-record"}']
)
def test_a_broken_record_is_not_examined(tmp_path: Path, content: str) -> None:
    path = _weights(tmp_path / "w.h5")
    (tmp_path / "w.h5.record.json").write_text(content)
    report = ls.check(path)
    assert any(".record.json" in unseen.where for unseen in report.not_examined)


class Toy:
    """A model that writes itself as Keras models do."""

    layers: tuple[object, ...] = ()

    def save(self, filepath: str) -> None:
        _weights(Path(filepath))


def test_save_writes_the_model_and_its_record(tmp_path: Path) -> None:
    place = ls.save(Toy(), tmp_path / "model.h5")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.h5", "model.h5.record.json"]
    origin = json.loads(place.read_text())["custom"]["Toy"]
    assert origin["module"] == __name__
    assert len(origin["source_sha256"]) == 64
    with pytest.raises(RefusedError):
        ls.save(Toy(), tmp_path)


def test_a_commit_is_read_without_git(tmp_path: Path) -> None:
    git = tmp_path / ".git"
    (git / "refs" / "heads").mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    assert commit(tmp_path) == ""
    (git / "packed-refs").write_text(f"# pack-refs\n{'a' * 40} refs/heads/main\n")
    (tmp_path / "deep").mkdir()
    assert commit(tmp_path / "deep") == "a" * 40
    (git / "refs" / "heads" / "main").write_text("b" * 40 + "\n")
    assert commit(tmp_path) == "b" * 40
    (git / "HEAD").write_text("c" * 40)
    assert commit(tmp_path) == "c" * 40
