"""`train` and `resume_training`: a detector trained further on annotated pictures, as `loadstone train` does it."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loadstone.errors import LoadstoneError
from loadstone.facts.path_text import path_text

if TYPE_CHECKING:
    from loadstone.api.model import Model
    from loadstone.api.train_task import Asked, Tell
    from loadstone.facts.dataset import Dataset
    from loadstone.facts.training import EpochFacts, StepFacts, Training
    from loadstone.training.run.folder import RunFolder
    from loadstone.training.run.loop import Loop, Watcher
    from loadstone.training.session import Session, Task

__all__ = ["resume_training", "train"]

RUNS = "runs"
"""Where runs lie when no folder is named: `runs/1`, `runs/2` and so on."""


def train(
    model: str | os.PathLike[str] | Model | None = None,
    data: str | os.PathLike[str] | Dataset | None = None,
    *,
    validation: str | os.PathLike[str] | Dataset | None = None,
    config: str | os.PathLike[str] | None = None,
    output: str | os.PathLike[str] | None = None,
    backend: str | None = None,
    tell: Tell = print,
    watchers: Sequence[Watcher] = (),
    **options: Any,
) -> Training:
    """Train a detector on annotated pictures; all about it is in the folder `output`, and `resume_training` goes on.

    `model` is a name of the catalogue, a file or folder as `load` takes it, or what `load` or `build` gave; `data` and
    `validation` are annotated pictures in any format that `open_dataset` reads. Without `validation`, the data's own
    is taken, or a fifth of it held out; `"none"` is for none. The number of classes is the data's: heads of another
    one begin anew. `config` is a `pipeline.config` whose training, data and starting checkpoint are taken where
    nothing else is said; what of it is not used is told.
    `options` are the fields of `TrainOptions`: epochs, batch, optimizer, rate, schedule, warmup, clip, average,
    precision, accumulate, patience, freeze, augment, input_size, seed, threads, devices.
    `backend` is `tensorflow`, `jax` or `torch`, for a process that has not imported Keras yet. `tell` is called with
    each sentence that should be known before the first step, `watchers` with the facts of steps and epochs.
    Ctrl-C and SIGTERM end it after a step, saved; `Training.ending` says so.
    Raises `SourceError`, `FormatError`, `UnsupportedModelError`, `EnvironmentLacksError` before the first step where
    something is not there, broken, no detector that is trained here, or not installed; `LoadstoneError` where a loss
    is no number, naming the picture.
    """
    from loadstone.training.setup.backend import choose_backend, set_backend, share_devices

    # What follows imports Keras, which takes its backend once.
    set_backend(backend)
    from loadstone.api.train_task import Asked, make_task
    from loadstone.training.run.folder import refuse_taken, remove_run
    from loadstone.training.setup.options import TrainOptions

    if output is not None:
        refuse_taken(Path(path_text(output, "output")))
    asked = Asked(model, data, validation, config, TrainOptions(**options))
    task, asked = make_task(asked, tell)
    running = choose_backend(backend)
    share_devices(task.options.devices, task.recipe.batch)
    folder = _created(output, asked, task, running)
    try:
        session = _session(task, folder)
    except LoadstoneError as error:
        remove_run(folder)
        # What is wrong in a configuration has only its line.
        place = config or task.rebuilt.source
        raise (error.at(os.fspath(place)) if error.where.startswith("line ") else error) from None
    tell(f"the run is in {folder.path}")
    return _run(session, tell, watchers)


def resume_training(
    folder: str | os.PathLike[str],
    *,
    data: str | os.PathLike[str] | Dataset | None = None,
    validation: str | os.PathLike[str] | Dataset | None = None,
    epochs: int | None = None,
    backend: str | None = None,
    tell: Tell = print,
    watchers: Sequence[Watcher] = (),
) -> Training:
    """Go on with the run in a folder, from its last checkpoint, to the result that it would have had.

    `data` and `validation` say where the same pictures lie now, if they were moved. `epochs` trains for another
    number of them, which changes the learning rates of what is to come. The backend is the run's own.
    Raises as `train`, and `FormatError` where the data is not what the run began with.
    """
    from loadstone.training.run.folder import open_run, write_record
    from loadstone.training.setup.backend import choose_backend, set_backend, share_devices
    from loadstone.training.setup.surroundings import surroundings

    run, record = open_run(Path(path_text(folder, "the run's folder")))
    stated = str(record.get("surroundings", {}).get("backend", "")) or None
    # What follows imports Keras, which takes its backend once.
    set_backend(backend or stated)
    from loadstone.api.train_task import asked_again, resumed_task

    asked = asked_again(run, record)
    asked = replace(
        asked,
        data=asked.data if data is None else data,
        validation=asked.validation if validation is None else validation,
        options=asked.options if epochs is None else replace(asked.options, epochs=epochs),
    )
    task = resumed_task(run, asked, record, tell)
    running = choose_backend(backend or stated)
    if stated not in (None, running):
        tell(f"the run began on {stated}: on {running} it goes on, but not to the very same numbers")
    share_devices(task.options.devices, task.recipe.batch)
    again = [*record.get("resumed", []), {"time": _now(), **surroundings(running)}]
    write_record(run, {**record, "resumed": again})
    return _run(_session(task, run), tell, watchers, resume=True)


def _created(output: str | os.PathLike[str] | None, asked: Asked, task: Task, backend: str) -> RunFolder:
    from loadstone.api.train_task import makes_masks
    from loadstone.training.run.folder import create_run
    from loadstone.training.setup.data import fingerprint
    from loadstone.training.setup.surroundings import surroundings

    masks = makes_masks(task.rebuilt)
    record = {
        "begun": _now(),
        "asked": asked.as_json(),
        "model": {"source": task.rebuilt.source, "notes": list(task.rebuilt.notes)},
        "classes": {str(number): name for number, name in task.rebuilt.labels.items()},
        "data": fingerprint(task.train, masks=masks),
        "validation": None if task.validation is None else fingerprint(task.validation, masks=masks),
        "recipe": dict(task.recipe.told),
        "surroundings": surroundings(backend),
    }
    free = (Path(RUNS) / str(number) for number in itertools.count(1))
    path = Path(output) if output is not None else next(one for one in free if not one.exists())
    return create_run(path, record, task.rebuilt)


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")


def _session(task: Task, folder: RunFolder) -> Session:
    from loadstone.training.session import Session

    return Session(task, folder)


def _run(session: Session, tell: Tell, watchers: Sequence[Watcher], *, resume: bool = False) -> Training:
    """Train to the end, and write the models."""
    from loadstone.training.norms import notes_on_norms
    from loadstone.training.run.signals import asked_to_stop

    task, folder = session.task, session.folder
    slow = () if resume else notes_on_norms(session.learner.model, task.recipe.updates)
    for note in (*getattr(session.learner, "notes", ()), *slow):
        tell(note)
    loop = session.loop([], resume=resume)
    done = loop.progress.step
    if done:
        tell(f"going on after step {done:,} of {task.recipe.steps:,}")
    kept = _Kept()
    with ExitStack() as stack:
        loop.watchers = [*_logs(stack, folder, done), kept, *watchers]
        with asked_to_stop() as asked:
            ending = loop.run(asked)
    return _over(session, loop, ending, kept.epochs)


def _over(session: Session, loop: Loop, ending: Any, epochs: Sequence[EpochFacts]) -> Training:
    """Write the trained detectors, and return the account."""
    from loadstone.facts.training import Training

    written = dict(zip(("last", "best"), session.write_models(), strict=False))
    bad = loop.stream.samples.bad
    notes = [f"{len(bad):,} pictures could not be read and were passed over: {', '.join([*bad][:4])}"] if bad else []
    step = loop.progress.step
    return Training(
        str(session.folder.path), ending, step, tuple(epochs), written["last"], written.get("best"), tuple(notes)
    )


class _Kept:
    """Remembers the epochs."""

    def __init__(self) -> None:
        self.epochs: list[EpochFacts] = []

    def stepped(self, facts: StepFacts) -> None:
        """Take a step's facts."""

    def epoch_over(self, facts: EpochFacts) -> None:
        """Take an epoch's facts."""
        # Only the last of the better ones is the best.
        self.epochs = [replace(one, better=False) if facts.better else one for one in self.epochs]
        self.epochs.append(facts)


