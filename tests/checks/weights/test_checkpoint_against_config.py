"""A checkpoint against its configuration: each fault with files that show it and files that do not."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from loadstone.checks import check
from loadstone.checks.registry import faults as table
from loadstone.facts.environment import Environment
from loadstone.facts.finding import CheckReport, Finding
from loadstone.repairs.run import fix
from tests.support.checkpoints import config, values, write_tf1, write_tf2

ANY = Environment()
TF1, TF2 = "ssd_mobilenet_v1", "ssd_mobilenet_v2_keras"


def told(report: CheckReport, *, harmless: bool = False) -> list[str]:
    return [finding.fault for finding in report.findings if harmless or finding.severity != "info"]


def one(report: CheckReport, fault: str) -> Finding:
    return next(finding for finding in report.findings if finding.fault == fault)


def written(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "pipeline.config"
    path.write_text(text)
    return path


@pytest.mark.parametrize(("kind", "write"), [(TF1, write_tf1), (TF2, write_tf2)])
def test_what_belongs_together_has_no_findings(kind: str, write: Callable[..., Path], tmp_path: Path) -> None:
    text = config(kind)
    prefix = write(tmp_path / "checkpoint", values(text))
    path = written(tmp_path, text)
    for report in (check(prefix, ANY, config=path), check(tmp_path, ANY), check(path, ANY)):
        assert told(report) == [], report
        assert report.errors == ()


@pytest.mark.parametrize(("kind", "write"), [(TF1, write_tf1), (TF2, write_tf2)])
@pytest.mark.parametrize(("has", "says"), [(3, 7), (1, 90), (20, 19)])
def test_another_number_of_classes(kind: str, write: Callable[..., Path], has: int, says: int, tmp_path: Path) -> None:
    prefix = write(tmp_path, values(config(kind, has)))
    path = written(tmp_path / "other", config(kind, says))
    report = check(prefix, ANY, config=path)
    assert told(report) == ["ckpt-numclasses-mismatch"], report
    finding = one(report, "ckpt-numclasses-mismatch")
    assert finding.evidence[0].found == f"num_classes: {says}"
    assert finding.evidence[0].expected == f"num_classes: {has}"
    assert finding.evidence[0].where == f"{path}:2"
    assert len(finding.evidence) > 1


def _background(text: str, wanted: str) -> str:
    return text.replace("num_classes:", f"add_background_class: {wanted} num_classes:", 1)


def test_a_background_column_that_is_not_asked_for_is_no_class(tmp_path: Path) -> None:
    prefix = write_tf2(tmp_path, values(_background(config(TF2, 4), "true")))
    path = written(tmp_path / "other", _background(config(TF2, 4), "false"))
    report = check(prefix, ANY, config=path)
    assert told(report) == ["ckpt-numclasses-mismatch"], report
    evidence = one(report, "ckpt-numclasses-mismatch").evidence[0]
    assert (evidence.found, evidence.expected) == ("add_background_class: false", "add_background_class: true")
    mended = fix(path, environment=ANY, to=prefix)
    assert "set-classes" in [plan.repair for plan in mended.applied]
    assert told(check(prefix, ANY, config=mended.output)) == []


def test_a_column_that_may_be_the_background_is_no_difference(tmp_path: Path) -> None:
    """Heads of four classes without a background are as wide as those of three with it: names do not tell."""
    prefix = write_tf2(tmp_path, values(_background(config(TF2, 4), "false")))
    path = written(tmp_path / "other", _background(config(TF2, 3), "true"))
    assert told(check(prefix, ANY, config=path)) == []
    # What is taken for three classes and a background fits its own configuration of four without it, too.
    assert told(check(prefix, ANY, config=written(tmp_path / "own", _background(config(TF2, 4), "false")))) == []


@pytest.mark.parametrize(
    ("kind", "says", "write"),
    [(TF1, "ssd_mobilenet_v2", write_tf1), (TF2, "ssd_mobilenet_v1_fpn_keras", write_tf2)],
)
def test_another_architecture(kind: str, says: str, write: Callable[..., Path], tmp_path: Path) -> None:
    prefix = write(tmp_path, values(config(kind)))
    path = written(tmp_path / "other", config(says))
    report = check(prefix, ANY, config=path)
    assert told(report) == ["ckpt-arch-mismatch"], report
    evidence = one(report, "ckpt-arch-mismatch").evidence[0]
    assert (evidence.found, evidence.expected) == (f'type: "{says}"', f'type: "{kind}"')


def test_missing_and_other_variables_are_grouped_by_part(tmp_path: Path) -> None:
    variables = values(config(TF1))
    backbone = [key for key in variables if "MobilenetV1/Conv2d_5_" in key]
    for key in backbone:
        del variables[key]
    variables["Other/Conv/weights"] = np.zeros((1, 2), np.float32)
    head = "BoxPredictor_2/BoxEncodingPredictor/weights"
    variables[head] = np.zeros((3, *variables[head].shape[1:]), np.float32)
    prefix = write_tf1(tmp_path, variables)
    path = written(tmp_path / "other", config(TF1))
    report = check(prefix, ANY, config=path)
    finding = one(report, "ckpt-arch-mismatch")
    where = [evidence.where for evidence in finding.evidence]
    assert f"backbone ({len(backbone)} missing)" in where
    assert f"box head (1 of another shape): {head}" in where
    assert "other (1 not asked for)" in where
    assert f"{len(variables) - 2} of the {len(variables) - 1 + len(backbone)} variables" in finding.fact


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("FeatureExtractor", "CustomExtractor"),
        ("FeatureExtractor/MobilenetV1", "FeatureExtractor/MyNet"),
        ("", "module"),
    ],
)
def test_renamed_scopes_are_recognised(old: str, new: str, tmp_path: Path) -> None:
    def rename(key: str) -> str:
        return re.sub(rf"^{old}/" if old else "^", f"{new}/", key)

    text = config(TF1)
    prefix = write_tf1(tmp_path, values(text), rename=rename)
    path = written(tmp_path / "other", text)
    report = check(prefix, ANY, config=path)
    assert told(report) == ["ckpt-scope-renamed"], report
    evidence = one(report, "ckpt-scope-renamed").evidence
    assert len(evidence) == 1
    parts = (evidence[0].found.removesuffix("/…"), evidence[0].expected.removesuffix("/…"))
    assert parts[0].startswith(new.partition("/")[0])
    assert rename(f"{parts[1]}/x" if parts[1] != "(nothing)" else "x") == f"{parts[0]}/x"


def test_tf1_and_tf2_are_told_apart(tmp_path: Path) -> None:
    old = write_tf1(tmp_path / "old", values(config(TF1)))
    new = write_tf2(tmp_path / "new", values(config(TF2)))
    report = check(old, ANY, config=written(tmp_path / "a", config(TF2)))
    assert told(report) == ["tf1-ckpt-in-tf2-odapi"]
    report = check(new, ANY, config=written(tmp_path / "b", config(TF1)))
    assert told(report) == ["tf2-ckpt-in-tf1-odapi"]


def test_averages_and_ranges_that_are_not_there(tmp_path: Path) -> None:
    variables = values(config(TF1))
    prefix = write_tf1(tmp_path, variables)
    path = written(tmp_path / "a", config(TF1, averages="true"))
    assert told(check(prefix, ANY, config=path)) == ["ckpt-missing-ema"]
    path.write_text(config(TF1) + "graph_rewriter { quantization { delay: 48000 } }\n")
    assert told(check(prefix, ANY, config=path)) == ["ckpt-missing-quant-vars"]
    extra = {f"{key}/ExponentialMovingAverage": array for key, array in variables.items()}
    extra["FeatureExtractor/MobilenetV1/Conv2d_0/act_quant/max"] = np.array(6, np.float32)
    prefix = write_tf1(tmp_path / "whole", variables, extra=extra)
    path.write_text(config(TF1, averages="true") + "graph_rewriter { quantization { delay: 48000 } }\n")
    assert told(check(prefix, ANY, config=path)) == []


def test_a_checkpoint_without_weights(tmp_path: Path) -> None:
    report = check(write_tf2(tmp_path, {}), ANY)
    assert told(report) == ["ckpt-empty-or-untracked"]
    assert told(check(write_tf2(tmp_path / "b", {"model/dense/kernel": np.ones((2, 3), np.float32)}), ANY)) == []


START = """fine_tune_checkpoint: "start/ckpt-0"
  fine_tune_checkpoint_version: V2
  {kind}"""


@pytest.mark.parametrize(
    ("kind", "faults"),
    [
        ('fine_tune_checkpoint_type: "detection"', []),
        ('fine_tune_checkpoint_type: "full"', ["ckpt-numclasses-mismatch"]),
        ('fine_tune_checkpoint_type: "classification"', ["ckpt-type-mismatch"]),
        ('fine_tune_checkpoint_type: "fine_tune"', ["ckpt-type-mismatch"]),
        ("", ["ckpt-type-mismatch"]),
        ("from_detection_checkpoint: true", []),
    ],
)
def test_a_configuration_against_the_checkpoint_it_starts_from(kind: str, faults: list[str], tmp_path: Path) -> None:
    write_tf2(tmp_path / "start", values(config(TF2, 90)))
    path = written(tmp_path, config(TF2, 2, train=START.format(kind=kind)))
    report = check(path, ANY)
    assert told(report) == faults, report
    if not faults:
        assert "benign-head-reinit" in told(report, harmless=True)
    assert "benign-optimizer-state" in told(report, harmless=True)


def test_a_start_in_the_training_folder(tmp_path: Path) -> None:
    write_tf2(tmp_path, values(config(TF2)))
    train = START.format(kind='fine_tune_checkpoint_type: "detection"').replace("start/", "")
    path = written(tmp_path, config(TF2, train=train))
    assert told(check(path, ANY)) == ["ckpt-in-model-dir-autoresume"]


def test_configurations_are_judged_by_the_target(tmp_path: Path) -> None:
    old, new = written(tmp_path / "a", config(TF1)), written(tmp_path / "b", config(TF2))
    on_tf2 = Environment(packages={"tensorflow": "2.15.0"})
    on_tf1 = Environment(packages={"tensorflow": "1.15.5"})
    assert told(check(old, on_tf2)) == ["tf1-config-on-tf2-odapi"]
    assert "ssd_mobilenet_v1_fpn_keras" in check(old, on_tf2).findings[0].help
    assert told(check(new, on_tf1)) == ["tf2-config-on-tf1-odapi"]
    assert told(check(old, on_tf1)) == told(check(new, on_tf2)) == told(check(old, ANY)) == []


def test_an_export_is_not_blamed_for_its_configuration(tmp_path: Path) -> None:
    write_tf1(tmp_path, values(config(TF1)))
    written(tmp_path, config(TF1))
    report = check(tmp_path, Environment(packages={"tensorflow": "2.15.0"}))
    assert told(report) == []


MINE = ("weights", "versions")


def test_the_real_checkpoints_have_no_findings(shared: Path) -> None:
    """18 folders of the wild with weights and configuration, and the three exports: everything belongs together."""
    judged = 0
    for index in sorted([*(shared / "wild").rglob("*.index"), *(shared / "exports").rglob("*.index")]):
        report = check(index, ANY)
        found = [finding for finding in report.findings if table()[finding.fault][0] in MINE]
        assert [finding.fault for finding in found if finding.severity != "info"] == [], index
        judged += 1
    assert judged > 20


def test_real_checkpoints_against_each_other_s_configurations(shared: Path) -> None:
    wild = shared / "wild"
    ssd, mask = wild / "tf1ckpt-ssdmnv1-trafficsign", wild / "tf2od-maskrcnn-incres-hhr"
    report = check(ssd / "model.ckpt.index", ANY, config=mask / "pipeline.config")
    assert "tf1-ckpt-in-tf2-odapi" in told(report)
    report = check(ssd / "model.ckpt.index", ANY, config=wild / "lfs-fasterrcnn-catplant" / "pipeline.config")
    assert "ckpt-arch-mismatch" in told(report)
    other = shared / "exports" / "tf1_ssd_mobilenet_v1_coco" / "pipeline.config"
    report = check(ssd / "model.ckpt.index", ANY, config=other)
    assert told(report) == ["ckpt-arch-mismatch", "ckpt-numclasses-mismatch"]
    width = one(report, "ckpt-arch-mismatch").evidence[0]
    assert (width.found, width.expected) == ("depth_multiplier: 1", "depth_multiplier: 0.125")


def test_another_picture_size_and_a_fixed_batch_are_told(wild: Path, tmp_path: Path) -> None:
    graph = wild / "tf1-ssd-person-cat-dog" / "mobilenet_ssd_256res_0.125_person_cat_dog.pb"
    text = (wild / "tf1ckpt-ssdmnv1-trafficsign" / "pipeline.config").read_text()
    assert "height: 256" in text
    other = written(tmp_path / "other", text.replace("height: 256", "height: 300").replace("width: 256", "width: 300"))
    found = [finding for finding in check(graph, ANY, config=other).findings if finding.fault == "input-size-mismatch"]
    sizes = next(finding for finding in found if finding.severity == "warning")
    assert (sizes.evidence[0].found, sizes.evidence[0].expected) == ("300 × 300", "256 × 256")
    assert [finding.fact for finding in found if finding.severity == "info"] == [
        "the exported model takes 1 picture at a time"
    ]
    same = written(tmp_path / "same", text)
    graves = [finding.severity for finding in check(graph, ANY, config=same).findings if finding.fault == sizes.fault]
    assert graves == ["info"]
