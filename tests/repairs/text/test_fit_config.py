"""A configuration set to what a checkpoint is, and a configuration for a bare one."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadstone.blueprint.reader import read_any
from loadstone.blueprint.recovered.recover import variables_of
from loadstone.checks import check
from loadstone.facts.environment import Environment
from loadstone.formats.detection import from_pipeline
from loadstone.repairs import fix
from loadstone.wire.textproto import parse
from tests.support.checkpoints import config, values, write_tf1, write_tf2

ANY = Environment()
TF1, TF2 = "ssd_mobilenet_v1", "ssd_mobilenet_v2_keras"
COMMENT = "# mine\n"


def fitted(path: Path, checkpoint: Path) -> str:
    fixed = fix(path, environment=ANY, to=checkpoint)
    assert fixed.output == str(path.with_name("pipeline.fixed.config")), fixed
    assert fixed.remaining == ()
    return Path(fixed.output).read_text()


def test_classes_are_set_and_nothing_else(tmp_path: Path) -> None:
    prefix = write_tf2(tmp_path / "a", values(config(TF2, 5)))
    path = tmp_path / "pipeline.config"
    path.write_text(COMMENT + config(TF2, 90))
    fixed = fix(path, environment=ANY, to=prefix, only=["set-classes"])
    assert fixed.remaining == ()
    assert fixed.output is not None
    assert Path(fixed.output).read_text() == COMMENT + config(TF2, 5)


@pytest.mark.parametrize(("kind", "other"), [(TF1, "ssd_mobilenet_v2"), (TF2, "ssd_resnet50_v1_fpn_keras")])
def test_the_whole_model_becomes_what_the_checkpoint_is(kind: str, other: str, tmp_path: Path) -> None:
    variables = values(config(kind, 5))
    prefix = (write_tf1 if kind == TF1 else write_tf2)(tmp_path / "a", variables)
    path = tmp_path / "pipeline.config"
    text = COMMENT + config(other, 90, train='fine_tune_checkpoint: "PATH_TO_BE_CONFIGURED/x"')
    path.write_text(text.replace("height: 300 width: 300", "height: 320 width: 256"))
    new = fitted(path, prefix)
    assert new.startswith(COMMENT)
    message = parse(new.encode())
    facts = from_pipeline(message)
    assert (facts.feature_extractor, facts.num_classes, facts.input_size) == (kind, 5, (320, 256))
    shapes = {key: tuple(shape) for key, shape in variables_of(read_any(message)).items()}
    assert shapes == {key: array.shape for key, array in variables.items()}
    train = message.message("train_config")
    assert train.text("fine_tune_checkpoint") == prefix.as_posix()
    assert train.text("fine_tune_checkpoint_type") == "detection"
    assert train.word("fine_tune_checkpoint_version") == ("V1" if kind == TF1 else "V2")


@pytest.mark.parametrize("kind", [TF1, TF2])
def test_a_bare_checkpoint_gets_a_configuration(kind: str, tmp_path: Path) -> None:
    prefix = (write_tf1 if kind == TF1 else write_tf2)(tmp_path / "a", values(config(kind, 6)))
    fixed = fix(prefix, tmp_path / "pipeline.config", environment=ANY, only=["write-config"])
    assert fixed.output == str(tmp_path / "pipeline.config")
    assert [
        finding.fault for finding in check(prefix, ANY, config=fixed.output).findings if finding.severity != "info"
    ] == []
    assert from_pipeline(parse(Path(fixed.output).read_bytes())).num_classes == 6


@pytest.mark.parametrize(
    "name",
    ["tf1-ssdmnv1-0125-trafficsign/frozen_inference_graph.pb", "tf1ckpt-ssdmnv1-trafficsign/model.ckpt.index"],
)
def test_real_files_get_a_configuration(name: str, wild: Path, tmp_path: Path) -> None:
    fixed = fix(wild / name, tmp_path / "pipeline.config", environment=ANY, only=["write-config"])
    assert fixed.output is not None
    ours = from_pipeline(parse(Path(fixed.output).read_bytes()))
    theirs = from_pipeline(parse((wild / name).parent.joinpath("pipeline.config").read_bytes()))
    assert (ours.feature_extractor, ours.num_classes) == (theirs.feature_extractor, theirs.num_classes)


START = """fine_tune_checkpoint: "start/ckpt-0"
  fine_tune_checkpoint_version: V2"""


def test_the_type_of_the_checkpoint_is_written(tmp_path: Path) -> None:
    write_tf2(tmp_path / "start", values(config(TF2)))
    path = tmp_path / "pipeline.config"
    path.write_text(config(TF2, train=START))
    fixed = fix(path, environment=ANY)
    assert [plan.repair for plan in fixed.applied] == ["set-checkpoint-type"]
    assert fixed.remaining == ()
    assert fixed.output is not None
    new = START.replace("\n", '\n  fine_tune_checkpoint_type: "detection"\n', 1)
    assert Path(fixed.output).read_text() == config(TF2, train=new)


def test_averages_and_rewriter_are_taken_out(tmp_path: Path) -> None:
    write_tf1(tmp_path, values(config(TF1)))
    path = tmp_path / "pipeline.config"
    rewriter = "graph_rewriter {\n  quantization { delay: 1 }\n}\n"
    path.write_text(config(TF1, averages="true") + rewriter)
    fixed = fix(path, environment=ANY)
    assert [plan.repair for plan in fixed.applied] == ["without-averages"]
    assert [plan.repair for plan in fixed.left] == ["without-rewriter"]
    assert fixed.output is not None
    assert Path(fixed.output).read_text() == config(TF1) + rewriter
    fixed = fix(path, tmp_path / "b.config", environment=ANY, only=["without-rewriter"])
    assert (tmp_path / "b.config").read_text().endswith("# graph_rewriter {\n#   quantization { delay: 1 }\n# }\n")
