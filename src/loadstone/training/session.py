"""A training put together: detector, data and recipe → learner, step, stream and loop; and what it writes at its end.

What it is: the one place where the parts meet. What it is not: how they are asked for (`api/train.py`), or the loop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.augmentation.step import without_mixing
from loadstone.datasets.samples import Samples
from loadstone.datasets.stream import Stream
from loadstone.training.averages import MovingAverages
from loadstone.training.learners import build_learner
from loadstone.training.run.checkpoint import load_checkpoint
from loadstone.training.run.folder import RunFolder, load_values, save_values
from loadstone.training.run.loop import Course, Loop, Validated, Watcher, step_seed
from loadstone.training.setup.backend import set_precision
from loadstone.training.setup.feed import Feed
from loadstone.training.setup.freezing import freezer, frozen_keys
from loadstone.training.steps import Step, make_step

if TYPE_CHECKING:
    import numpy.typing as npt

    from loadstone.facts.dataset import Dataset
    from loadstone.runtime.rebuilt import Rebuilt
    from loadstone.training.learner import Learner
    from loadstone.training.setup.options import TrainOptions
    from loadstone.training.setup.recipe import Recipe

KEPT_BYTES = 1 << 30
"""Encoded pictures are kept in memory up to so much, so that a second epoch does not ask the disk for them."""

CLOSING_EPOCHS, CLOSING_SHARE = 15, 4
"""A YOLO's last 15 epochs (Ge et al., 2021, section 2.1), and no more than a quarter of a short training."""

BEST = "DetectionBoxes_Precision/mAP"
"""The metric by which the best epoch is chosen: COCO's mean over IoU 0.50 to 0.95."""

Measure = Callable[["Rebuilt"], Mapping[str, float]]
"""A detector with its present weights → metrics by name, on the validation pictures."""


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """What is trained, on what, how: the parts that the session puts together.

    `order` is each of the data's classes in the detector, from 0, and `validation_order` those of the validation
    data, -1 for one that the detector does not have. `most_boxes` is an input reader's cap. `measure` is
    None where nothing is validated. `shuffle` is a configuration's word.
    """

    rebuilt: Rebuilt
    train: Dataset
    validation: Dataset | None
    order: Sequence[int]
    validation_order: Sequence[int]
    options: TrainOptions
    recipe: Recipe
    measure: Measure | None = None
    most_boxes: int | None = None
    shuffle: bool = True


