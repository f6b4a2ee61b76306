"""Every fault of a configuration's or label map's text: a file that shows it, the mended one, one that does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadstone.checks import check
from loadstone.facts.environment import Environment
from loadstone.facts.finding import CheckReport
from loadstone.formats.detection.schema import LABELS as LABEL_MAP
from loadstone.formats.detection.schema import PIPELINE, pipeline_schema
from loadstone.repairs import fix
from loadstone.wire.textproto import dump, parse
from loadstone.wire.texttolerant import read_tolerant
from tests.support.odapi import CONFIG, LABELS, with_line, without_brace

TF2 = Environment(packages={"tensorflow": "2.15.0"})


def checked(folder: Path, text: str | bytes, name: str = "pipeline.config") -> CheckReport:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return check(path, TF2)


def faults(report: CheckReport) -> list[str]:
    return [finding.fault for finding in report.findings if finding.severity != "info"]


BROKEN = {
    "smart quotes": (CONFIG.replace('"ssd_mobilenet_v2_keras"', "“ssd_mobilenet_v2_keras”"), "config-smart-quotes"),
    "one smart quote": (CONFIG.replace('ckpt-0"', "ckpt-0”"), "config-smart-quotes"),
    "low quotes": (CONFIG.replace('"gs://bucket/train.record"', "„gs://bucket/train.record“"), "config-smart-quotes"),
    "no-break spaces": (CONFIG.replace("    num_classes", "\u00a0\u00a0num_classes"), "config-bom-or-encoding"),
    "missing brace": (without_brace(CONFIG, "train_input_reader"), "config-unbalanced-brace"),
    "missing brace inside": (
        CONFIG.replace("    }\n    feature_extractor", "    feature_extractor"),
        "config-unbalanced-brace",
    ),
    "missing last brace": (CONFIG.rstrip()[:-1], "config-unbalanced-brace"),
    "extra brace": (CONFIG + "}\n", "config-unbalanced-brace"),
    "brace too many inside": (CONFIG.replace("  num_steps", "  }\n  num_steps"), "config-unbalanced-brace"),
    "brace too many deeper": (CONFIG.replace("      min_depth", "      }\n      min_depth"), "config-unbalanced-brace"),
    "unquoted": (CONFIG.replace('"gs://bucket/train.record"', "C:\\data\\train.record"), "config-unquoted-or-bad-path"),
    "backslashes": (CONFIG.replace('"gs://bucket/train.record"', '"C:\\Users\\train"'), "config-unquoted-or-bad-path"),
    "hidden tab": (CONFIG.replace('"gs://bucket/train.record"', '"D:\\train\\new"'), "config-unquoted-or-bad-path"),
    "fences": (f"```\n{CONFIG}```\n", "config-copy-paste-garbage"),
    "address": (with_line(CONFIG, "    momentum_optimizer", "https://example.org/x"), "config-copy-paste-garbage"),
    "prompt": (with_line(CONFIG, "train_config", ">>> print(1)"), "config-copy-paste-garbage"),
    "html": (with_line(CONFIG, "train_config", '<div class="highlight">'), "config-copy-paste-garbage"),
    "misspelt": (CONFIG.replace("num_classes", "num_clases"), "config-syntax-error"),
    "no colon": (CONFIG.replace("num_classes: 3", "num_classes 3"), "config-syntax-error"),
    "equals": (CONFIG.replace("num_steps: 1000", "num_steps = 1000"), "config-syntax-error"),
    "slashes": (with_line(CONFIG, "train_config", "// a comment"), "config-syntax-error"),
    "unclosed": (CONFIG.replace('labels.pbtxt"', "labels.pbtxt", 1), "config-syntax-error"),
    "truth": (CONFIG.replace("use_moving_averages: false", "use_moving_averages: FALSE"), "config-syntax-error"),
    "quoted number": (CONFIG.replace("batch_size: 8", 'batch_size: "8"'), "labelmap-id-quoted"),
    "no version": (CONFIG.replace("  fine_tune_checkpoint_version: V2\n", ""), "config-ckpt-version-missing"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_configuration_is_told_and_mended(name: str, tmp_path: Path) -> None:
    text, fault = BROKEN[name]
    report = checked(tmp_path, text)
    assert faults(report) == [fault], report
    finding = report.findings[0]
    assert finding.evidence[0].where.startswith(f"{tmp_path / 'pipeline.config'}:")
    assert finding.repair is not None
    fixed = fix(tmp_path / "pipeline.config", environment=TF2)
    assert [plan.repair for plan in fixed.applied] == [finding.repair]
    assert fixed.output is not None
    mended = Path(fixed.output).read_text(encoding="utf-8")
    assert fixed.remaining == ()
    parse(mended.encode())
    assert "# A comment that has to stay." in mended
    assert "batch_size: 8   # small" in mended


@pytest.mark.parametrize("name", [name for name in BROKEN if name not in ("unquoted", "backslashes", "hidden tab")])
def test_what_is_mended_says_what_was_meant(name: str, tmp_path: Path) -> None:
    checked(tmp_path, BROKEN[name][0])
    fixed = fix(tmp_path / "pipeline.config", environment=TF2)
    assert fixed.output is not None
    assert dump(parse(Path(fixed.output).read_bytes())) == dump(parse(CONFIG.encode()))


def test_a_whole_configuration_has_no_findings(tmp_path: Path) -> None:
    assert checked(tmp_path, CONFIG).findings == ()
    assert checked(tmp_path, CONFIG.replace("\n", "\r\n")).findings == ()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_encodings_are_told_and_mended(encoding: str, tmp_path: Path) -> None:
    text = CONFIG.replace("small", "größe")
    report = checked(tmp_path, text.encode(encoding))
    assert faults(report)[0] == "config-bom-or-encoding", report
    fixed = fix(tmp_path / "pipeline.config", environment=TF2)
    assert fixed.output is not None
    assert Path(fixed.output).read_bytes() == text.encode()


def test_every_mistake_of_a_file_is_told_in_one_pass(tmp_path: Path) -> None:
    text = without_brace(CONFIG, "train_input_reader").replace('"ssd_mobilenet_v2_keras"', "“ssd_mobilenet_v2_keras”")
    text = text.replace("num_classes", "num_clases").replace('"gs://bucket/train.record"', "C:\\data\\train.record")
    text = "```\n" + text.replace("RELU_6", "RELU6")
    report = checked(tmp_path, b"\xef\xbb\xbf" + text.encode())
    assert set(faults(report)) == {
        "config-bom-or-encoding",
        "config-unbalanced-brace",
        "config-smart-quotes",
        "config-unquoted-or-bad-path",
        "config-copy-paste-garbage",
        "config-syntax-error",
    }
    lines = {line: number for number, line in enumerate(text.splitlines(), 1)}
    wanted = f":{lines['    num_clases: 3']}:5"
    assert any(one.where.endswith(wanted) for finding in report.findings for one in finding.evidence)


def test_the_corrected_line_is_shown(tmp_path: Path) -> None:
    report = checked(tmp_path, CONFIG.replace('"ssd_mobilenet_v2_keras"', "“ssd_mobilenet_v2_keras”"))
    evidence = report.findings[0].evidence[0]
    assert evidence.where.endswith("pipeline.config:9:13")
    assert evidence.found == "type: “ssd_mobilenet_v2_keras”"
    assert evidence.expected == 'type: "ssd_mobilenet_v2_keras"'


def test_a_field_that_is_like_none_is_not_taken_for_one(tmp_path: Path) -> None:
    steps = "train_config { data_augmentation_options { %s { } } }"
    (tmp_path / "other.config").write_text(steps % "random_imgaug")
    (finding,) = [one for one in check(tmp_path / "other.config", TF2).findings if one.fault == "config-syntax-error"]
    assert "take it out" in finding.help
    assert "random_pad_image" not in str(finding)
    for word in ("random_pad_imag", "random_horizontl_flip", "random_crop_imag", "RandomPadImage"):
        (tmp_path / "other.config").write_text(steps % word)
        found = next(
            one for one in check(tmp_path / "other.config", TF2).findings if one.fault == "config-syntax-error"
        )
        assert "random_" in found.evidence[0].expected


def test_a_field_of_another_block_is_named_with_its_block(tmp_path: Path) -> None:
    report = checked(tmp_path, with_line(CONFIG, "      min_depth", "      num_steps: 3"))
    assert faults(report) == ["config-syntax-error"]
    assert report.findings[0].evidence[0].expected == "it is a field of TrainConfig"
    assert report.findings[0].repair is None


def test_a_value_that_no_enum_has_is_told_with_those_it_has(tmp_path: Path) -> None:
    report = checked(tmp_path, CONFIG.replace("SIGMOID", "ROUNDED_OFF"))
    assert faults(report) == ["config-syntax-error"]
    assert report.findings[0].evidence[0].expected == "one of IDENTITY, SIGMOID, SOFTMAX"


LABEL_FAULTS = {
    "id zero": (LABELS.replace("id: 1", "id: 0"), "labelmap-id-zero"),
    "no id": (LABELS.replace("  id: 2\n", ""), "labelmap-id-zero"),
    "negative": (LABELS.replace("id: 2", "id: -2"), "labelmap-id-zero"),
    "quoted": (LABELS.replace("id: 1", "id: '1'"), "labelmap-id-quoted"),
    "twice": (LABELS.replace("id: 2", "id: 1"), "labelmap-id-repeated"),
    "smart": (LABELS.replace("'dog'", "‘dog’"), "config-smart-quotes"),
    "unquoted": (LABELS.replace("'dog'", "dog"), "config-unquoted-or-bad-path"),
    "brace": (LABELS.replace("}\nitem", "item"), "config-unbalanced-brace"),
    "mark": ("\ufeff" + LABELS, "config-bom-or-encoding"),
}


@pytest.mark.parametrize("name", LABEL_FAULTS)
def test_a_broken_label_map_is_told(name: str, tmp_path: Path) -> None:
    text, fault = LABEL_FAULTS[name]
    report = checked(tmp_path, text, "label_map.pbtxt")
    assert faults(report) == [fault], report


def test_ids_are_raised_only_when_asked(tmp_path: Path) -> None:
    checked(tmp_path, LABELS.replace("id: 1", "id: 0").replace("id: 2", "id: 1"), "label_map.pbtxt")
    fixed = fix(tmp_path / "label_map.pbtxt", environment=TF2)
    assert fixed.output is None
    assert [plan.repair for plan in fixed.left] == ["count-labels-from-one"]
    fixed = fix(tmp_path / "label_map.pbtxt", environment=TF2, only=["count-labels-from-one"])
    assert fixed.output is not None
    assert Path(fixed.output).read_text() == LABELS


def test_the_background_may_have_the_id_zero(tmp_path: Path) -> None:
    report = checked(tmp_path, LABELS.replace("id: 1", "id: 0").replace("cat", "background"), "label_map.pbtxt")
    assert faults(report) == []
    assert [finding.fault for finding in report.findings] == ["labelmap-id-zero"]


def test_a_whole_label_map_has_no_findings(tmp_path: Path) -> None:
    assert checked(tmp_path, LABELS, "label_map.pbtxt").findings == ()


def test_another_kind_of_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "pipeline.config").write_text(CONFIG)
    (tmp_path / "graph.pbtxt").write_text('node {\n  name: "x"\n  op: "Placeholder"\n}\n')
    (tmp_path / "labels.pbtxt").write_text(LABELS)
    report = check(tmp_path / "pipeline.config", TF2, labels=tmp_path / "graph.pbtxt")
    assert faults(report) == ["config-wrong-file-kind"]
    assert "a graph (GraphDef) as text" in report.findings[0].fact
    report = check(tmp_path / "pipeline.config", TF2, labels=tmp_path / "labels.pbtxt")
    assert faults(report) == []
    report = check(tmp_path / "labels.pbtxt", TF2, config=tmp_path / "labels.pbtxt")
    assert faults(report) == ["config-wrong-file-kind"]


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("x.config", 'syntax = "proto2";\nmessage Ssd { }\n', "a .proto source"),
        ("x.config", "<?xml version='1.0'?>\n<annotation></annotation>\n", "XML"),
        ("x.config", "from setuptools import setup\nsetup()\n", "source code"),
    ],
)
def test_a_configuration_by_its_name_alone_is_told(name: str, text: str, what: str, tmp_path: Path) -> None:
    report = checked(tmp_path, text, name)
    assert [finding.fault for finding in report.findings] == ["config-wrong-file-kind"]
    assert what in report.findings[0].fact


def test_more_labels_than_classes_are_told(tmp_path: Path) -> None:
    (tmp_path / "labels.pbtxt").write_text(LABELS)
    path = tmp_path / "pipeline.config"
    path.write_text(CONFIG.replace("num_classes: 3", "num_classes: 1").replace("gs://bucket/labels", "labels"))
    report = check(path, TF2)
    assert faults(report) == ["labelmap-classes-mismatch"]
    assert report.findings[0].help == "write num_classes: 2"
    path.write_text(path.read_text().replace("num_classes: 1", "num_classes: 2"))
    assert faults(check(path, TF2)) == []


def test_a_path_into_a_folder_that_is_here_is_told_with_the_right_one(tmp_path: Path) -> None:
    (tmp_path / "start").mkdir()
    for name in ("ckpt-0.index", "ckpt-0.data-00000-of-00001"):
        (tmp_path / "start" / name).write_bytes(b"x")
    path = tmp_path / "pipeline.config"
    for named in ("ckpt-0.index", "ckpt-0.data-00000-of-00001"):
        path.write_text(CONFIG.replace("gs://bucket/ckpt-0", f"start/{named}"))
        report = check(path, TF2)
        assert faults(report) == ["config-unquoted-or-bad-path"], named
        assert report.findings[0].help == f'write fine_tune_checkpoint: "{tmp_path / "start" / "ckpt-0"}"'
    path.write_text(CONFIG.replace("gs://bucket/ckpt-0", "start/ckpt-9"))
    assert [finding.severity for finding in check(path, TF2).findings] == ["warning"]
    path.write_text(CONFIG.replace("gs://bucket/ckpt-0", "start/ckpt-0"))
    assert check(path, TF2).findings == ()


def test_what_is_left_for_a_person_is_told_where_the_source_has_it(shared: Path, tmp_path: Path) -> None:
    """A letter behind a string, in a configuration that gets a line more above it first."""
    real = next((shared / "pipeline_configs").glob("wild_HHRClemson*mask_rcnn*"))
    path = tmp_path / "pipeline.config"
    path.write_bytes(real.read_bytes())
    evidence = check(path, TF2).findings[0].evidence[0]
    assert evidence.where.endswith("pipeline.config:153:40")
    assert evidence.expected == 'input_path: "PATH_TO_BE_CONFIGURED"'
    left = fix(path, environment=TF2).left
    assert [plan.edits[0].where for plan in left] == [f"{path}:153:40"]


TRUE_ONES = {
    "tf1_ssd_mobilenet_v2_pets_keras": {"config-ckpt-version-missing"},
    "tf2_ssd_efficientdet_d0_512x512_coco17_tpu-8": {"config-syntax-error"},
    "wild_HHRClemson+FloodImageClassifier": {"config-syntax-error", "config-ckpt-version-missing"},
    "wild_TVR28+Real-Time-Face-Mask-Detection": {"config-ckpt-version-missing"},
    "wild_akyulas+object_detection__training": {"config-syntax-error"},
    "wild_cloudwiser+recognition": {"config-syntax-error"},
    "wild_krsk29+F1_tyre_compound_detection": {"config-unquoted-or-bad-path"},
}
"""Real configurations that are broken: a letter behind a string, a line cut off, doubled quotes, a field of a fork, a
field that the API has no more, and TF2 configurations that do not say V2."""

OF_THE_TEXT = ("config-", "labelmap-")


def test_the_real_configurations_have_no_findings_but_true_ones(shared: Path) -> None:
    found: dict[str, set[str]] = {}
    paths = sorted((shared / "pipeline_configs").glob("*.config"))
    assert len(paths) == 176
    for path in paths:
        report = check(path, TF2)
        assert report.errors == ()
        told = {fault for fault in faults(report) if fault.startswith(OF_THE_TEXT)}
        if told:
            found[path.name] = told
    assert len(found) == len(TRUE_ONES)
    for name, told in found.items():
        assert told == next(wanted for prefix, wanted in TRUE_ONES.items() if name.startswith(prefix)), name


def test_the_tolerant_reader_reads_whole_texts_as_the_strict_one(shared: Path) -> None:
    compared = 0
    for path in sorted((shared / "pipeline_configs").glob("*.config")):
        data = path.read_bytes()
        read = read_tolerant(data, pipeline_schema(), PIPELINE)
        if not read.slips:
            assert dump(read.root) == dump(parse(data)), path.name
            compared += 1
    assert compared > 160


@settings(max_examples=50)
@given(st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_read_without_an_error(data: bytes) -> None:
    for root in (PIPELINE, LABEL_MAP):
        read = read_tolerant(data, pipeline_schema(), root)
        assert all(0 <= slip.at <= slip.end <= len(read.data) for slip in read.slips)


@settings(max_examples=50)
@given(st.integers(0, len(CONFIG) - 1), st.integers(1, 6))
def test_any_cut_is_a_finding_or_leaves_a_whole_text(at: int, length: int) -> None:
    data = (CONFIG[:at] + CONFIG[at + length :]).encode()
    read = read_tolerant(data, pipeline_schema(), PIPELINE)
    if not read.slips:
        parse(data)