def _logs(stack: ExitStack, folder: RunFolder, done: int) -> list[Watcher]:
    from loadstone.training.run.events import EventLog
    from loadstone.training.run.logs import CsvLog

    tables, events = CsvLog(folder.path, done), EventLog(folder.path, done)
    stack.callback(tables.close)
    stack.callback(events.close)
    return [tables, events, _Plot(folder.path)]


class _Plot:
    """Draws the curves of the tables after each epoch."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def stepped(self, facts: StepFacts) -> None:
        """Take a step's facts."""

    def epoch_over(self, facts: EpochFacts) -> None:
        """Draw the curves anew."""
        from loadstone.report.training_plot import training_svg
        from loadstone.training.run.files import write_text
        from loadstone.training.run.logs import read_table

        total, box = "Loss/total_loss", "DetectionBoxes_Precision"
        epochs = read_table(self._folder / "epochs.csv")
        losses = {
            "steps": _points(read_table(self._folder / "steps.csv"), "step", [total]),
            "training": _points(epochs, "steps", [total]),
            "validation": _points(epochs, "steps", [f"val/{name}" for name in facts.validation]),
        }
        metrics = {name: _points(epochs, "steps", [f"{box}/{name}"]) for name in ("mAP", "mAP@.50IOU")}
        write_text(self._folder / "curves.svg", training_svg(losses, metrics))


def _points(rows: list[dict[str, str]], by: str, columns: Sequence[str]) -> list[tuple[float, float]]:
    """Return (step, sum of the columns) of the lines that have them all."""
    return [
        (float(row[by]), sum(float(row[column]) for column in columns))
        for row in rows
        if columns and all(row.get(column) for column in columns)
    ]
