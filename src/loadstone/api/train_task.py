"""From a person's words to a training's `Task`: which detector, which pictures, which recipe; each decision is told."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loadstone.errors import FormatError, LoadstoneError, SourceError, UnsupportedModelError
from loadstone.facts.path_text import path_text

if TYPE_CHECKING:
    from loadstone.api.model import Model
    from loadstone.augmentation.step import Augmentation
    from loadstone.facts.dataset import Dataset
    from loadstone.runtime.rebuilt import Rebuilt
    from loadstone.training.run.folder import RunFolder
    from loadstone.training.session import Measure, Task
    from loadstone.training.setup.classes import ClassPlan
    from loadstone.training.setup.config import ConfigWords
    from loadstone.training.setup.data import TrainData
    from loadstone.training.setup.options import TrainOptions
    from loadstone.wire.textmessage import TextMessage

Tell = Callable[[str], None]
"""Called with each sentence that a person should know before the first step."""

LABELS = "correct the path, or leave the field out: the data then says the classes"

NO_VALIDATION = "none"
"""What is given for the validation pictures where there are to be none."""


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What a training is asked for. `model` may be absent where `config` says what to start from, and `data` too.

    `labels` is a label map, for data that names no classes.
    """

    model: str | os.PathLike[str] | Model | None
    data: str | os.PathLike[str] | Dataset | None
    validation: str | os.PathLike[str] | Dataset | None
    config: str | os.PathLike[str] | None
    options: TrainOptions
    labels: str | None = None

    def __post_init__(self) -> None:
        """Raise `SourceError` for what is neither a path nor what else is taken."""
        from loadstone.api.model import Model
        from loadstone.facts.dataset import Dataset

        if not isinstance(self.model, Model | None):
            path_text(self.model, "the model, if not one that was opened or built,")
        for name, value in (("data", self.data), ("validation", self.validation)):
            if not isinstance(value, Dataset | None):
                path_text(value, f"{name}, if no opened dataset,")
        if self.config is not None:
            path_text(self.config, "config")

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON values, paths from the root; what was given as an object is named by its source."""
        from loadstone.augmentation.presets import PRESETS

        names = ("model", "data", "validation", "config", "labels")
        options, augment = self.options.as_json(), self.options.augment
        options["augment"] = augment if augment in PRESETS else _named(augment)
        return {**{name: _named(getattr(self, name)) for name in names}, "options": options}


def _named(value: Any) -> str | None:
    if value is None:
        return None
    word = os.fspath(value) if isinstance(value, str | os.PathLike) else str(value.source)
    # A pattern of shards (`train.record-*`) lies in a folder as well.
    lies = os.path.exists(word) or os.path.isdir(os.path.dirname(word)) or os.path.exists(f"{word}.index")
    return os.path.abspath(word) if lies else word


def make_task(asked: Asked, tell: Tell) -> tuple[Task, Asked]:
    """Return what is to be trained, on what and how; and what was asked for, with what the configuration adds to it.

    Nothing heavy is imported, no picture decoded. Raises `SourceError` where something is not there, `FormatError`
    for data or a configuration that cannot be trained on, `UnsupportedModelError` where the model is no detector, or
    the configuration is for another one.
    """
    config, words = _configuration(asked.config, tell)
    asked = _completed(asked, words)
    data = _data(asked, words, tell)
    if asked.options.patience is not None and data.validation is None:
        raise SourceError(
            "patience counts epochs without a better mAP, and nothing is validated",
            found=f"patience {asked.options.patience:,}",
            help="leave --patience out, or name pictures to validate on: --val DIR",
        )
    rebuilt, classes = _detector(asked, config, words, data.train)
    if classes.note:
        tell(classes.note)
    if asked.options.input_size is not None:
        from loadstone.training.setup.starting import resized

        rebuilt = resized(rebuilt, asked.options.input_size)
    for note in (*rebuilt.notes, *_notes_on_masks(rebuilt, data)):
        tell(note)
    task = _task(asked, words, data, replace(rebuilt, labels=classes.labels), classes)
    from loadstone.training.setup.recipe import notes_on

    for note in notes_on(task.recipe, task.options):
        tell(note)
    return task, asked


def resumed_task(run: RunFolder, asked: Asked, record: Mapping[str, Any], tell: Tell) -> Task:
    """Return the task of a run that goes on, with the detector that it began with; `asked` is from its record.

    Raises as `make_task`, and `FormatError` where the data is not what the run began with.
    """
    from loadstone.training.run.folder import started_from
    from loadstone.training.setup.classes import plan_classes
    from loadstone.training.setup.data import refuse_other_data

    _, words = _configuration(asked.config, lambda sentence: None)
    data = _data(asked, words, tell)
    refuse_other_data(data.train, record.get("data"))
    if data.validation is not None:
        refuse_other_data(data.validation, record.get("validation"))
    rebuilt, train, fixed = started_from(run), data.train, asked.config is not None
    count = rebuilt.blueprint.num_classes
    classes = plan_classes(train.classes, train.ids, known=rebuilt.labels, count=count, fixed=fixed)
    return _task(asked, words, data, rebuilt, classes)


def asked_again(run: RunFolder, record: Mapping[str, Any]) -> Asked:
    """Return what a run's record says that it was asked for; `FormatError` where it does not."""
    from loadstone.training.setup.options import options_of

    stated, where = record.get("asked"), str(run.record)
    if not isinstance(stated, dict):
        raise FormatError("the run's record does not say what was asked for", where=where)
    names = {name: stated.get(name) for name in ("model", "data", "validation", "labels")}
    if not all(value is None or isinstance(value, str) for value in names.values()):
        raise FormatError("the run's record names no files", where=where)
    # The configuration that the run began with lies in its folder, whatever became of the file.
    config = run.config if stated.get("config") else None
    return Asked(**names, config=config, options=options_of(stated.get("options"), where))


