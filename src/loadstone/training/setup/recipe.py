"""How a detector is trained, to the last number: what was asked for, what a configuration says, what is usual."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from loadstone.augmentation.presets import preset
from loadstone.augmentation.step import Augmentation
from loadstone.errors import SourceError
from loadstone.training.optimizers import OptimizerPlan, adam, adamw, sgd
from loadstone.training.schedules import constant
from loadstone.training.setup.config import ConfigWords
from loadstone.training.setup.options import TrainOptions

if TYPE_CHECKING:
    from loadstone.blueprint.reader import AnyBlueprint

BATCH = 8
EPOCHS = 50
CLIP = 10.0
"""The zoo's `gradient_clipping_by_norm`, in its GPU configurations: a sound training is not above it for long."""

WARMUP_UPDATES = 500
WARMUP_SHARE = 10
"""A warm-up is so many updates, and no more than one in so many of all."""


@dataclass(frozen=True, slots=True)
class Usual:
    """What a family trains with where nobody says: `rate` is for a batch of 8, and grows with the batch."""

    optimizer: str
    rate: float
    augment: str


USUAL: Mapping[str, Usual] = {
    "ssd": Usual("sgd", 0.005, "ssd"),
    "retinanet": Usual("sgd", 0.005, "retinanet"),
    "efficientdet": Usual("sgd", 0.005, "efficientdet"),
    "faster_rcnn": Usual("sgd", 0.005, "faster-rcnn"),
    "center_net": Usual("adam", 0.0005, "centernet"),
    "yolo": Usual("sgd", 0.00125, "yolox"),
}
"""The zoo's rates, and YOLOX's, at their batches, taken down to 8: 0.08 at 128, 0.04 at 64, 0.01 at 64."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """`steps` are batches altogether; every `accumulate` of them make one of the `updates`."""

    batch: int
    steps: int
    accumulate: int
    plan: OptimizerPlan
    clip: float
    augmentation: tuple[Augmentation, ...]
    told: Mapping[str, Any]

    @property
    def updates(self) -> int:
        """How often the weights move."""
        return -(-self.steps // self.accumulate)


def family_of(blueprint: AnyBlueprint) -> str:
    """Return the family that a detector trains as."""
    kind, extractor = blueprint.meta_architecture, blueprint.feature_extractor
    if kind == "ssd" and "efficientnet" in extractor:
        return "efficientdet"
    if kind == "ssd" and "fpn" in extractor:
        return "retinanet"
    return kind if kind in USUAL else "ssd"


def make_recipe(
    options: TrainOptions,
    words: ConfigWords | None,
    family: str,
    *,
    pictures: int,
    size: int,
    augmentation: tuple[Augmentation, ...] | None = None,
) -> Recipe:
    """Return the recipe for so many pictures and an input of `size` pixels a side.

    `words` are a configuration's, None without one; what `options` says comes before them. `augmentation` stands for
    the usual one where it is given. Raises `SourceError` where the batches of the whole training make no update.
    """
    said, usual = words or ConfigWords(), USUAL[family]
    batch = options.batch or said.batch or BATCH
    steps = _steps(options, said, -(-pictures // batch))
    if steps < options.accumulate:
        raise SourceError(
            "the training is over before the first update of the weights",
            expected=f"at most {steps:,} batches that make one update, as there are no more altogether",
            found=f"accumulate {options.accumulate:,}",
        )
    updates = -(-steps // options.accumulate)
    plan = _plan(options, said, usual, updates=updates, batch=batch)
    clip = options.clip if options.clip is not None else said.clip if words else CLIP
    if augmentation is None:
        augmentation = said.augmentation if words else preset(usual.augment, size)
    told = {
        "family": family,
        "batch": batch,
        "steps": steps,
        "updates": updates,
        "optimizer": plan.kind,
        "highest_rate": max(plan.rate(update) for update in range(0, updates, max(updates // 1000, 1))),
        "clip": clip,
        "average": plan.average_decay,
        "augmentation": [repr(step) for step in augmentation],
    }
    return Recipe(batch, steps, options.accumulate, plan, clip, augmentation, told)


def notes_on(recipe: Recipe, options: TrainOptions) -> tuple[str, ...]:
    """Return what is odd about a recipe and no obstacle, in sentences."""
    notes = []
    if recipe.told["highest_rate"] == 0:
        notes.append("the learning rate is 0 throughout: only the statistics of batch norms change")
    if options.warmup is not None and options.warmup >= recipe.updates:
        said = f"the warm-up of {options.warmup:,} updates is longer than the training, which has {recipe.updates:,}"
        notes.append(f"{said}: the highest learning rate is not reached")
    if left := recipe.steps % recipe.accumulate:
        notes.append(
            f"the last {left:,} of {recipe.steps:,} batches fill no update of {recipe.accumulate:,}, and are lost"
        )
    return tuple(notes)


def _steps(options: TrainOptions, said: ConfigWords, an_epoch: int) -> int:
    if options.epochs is None and said.steps:
        return said.steps * options.accumulate
    return (options.epochs or EPOCHS) * an_epoch


def _plan(options: TrainOptions, said: ConfigWords, usual: Usual, *, updates: int, batch: int) -> OptimizerPlan:
    """Return the configuration's plan, unless something else was asked for; the average stands beside either."""
    asked = (options.optimizer, options.rate, options.schedule, options.warmup)
    if said.optimizer is not None and all(one is None for one in asked):
        plan = said.optimizer
    else:
        plan = _own_plan(options, usual, updates, batch)
    if options.average is None:
        return plan
    return replace(plan, average_decay=options.average or None, average_from_zero=False)


def _own_plan(options: TrainOptions, usual: Usual, updates: int, batch: int) -> OptimizerPlan:
    rate = usual.rate * batch / BATCH if options.rate is None else options.rate
    warmup = min(WARMUP_UPDATES, updates // WARMUP_SHARE) if options.warmup is None else options.warmup
    made = {"sgd": sgd, "adam": adam, "adamw": adamw}[options.optimizer or usual.optimizer](
        rate, updates, warmup=warmup
    )
    return replace(made, schedule=partial(_risen, rate=rate, warmup=warmup)) if options.schedule == "constant" else made


def _risen(step: int, *, rate: float, warmup: int) -> float:
    """Return a rate that rises evenly over the warm-up and stays."""
    return rate * (step + 1) / (warmup + 1) if step < warmup else constant(step, rate=rate)
