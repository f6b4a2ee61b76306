"""`evaluate`: how good a detector is on annotated pictures, from Python; and the run behind `loadstone eval`."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from loadstone.errors import EnvironmentLacksError, LoadstoneError, SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import numpy.typing as npt

    from loadstone.api.model import AnyDetector, Model
    from loadstone.facts.dataset import Dataset, Example
    from loadstone.facts.evaluation import Evaluation, Judged
    from loadstone.runtime.pictures.picture_files import BadPicture, Picture

CONFIDENCE = 0.001
"""The least score that counts: average precision wants the whole curve, and below this is only length."""

MOST_DETECTIONS = 100
PICTURES_AHEAD = 4
"""Pictures that are decoded while the detector works, as in `detect`."""

SPLITS = ("val", "test")
"""The splits that are taken when none is named, the first that the dataset has."""

NOTHING_TO_FIND = "none of these pictures has a box: there is nothing to find, and no mean precision"

Step = Callable[[int], None]
"""Called with the number of all pictures when one more is done."""


def evaluate(
    model: str | os.PathLike[str] | Model,
    data: str | os.PathLike[str] | Dataset,
    *,
    split: str | None = None,
    labels: Mapping[int, str] | Sequence[str] | None = None,
    metrics: Sequence[str] = ("coco",),
    conf: float = CONFIDENCE,
    iou: float | None = None,
    max_det: int = MOST_DETECTIONS,
    step: Step | None = None,
    **how: Any,
) -> Evaluation:
    """Run a detector on annotated pictures and measure it; every number is in `Evaluation`, and `save_html` shows it.

    `model` is what `load` opens, or what it gave; `how` are `load`'s other arguments (`device`, `streams`, `config` and
    so on). `data` is a folder or file of annotated pictures in any format that `loadstone data` reads. `split` is one
    that it has; without a name it is `val`, `test`, or all there is, and `Evaluation.split` says which.
    `labels` names the model's classes as for `load`: they are matched with the dataset's by name, then by id; a note
    tells of classes that it leaves out. It and `how` are refused where `model` is opened already.
    `metrics`: `coco` (mAP over IoU 0.50 to 0.95), `voc`, `oid`; the first gives `Evaluation.mean`. Detections below
    `conf` and beyond the best `max_det` of a picture are not counted; `iou` is as for `Model.detect`.
    Raises as `load`, and `SourceError` where the data has no pictures, nothing that the model knows, or no such split.
    """
    from loadstone.api.load import load, named_by
    from loadstone.api.model import Model
    from loadstone.evaluation.whole import checked_families

    families, dataset = checked_families(metrics), dataset_of(data)
    if max_det < 1:
        raise SourceError("max_det is out of range", expected="1 or more", found=str(max_det))
    if isinstance(model, Model) and (given := [*(["labels"] if labels is not None else []), *how]):
        raise SourceError(
            "the model is opened already, and these arguments are for opening one",
            found=", ".join(given),
            help="give them to loadstone.load, or name the model's file here",
        )
    opened = model if isinstance(model, Model) else load(model, **how)
    detector, own = opened._detector, opened.labels
    if labels is not None:
        detector.labels = named_by(labels, detector)
    wish = Wish(split, families, conf, iou, max_det)
    return evaluate_detector(detector, opened.source, dataset, wish, step=step, own=own)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of an evaluation; the fields are those of `evaluate`. `together`: pictures that are run at once."""

    split: str | None = None
    families: tuple[str, ...] = ("coco",)
    confidence: float = CONFIDENCE
    iou: float | None = None
    most: int = MOST_DETECTIONS
    together: int = 1


def evaluate_detector(
    detector: AnyDetector,
    name: str,
    dataset: Dataset,
    wish: Wish,
    *,
    step: Step | None = None,
    own: Mapping[int, str] | None = None,
) -> Evaluation:
    """Run an opened detector over a dataset and measure it. Raises as `evaluate`.

    `own` are the names of its classes before others were given.
    """
    from loadstone.datasets.ready import notes_on_lost_boxes
    from loadstone.evaluation.classes import match_classes, notes_on_labels
    from loadstone.evaluation.whole import About, evaluation_of

    if detector.task != "detection":
        raise SourceError("only a detector can be evaluated", where=name, found=f"a model for {detector.task}")
    split, examples, said = chosen(dataset, wish.split)
    match = match_classes(detector.labels, detector.first_class_id, dataset.classes, dataset.ids)
    run = _Run(detector, examples, match.positions, wish)
    began = time.perf_counter()
    judged = [*run.judged(step)]
    if not judged:
        raise SourceError("none of the pictures could be had", where=dataset.source, found=run.skipped[0])
    seconds = time.perf_counter() - began
    none = () if any(len(one.objects) for one in examples) else (NOTHING_TO_FIND,)
    labels = notes_on_labels(detector.labels, own or {})
    notes = (*dataset.notes, *said, *none, *notes_on_lost_boxes(examples), *labels, *match.notes, *run.notes)
    about = About(name, dataset.source, split, notes, (*dataset.skipped, *run.skipped), seconds)
    done = evaluation_of(judged, dataset.classes, about, families=wish.families, most=wish.most)
    pictures = {one.key: _reader(one) for one in examples}
    return replace(done, mistakes=tuple(replace(one, pixels=pictures[one.key]) for one in done.mistakes))