def _task(asked: Asked, words: ConfigWords | None, data: TrainData, rebuilt: Rebuilt, classes: ClassPlan) -> Task:
    from loadstone.augmentation.step import refuse_without_masks
    from loadstone.training.session import Task
    from loadstone.training.setup.freezing import frozen_keys
    from loadstone.training.setup.recipe import family_of, make_recipe

    recipe = make_recipe(
        asked.options,
        words,
        family_of(rebuilt.blueprint),
        pictures=len(data.train.examples),
        size=max(rebuilt.blueprint.resizer.output or (512, 512)),
        augmentation=_augmentation(asked.options, data.train),
    )
    if makes_masks(rebuilt):
        refuse_without_masks(recipe.augmentation)
    # What cannot be frozen is told before the run has a folder.
    frozen_keys(rebuilt.blueprint, asked.options.freeze)
    validation = data.validation
    return Task(
        rebuilt,
        data.train,
        validation,
        classes.order,
        () if validation is None else _by_name(validation, classes.labels),
        asked.options,
        recipe,
        None if validation is None else measure_on(validation),
        words.most_boxes if words else None,
        words.shuffle if words else True,
    )


def _notes_on_masks(rebuilt: Rebuilt, data: TrainData) -> tuple[str, ...]:
    """Return what is worth a sentence; raises `FormatError` for a Mask R-CNN whose pictures have no masks."""
    from loadstone.training.setup.data import refuse_unmasked

    return refuse_unmasked(data) if makes_masks(rebuilt) else ()


def makes_masks(rebuilt: Rebuilt) -> bool:
    """Whether the detector learns masks."""
    return getattr(rebuilt.blueprint, "third_stage", None) is not None


def _by_name(validation: Dataset, labels: Mapping[int, str]) -> tuple[int, ...]:
    """Return each class's number in the detector, from 0; -1 for one that it does not have."""
    numbers = {name: number - 1 for number, name in labels.items()}
    return tuple(numbers.get(name, -1) for name in validation.classes)


