"""What a hostile file would do is said, attack by attack, and nothing of it is done; the innocent are left alone."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from loadstone.checks import check
from loadstone.facts.environment import Environment
from tests.security.samples import SAMPLES
from tests.support.audited import audited

ENVIRONMENT = Environment()

TOLD = {
    "asset-outside": "safety-asset-outside",
    "deep-json": "safety-deep-nesting",
    "deep-protobuf": "safety-deep-nesting",
    "duplicate-members": "safety-archive-names",
    "external-link": "safety-hdf5-link",
    "external-storage": "safety-hdf5-external-storage",
    "file-ops-in-graph": "safety-graph-file-access",
    "foreign-module": "safety-foreign-module",
    "gadget-in-keras": "safety-keras-gadget",
    "hostile-tar": "safety-archive-names",
    "huge-splat": "safety-shape-bomb",
    "keras-metadata-lambda": "safety-lambda-code",
    "lambda-elsewhere": "safety-lambda-code",
    "lambda-in-hdf5": "safety-lambda-code",
    "lambda-layer": "safety-lambda-code",
    "link-out-of-the-folder": "safety-link-out-of-folder",
    "pickled": "safety-pickle",
    "pickled-npy": "safety-pickle",
    "saved-model-layer": "safety-nested-saved-model",
    "shape-bomb": "safety-shape-bomb",
    "soft-link": "safety-hdf5-link",
    "tflite-offsets": "safety-flatbuffer-offsets",
    "torch-wrapper": "safety-foreign-framework-blob",
    "virtual-dataset": "safety-hdf5-external-storage",
    "vocabulary-path": "safety-path-in-config",
    "yaml-tags": "safety-yaml-tags",
    "zip-bomb": "safety-zip-bomb",
    "zip-names": "safety-archive-names",
}
"""Attack → the fault that names it. A named pipe is not opened, and nothing more is known of it."""


@pytest.mark.parametrize("name", sorted(SAMPLES.keys() - {"named-pipe"}))
def test_an_attack_is_named(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    canary = tmp_path / "canary.txt"
    canary.write_text("secret-of-another-file")
    report = check(SAMPLES[name](folder, canary), ENVIRONMENT)
    found = [finding for finding in report.findings if finding.fault == TOLD[name]]
    assert found, [(finding.fault, finding.fact) for finding in report.findings]
    assert found[0].severity in ("error", "warning")
    assert found[0].evidence
    assert "secret-of-another-file" not in str(report)


@pytest.mark.parametrize("name", ["lambda-in-hdf5", "external-storage", "keras-metadata-lambda", "hostile-tar"])
def test_checking_runs_nothing(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    canary = tmp_path / "canary.txt"
    canary.write_text("secret-of-another-file")
    audit = audited(tmp_path, "check", str(SAMPLES[name](folder, canary)))
    assert audit.code == 1, audit.err
    assert canary.read_text() == "secret-of-another-file"
    assert str(canary) not in audit.opened()
    assert audit.others() == []


def test_code_is_found_inside_an_archive_and_a_nested_model(tmp_path: Path) -> None:
    folder = tmp_path / "inner"
    folder.mkdir()
    model = SAMPLES["lambda-layer"](folder, tmp_path / "canary.txt")
    with zipfile.ZipFile(tmp_path / "m.zip", "w") as archive:
        archive.write(model, "deep/m.keras")
    assert "safety-lambda-code" in {finding.fault for finding in check(tmp_path / "m.zip", ENVIRONMENT).findings}


def test_a_base64_code_object_is_found_under_any_key(tmp_path: Path) -> None:
    import base64
    import marshal

    code = base64.b64encode(marshal.dumps(compile("1 + 1", "x", "eval"))).decode()
    dense = {"class_name": "Dense", "config": {"name": "d", "units": 1, "note": [code, None]}}
    config: dict[str, Any] = {"class_name": "Sequential", "config": {"name": "m", "layers": [dense]}}
    path = tmp_path / "model.json"
    path.write_text(json.dumps({**config, "keras_version": "2.4.0"}))
    found = [one for one in check(path, ENVIRONMENT).findings if one.fault == "safety-lambda-code"]
    assert "note" in found[0].evidence[0].where


def test_an_operation_that_opens_what_its_caller_names_is_a_note(wild: Path) -> None:
    report = check(wild / "tf1-mtcnn-pb-cifarexp", ENVIRONMENT)
    found = [finding for finding in report.findings if finding.fault == "safety-graph-file-access"]
    assert [finding.severity for finding in found] == ["info"]


@pytest.mark.slow
def test_nothing_of_safety_is_said_of_the_innocent(wild: Path, manifest: dict[str, dict[str, Any]]) -> None:
    told = {
        name: finding.fault
        for name, record in manifest.items()
        if (record["stock_loader"] or {}).get("opened")
        for finding in check(wild / name, ENVIRONMENT).findings
        if finding.fault.startswith("safety-") and finding.severity != "info"
    }
    assert told == {}