class Session:
    """A training that is ready. The learner is built on the backend that Keras runs on, in the task's precision."""

    def __init__(self, task: Task, folder: RunFolder) -> None:
        """Build everything; raises `UnsupportedModelError` for what is not trained here."""
        self.task, self.folder = task, folder
        options, recipe = task.options, task.recipe
        set_precision(options.precision)
        frozen = frozen_keys(task.rebuilt.blueprint, options.freeze)
        self.learner: Learner = build_learner(
            task.rebuilt, frozen=freezer(frozen), joint_names=task.train.keypoint_names
        )
        trained = self.learner.model.trainable_variables
        self.step: Step = make_step(self.learner, optimizer_of(recipe, options.precision), averages_of(recipe, trained))
        samples = self._samples(task.train, task.order)
        self._feed = Feed(self.learner.encode, recipe.augmentation, samples.any, task.most_boxes)
        self.stream = Stream(
            samples, self._feed, recipe.batch, seed=options.seed, shuffle=task.shuffle, threads=options.threads
        )
        self._validation = None if task.validation is None else self._of_validation(task.validation)

    def _of_validation(self, dataset: Dataset) -> Stream:
        samples = self._samples(dataset, self.task.validation_order)
        feed = Feed(self.learner.encode, most_boxes=self.task.most_boxes)
        return Stream(samples, feed, self.task.recipe.batch, shuffle=False, threads=self.task.options.threads)

    def _samples(self, dataset: Dataset, order: Sequence[int]) -> Samples:
        masks = bool(getattr(self.learner, "masks", False))
        return Samples(dataset.examples, order=order, keep="encoded", keep_bytes=KEPT_BYTES, masks=masks)

    def loop(self, watchers: Sequence[Watcher], *, resume: bool = False) -> Loop:
        """Return the loop, at its beginning or where the folder's checkpoint left it."""
        options, recipe = self.task.options, self.task.recipe
        course = Course(recipe.steps, recipe.plan.rate, options.seed, recipe.accumulate, options.patience)
        made = Loop(
            self.step,
            self.stream,
            course,
            self.folder.last,
            watchers=watchers,
            validate=None if self._validation is None else self.validate,
            keep_best=self.keep_best,
            begin_epoch=self.begin_epoch,
        )
        if resume and self.folder.last.exists():
            state, made.progress = load_checkpoint(self.folder.last)
            self.step.restore(state)
        return made

    def begin_epoch(self, epoch: int) -> None:
        """Let the last epochs of a YOLO see whole pictures, and give its boxes an L1 loss, as its paper has it."""
        if not hasattr(self.learner, "l1"):
            return
        epochs = -(-self.task.recipe.steps // self.stream.steps)
        closing = epoch >= epochs - min(CLOSING_EPOCHS, epochs // CLOSING_SHARE)
        self.learner.l1 = closing
        steps = self.task.recipe.augmentation
        self._feed.steps = without_mixing(steps) if closing else steps

    def validate(self, epoch: int) -> Validated:
        """Return the losses and metrics of the weights that the model's variables hold."""
        losses: dict[str, list[float]] = {}
        if self._validation is not None:
            for number, batch in enumerate(self._validation.epoch(0)):
                found = self.step.losses(batch.arrays, step_seed(self.task.options.seed, number), training=False)
                for name, value in found.items():
                    losses.setdefault(name, []).append(value)
        metrics = dict(self.task.measure(self.trained())) if self.task.measure else {}
        best = metrics.get(BEST)
        means = {name: float(np.mean(values)) for name, values in losses.items()}
        return Validated(means, metrics, None if best is None or best != best else best)

    def trained(self, values: Mapping[str, npt.NDArray[Any]] | None = None) -> Rebuilt:
        """Return the detector with these values, or those that the learner has."""
        found = self.learner.values() if values is None else values
        return replace(self.task.rebuilt, values={**self.task.rebuilt.values, **found})

    def keep_best(self) -> None:
        """Write the weights that the model's variables hold as the best."""
        save_values(self.folder.best, self.learner.values())

    def write_models(self) -> list[str]:
        """Write `last.keras`, and `best.keras` where an epoch was the best; each is read back and compared."""
        from loadstone.runtime.keras.keras_detector import keras_model_of
        from loadstone.runtime.save_keras import save_keras

        with self.step.settled():
            found = {"last": self.trained()}
        if self.folder.best.exists():
            found["best"] = self.trained(load_values(self.folder.best))
        with in_float32():
            return [
                str(save_keras(rebuilt, keras_model_of(rebuilt), self.folder.keras(name)))
                for name, rebuilt in found.items()
            ]


def optimizer_of(recipe: Recipe, precision: str) -> Any:
    """Return the Keras optimizer; halves need their loss scaled, so that small gradients do not vanish."""
    import keras

    made = recipe.plan.build(recipe.updates, clip_norm=recipe.clip, accumulate=recipe.accumulate)
    return keras.optimizers.LossScaleOptimizer(made) if precision == "float16" else made


def averages_of(recipe: Recipe, trained: Sequence[Any]) -> MovingAverages | None:
    """Return the moving averages of the trained variables, None where there are none."""
    plan = recipe.plan
    if plan.average_decay is None:
        return None
    return MovingAverages(trained, plan.average_decay, from_zero=plan.average_from_zero)


@contextmanager
def in_float32() -> Iterator[None]:
    """Let layers that are built within the context compute in float32, as saved detectors do."""
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