def _configuration(path: str | os.PathLike[str] | None, tell: Tell) -> tuple[TextMessage | None, ConfigWords | None]:
    if path is None:
        return None, None
    from loadstone.runtime.described import read_config
    from loadstone.training.setup.config import read_words

    config = read_config(Path(path))
    try:
        words = read_words(config)
    except LoadstoneError as error:
        raise error.at(os.fspath(path)) from None
    if words.unused:
        tell("of the configuration, not used:")
    for sentence in words.unused:
        tell(f"  {sentence}")
    return config, words


def _completed(asked: Asked, words: ConfigWords | None) -> Asked:
    """Return what was asked for with the pictures and the label map that a configuration names beside."""
    if words is None:
        return asked
    labels = asked.labels or _leads(asked, "train_input_reader.label_map_path", words.labels, LABELS)
    if asked.data is not None:
        return replace(asked, labels=labels)
    data = _leads(asked, "train_input_reader.input_path", words.data, "name the pictures: --data DIR")
    validation = asked.validation or _leads(
        asked, "eval_input_reader.input_path", words.validation, "name the pictures to validate on: --val DIR, or none"
    )
    return replace(asked, data=data, validation=validation, labels=labels)


def _leads(asked: Asked, field: str, path: str, help: str) -> str | None:  # noqa: A002 - the error's own field
    """Return what a field of the configuration names; `SourceError` where it is not there."""
    found = _beside(asked.config, path)
    if not found or os.path.exists(found) or (glob.has_magic(found) and glob.glob(found)):
        return found or None
    raise SourceError(f"{field} leads nowhere", where=os.fspath(asked.config or ""), found=path, help=help)


def _data(asked: Asked, words: ConfigWords | None, tell: Tell) -> TrainData:
    """Open the pictures that were named."""
    from loadstone.facts.dataset import Dataset
    from loadstone.training.setup.data import train_data

    if asked.data is None:
        raise SourceError(
            "no pictures to train on were named",
            where=os.fspath(asked.config or ""),
            expected="a folder or file of annotated pictures",
            found="no train_input_reader whose input_path is filled in" if asked.config else "",
            help="name them: --data DIR",
        )
    validate, other = asked.validation != NO_VALIDATION, asked.validation
    own = _opened(asked.data, asked.labels)
    held = _opened(other, asked.labels) if validate and other is not None else None
    try:
        found = train_data(own, held, every=words.every if words else 1, validate=validate)
    except FormatError:
        # What was taken for granted while reading may be why.
        for note in own.notes:
            tell(note)
        raise
    for note in found.notes:
        tell(note)
    if asked.labels and not isinstance(asked.data, Dataset) and found.train.format != "tfrecord":
        _refuse_other_labels(found.train, asked.labels)
    return found


def _refuse_other_labels(train: Dataset, labels: str) -> None:
    """Compare the data's own names with the label map's; records have none of their own."""
    from loadstone.runtime.labels import read_labels
    from loadstone.training.setup.classes import refuse_other_labels

    refuse_other_labels(train.classes, train.ids, read_labels(Path(labels), first_id=1), labels)


def _opened(source: Any, labels: str | None) -> Dataset:
    from loadstone.datasets.find import open_dataset
    from loadstone.facts.dataset import Dataset

    return source if isinstance(source, Dataset) else open_dataset(source, classes=labels)


def _beside(config: str | os.PathLike[str] | None, path: str) -> str:
    """Return a path of a configuration as it is written, or from the configuration's folder where it lies there."""
    if not path or config is None or os.path.isabs(path) or os.path.exists(path):
        return path
    beside = Path(config).parent / path
    return str(beside) if beside.parent.is_dir() else path


