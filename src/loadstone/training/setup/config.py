"""What a `pipeline.config` says of training, and everything that it says and that is not used here.

Source: train.proto, input_reader.proto, eval.proto, and what the TF2 code path reads of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from loadstone.augmentation.config import read_augmentations
from loadstone.augmentation.step import Augmentation
from loadstone.errors import UnsupportedModelError
from loadstone.training.optimizers import OptimizerPlan, read_optimizer
from loadstone.training.setup.feed import MAX_BOXES
from loadstone.wire.textmessage import TextMessage

PLACEHOLDER = "PATH_TO_BE_CONFIGURED"
"""What the zoo's configurations have in place of paths."""


STARTS = {"fine_tune_checkpoint": "so that training begins from initial values, or from --model"}
READS = {
    "label_map_path": "so that the data says the classes",
    "tf_record_input_reader.input_path": "so that --data names the pictures",
}
"""Field → what it means that its path was not filled in."""


@dataclass(frozen=True, slots=True)
class ConfigWords:
    """What is used: None, 0 or "" where the configuration does not say it.

    `start` is `fine_tune_checkpoint`, `kind` what of it is taken. `most_boxes` is the training reader's cap, and
    `every` its `sample_1_of_n_examples`. `unused` are sentences.
    """

    batch: int = 0
    steps: int = 0
    optimizer: OptimizerPlan | None = None
    clip: float = 0.0
    augmentation: tuple[Augmentation, ...] = ()
    start: str = ""
    kind: str = ""
    data: str = ""
    labels: str = ""
    validation: str = ""
    most_boxes: int = MAX_BOXES
    shuffle: bool = True
    every: int = 1
    unused: tuple[str, ...] = ()


TRAIN = (
    "batch_size", "num_steps", "optimizer", "gradient_clipping_by_norm", "data_augmentation_options",
    "fine_tune_checkpoint", "fine_tune_checkpoint_type", "from_detection_checkpoint", "freeze_batchnorm",
    "add_regularization_loss",
)  # fmt: skip
MASKS = ("load_instance_masks", "mask_type")
"""Masks are read where the detector has any, and what is in a record tells how they are written."""

READER = (
    *("label_map_path", "tf_record_input_reader", "shuffle", "max_number_of_boxes", "sample_1_of_n_examples"),
    *MASKS,
)
EVALUATION_READER = ("label_map_path", "tf_record_input_reader", *MASKS)
USED: Mapping[str, tuple[str, ...]] = {
    "": ("model", "train_config", "train_input_reader", "eval_config", "eval_input_reader"),
    "train_config": TRAIN,
    "train_input_reader": READER,
    "eval_config": ("metrics_set", "eval_instance_masks"),
    "eval_input_reader": EVALUATION_READER,
}
"""Message → the fields that are used; freezing and regularisation by the learners, the metrics by the validation."""

WHY: Mapping[str, str] = {
    "sync_replicas": "one process trains",
    "replicas_to_aggregate": "one process trains",
    "startup_delay_steps": "one process trains",
    "fine_tune_checkpoint_version": "the file itself tells",
    "unpad_groundtruth_tensors": "padding changes no loss",
    "use_bfloat16": "the original takes it on TPUs only; --mixed-precision bfloat16 does it everywhere",
    "num_readers": "--threads is what reads",
    "load_all_detection_checkpoint_vars": "an error in the original's TF2 trainer",
    "freeze_variables": "only the TF1 trainer reads it; use --freeze",
    "update_trainable_variables": "only the TF1 trainer reads it; use --freeze",
    "bias_grad_multiplier": "only the TF1 trainer reads it",
    "train_config.max_number_of_boxes": "the original reads the input reader's",
    "num_epochs": "--epochs or num_steps says how long",
    "use_moving_averages": "the moving averages are what is evaluated and saved, where there are any",
    "graph_rewriter": "training for 8-bit arithmetic is not done",
}
"""Field → why it has no effect; of the others it is said that they have none."""


def read_words(config: TextMessage) -> ConfigWords:
    """Return what a parsed configuration says of training.

    Raises `UnsupportedModelError` or `FormatError`, with line and column, for an optimizer, a schedule or an
    augmentation that is not known or is broken.
    """
    train, reader = config.message("train_config"), config.message("train_input_reader")
    evaluation = config.message("eval_input_reader")
    return ConfigWords(
        batch=train.integer("batch_size", 0),
        steps=train.integer("num_steps", 0),
        optimizer=read_optimizer(train.message("optimizer")) if "optimizer" in train else None,
        clip=float(train.number("gradient_clipping_by_norm", 0.0)),
        augmentation=read_augmentations(config),
        start=_path(train, "fine_tune_checkpoint"),
        kind=_kind(train),
        data=_input(reader),
        labels=_path(reader, "label_map_path"),
        validation=_input(evaluation),
        most_boxes=reader.integer("max_number_of_boxes", MAX_BOXES),
        shuffle=reader.flag("shuffle", True),
        every=max(reader.integer("sample_1_of_n_examples", 1), 1),
        unused=(*_placeholders(config), *_unused(config)),
    )


def _kind(train: TextMessage) -> str:
    """Return `fine_tune_checkpoint_type`, or what the older field stands for (config_util.py of the original)."""
    older = "detection" if train.flag("from_detection_checkpoint", False) else "classification"
    return train.text("fine_tune_checkpoint_type") or older


def _path(message: TextMessage, name: str) -> str:
    """Return a path; nothing for the zoo's placeholder."""
    path = message.text(name)
    return "" if PLACEHOLDER in path else path


def _input(reader: TextMessage) -> str:
    """Return the one path or pattern of records that a reader has."""
    inner = reader.message("tf_record_input_reader")
    paths = [path for path in inner.texts("input_path") if PLACEHOLDER not in path]
    if len(paths) > 1:
        raise UnsupportedModelError(
            "several input paths are not read together",
            where=inner.where_of("input_path"),
            found=f"{len(paths)} paths",
            help="write one pattern that fits them all, or name the data: --data DIR",
        )
    return paths[0] if paths else ""


def _placeholders(config: TextMessage) -> Iterator[str]:
    """Yield a sentence for each path that was never filled in."""
    readers = (("train_input_reader", READS), ("eval_input_reader", READS))
    for name, fields in (("train_config", STARTS), *readers):
        for field, meaning in fields.items():
            inner = config.message(name)
            *above, last = field.split(".")
            for part in above:
                inner = inner.message(part)
            if any(PLACEHOLDER in path for path in inner.texts(last)):
                yield f"{name}.{field} ({inner.where_of(last)}): {PLACEHOLDER} was not filled in, {meaning}"


def _unused(config: TextMessage) -> Iterator[str]:
    for name in USED:
        for message in config.messages(name) if name else (config,):
            for field in message.names:
                if field not in USED[name]:
                    place = f"{name}.{field}" if name else field
                    why = WHY.get(place) or WHY.get(field) or "it has no effect here"
                    yield f"{place} ({message.where_of(field)}): {why}"
