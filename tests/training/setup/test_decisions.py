"""What is decided before the first step: options, classes, what a configuration says, what does not train."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import loadstone as ls
from loadstone.api.train_task import Asked, make_task
from loadstone.errors import FormatError, SourceError, UnsupportedModelError
from loadstone.facts.dataset import Sample
from loadstone.training.setup.classes import plan_classes, refuse_other_labels
from loadstone.training.setup.config import read_words
from loadstone.training.setup.feed import cut
from loadstone.training.setup.freezing import freezer, frozen_keys
from loadstone.training.setup.options import TrainOptions, options_of
from loadstone.training.setup.recipe import CLIP, family_of, make_recipe, notes_on
from loadstone.training.setup.starting import from_config, resized, taken_from
from loadstone.wire.textproto import parse
from tests.training import tiny
from tests.training.golden_truth import blueprint
from tests.training.run.squares import TRAIN, write_squares

COCO = {1: "person", 2: "bicycle", 4: "bus"}


def test_options_come_back_from_json_and_wrong_ones_are_refused() -> None:
    options = TrainOptions(epochs=3, rate=0.1, input_size=(320, 640), precision="bfloat16", freeze="backbone")
    assert options_of(options.as_json(), "run.json") == options
    for name, value in {
        "epochs": 0,
        "optimizer": "lion",
        "precision": "int8",
        "input_size": (8, 8),
        "seed": -1,
    }.items():
        wrong: dict[str, Any] = {name: value}
        with pytest.raises(SourceError, match=name):
            TrainOptions(**wrong)
        with pytest.raises(FormatError, match=r"run\.json"):
            options_of({**options.as_json(), **wrong}, "run.json")
    with pytest.raises(FormatError, match="no options"):
        options_of({"gpu": 1}, "run.json")


def test_no_steps_of_augmentation_are_taken_and_a_list_of_them_is_refused() -> None:
    wishes: tuple[Any, ...] = ([], (), False, "none")
    assert {TrainOptions(augment=none).augment for none in wishes} == {"none"}
    assert TrainOptions(augment=Path("x.config")).augment == "x.config"  # type: ignore[arg-type]
    with pytest.raises(SourceError, match="augment is a preset or a file"):
        TrainOptions(augment=ls.augmentations("ssd"))  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [{"model": []}, {"data": []}, {"data": 3}, {"validation": b"x"}, {"config": []}])
def test_what_is_no_path_is_refused(wrong: dict[str, Any]) -> None:
    given: dict[str, Any] = {"model": "m", "data": "d", "validation": None, "config": None}
    with pytest.raises(SourceError, match="is no path") as caught:
        Asked(**{**given, **wrong}, options=TrainOptions())
    assert next(iter(wrong)) in caught.value.fact
    with pytest.raises(SourceError, match="the run's folder is no path"):
        ls.resume_training(None)  # type: ignore[arg-type]
    for opened in (ls.load, ls.open_dataset, ls.inspect):
        with pytest.raises(SourceError, match="is no path"):
            opened(None)  # type: ignore[arg-type]


def test_numbers_of_any_kind_are_taken_and_others_are_refused() -> None:
    found = TrainOptions(epochs=np.int64(3), rate=np.float32(0.5), input_size=96, freeze=True)  # type: ignore[arg-type]
    assert found == TrainOptions(epochs=3, rate=0.5, input_size=(96, 96), freeze="backbone")
    assert options_of(found.as_json(), "run.json") == found
    assert TrainOptions(input_size=[96, 64], freeze=None).input_size == (96, 64)  # type: ignore[arg-type]
    assert TrainOptions(freeze=False) == TrainOptions()  # type: ignore[arg-type]
    wrong: dict[str, Any]
    for wrong in (
        {"epochs": 1.5},
        {"epochs": "3"},
        {"batch": True},
        {"rate": "0.1"},
        {"clip": [1]},
        {"input_size": "96"},
        {"input_size": (96, 96, 3)},
        {"freeze": 3},
    ):
        with pytest.raises(SourceError, match=next(iter(wrong))):
            TrainOptions(**wrong)


def test_the_data_decides_the_classes() -> None:
    found = plan_classes(["dog", "cat"], [1, 2], known=COCO, count=90, fixed=False)
    assert (found.count, found.labels, found.order) == (2, {1: "dog", 2: "cat"}, (0, 1))
    assert "begin anew" in found.note
    found = plan_classes(["dog"], [7], known={1: "bus"}, count=1, fixed=False)
    assert "heads are kept" in found.note
    assert plan_classes(["dog"], [7], known={1: "dog"}, count=1, fixed=False).note == ""


def test_a_model_of_the_same_names_keeps_its_numbers() -> None:
    found = plan_classes(["bus", "person", "bicycle"], [1, 2, 3], known=COCO, count=90, fixed=False)
    assert (found.count, found.order, found.note) == (90, (3, 0, 1), "")
    assert found.labels == COCO


def test_a_configuration_counts_ids_and_has_no_room_for_more() -> None:
    found = plan_classes(["bus", "person"], [4, 1], known={}, count=90, fixed=True)
    assert (found.count, found.order, found.labels) == (90, (3, 0), {4: "bus", 1: "person"})
    assert plan_classes(["a", "b"], [0, 1], known={}, count=2, fixed=True).order == (0, 1)
    with pytest.raises(FormatError, match="no room for") as caught:
        plan_classes(["bus", "tram"], [1, 4], known={}, count=3, fixed=True)
    assert caught.value.found == "'tram', id 4"


def test_a_label_map_of_other_classes_is_refused() -> None:
    refuse_other_labels(["bus", "tram"], [1, 4], {1: "bus", 2: "car", 4: "tram"}, "map.pbtxt")
    with pytest.raises(FormatError, match="in 2 of its 2 classes") as caught:
        refuse_other_labels(["bus", "tram"], [1, 4], {1: "tram", 2: "bus"}, "map.pbtxt")
    assert caught.value.expected == "'bus' with the id 1, as the data has it"
    assert caught.value.found == "'tram'; 'bus' has the id 2"


def test_what_a_configuration_says_is_taken_and_the_rest_is_told() -> None:
    text = TRAIN.replace(
        "batch_size: 4",
        'batch_size: 4 max_number_of_boxes: 7 fine_tune_checkpoint: "ckpt-0" from_detection_checkpoint: true',
    )
    text += """
    train_input_reader { label_map_path: "map.pbtxt" max_number_of_boxes: 40 shuffle: false sample_1_of_n_examples: 2
      num_readers: 8 tf_record_input_reader { input_path: "train.record-*" } }
    eval_config { metrics_set: "coco_detection_metrics" num_visualizations: 9 }
    eval_input_reader { tf_record_input_reader { input_path: "PATH_TO_BE_CONFIGURED/val" } }
    graph_rewriter { quantization { delay: 1 } }
    """
    words = read_words(parse(text.encode()))
    assert (words.batch, words.steps, words.clip, words.start, words.kind) == (4, 9, 5.0, "ckpt-0", "detection")
    assert (words.data, words.labels, words.validation) == ("train.record-*", "map.pbtxt", "")
    assert (words.most_boxes, words.shuffle, words.every) == (40, False, 2)
    assert [type(step).__name__ for step in words.augmentation] == ["RandomHorizontalFlip"]
    assert words.optimizer is not None
    assert words.optimizer.average_decay == 0.9
    told = " ".join(words.unused)
    for field in (
        "startup_delay_steps",
        "train_config.max_number_of_boxes",
        "num_readers",
        "num_visualizations",
        "graph_rewriter",
        "tf_record_input_reader.input_path (line 15, column 50): PATH_TO_BE_CONFIGURED was not filled in",
    ):
        assert field in told, field
    assert "(line 3," in words.unused[2]


def test_several_inputs_and_unknown_optimizers_are_refused() -> None:
    reader = 'train_input_reader { tf_record_input_reader { input_path: "a" input_path: "b" } }'
    with pytest.raises(UnsupportedModelError, match="several input paths"):
        read_words(parse(reader.encode()))
    with pytest.raises(UnsupportedModelError, match="optimizer"):
        read_words(parse(b"train_config { optimizer { lion_optimizer { } } }"))


def test_the_recipe_is_the_configurations_unless_something_else_is_asked_for() -> None:
    words = read_words(parse(TRAIN.encode()))
    found = make_recipe(TrainOptions(), words, "ssd", pictures=10, size=64)
    assert (found.batch, found.steps, found.updates, found.clip) == (4, 9, 9, 5.0)
    assert found.plan.rate(2) == pytest.approx(0.02)
    found = make_recipe(TrainOptions(epochs=2, accumulate=2, rate=0.5, average=0.0), words, "ssd", pictures=10, size=64)
    assert (found.steps, found.updates, found.plan.average_decay) == (6, 3, None)
    assert found.told["highest_rate"] == pytest.approx(0.5)


@pytest.mark.parametrize("family", ["ssd", "retinanet", "efficientdet", "faster_rcnn", "center_net", "yolo"])
def test_every_family_has_its_usual_recipe(family: str) -> None:
    found = make_recipe(TrainOptions(batch=16), None, family, pictures=100, size=320)
    assert (found.steps, found.clip, found.plan.average_decay) == (350, CLIP, None)
    rates = [found.plan.rate(update) for update in range(found.updates)]
    assert rates[0] < max(rates) / 50
    assert rates.index(max(rates)) == 35
    assert found.augmentation
    constant = make_recipe(TrainOptions(schedule="constant", warmup=2, rate=0.1), None, family, pictures=8, size=320)
    assert [round(constant.plan.rate(update), 4) for update in range(4)] == [0.0333, 0.0667, 0.1, 0.1]


def test_a_training_without_an_update_is_refused() -> None:
    options = TrainOptions(epochs=2, accumulate=9)
    with pytest.raises(SourceError, match="before the first update") as caught:
        make_recipe(options, None, "ssd", pictures=32, size=64)
    assert "8 batches" in caught.value.expected
    assert make_recipe(dataclasses.replace(options, accumulate=8), None, "ssd", pictures=32, size=64).updates == 1


def test_a_warm_up_beyond_the_end_and_batches_that_are_lost_are_told() -> None:
    for options, said in (
        (TrainOptions(epochs=2, warmup=8), "the warm-up of 8 updates is longer than the training, which has 8"),
        (TrainOptions(epochs=2, accumulate=3), "the last 2 of 8 batches fill no update of 3"),
    ):
        (note,) = notes_on(make_recipe(options, None, "ssd", pictures=32, size=64), options)
        assert said in note
    options = TrainOptions(epochs=2, warmup=2, accumulate=2)
    assert notes_on(make_recipe(options, None, "ssd", pictures=32, size=64), options) == ()


@pytest.mark.parametrize(("name", "value"), [("rate", 0.0), ("average", 1.0)])
def test_what_would_change_nothing_is_refused(name: str, value: float) -> None:
    wrong: dict[str, Any] = {name: value}
    with pytest.raises(SourceError, match=r"nothing is learned|keeps what training began with"):
        TrainOptions(**wrong)


def test_families(shared: Path) -> None:
    names = {
        "ssd_mobilenet_v2_320": "ssd",
        "ssd_mobilenet_v2_fpnlite_320": "retinanet",
        "efficientdet_d0": "efficientdet",
    }
    assert {name: family_of(blueprint(shared, name)) for name in names} == names


def test_the_backbone_or_a_pattern_is_frozen() -> None:
    plan = tiny.blueprint()
    assert frozen_keys(plan, "none") == frozenset()
    backbone = frozen_keys(plan, "backbone")
    assert 0 < len(backbone) < len(plan.variables)
    assert not any("box_predictor" in key for key in backbone)
    head = frozen_keys(plan, "model/_box_predictor")
    assert head == frozen_keys(plan, "model/_box_predictor/*")
    assert head
    assert not head & backbone
    frozen = freezer(head)
    assert frozen(min(head))
    assert not frozen(min(backbone))
    with pytest.raises(SourceError, match="no layer has such a name") as caught:
        frozen_keys(plan, "conv1")
    assert "model/_" in caught.value.help
    with pytest.raises(SourceError, match="nothing would train"):
        frozen_keys(plan, "model/_feature_extractor,*")


def test_the_first_boxes_are_kept() -> None:
    boxes = np.arange(20, dtype=np.float32).reshape(5, 4)
    points = np.zeros((5, 2, 2), np.float32)
    sample = Sample("a", np.zeros((2, 2, 3), np.float32), boxes, np.arange(5), np.ones(5, np.float32), points)
    assert cut(sample, None) is sample
    assert cut(sample, 5) is sample
    short = cut(sample, 2)
    assert (len(short.boxes), short.classes.tolist(), len(short.weights)) == (2, [0, 1], 2)
    assert short.keypoints is not None
    assert len(short.keypoints) == 2


def test_from_nothing_every_variable_has_an_initial_value() -> None:
    found = from_config(tiny.config(), "tiny.config", num_classes=2)
    assert found.blueprint.num_classes == 2
    assert found.values.keys() == found.blueprint.variables.keys()
    assert "from nothing" in found.origin
    assert all(np.isfinite(value).all() for value in found.values.values())


def test_another_size_keeps_the_variables() -> None:
    start = from_config(tiny.config(), "tiny.config")
    found = resized(start, (96, 96))
    assert found.blueprint.resizer.output == (96, 96)
    assert found.blueprint.variables.keys() == start.blueprint.variables.keys()
    with pytest.raises(UnsupportedModelError, match="squares"):
        resized(start, (96, 64))
    bare = dataclasses.replace(start, config=parse(b"model { ssd { } }"))
    with pytest.raises(UnsupportedModelError, match="no size to change"):
        resized(bare, (96, 96))
    assert resized(bare, (64, 64)) is bare


def test_a_detector_that_was_built_here_keeps_its_size() -> None:
    start = from_config(tiny.config(), "tiny.config")
    name = b'"ssd_mobilenet_v2_fpn_keras"'
    other = parse(tiny.config().data.replace(name, b'"MobileNetV2"'))
    for config in (other, parse(b"")):
        with pytest.raises(UnsupportedModelError, match="the size that it was built for") as caught:
            resized(dataclasses.replace(start, config=config), (96, 96))
        assert caught.value.expected == "64×64"
        assert "loadstone build" in caught.value.help


def test_a_checkpoint_has_to_hold_what_its_type_takes(shared: Path) -> None:
    archive = shared / "exports" / "ssd_mobilenet_v2_fpnlite_320"
    plan = blueprint(shared, "ssd_mobilenet_v2_fpnlite_320")
    found = taken_from(plan, str(archive), "detection")
    assert found.values
    assert not any("box_predictor" in key for key in found.values)
    backbone = taken_from(plan, str(archive), "classification")
    assert set(backbone.values) < set(found.values)
    with pytest.raises(UnsupportedModelError, match="does not hold what fine_tune_checkpoint_type"):
        taken_from(tiny.blueprint(), str(archive), "full")


@pytest.mark.parametrize(
    ("reader", "words"),
    [
        ('tf_record_input_reader { input_path: "C:/a/train-*" }', "train_input_reader.input_path leads nowhere"),
        ('label_map_path: "C:/a/map.pbtxt"', "train_input_reader.label_map_path leads nowhere"),
        ('tf_record_input_reader { input_path: "PATH_TO_BE_CONFIGURED/a" }', "no pictures to train on were named"),
    ],
)
def test_paths_of_a_configuration_that_lead_nowhere_are_named(reader: str, words: str, tmp_path: Path) -> None:
    config = tmp_path / "pipeline.config"
    config.write_text(f"model {{ ssd {{ num_classes: 1 }} }} train_input_reader {{ {reader} }}")
    with pytest.raises(SourceError, match=words) as caught:
        make_task(Asked(None, None, None, config, TrainOptions()), lambda sentence: None)
    assert caught.value.where == str(config)


def test_patience_without_validation_is_refused(tmp_path: Path) -> None:
    asked = Asked("any.keras", write_squares(tmp_path / "data"), "none", None, TrainOptions(patience=2))
    with pytest.raises(SourceError, match="nothing is validated"):
        make_task(asked, lambda sentence: None)


def test_notes_on_data_that_is_refused_are_told(tmp_path: Path) -> None:
    data = write_squares(tmp_path / "data")
    told: list[str] = []
    for path in (data / "annotations").iterdir():
        path.write_text(
            path.read_text(encoding="utf-8").replace('"category_id": 2', '"category_id": 5'), encoding="utf-8"
        )
    with pytest.raises(FormatError, match="a class that it does not list"):
        make_task(Asked("any.keras", data, None, None, TrainOptions()), told.append)
    assert told == ["annotations have a category_id that `categories` does not list: 5"]


def test_a_run_goes_on_from_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "steps.config").touch()
    monkeypatch.chdir(tmp_path)
    for word, kept in (("steps.config", str(tmp_path / "steps.config")), ("ssd", "ssd"), (None, None)):
        stated = Asked("built.keras", "data", None, None, TrainOptions(augment=word)).as_json()
        assert stated["options"]["augment"] == kept