def chosen(dataset: Dataset, split: str | None) -> tuple[str, Sequence[Example], tuple[str, ...]]:
    """Return the name and the examples of the split, of the one that is usual, or of all (no name); and notes on that.

    `train` and `val` of a dataset that does not tell them apart are those that training takes. Raises `SourceError`
    where there is no such split or no picture.
    """
    if not len(dataset.examples):
        raise SourceError("the dataset has no annotated pictures", where=dataset.source)
    names = [name for name, places in dataset.splits.items() if len(places)]
    if split is None and not {*names} & {*SPLITS}:
        return "", dataset.examples, ("all pictures are taken: the dataset holds none out for validation",)
    if split in ("train", "val") and split not in names:
        from loadstone.datasets.split import train_and_val

        parts = train_and_val(dataset)
        places, notes = parts.val if split == "val" else parts.train, [parts.said]
    else:
        split = split or next(name for name in SPLITS if name in names)
        places, notes = dataset.splits.get(split, ()), []
    if not len(places):
        raise SourceError(
            f"the dataset has no split {split!r}",
            where=dataset.source,
            expected=", ".join(names) or "no split: the files do not tell them apart",
            help="leave --split out, or name one that it has",
        )
    return split, [dataset.examples[place] for place in places], tuple(notes)


class _Run:
    """One pass over the pictures; `skipped` and `notes` are whole when `judged` is through."""

    def __init__(
        self, detector: AnyDetector, examples: Sequence[Example], positions: Mapping[int, int], wish: Wish
    ) -> None:
        self._detector, self._examples = detector, examples
        self._positions, self._wish = positions, wish
        self._resized = 0
        self._masks = "coco" in wish.families and any(one.objects.masks is not None for one in examples)
        self.skipped: list[str] = []

    def judged(self, step: Step | None) -> Iterator[Judged]:
        """Yield each picture that could be had, in order."""
        from loadstone.evaluation.judge import judge, other_size
        from loadstone.facts.detections import Detections
        from loadstone.runtime.detecting import Outcome, detect
        from loadstone.runtime.filters import Rule
        from loadstone.runtime.pictures.picture_sources import ahead

        wish = self._wish
        together = max(wish.together, getattr(self._detector, "streams", 1))
        rule = Rule(wish.confidence, wish.iou, frozenset(self._positions), wish.most)
        coming = ahead(self._pictures(), max(PICTURES_AHEAD, together))
        outcomes = detect(self._detector, coming, rule=rule, batch=together)
        for example, outcome in zip(self._examples, outcomes, strict=True):
            if step is not None:
                step(len(self._examples))
            if not isinstance(outcome, Outcome):
                self.skipped.append(f"{outcome.name}: {outcome.error.fact}")
            elif isinstance(outcome.found, Detections):
                self._resized += other_size(example, outcome.found.width, outcome.found.height)
                try:
                    one = judge(example, outcome.found, self._positions, masks=self._masks)
                except EnvironmentLacksError:
                    raise
                except LoadstoneError as error:
                    self.skipped.append(f"{example.key}: {error}")
                    continue
                yield one

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about what was assumed of the pictures."""
        if not self._resized:
            return ()
        return (f"{self._resized:,} pictures have another size than their annotation states; its boxes were scaled",)

    def _pictures(self) -> Iterator[Picture | BadPicture]:
        from loadstone.runtime.pictures.picture_files import BadPicture, Picture

        for example in self._examples:
            read = _reader(example)
            try:
                yield Picture(example.key, PurePosixPath(example.key).name, read(), read)
            except LoadstoneError as error:
                yield BadPicture(example.key, error)


def _reader(example: Example) -> Callable[[], npt.NDArray[np.uint8]]:
    """Return what decodes the example's picture."""
    from loadstone.datasets.decoded import pixels_of

    return lambda: pixels_of(example)


def dataset_of(data: str | os.PathLike[str] | Dataset) -> Dataset:
    """Return the annotated pictures at a path, as they are or read; raises as `datasets.find.open_dataset`."""
    from loadstone.facts.dataset import Dataset

    if isinstance(data, Dataset):
        return data
    from loadstone.datasets.find import open_dataset

    return open_dataset(data)
