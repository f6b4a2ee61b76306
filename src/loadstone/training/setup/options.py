"""What a training may be asked for: `TrainOptions`, plain values that a run folder keeps as JSON."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from operator import index
from typing import Any

from loadstone.errors import FormatError, SourceError

OPTIMIZERS = ("sgd", "adam", "adamw")
SCHEDULES = ("cosine", "constant")
PRECISIONS = ("float32", "bfloat16", "float16")
BACKENDS = ("tensorflow", "jax", "torch")
_WHOLE = ("epochs", "batch", "warmup", "accumulate", "patience", "seed", "threads", "devices")
_REAL = ("rate", "clip", "average")
MOST_BATCH = 4096
MOST_EPOCHS = 1_000_000


@dataclass(frozen=True, slots=True)
class TrainOptions:
    """None stands for what the configuration says, else for the family's usual value.

    `rate` is the highest learning rate, `warmup` the updates until it is reached, `clip` the largest global norm of the
    gradients, `average` the decay of the weights' moving average (0: none). `accumulate` batches make one update.
    `patience` are epochs without a better mAP after which it ends. `freeze` is `none`, `backbone` or a pattern of
    variables' keys (`model/_feature_extractor/*`). `augment` is a preset or a `pipeline.config`. `threads` prepare
    the input. `devices` are the accelerators that share each batch.
    """

    epochs: int | None = None
    batch: int | None = None
    optimizer: str | None = None
    rate: float | None = None
    schedule: str | None = None
    warmup: int | None = None
    clip: float | None = None
    average: float | None = None
    precision: str = "float32"
    accumulate: int = 1
    patience: int | None = None
    freeze: str = "none"
    augment: str | None = None
    input_size: tuple[int, int] | None = None
    seed: int = 0
    threads: int = 0
    devices: int = 1

    def __post_init__(self) -> None:
        """Take numbers of any kind, one side for two, a yes or no to `freeze`, no steps for `augment`'s `none`.

        Raises `SourceError` for a value that is none of its kind, or out of its range.
        """
        for name in _WHOLE:
            object.__setattr__(self, name, _whole(name, getattr(self, name)))
        for name in _REAL:
            object.__setattr__(self, name, _real(name, getattr(self, name)))
        object.__setattr__(self, "input_size", _sides(self.input_size))
        object.__setattr__(self, "freeze", _frozen(self.freeze))
        object.__setattr__(self, "augment", _augment(self.augment))
        _among("optimizer", self.optimizer, (None, *OPTIMIZERS))
        _among("schedule", self.schedule, (None, *SCHEDULES))
        _among("precision", self.precision, PRECISIONS)
        _within("epochs", self.epochs, 1, MOST_EPOCHS)
        _within("batch", self.batch, 1, MOST_BATCH)
        _within("accumulate", self.accumulate, 1, 10_000)
        _within("patience", self.patience, 1, MOST_EPOCHS)
        _within("devices", self.devices, 1, 4096)
        _within("threads", self.threads, 0, 256)
        _within("warmup", self.warmup, 0, 10**9)
        if self.rate == 0:
            raise SourceError("at a learning rate of 0 nothing is learned", expected="a number above 0", found="0")
        _within("rate", self.rate, 0.0, 1e6)
        _within("clip", self.clip, 0.0, 1e9)
        if self.average == 1:
            raise SourceError(
                "an average that decays by 1 keeps what training began with", expected="a number below 1", found="1"
            )
        _within("average", self.average, 0.0, 1.0)
        _within("seed", self.seed, 0, 2**63 - 1)
        for side in self.input_size or ():
            _within("input_size", side, 16, 8192)

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)


def _whole(name: str, value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise SourceError(f"{name} is no whole number", found=repr(value)[:80])
    return index(value)


def _real(name: str, value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool | str) or not hasattr(value, "__float__"):
        raise SourceError(f"{name} is no number", found=repr(value)[:80])
    return float(value)


def _frozen(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return "backbone" if value else "none"
    if not isinstance(value, str):
        raise SourceError("freeze is a text", expected="none, backbone or a pattern", found=repr(value)[:80])
    return value


def _augment(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, os.PathLike):
        return str(os.fspath(value))
    if value is False or (isinstance(value, Sequence) and not value):
        return "none"
    raise SourceError(
        "augment is a preset or a file, which the run's folder names so that it can be repeated",
        expected="none, ssd, another preset, or a pipeline.config with data_augmentation_options",
        found=repr(value)[:80],
    )


def _sides(value: Any) -> tuple[int, int] | None:
    if value is None:
        return None
    pair = tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else (value, value)
    if len(pair) != 2:
        raise SourceError("input_size is a side, or (height, width)", found=repr(value)[:80])
    height, width = (_whole("input_size", side) for side in pair)
    return None if height is None or width is None else (height, width)


def options_of(values: Any, where: str) -> TrainOptions:
    """Return the options that JSON values hold; `FormatError` where they hold none."""
    known = {field.name for field in fields(TrainOptions)}
    if not isinstance(values, Mapping) or not set(values) <= known:
        raise FormatError("these are no options of a training", where=where, found=repr(values)[:80])
    size = values.get("input_size")
    try:
        return TrainOptions(**{**values, "input_size": None if size is None else (int(size[0]), int(size[1]))})
    except (TypeError, ValueError, LookupError, SourceError) as error:
        raise FormatError(f"the options of the training are broken: {error}", where=where) from error


def _among(name: str, value: object, known: tuple[object, ...]) -> None:
    if value not in known:
        expected = ", ".join(str(one) for one in known if one is not None)
        raise SourceError(f"there is no such {name}", expected=expected, found=str(value))


def _within(name: str, value: float | None, least: float, most: float) -> None:
    if value is not None and not least <= value <= most:
        raise SourceError(f"{name} is out of range", expected=f"{least:,} to {most:,}", found=str(value))
