"""The goldens' variable lists against their configurations: each fits its own, and none another's."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest

from loadstone.checks.registry import module
from loadstone.checks.subject import Subject
from loadstone.checks.views.fit import Fit
from loadstone.facts import FileFact, LazyTensor, ModelFile, Tensors, TensorSpec
from loadstone.facts.environment import Environment
from loadstone.facts.finding import Finding
from loadstone.formats.registry import Candidate
from loadstone.formats.trees.tree import DiskTree
from loadstone.repairs.checkpoints.resize_heads import grouping
from loadstone.wire.textproto import parse

FAULTS = (
    "ckpt-scope-renamed",
    "ckpt-arch-mismatch",
    "ckpt-numclasses-mismatch",
    "tf1-ckpt-in-tf2-odapi",
    "tf2-ckpt-in-tf1-odapi",
)


def golden(shared: Path, name: str) -> tuple[ModelFile, Path]:
    """Return a golden's variables as a checkpoint, and its configuration."""
    listed = json.loads(gzip.decompress((shared / "goldens" / f"{name}.vars.json.gz").read_bytes()))
    config = json.loads((shared / "goldens" / f"{name}.json").read_text())["config"]
    specs = [TensorSpec(row[0] + listed["suffix"], "float32", tuple(row[1]), 4) for row in listed["rows"]]
    tensors = Tensors(
        LazyTensor(spec, lambda: (_ for _ in ()).throw(AssertionError("values are not read"))) for spec in specs
    )
    details = {"object_based": not name.startswith("tf1_")}
    file = FileFact("ckpt.index", "index", 1000)
    model = ModelFile(name, "checkpoint-v2", tensors=tensors, files=(file,), details=details)
    return model, shared / "goldens" / config


def names(shared: Path) -> list[str]:
    return sorted(path.name.removesuffix(".vars.json.gz") for path in (shared / "goldens").glob("*.vars.json.gz"))


def found(model: ModelFile, config: Path, folder: Path) -> list[Finding]:
    candidate = Candidate(model.source, DiskTree(folder), "ckpt.index", is_folder=False)
    subject = Subject(model.source, candidate, model, None, Environment(), str(config), None, model)
    told = [one for name in FAULTS for one in module(name).from_file(subject)]
    return [one for one in told if isinstance(one, Finding)]


def test_every_golden_fits_its_own_configuration(shared: Path, tmp_path: Path) -> None:
    assert len(names(shared)) >= 32
    for name in names(shared):
        model, config = golden(shared, name)
        assert found(model, config, tmp_path) == [], name


SAME = (
    {"centernet_hourglass104_1024", "centernet_hourglass104_512"},
    {"centernet_hourglass104_1024_kpts", "centernet_hourglass104_512_kpts"},
    {"efficientdet_d6", "efficientdet_d7"},
    {"faster_rcnn_inception_resnet_v2_1024", "faster_rcnn_inception_resnet_v2_640"},
    {"ssd_mobilenet_v2_fpnlite_320", "ssd_mobilenet_v2_fpnlite_640"},
)
"""Configurations that differ in the picture's size alone, which no variable shows."""


@pytest.mark.slow
@pytest.mark.parametrize("step", [1, 5])
def test_no_golden_fits_another_s_configuration(step: int, shared: Path, tmp_path: Path) -> None:
    listed = names(shared)
    for name, other in zip(listed, listed[step:] + listed[:step], strict=True):
        if any({name, other} <= group for group in SAME) or name.rpartition("_")[0] == other.rpartition("_")[0]:
            continue
        model, _ = golden(shared, name)
        _, config = golden(shared, other)
        told = found(model, config, tmp_path)
        assert told, (name, other)
        assert all(finding.severity == "error" for finding in told)


def test_another_number_of_classes_is_told_of_every_golden(shared: Path, tmp_path: Path) -> None:
    """The classes are told, nothing else is, and every head's new size is known but those inside a mask head."""
    path = tmp_path / "pipeline.config"
    for name in names(shared):
        model, config = golden(shared, name)
        text = re.sub(r"num_classes: *\d+", "num_classes: 7", config.read_text(), count=1)
        path.write_text(text)
        told = found(model, path, tmp_path)
        assert [finding.fault for finding in told] == ["ckpt-numclasses-mismatch"], name
        assert told[0].evidence[0].found == "num_classes: 7"
        fit = Fit(model.source, model, parse(text.encode()), str(path))
        assert fit.match is not None
        unknown = [one.variable.key for one in fit.match.misshapen if grouping(fit, one) is None]
        assert all("mask" in key for key in unknown), name
        assert bool(unknown) == name.startswith("mask_rcnn")