def _detector(
    asked: Asked, config: TextMessage | None, words: ConfigWords | None, train: Dataset
) -> tuple[Rebuilt, ClassPlan]:
    """Return the detector to start from, with as many classes as it is to have."""
    from loadstone.training.setup.classes import plan_classes

    if asked.model is None:
        if config is None or words is None:
            raise SourceError("no model to start from was named", help="--model MODEL, or --config pipeline.config")
        from loadstone.training.setup.starting import from_config

        start, place = _beside(asked.config, words.start), os.fspath(asked.config or "")
        try:
            rebuilt = from_config(config, place, start=_located(start), kind=words.kind)
        except LoadstoneError as error:
            # What is wrong in the text has only its line; what is wrong with the checkpoint names that.
            if error.where.startswith("line "):
                raise error.at(place) from None
            raise
        return rebuilt, plan_classes(
            train.classes, train.ids, known={}, count=rebuilt.blueprint.num_classes, fixed=True
        )
    found = _found(asked.model, asked.config, None)
    count = found.blueprint.num_classes
    plan = plan_classes(train.classes, train.ids, known=found.labels, count=count, fixed=config is not None)
    return found if plan.count == count else _found(asked.model, asked.config, plan.count), plan


def _located(start: str) -> str:
    from loadstone.whereabouts import whereabouts

    return whereabouts(start, to_run=True) if start else ""


def _found(model: Any, config: str | os.PathLike[str] | None, classes: int | None) -> Rebuilt:
    """Rebuild a model, with another number of classes where it is given."""
    from loadstone.runtime.rebuilt import rebuild_source
    from loadstone.runtime.wish import wish_of

    if not isinstance(model, str | os.PathLike):
        return _of_model(model, classes)
    from loadstone.whereabouts import whereabouts

    return rebuild_source(whereabouts(model, to_run=True), wish_of(config, classes))


def _of_model(model: Model, classes: int | None) -> Rebuilt:
    """Return what an opened model was rebuilt from; one that was built here has no file to take other heads from."""
    if classes is None:
        return model.rebuilt
    if os.path.exists(model._path):
        return _found(model._path, model._wish.config, classes)
    raise UnsupportedModelError(
        "the detector was built for another number of classes than the data has",
        expected=f"{classes:,} classes",
        found=f"{model.rebuilt.blueprint.num_classes:,}",
        help=f"build it with num_classes={classes}",
    )


def _augmentation(options: TrainOptions, train: Dataset) -> tuple[Augmentation, ...] | None:
    """Return the steps that were asked for; None for the usual ones."""
    if options.augment is None:
        return None
    from loadstone.api.augment import augmentations

    size = max(options.input_size or (512, 512))
    return augmentations(options.augment, size=size, keypoint_names=train.keypoint_names)


def measure_on(validation: Dataset) -> Measure:
    """Return what runs a detector over the pictures and gives COCO's metrics; `EnvironmentLacksError` as evaluation."""
    from loadstone.api.eval import Wish, evaluate_detector
    from loadstone.evaluation.coco import pycocotools

    pycocotools()

    def measure(rebuilt: Rebuilt) -> Mapping[str, float]:
        found = evaluate_detector(_opened_detector(rebuilt), rebuilt.source, validation, Wish())
        values = {name: value for one in found.metrics for name, value in one.values.items()}
        return {name: value for name, value in values.items() if "Category" not in name}

    return measure


def _opened_detector(rebuilt: Rebuilt) -> Any:
    """Return a detector that runs: on OpenVINO, which is several times faster here, or else on Keras."""
    from importlib.util import find_spec

    if find_spec("openvino") is None:
        from loadstone.runtime.keras.keras_detector import KerasDetector
        from loadstone.training.session import in_float32

        with in_float32():
            return KerasDetector(rebuilt)
    from loadstone.runtime.conversions.conversion import finish
    from loadstone.runtime.conversions.convert_rebuilt import conversion_of
    from loadstone.runtime.detector import Detector

    return Detector(finish(conversion_of(rebuilt), "CPU"))
