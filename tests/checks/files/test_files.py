"""Faults of bytes, paths and loaders: each shows in what its builder makes, and none in a healthy file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from loadstone.checks import check
from loadstone.checks.views import sums
from loadstone.facts.environment import Environment
from loadstone.facts.finding import CheckReport
from tests.checks.files.builders import CASES, Case, data_of_another_run, no_data, renamed_data

KERAS3 = Environment(packages={"keras": "3.15.1", "tensorflow": "2.21.0"})


def _report(wild: Path, folder: Path, case: Case) -> CheckReport:
    return check(case.build(wild, folder), KERAS3)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.fault}-{case.build.__name__}")
def test_a_fault_is_told_in_its_own_words(case: Case, wild: Path, tmp_path: Path) -> None:
    report = _report(wild, tmp_path, case)
    found = [finding for finding in report.findings if finding.fault == case.fault]
    assert found, [(finding.fault, finding.fact) for finding in report.findings]
    assert found[0].severity == case.severity
    for words in case.words:
        assert words in found[0].fact
    assert found[0].evidence
    assert found[0].help
    assert not report.errors
    # What stands above everything else is this fault, or one as grave.
    assert report.findings[0].rank <= found[0].rank


def test_healthy_counterparts_show_none_of_the_faults(wild: Path) -> None:
    grave = {case.fault for case in CASES if case.severity != "info"}
    for name in ("keras-29-dense-h5", "ckpt2-mnist-regression-sugyan", "savedmodel-tfserving-tf2-cpu",
                 "tf1-ssdmnv1-0125-trafficsign", "keras-zip-310-mlp", "tflite-ultralight-rfb320"):  # fmt: skip
        report = check(wild / name, KERAS3)
        told = {finding.fault for finding in report.findings if finding.severity != "info"}
        assert told & grave == set()


TRUE_ONES = {
    # Its saved_model.pb was not kept; the stock loader opened the variables alone.
    "savedmodel-ultralight-face-slim": {"savedmodel-incomplete"},
}


@pytest.mark.slow
def test_nothing_is_said_of_the_innocent(wild: Path, manifest: dict[str, dict[str, Any]]) -> None:
    guilty = {}
    for name, record in manifest.items():
        if not (record["stock_loader"] or {}).get("opened"):
            continue
        told = {finding.fault for finding in check(wild / name, KERAS3).findings if finding.severity != "info"}
        if told - TRUE_ONES.get(name, set()):
            guilty[name] = told
    assert guilty == {}


def test_what_was_not_compared_is_said(wild: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = data_of_another_run(wild, tmp_path)
    monkeypatch.setattr(sums, "BUDGET", 4096)
    report = check(place, KERAS3)
    assert any(
        "were not compared with their checksums (--verify does)" in unseen.reason for unseen in report.not_examined
    )
    deep = check(place, KERAS3, deep=True)
    assert not any("not compared" in unseen.reason for unseen in deep.not_examined)
    assert "ckpt-index-data-mismatch" in {finding.fault for finding in deep.findings}


def test_a_report_is_a_document(wild: Path, tmp_path: Path) -> None:
    report = _report(wild, tmp_path, CASES[0])
    document = json.loads(json.dumps(report.as_json()))
    assert document["schema_version"] == 1
    assert {"fault", "severity", "fact", "evidence", "help", "repair", "reference"} <= document["findings"][0].keys()


def test_the_sum_of_zeros_is_known_for_any_length() -> None:
    from loadstone.wire.crc32c import crc32c, zeros_crc

    for count in (0, 1, 3, 4, 1000, 1024, 65_536, 123_457):
        assert zeros_crc(count) == crc32c(bytes(count))
    assert zeros_crc(1024) == 4004437628


def test_a_repair_is_named_only_where_it_mends(wild: Path, tmp_path: Path) -> None:
    found = {}
    for build in (renamed_data, no_data):
        folder = tmp_path / build.__name__
        folder.mkdir()
        findings = check(build(wild, folder), KERAS3).findings
        found[build.__name__] = next(one.repair for one in findings if one.fault == "ckpt-shard-renamed-or-missing")
    assert found == {"renamed_data": "restore-shard-names", "no_data": None}
