"""Pipeline configurations: every real one, and what each kind of image_resizer means."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadstone.errors import FormatError
from loadstone.facts import DetectorFacts
from loadstone.formats import pipeline_config
from loadstone.formats.detection import from_pipeline, pipeline_notes
from loadstone.formats.registry import Candidate
from loadstone.formats.trees.tree import DiskTree
from loadstone.wire.textproto import parse


def candidate(path: Path) -> Candidate:
    return Candidate(str(path), DiskTree(path.parent), path.name, is_folder=False)


def test_every_real_configuration_is_recognised_and_states_its_detector(shared: Path) -> None:
    paths = sorted([*shared.glob("pipeline_configs/*.config"), *shared.glob("wild/*/*.config")])
    models = [pipeline_config.read(candidate(path)) for path in paths]
    for path, found in zip(paths, models, strict=True):
        assert pipeline_config.sniff(candidate(path)), path
        assert found.format == "pipeline-config"
        assert found.detector is not None
        assert found.detector.meta_architecture
        assert found.detector.feature_extractor, path
        assert found.detector.num_classes, path
        assert found.detector.input_size or found.notes, path
    # Five are broken in their training half; protobuf's own reader refuses them.
    broken = {found.notes[-1].rpartition(" at ")[2] for found in models if not found.complete}
    assert (len(paths), sum(not found.complete for found in models)) == (199, 5)
    assert broken == {"line 121, column 21", "line 141, column 3", "line 154, column 3"}


def test_one_that_breaks_before_its_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pipeline.config").write_text("train_config { batch_size: }\nmodel { ssd { } }")
    with pytest.raises(FormatError, match="line 1, column 28"):
        pipeline_config.read(candidate(tmp_path / "pipeline.config"))


def test_no_other_real_text_is_taken_for_one(wild: Path) -> None:
    for path in wild.rglob("*"):
        if path.suffix in (".pbtxt", ".txt", ".json", ".md", ".html", ".pb", ".index"):
            assert not pipeline_config.sniff(candidate(path)), path


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("tf2_mask_rcnn_inception_resnet_v2_1024x1024_coco17_gpu-8", ("mask_rcnn", (1024, 1024))),
        ("tf1_rfcn_resnet101_coco", ("rfcn", None)),
        ("tf1_context_rcnn_resnet101_snapshot_serengeti", ("context_rcnn", (640, 640))),
        ("tf2_centernet_hourglass104_512x512_coco17_tpu-8", ("center_net", (512, 512))),
        ("tf2_faster_rcnn_resnet50_v1_800x1333_coco17_gpu-8", ("faster_rcnn", (1333, 1333))),
        ("tf2_ssd_mobilenet_v2_320x320_coco17_tpu-8", ("ssd", (300, 300))),
    ],
)
def test_meta_architectures(shared: Path, name: str, expected: tuple[str, tuple[int, int] | None]) -> None:
    facts = from_pipeline(parse((shared / "pipeline_configs" / f"{name}.config").read_bytes()))
    assert (facts.meta_architecture, facts.input_size) == expected


def test_the_training_half_is_told(wild: Path) -> None:
    found = pipeline_config.read(candidate(wild / "tf2od-effdet-d0-tannergilbert" / "pipeline.config"))
    assert found.details["fine_tune_checkpoint_type"] == "detection"
    assert found.details["batch_size"] > 0
    assert found.details["label_maps"]
    assert found.details["records"]


def facts_of(resizer: str) -> tuple[DetectorFacts, tuple[str, ...]]:
    message = parse(f"model {{ ssd {{ image_resizer {{ {resizer} }} }} }}".encode())
    return from_pipeline(message), pipeline_notes(message)


@pytest.mark.parametrize(
    ("resizer", "size", "note"),
    [
        ("fixed_shape_resizer { height: 320 width: 640 }", (320, 640), ""),
        ("fixed_shape_resizer { }", (300, 300), ""),
        ("keep_aspect_ratio_resizer { max_dimension: 512 pad_to_max_dimension: true }", (512, 512), ""),
        ("keep_aspect_ratio_resizer { }", None, "the shorter side becomes 600 unless the longer passes 1024"),
        ("identity_resizer { }", None, "not fixed (identity_resizer)"),
        ("", None, "names no image_resizer"),
        ("fixed_shape_resizer { height: -3 width: 5 }", None, "-3 × 5"),
    ],
)
def test_input_sizes(resizer: str, size: tuple[int, int] | None, note: str) -> None:
    facts, notes = facts_of(resizer)
    assert facts.input_size == size
    assert note in "".join(notes)
    assert bool(notes) == bool(note)


def test_a_configuration_without_a_model_says_so() -> None:
    message = parse(b"train_config { batch_size: 1 }")
    assert from_pipeline(message) == DetectorFacts()
    assert pipeline_notes(message) == ("the configuration describes no model",)


def test_research_extensions_do_not_hide_the_architecture() -> None:
    message = parse(b"model { [lstm.protos.lstm_model] { x: 1 } ssd { num_classes: 2 } } [a.b] { }")
    assert from_pipeline(message).num_classes == 2
